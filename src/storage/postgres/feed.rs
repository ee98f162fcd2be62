//! The connection that hears of changes: notices where the engine has them, and a look every 250 ms in any case.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    sync::{Mutex, MutexGuard, Notify},
    time::timeout,
};

use super::{
    clock::DatabaseClock,
    error::{code, unavailable},
};
use crate::storage::{Change, ChangeSeq, Result};

/// What notices are sent on. A database has its own.
pub(super) const CHANNEL: &str = "gatehouse_change";
/// How long a waiter waits at most: what a lost notice costs.
const LONGEST: Duration = Duration::from_millis(250);
/// How long the feed waits for a connection, and for an answer: longer, and nobody believes the cache any more.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the feed knows. Its one connection is no part of the pool, so that busy callers keep no revocation waiting; it
/// both listens and asks, so that every question proves it alive.
pub(super) struct Feed {
    options: PgConnectOptions,
    clock: Arc<DatabaseClock>,
    notices: AtomicBool,
    here: Notify,
    /// Somebody wants to ask: whoever listens makes room.
    asking: Notify,
    ear: Mutex<Option<PgListener>>,
}

impl Feed {
    pub(super) fn new(options: PgConnectOptions, clock: Arc<DatabaseClock>, notices: bool) -> Self {
        Self {
            options,
            clock,
            notices: AtomicBool::new(notices),
            here: Notify::new(),
            asking: Notify::new(),
            ear: Mutex::new(None),
        }
    }

    /// Whether the engine tells of changes by itself.
    pub(super) fn has_notices(&self) -> bool {
        self.notices.load(Ordering::Relaxed)
    }

    /// This process appended a change.
    pub(super) fn poke(&self) {
        self.here.notify_waiters();
    }

    /// Waits until something was appended, here or elsewhere, or a quarter of a second is over. That the connection is
    /// gone is no news: whoever asks next finds out, and gets another.
    pub(super) async fn wait(&self) {
        let poked = self.here.notified();
        tokio::pin!(poked);
        // Listening begins before the wait, so that nothing falls between the two.
        poked.as_mut().enable();
        tokio::select! {
            () = poked => (),
            () = self.listen() => (),
            () = tokio::time::sleep(LONGEST) => (),
        }
    }

    /// Listens until there is a notice. Without a connection it goes on for ever.
    async fn listen(&self) {
        loop {
            let wanted = self.asking.notified();
            tokio::pin!(wanted);
            wanted.as_mut().enable();
            let mut guard = self.ear.lock().await;
            let Some(ear) = guard.as_mut().filter(|_| self.has_notices()) else {
                drop(guard);
                return std::future::pending().await;
            };
            tokio::select! {
                () = wanted => (),
                heard = ear.try_recv() => {
                    if matches!(heard, Ok(Some(_))) {
                        // Several at once say no more than one.
                        while ear.next_buffered().is_some() {}
                    } else {
                        *guard = None;
                    }
                    return;
                }
            }
        }
    }

    /// Asks for what came after `seq`, and compares the clocks once in a while.
    pub(super) async fn changes_since(&self, seq: ChangeSeq) -> Result<Vec<Change>> {
        // In the queue for the connection first, then tell who holds it.
        let (mut guard, ()) = tokio::join!(biased; self.ear.lock(), async { self.asking.notify_waiters() });
        let asked = timeout(2 * PATIENCE, self.ask(&mut guard, seq)).await;
        let asked =
            asked.unwrap_or_else(|_| Err(unavailable("the feed's question was not answered in time")));
        if asked.is_err() {
            // A new connection next time.
            *guard = None;
        }
        asked
    }

    async fn ask(
        &self,
        guard: &mut MutexGuard<'_, Option<PgListener>>,
        seq: ChangeSeq,
    ) -> Result<Vec<Change>> {
        let ear = match guard.as_mut() {
            Some(ear) => ear,
            None => guard.insert(self.connect().await?),
        };
        let rows = sqlx::query("SELECT seq, session_id, identity_id FROM change WHERE seq > $1 ORDER BY seq")
            .bind(seq.0)
            .fetch_all(&mut *ear)
            .await?;
        if self.clock.is_due() {
            self.clock.compare(&mut *ear).await?;
        }
        rows.iter().map(super::change::read).collect()
    }

    /// Connects, and listens before anything is asked: what is appended after the answer is heard.
    async fn connect(&self) -> Result<PgListener> {
        let mut ear = PgListener::connect_with(&self.one()).await?;
        ear.eager_reconnect(false);
        match ear.listen(CHANNEL).await {
            Ok(()) => (),
            // An engine that has no notices is looked at.
            Err(error)
                if code(&error).is_some_and(|code| code.starts_with("0A") || code.starts_with("42")) =>
            {
                self.notices.store(false, Ordering::Relaxed);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(ear)
    }

    /// A pool of one, which sqlx wants for a listener.
    fn one(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(self.options.clone())
    }

    pub(super) async fn close(&self) {
        let (mut guard, ()) = tokio::join!(biased; self.ear.lock(), async { self.asking.notify_waiters() });
        *guard = None;
    }
}
