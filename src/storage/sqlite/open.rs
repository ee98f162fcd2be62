//! Opening, migrating and naming a database.

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{SqliteStorage, error, feed::Feed, file, pool};
use crate::{
    clock::Timestamp,
    entropy::Entropy,
    storage::{Migration, Result, Status, StorageError},
};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/storage/sqlite/migrations");

/// "Gate": says in the file's header whose it is.
const APPLICATION_ID: i64 = 0x4761_7465;
/// How long a write waits for another process.
const BUSY: Duration = Duration::from_secs(2);

impl SqliteStorage {
    /// Opens the database at `path`, and makes it first where there is none.
    pub async fn open(path: &Path, now: Timestamp, entropy: &dyn Entropy) -> Result<Self> {
        file::create(path)?;
        let mut drawn = [0_u8; 8];
        entropy.fill(&mut drawn);
        let instance = format!("{:016x}", u64::from_be_bytes(drawn));
        Self::open_file(path, Some((instance, now))).await
    }

    /// Opens the database at `path`; refuses where there is none.
    pub async fn open_existing(path: &Path) -> Result<Self> {
        Self::open_file(path, None).await
    }

    /// Opens the database at `path` to look: nothing is written, migrated or repaired, and no file appears beside it.
    pub async fn open_to_look(path: &Path) -> Result<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // Without a log nobody has it open, and SQLite would make the files that it shares with others.
        let alone = std::fs::metadata(&log).map_or(0, |file| file.len()) == 0;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .immutable(alone)
            .disable_statement_logging();
        let mut first = options.connect().await?;
        let looked = up_to_date(&mut first, path).await;
        first.close().await?;
        looked?;
        Ok(Self {
            file: file::DatabaseFile::at(path)?,
            writer: pool::Writer::new(options.clone()),
            readers: pool::readers(options.clone()),
            feed: Feed::new(options.clone()),
            options,
        })
    }

    async fn open_file(path: &Path, birth: Option<(String, Timestamp)>) -> Result<Self> {
        file::secure(path)?;
        let options = options(path);
        let mut first = connect(&options).await?;
        let prepared = prepare(&mut first, path, birth).await;
        first.close().await?;
        prepared?;
        let reading = options.clone().pragma("query_only", "ON");
        Ok(Self {
            file: file::DatabaseFile::at(path)?,
            writer: pool::Writer::new(options.clone()),
            readers: pool::readers(reading.clone()),
            feed: Feed::new(reading),
            options,
        })
    }

    /// A connection beside the pools, for what takes long.
    pub(super) async fn connect_apart(&self) -> Result<SqliteConnection> {
        Ok(self.options.connect().await?)
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF")
        .pragma("journal_size_limit", "16777216")
        .disable_statement_logging()
}

/// Connects. Two processes that turn a new file to WAL at once don't wait for each other, so one tries again.
async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection> {
    let mut tries = 0;
    loop {
        match options.connect().await {
            Err(error) if error::is_busy(&error) && tries < 40 => tries += 1,
            done => return Ok(done?),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Refuses what is no database of ours, or has not seen the migrations of this release.
async fn up_to_date(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    if application != APPLICATION_ID {
        return Err(StorageError::Corrupt(format!("{} is not a Gatehouse database", path.display())));
    }
    let done: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(connection).await?;
    if done < i64::try_from(MIGRATIONS.iter().count()).unwrap_or(i64::MAX) {
        return Err(error::unavailable(
            "it was last used by an older release: any other command (`gatehouse users list`) brings it up to date",
        ));
    }
    Ok(())
}

/// What the database at `path` has seen of the migrations. Changes nothing.
pub async fn status(path: &Path) -> Result<Status> {
    let mut connection = options(path).connect().await?;
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await?;
    if application != APPLICATION_ID {
        return Err(StorageError::Corrupt(format!("{} is not a Gatehouse database", path.display())));
    }
    let seen: Vec<(i64, String)> =
        sqlx::query_as("SELECT version, description FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(&mut connection)
            .await?;
    connection.close().await?;
    let named = |(version, description)| Migration { version, description };
    let pending = MIGRATIONS
        .iter()
        .filter(|ours| !seen.iter().any(|(version, _)| *version == ours.version))
        .map(|ours| named((ours.version, ours.description.to_string())))
        .collect();
    Ok(Status { applied: seen.into_iter().map(named).collect(), pending })
}

/// Brings the schema up to date in one transaction, so that a kill leaves the old one or the new one.
async fn prepare(
    connection: &mut SqliteConnection,
    path: &Path,
    birth: Option<(String, Timestamp)>,
) -> Result<()> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *tx).await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *tx).await?;
    let new = application == 0 && tables == 0 && birth.is_some();
    if !new && application != APPLICATION_ID {
        return Err(StorageError::Corrupt(format!("{} is not a Gatehouse database", path.display())));
    }
    MIGRATIONS.run_direct(None, &mut *tx, false).await?;
    if let Some((instance, now)) = birth {
        sqlx::query("PRAGMA application_id = 1197569125").execute(&mut *tx).await?;
        sqlx::query(
            "INSERT INTO meta (id, instance, high_water_mark) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(instance)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}
