//! What a child said before it was killed.

use std::collections::BTreeMap;

/// How far something came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress<T> {
    /// What was begun.
    pub(crate) begun: T,
    /// What was acknowledged.
    pub(crate) done: T,
}

/// Everything a child said.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// How many steps of each person.
    pub(crate) people: BTreeMap<String, Progress<usize>>,
    /// How often the counter was raised.
    pub(crate) counted: Progress<f64>,
}

/// The name under which the counter speaks.
pub(crate) const COUNTER: &str = "counter";

impl Journal {
    /// Reads the lines `begin NAME` and `done NAME`. The last line may be cut by the kill, and then was not said.
    pub(crate) fn read(said: &[u8]) -> Self {
        let mut journal = Self::default();
        let text = String::from_utf8_lossy(said);
        for line in text.split_inclusive('\n') {
            let Some(line) = line.strip_suffix('\n') else { continue };
            match line.split_once(' ') {
                Some(("begin", COUNTER)) => journal.counted.begun += 1.0,
                Some(("done", COUNTER)) => journal.counted.done += 1.0,
                Some(("begin", name)) => journal.people.entry(name.to_owned()).or_default().begun += 1,
                Some(("done", name)) => journal.people.entry(name.to_owned()).or_default().done += 1,
                _ => {}
            }
        }
        journal
    }
}
