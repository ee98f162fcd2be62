//! The database's time.

use std::time::Duration;

use gatehouse::{
    clock::{Clock as _, Timestamp},
    entropy::OsEntropy,
    storage::{ChangeFeed as _, ChangeSeq, MetaRepository as _, postgres::PostgresStorage},
};

use super::server::{self, Database};

const DAY: Duration = Duration::from_hours(24);

async fn theirs(database: &Database) -> Timestamp {
    let now = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT";
    Timestamp(sqlx::query_scalar(now).fetch_one(&mut database.connect().await).await.unwrap())
}

async fn born_by_its_own_clock(database: &Database) -> PostgresStorage {
    PostgresStorage::open(&database.parsed(), 2, None, &OsEntropy).await.unwrap()
}

/// A replica judges by the database's clock: nothing of it comes from the machine's, so a wrong one changes nothing.
#[tokio::test]
async fn replicas_share_the_time_of_the_database() {
    let database = server::filled().await;
    let (one, two) = (born_by_its_own_clock(&database).await, born_by_its_own_clock(&database).await);
    assert_eq!(one.high_water_mark().await.unwrap(), two.high_water_mark().await.unwrap());
    for clock in [one.clock(), two.clock()] {
        let before = theirs(&database).await;
        let shown = clock.now();
        let after = theirs(&database).await;
        // Half a round trip, and what the machine had to do meanwhile.
        let slack = Duration::from_millis(500);
        assert!(shown.plus(slack) >= before && after.plus(slack) >= shown, "{before} {shown} {after}");
    }
}

/// The database's clock is set forward by a day under a process that runs: it follows within some seconds. `clock_timestamp`
/// is shadowed by a function of the search path, so that nobody's clock needs to be set.
#[tokio::test]
async fn a_clock_follows_when_the_database_is_set_and_never_goes_back() {
    let database = server::own().await;
    let set = |shift: &str| {
        format!(
            "CREATE SCHEMA IF NOT EXISTS fake; CREATE OR REPLACE FUNCTION fake.clock_timestamp() RETURNS timestamptz \
             LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() + interval '{shift}' $$"
        )
    };
    database.execute(&set("0")).await;
    let url = format!("{}?options[search_path]=fake,pg_catalog,public", database.url);
    let url = gatehouse::storage::postgres::DatabaseUrl::parse(&url).unwrap();
    let storage = PostgresStorage::open(&url, 2, None, &OsEntropy).await.unwrap();
    let start = storage.clock().now();
    database.execute(&set("1 day")).await;
    let follow = async {
        while storage.clock().now() < start.plus(DAY) {
            storage.changes_since(ChangeSeq(0)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), follow).await.expect("the clock follows");
    let ahead = storage.clock().now();
    database.execute(&set("-1 day")).await;
    let restarted = PostgresStorage::open(&url, 2, None, &OsEntropy).await.unwrap();
    restarted.raise_high_water_mark(ahead).await.unwrap();
    let again = PostgresStorage::open(&url, 2, None, &OsEntropy).await.unwrap();
    assert!(again.clock().now() >= ahead, "nothing expired comes back");
    assert!(storage.clock().now() >= ahead);
}
