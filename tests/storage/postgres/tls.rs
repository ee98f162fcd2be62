//! TLS to the database. The server has a certificate for `localhost` alone, by an authority of its own.

use gatehouse::{
    entropy::OsEntropy,
    storage::{
        MetaRepository as _, StorageError,
        postgres::{DatabaseUrl, PostgresStorage},
    },
};

use super::server::{self, Database};
use crate::kit::START;

async fn through(database: &Database, host: &str, parameters: &str) -> Result<PostgresStorage, StorageError> {
    let mut url = url::Url::parse(&database.url).unwrap();
    url.set_host(Some(host)).unwrap();
    let url = DatabaseUrl::parse(&format!("{url}?{parameters}")).unwrap();
    PostgresStorage::open(&url, 2, Some(START), &OsEntropy).await
}

fn authority(file: &str) -> String {
    format!("sslmode=verify-full&sslrootcert={}", server::folder().join(file).display())
}

#[tokio::test]
async fn the_right_authority_and_name_are_let_through() {
    let database = server::filled().await;
    let storage = through(&database, "localhost", &authority("ca.pem")).await.unwrap();
    storage.check().await.unwrap();
    let encrypted: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
         WHERE s.ssl AND a.datname = $1 AND a.application_name = 'gatehouse'",
    )
    .bind(&database.name)
    .fetch_one(&mut server::admin().await)
    .await
    .unwrap();
    assert!(encrypted > 0);
}

#[tokio::test]
async fn another_authority_is_refused() {
    let database = server::filled().await;
    // One that did not sign it, and those that everybody knows.
    for parameters in [authority("other-ca.pem"), "sslmode=verify-full".into()] {
        let refused = through(&database, "localhost", &parameters).await.unwrap_err();
        assert!(matches!(refused, StorageError::Unavailable(_)));
        assert!(refused.to_string().to_lowercase().contains("certificate"), "{refused}");
    }
}

/// The right authority, and a name that the certificate does not say.
#[tokio::test]
async fn another_name_is_refused() {
    let database = server::filled().await;
    let refused = through(&database, "127.0.0.1", &authority("ca.pem")).await.unwrap_err();
    assert!(refused.to_string().to_lowercase().contains("certificate"), "{refused}");
    let control =
        through(&database, "127.0.0.1", &authority("ca.pem").replace("verify-full", "verify-ca")).await;
    control.unwrap().check().await.unwrap();
}
