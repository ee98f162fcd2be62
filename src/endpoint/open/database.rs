//! Opening whatever database the settings name: the one place that tells one kind from another, beside storage itself.

use std::sync::Arc;

use super::OpenError;
use crate::{
    clock::{Clock as _, SharedClock, SystemClock},
    config::{Database, Settings},
    entropy::OsEntropy,
    storage::{Storage, StorageError, sqlite::SqliteStorage},
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
        Database::Postgres(_) => Err(OpenError::NoDatabase),
    }
}
