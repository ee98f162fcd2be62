//! Opening whatever database the settings name: the one place that tells one kind from another, beside storage itself.

use std::sync::Arc;

use super::OpenError;
use crate::{
    clock::{Clock as _, SharedClock, SystemClock},
    config::{Database, PostgresUrl, Settings},
    entropy::OsEntropy,
    storage::{
        Migration, Status, Storage, StorageError,
        postgres::{self, DatabaseUrl, PostgresStorage},
        sqlite::{self, SqliteStorage},
    },
};

/// How a database is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It is made where there is none, and brought up to date.
    Make,
    /// It must be there; it is brought up to date.
    There,
    /// It must be there, and nothing of it is changed.
    Look,
}

/// The database that the settings name, and the clock that goes with it.
pub async fn open_storage(
    settings: &Settings,
    opening: Opening,
) -> Result<(Arc<dyn Storage>, SharedClock), OpenError> {
    let database = settings.database().ok_or(OpenError::NoDatabase)?;
    let failed = |source: StorageError| OpenError::Storage { database: database.to_string(), source };
    match &database {
        Database::Sqlite(path) => {
            if opening != Opening::Make && !path.exists() {
                return Err(OpenError::Absent(path.clone()));
            }
            let now = SystemClock::default().now();
            let storage = match opening {
                Opening::Make => SqliteStorage::open(path, now, &OsEntropy).await,
                Opening::There => SqliteStorage::open_existing(path).await,
                Opening::Look => SqliteStorage::open_to_look(path).await,
            };
            let storage: Arc<dyn Storage> = Arc::new(storage.map_err(failed)?);
            let mark = storage.high_water_mark().await.map_err(failed)?;
            Ok((storage, Arc::new(SystemClock::starting_at(mark))))
        }
        Database::Postgres(url) => {
            let url = read(url, settings)?;
            let connections = settings.database_connections;
            let storage = match opening {
                Opening::Make => PostgresStorage::open(&url, connections, None, &OsEntropy).await,
                Opening::There | Opening::Look => PostgresStorage::open_existing(&url, connections).await,
            };
            let storage = Arc::new(storage.map_err(failed)?);
            let clock = storage.clock();
            Ok((storage, clock))
        }
    }
}

/// What the database has seen of the migrations, and what it has not. Changes nothing.
pub async fn migrations(settings: &Settings) -> Result<Status, OpenError> {
    let database = settings.database().ok_or(OpenError::NoDatabase)?;
    let failed = |source: StorageError| OpenError::Storage { database: database.to_string(), source };
    match &database {
        Database::Sqlite(path) if !path.exists() => Err(OpenError::Absent(path.clone())),
        Database::Sqlite(path) => sqlite::status(path).await.map_err(failed),
        Database::Postgres(url) => postgres::status(&read(url, settings)?).await.map_err(failed),
    }
}

/// Applies the migrations that are pending, while others go on; returns which were.
pub async fn migrate(settings: &Settings) -> Result<Vec<Migration>, OpenError> {
    let database = settings.database().ok_or(OpenError::NoDatabase)?;
    let failed = |source: StorageError| OpenError::Storage { database: database.to_string(), source };
    match &database {
        Database::Sqlite(path) => {
            let pending = migrations(settings).await?.pending;
            SqliteStorage::open_existing(path).await.map_err(failed)?.close().await;
            Ok(pending)
        }
        Database::Postgres(url) => postgres::migrate(&read(url, settings)?).await.map_err(failed),
    }
}

/// The address as the backend reads it.
fn read(url: &PostgresUrl, settings: &Settings) -> Result<DatabaseUrl, OpenError> {
    let read = DatabaseUrl::parse_allowing(url.expose(), settings.allow_insecure_database);
    read.map_err(|error| OpenError::Setting(error.to_string()))
}
