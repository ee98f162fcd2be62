//! The connection that looks for other processes' writes, and what this process tells itself.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{Mutex, MutexGuard, Notify};

use super::file::DatabaseFile;
use crate::storage::Result;

/// How long a waiter waits at most.
const LONGEST: Duration = Duration::from_millis(250);
/// How often it looks at the database in that time.
const LOOK: Duration = Duration::from_millis(50);

/// What the feed knows.
pub(super) struct Feed {
    options: SqliteConnectOptions,
    here: Notify,
    looker: Mutex<Option<Looker>>,
}

pub(super) struct Looker {
    pub(super) connection: SqliteConnection,
    seen: i64,
}

impl Feed {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self { options, here: Notify::new(), looker: Mutex::new(None) }
    }

    /// This process appended a change.
    pub(super) fn poke(&self) {
        self.here.notify_waiters();
    }

    /// Waits until something was written, here or elsewhere, or a quarter of a second is over.
    pub(super) async fn wait(&self, file: &DatabaseFile) -> Result<()> {
        let poked = self.here.notified();
        tokio::pin!(poked);
        // Listening begins before the look, so that nothing falls between the two.
        poked.as_mut().enable();
        let looking = async {
            loop {
                file.still_there()?;
                if self.look().await? {
                    return Ok(());
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = poked => Ok(()),
            looked = looking => looked,
            () = tokio::time::sleep(LONGEST) => Ok(()),
        }
    }

    /// Whether any other connection wrote since the last look.
    async fn look(&self) -> Result<bool> {
        let mut guard = self.connection().await?;
        let Some(looker) = guard.as_mut() else { return Ok(true) };
        match data_version(&mut looker.connection).await {
            Ok(version) => Ok(std::mem::replace(&mut looker.seen, version) != version),
            Err(error) => {
                *guard = None;
                Err(error)
            }
        }
    }

    /// The connection, opened when there is none.
    pub(super) async fn connection(&self) -> Result<MutexGuard<'_, Option<Looker>>> {
        let mut guard = self.looker.lock().await;
        if guard.is_none() {
            let mut connection = self.options.connect().await?;
            let seen = data_version(&mut connection).await?;
            *guard = Some(Looker { connection, seen });
        }
        Ok(guard)
    }

    pub(super) async fn close(&self) {
        if let Some(looker) = self.looker.lock().await.take() {
            // It only read; that closing failed changes nothing.
            drop(looker.connection.close().await);
        }
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await?)
}
