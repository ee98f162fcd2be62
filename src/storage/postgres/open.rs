//! Opening a database, and filling and naming it first where it is empty.

use std::sync::Arc;

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use super::{
    PostgresStorage,
    clock::DatabaseClock,
    error::{code, unavailable},
    feed::{CHANNEL, Feed},
    pool::Connections,
    schema,
    url::DatabaseUrl,
};
use crate::{
    clock::{Clock as _, Timestamp},
    entropy::Entropy,
    storage::{MetaRepository as _, Result},
};

/// What the server holds every connection to, where the URL says nothing else: nothing waits for ever, and nobody's death
/// leaves a lock behind.
const BOUNDS: [(&str, &str); 4] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "4s"),
    ("idle_in_transaction_session_timeout", "10s"),
    // What the locks are made for.
    ("default_transaction_isolation", "read committed"),
];

impl PostgresStorage {
    /// Opens the database, and fills it first where it is empty. `born` is the first moment that a new one has seen; the
    /// database's own clock says it where nobody does. `connections` bounds the pool; one more listens.
    pub async fn open(
        url: &DatabaseUrl,
        connections: u32,
        born: Option<Timestamp>,
        entropy: &dyn Entropy,
    ) -> Result<Self> {
        let mut drawn = [0_u8; 8];
        entropy.fill(&mut drawn);
        let instance = format!("{:016x}", u64::from_be_bytes(drawn));
        Self::open_at(url, connections, Some((instance, born))).await
    }

    /// Opens the database; refuses where it is empty.
    pub async fn open_existing(url: &DatabaseUrl, connections: u32) -> Result<Self> {
        Self::open_at(url, connections, None).await
    }

    async fn open_at(
        url: &DatabaseUrl,
        connections: u32,
        birth: Option<(String, Option<Timestamp>)>,
    ) -> Result<Self> {
        let options = settled(url.options().clone(), &BOUNDS);
        let connections = Connections::new(options.clone(), connections.max(1));
        let mut first = connections.pool.acquire().await?;
        let clock = DatabaseClock::open(&mut *first).await?;
        let status = schema::look(&mut first).await?;
        let named = !status.applied.is_empty()
            && sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM meta)").fetch_one(&mut *first).await?;
        if !named {
            let Some((instance, born)) = birth else {
                return Err(unavailable(
                    "it is empty: start the app once with this database, which fills it",
                ));
            };
            // Another process may be at it: who comes second finds nothing left to do.
            schema::migrate(url).await?;
            sqlx::query(
                "INSERT INTO meta (id, instance, high_water_mark) VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
            )
            .bind(instance)
            .bind(born.unwrap_or_else(|| clock.now()).0)
            .execute(&mut *first)
            .await?;
        } else if !status.pending.is_empty() {
            return Err(unavailable("it was last used by an older release: run `gatehouse migrate`"));
        }
        let notices = match sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut *first).await {
            Ok(_) => true,
            Err(error)
                if code(&error).is_some_and(|code| code.starts_with("0A") || code.starts_with("42")) =>
            {
                false
            }
            Err(error) => return Err(error.into()),
        };
        drop(first);
        let feed = Feed::new(options, Arc::clone(&clock), notices);
        let storage = Self { url: url.clone(), connections, clock, feed };
        storage.clock.raise(storage.high_water_mark().await?);
        Ok(storage)
    }
}

/// The URL's options, with what is `wanted` of the session where it says nothing of that, and a name to be found by.
pub(super) fn settled(options: PgConnectOptions, wanted: &[(&str, &str)]) -> PgConnectOptions {
    let said = options.get_options().unwrap_or_default().to_owned();
    let wanted = wanted.iter().filter(|(name, _)| !said.contains(name)).copied();
    let named = options.get_application_name().is_some();
    let options = options.options(wanted).disable_statement_logging();
    if named { options } else { options.application_name("gatehouse") }
}
