//! Counters of cheap calls, in this process only: not worth a commit each.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{Refused, Rule};
use crate::{
    clock::Timestamp,
    storage::{LimitKey, LimitState},
};

/// The most counters kept.
const MOST: usize = 50_000;

/// The counters, all under one rule.
#[derive(Debug)]
pub struct Local {
    rule: Rule,
    states: Mutex<HashMap<LimitKey, LimitState>>,
}

impl Local {
    /// None so far.
    pub fn new(rule: Rule) -> Self {
        Self { rule, states: Mutex::default() }
    }

    /// Counts a call, if it is allowed.
    pub fn take(&self, key: LimitKey, now: Timestamp) -> Result<(), Refused> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= MOST {
            states.retain(|_, state| self.rule.level(state, now) > 0.0);
            if states.len() >= MOST {
                states.clear();
            }
        }
        let state = states.entry(key).or_default();
        self.rule.admit(state, 0, now)?;
        self.rule.count(state, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn calls_over_the_rate_are_refused_and_the_table_stays_bounded() {
        let local = Local::new(Rule::bucket(2, Duration::from_mins(1)));
        let key = |n: usize| LimitKey(n.to_string());
        let now = Timestamp(1_000_000);
        assert!(local.take(key(0), now).is_ok() && local.take(key(0), now).is_ok());
        assert!(local.take(key(0), now).is_err());
        assert!(local.take(key(0), now.plus(Duration::from_secs(31))).is_ok());
        for n in 0..MOST + 10 {
            let _ = local.take(key(n), now);
        }
        assert!(local.states.lock().unwrap().len() <= MOST);
    }
}
