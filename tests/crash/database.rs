//! The database that a child works on, of either kind.

use std::{path::PathBuf, sync::Arc, time::Duration};

use gatehouse::{
    entropy::OsEntropy,
    storage::{
        Storage,
        postgres::{DatabaseUrl, PostgresStorage},
        sqlite::SqliteStorage,
    },
};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, sqlite::SqliteConnectOptions};

use crate::now;

/// How many connections a process has.
const CONNECTIONS: u32 = 6;

/// Where it is.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A database on a server that is not killed with its clients.
    Postgres(String),
}

impl Database {
    /// As it is told to a child.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Sqlite(path) => path.to_str().unwrap().to_owned(),
            Self::Postgres(url) => url.clone(),
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") { Self::Postgres(text.into()) } else { Self::Sqlite(text.into()) }
    }

    /// Opens it, and makes it first where that was not done.
    pub(crate) async fn open(&self) -> Arc<dyn Storage> {
        match self {
            Self::Sqlite(path) => Arc::new(SqliteStorage::open(path, now(), &OsEntropy).await.unwrap()),
            Self::Postgres(url) => {
                let url = DatabaseUrl::parse(url).unwrap();
                Arc::new(PostgresStorage::open(&url, CONNECTIONS, Some(now()), &OsEntropy).await.unwrap())
            }
        }
    }

    /// Waits until nothing of a killed client is under way any more: a server may still be at its last statement.
    pub(crate) async fn is_quiet(&self) {
        let Self::Postgres(url) = self else { return };
        let mut connection = PgConnection::connect(url).await.unwrap();
        for _ in 0..1000 {
            let others: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .fetch_one(&mut connection)
            .await
            .unwrap();
            if others == 0 {
                connection.close().await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the connections of a killed process stay open");
    }

    /// What SQLite itself says of the file. PostgreSQL was not killed, and checks every reference when it is written.
    pub(crate) async fn is_sound(&self) {
        let Self::Sqlite(path) = self else { return };
        let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        let verdict: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
        assert_eq!(verdict, "ok");
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
        assert!(orphans.is_empty());
    }
}
