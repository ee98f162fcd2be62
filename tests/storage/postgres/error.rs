//! What the codes of the server mean to the caller: each one is raised by the server itself.

use gatehouse::storage::StorageError;
use sqlx::{AssertSqlSafe, Executor as _};

use super::server;

async fn raised(code: &str) -> StorageError {
    let statement = format!("DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '{code}'; END $$");
    let refused = server::admin().await.execute(AssertSqlSafe(statement)).await.unwrap_err();
    let said = refused.as_database_error().unwrap().code().unwrap().into_owned();
    assert_eq!(said, code);
    refused.into()
}

#[tokio::test]
async fn what_may_pass_is_unavailable_and_what_is_wrong_is_corrupt() {
    let passing = [
        "08000", "08006", "08P01", // connection
        "25006", // read only
        "28P01", "42501", // a password, a right
        "3D000", // no such database
        "40001", "40P01", // lost a race
        "53100", "53200", "53300", // disk full, out of memory, too many connections
        "55P03", "57014", // lock and statement timeout
        "57P01", "57P02", "57P03", // shutdown, crash, starting up
        "58030", // I/O
    ];
    for code in passing {
        assert!(matches!(raised(code).await, StorageError::Unavailable(_)), "{code}");
    }
    for code in ["22021", "23514", "42P01", "42703", "XX001", "XX002", "0A000"] {
        assert!(matches!(raised(code).await, StorageError::Corrupt(_)), "{code}");
    }
}
