//! Events on their way to the database: written in the background, so that a login costs one commit and no more.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::Endpoint;
use crate::{
    audit::Entry,
    storage::{AuditRecord, StorageError},
};

/// The most events that wait; the log has all of them.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Records {
    waiting: Mutex<Vec<AuditRecord>>,
    lost: AtomicU64,
}

impl Endpoint {
    /// Notes an event: in the log now, in the database soon.
    pub fn record(&self, entry: Entry) {
        entry.trace();
        let mut waiting = self.records.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.push(entry.record(self.now()));
        } else if self.records.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("too many events wait for the database; the log has the rest");
        }
    }

    /// Writes the events that wait. What can't be written waits on.
    pub async fn flush_records(&self) -> Result<(), StorageError> {
        let taken = {
            let mut waiting = self.records.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        let mut rest = taken.into_iter();
        while let Some(record) = rest.next() {
            if let Err(error) = self.storage.add_audit(record.clone()).await {
                let mut waiting = self.records.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.splice(0..0, std::iter::once(record).chain(rest));
                return Err(error);
            }
        }
        Ok(())
    }
}
