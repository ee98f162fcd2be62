//! The name of a request, which stands in every line of the log that is about it and in the answer.

use std::sync::atomic::{AtomicU64, Ordering};

/// The longest name that is taken over from a proxy.
const LONGEST: usize = 64;

/// A name for one request: short, of letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// What a trusted proxy wrote, if that is a name.
    pub fn received(text: &str) -> Option<Self> {
        let named = (1..=LONGEST).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        named.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes names that say nothing, not even how many there were before.
#[derive(Debug)]
pub struct RequestIds {
    drawn: AtomicU64,
}

impl RequestIds {
    /// Names that begin anywhere: `seed` is drawn once.
    pub const fn new(seed: u64) -> Self {
        Self { drawn: AtomicU64::new(seed) }
    }

    /// A name that this process has not given before.
    pub fn draw(&self) -> RequestId {
        // SplitMix64: one to one, so that no two are the same.
        let mut z = self.drawn.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        RequestId(format!("{:016x}", z ^ (z >> 31)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_are_taken_back() {
        let ids = RequestIds::new(7);
        let (first, second) = (ids.draw(), ids.draw());
        assert_ne!(first, second);
        assert_eq!(RequestId::received(first.as_str()), Some(first));
    }

    #[test]
    fn what_is_no_name_is_not_taken_over() {
        for text in ["", " ", "a b", "a\nb", "<b>", "a;b", "é", &"a".repeat(65)] {
            assert_eq!(RequestId::received(text), None, "{text:?}");
        }
        assert!(RequestId::received(&"a".repeat(64)).is_some());
    }
}
