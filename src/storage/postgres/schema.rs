//! The schema: what a database has seen of the migrations, and how it gets the rest.
//!
//! Migrations only add. So the release before goes on working while this one migrates and afterwards, and a release runs
//! on a schema that is newer than its own; on an older one it refuses to start.

use std::{collections::BTreeSet, time::Duration};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, migrate::Migrator};
use tokio::time::{sleep, timeout};

use super::{
    error::{code, unavailable},
    open,
    url::DatabaseUrl,
};
use crate::storage::{Result, StorageError};

/// A migration that waits for somebody's long transaction keeps everybody else waiting behind it: better it tries again.
const LOCK: &str = "3s";
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);
/// How long it takes to connect.
const CONNECT: Duration = Duration::from_secs(5);

/// A step from one schema to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number; they are applied in this order.
    pub version: i64,
    /// What it is about.
    pub description: String,
}

/// What a database has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// What was applied, also by a newer release.
    pub applied: Vec<Migration>,
    /// What this release would apply.
    pub pending: Vec<Migration>,
}

/// What a database has seen of the migrations. Changes nothing.
pub async fn status(url: &DatabaseUrl) -> Result<Status> {
    let mut connection = connect(url).await?;
    let seen = look(&mut connection).await;
    connection.close().await?;
    seen
}

/// Applies what is pending, each migration in a transaction of its own, while others go on using the database; two that
/// migrate at once wait for each other. Returns what was pending before.
pub async fn migrate(url: &DatabaseUrl) -> Result<Vec<Migration>> {
    let before = status(url).await?.pending;
    let mut tries = 0;
    while !before.is_empty() {
        let mut connection = connect(url).await?;
        let done = migrator().run_direct(None, &mut connection, false).await;
        // Also gives the lock among migrators back.
        connection.close().await?;
        match done.map_err(locked) {
            Ok(()) => break,
            Err(None) if tries < TRIES => tries += 1,
            Err(None) => {
                return Err(unavailable(
                    "somebody's long transaction is in the way of the migration: try again",
                ));
            }
            Err(Some(error)) => return Err(error),
        }
        sleep(PAUSE).await;
    }
    Ok(before)
}

/// `None` where a lock was not to be had, or only by a deadlock.
fn locked(error: sqlx::migrate::MigrateError) -> Option<StorageError> {
    use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
    match &error {
        Execute(inner) | ExecuteMigration(inner, _) if matches!(code(inner), Some("55P03" | "40P01")) => None,
        _ => Some(error.into()),
    }
}

/// What a database has seen; refuses one that is somebody else's.
pub(super) async fn look(connection: &mut PgConnection) -> Result<Status> {
    let (table, tables): (bool, i64) = sqlx::query_as(
        "SELECT to_regclass('_sqlx_migrations') IS NOT NULL, (SELECT count(*) FROM unnest(ARRAY['meta', 'identity', \
         'session', 'ticket', 'link', 'mail']) AS n (name) WHERE to_regclass(n.name) IS NOT NULL)",
    )
    .fetch_one(&mut *connection)
    .await?;
    let applied: Vec<(i64, String)> = if table {
        sqlx::query_as("SELECT version, description FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(connection)
            .await?
    } else {
        Vec::new()
    };
    if applied.is_empty() && tables > 0 {
        return Err(StorageError::Corrupt(
            "it holds tables that are not Gatehouse's: give it a database of its own (CREATE DATABASE gatehouse)".into(),
        ));
    }
    let seen: BTreeSet<i64> = applied.iter().map(|(version, _)| *version).collect();
    let name = |(version, description)| Migration { version, description };
    let ours = migrator();
    let pending = ours
        .iter()
        .filter(|migration| !seen.contains(&migration.version))
        .map(|migration| name((migration.version, migration.description.to_string())))
        .collect();
    Ok(Status { applied: applied.into_iter().map(name).collect(), pending })
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("src/storage/postgres/migrations");
    // A newer release may have been here.
    migrator.set_ignore_missing(true);
    migrator
}

/// A connection that waits for answers as long as they take, and for locks only so long.
async fn connect(url: &DatabaseUrl) -> Result<PgConnection> {
    let options = open::settled(url.options().clone(), &[("lock_timeout", LOCK)]);
    match timeout(CONNECT, options.connect()).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(unavailable("it did not answer in time")),
    }
}
