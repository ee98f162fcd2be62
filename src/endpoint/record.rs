//! Events on their way to the database: written in the background, so that a login costs one commit and no more.

use std::{
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::Endpoint;
use crate::{
    audit::{Entry, Event},
    clock::Timestamp,
    storage::{AuditRecord, StorageError},
    telemetry::metrics,
};

/// The most events that wait; the log has all of them.
const MOST: usize = 10_000;

/// The most events a minute that are stored without saying whom they concern; the log and the metrics have all of them.
const NAMELESS_PER_MINUTE: u32 = 60;
const MINUTE: Duration = Duration::from_mins(1);

/// How often an undeclared proxy is noted.
const PROXY_EVERY: Duration = Duration::from_hours(1);
/// How long it matters that one was noted.
const PROXY_MATTERS: Duration = Duration::from_hours(24);

#[derive(Debug, Default)]
pub(super) struct Records {
    waiting: Mutex<Vec<AuditRecord>>,
    /// Held while events are written: who writes the last ones waits for who is at it.
    writing: tokio::sync::Mutex<()>,
    lost: AtomicU64,
    /// When the minute began in which nameless events are counted, and how many there were.
    nameless: Mutex<(Timestamp, u32)>,
    /// When an undeclared proxy was noted; 0 for never.
    proxy_noted: AtomicI64,
}

impl Records {
    /// Counts one more event that names nobody. False if this minute had enough of them.
    fn room_for_nameless(&self, now: Timestamp) -> bool {
        let mut counted = self.nameless.lock().unwrap_or_else(PoisonError::into_inner);
        if now < counted.0 || now.since(counted.0) >= MINUTE {
            *counted = (now, 0);
        }
        counted.1 = counted.1.saturating_add(1);
        counted.1 <= NAMELESS_PER_MINUTE
    }
}

impl Endpoint {
    /// Notes an event: in the log now, in the database soon.
    pub fn record(&self, entry: Entry) {
        entry.trace();
        metrics::EVENTS.count(&[("event", entry.event().name())]);
        if entry.is_nameless() && !self.records.room_for_nameless(self.now()) {
            return;
        }
        let mut waiting = self.records.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.push(entry.record(self.now()));
        } else if self.records.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("too many events wait for the database; the log has the rest");
        }
    }

    /// Notes, at most once an hour, that a proxy stands in front that the settings don't name.
    pub fn undeclared_proxy(&self, address: Option<IpAddr>) {
        let (now, noted) = (self.now(), &self.records.proxy_noted);
        let before = noted.load(Ordering::Relaxed);
        let due = before == 0 || now.since(Timestamp(before)) >= PROXY_EVERY;
        if due && noted.compare_exchange(before, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::warn!(
                ?address,
                "a proxy forwards requests, but trusted_proxies does not name it: everybody behind it seems to come \
                 from one address; `gatehouse doctor` says what to write"
            );
            self.record(Entry::new(Event::ProxyUndeclared).address(address));
        }
    }

    /// The undeclared proxy that this or another process noted in the last day, and when.
    pub async fn undeclared_proxy_seen(&self) -> Result<Option<(IpAddr, Timestamp)>, StorageError> {
        let noted = self.storage.latest_audit(Event::ProxyUndeclared.name()).await?;
        let recent = noted.filter(|record| self.now().since(record.at) < PROXY_MATTERS);
        Ok(recent.and_then(|record| Some((record.address.parse().ok()?, record.at))))
    }

    /// Writes the events that wait. What can't be written waits on.
    pub async fn flush_records(&self) -> Result<(), StorageError> {
        let _writing = self.records.writing.lock().await;
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
