//! What a table holds, as a sum over its rows that does not depend on their order.

use sha2::{Digest as _, Sha256};

use crate::storage::{Row, Value};

/// How many rows, and the sum of their hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) rows: u64,
    sum: [u64; 4],
}

impl Digest {
    pub(super) fn add(&mut self, row: &Row) {
        self.rows += 1;
        let hash: [u8; 32] = hash(row);
        let (words, _) = hash.as_chunks::<8>();
        for (sum, word) in self.sum.iter_mut().zip(words) {
            *sum = sum.wrapping_add(u64::from_be_bytes(*word));
        }
    }
}

/// Each value with its kind and length before it, so that no two rows are written alike.
fn hash(row: &Row) -> [u8; 32] {
    let mut hash = Sha256::new();
    for value in row {
        let (kind, bytes): (u8, &[u8]) = match value {
            Value::Null => (0, &[]),
            Value::Text(text) => (1, text.as_bytes()),
            Value::Integer(number) => (2, &number.to_be_bytes()),
            Value::Flag(flag) => (3, &[u8::from(*flag)]),
            Value::Real(number) => (4, &number.to_bits().to_be_bytes()),
            Value::Bytes(bytes) => (5, bytes),
        };
        hash.update([kind]);
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[Row]) -> Digest {
        let mut digest = Digest::default();
        for row in rows {
            digest.add(row);
        }
        digest
    }

    #[test]
    fn the_order_makes_no_difference_and_everything_else_does() {
        let text = |text: &str| Value::Text(text.into());
        let rows = [vec![text("a"), Value::Null], vec![text("b"), Value::Integer(1)]];
        let turned = [rows[1].clone(), rows[0].clone()];
        assert_eq!(digest(&rows), digest(&turned));
        for other in [
            vec![vec![text("a"), Value::Null]],
            vec![vec![text("a"), text("")], vec![text("b"), Value::Integer(1)]],
            vec![vec![text("ab"), Value::Null], vec![text(""), Value::Integer(1)]],
            vec![vec![text("a"), Value::Null], vec![text("b"), Value::Flag(true)]],
            vec![rows[0].clone(), rows[0].clone()],
        ] {
            assert_ne!(digest(&rows), digest(&other), "{other:?}");
        }
    }
}
