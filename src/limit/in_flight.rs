//! Attempts that are being looked at right now.
//!
//! A counter in storage moves only after the hash, so that guesses sent at the same moment would all see it low.
//! Each attempt first takes its place here and then reads the counters: an earlier one has either written its failure
//! by then, or is still seen here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::storage::LimitKey;

type Counts = Arc<Mutex<HashMap<LimitKey, u32>>>;

/// How many attempts are under way, by counter.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Counts);

/// One attempt under way; it is over when this is dropped.
#[derive(Debug)]
pub struct Ticketed {
    counts: Counts,
    keys: Vec<LimitKey>,
    others: Vec<u32>,
}

impl InFlight {
    /// Takes a place under every key.
    pub fn enter(&self, keys: Vec<LimitKey>) -> Ticketed {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = keys
            .iter()
            .map(|key| {
                let count = counts.entry(key.clone()).or_default();
                *count += 1;
                *count - 1
            })
            .collect();
        drop(counts);
        Ticketed { counts: Arc::clone(&self.0), keys, others }
    }
}

impl Ticketed {
    /// The keys, in their order.
    pub fn keys(&self) -> &[LimitKey] {
        &self.keys
    }

    /// How many others were under way when this one began, by key.
    pub fn others(&self) -> &[u32] {
        &self.others
    }
}

impl Drop for Ticketed {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if let Some(count) = counts.get_mut(key) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_sees_the_ones_before_it_and_leaves_nothing_behind() {
        let in_flight = InFlight::default();
        let key = |name: &str| LimitKey(name.into());
        let first = in_flight.enter(vec![key("a"), key("b")]);
        let second = in_flight.enter(vec![key("b"), key("c")]);
        assert_eq!((first.others(), second.others()), (&[0, 0][..], &[1, 0][..]));
        drop(first);
        assert_eq!(in_flight.enter(vec![key("b")]).others(), &[1]);
        drop(second);
        assert!(in_flight.0.lock().unwrap().is_empty());
    }
}
