//! The server that `tools/postgres` started, and databases on it.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use gatehouse::storage::postgres::{self, DatabaseUrl};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

/// Where the server is, as `tools/postgres start` says it.
pub(crate) fn url() -> String {
    told("GATEHOUSE_TEST_POSTGRES")
}

/// Where its files are: certificates of authorities, too.
pub(crate) fn folder() -> PathBuf {
    told("GATEHOUSE_TEST_POSTGRES_DIR").into()
}

fn told(variable: &str) -> String {
    let told = std::env::var(variable);
    told.unwrap_or_else(|_| panic!("{variable} is not set: run `eval \"$(tools/postgres start)\"` first"))
}

/// A database that nobody else uses while this lives.
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) url: String,
    /// Holds the lock on one that is used again; `None` for one that is dropped.
    claim: Option<(PgConnection, i32)>,
}

impl Database {
    /// The URL as the backend reads it.
    pub(crate) fn parsed(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.url).unwrap()
    }

    /// A connection beside those of the backend.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&plain(&self.url)).await.unwrap()
    }

    /// Runs statements beside the backend.
    pub(crate) async fn execute(&self, sql: &str) {
        let mut connection = self.connect().await;
        connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Cuts every connection to it.
    pub(crate) async fn cut(&self) -> i64 {
        let mut admin = admin().await;
        let claim = self.claim.as_ref().map_or(0, |(_, pid)| *pid);
        let statement =
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2";
        sqlx::query_scalar(statement).bind(&self.name).bind(claim).fetch_one(&mut admin).await.unwrap()
    }

    /// Writes a dump of it.
    pub(crate) async fn dump(&self, to: &Path) {
        let mut admin = admin().await;
        let version: String =
            sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut admin).await.unwrap();
        let debian = PathBuf::from(format!("/usr/lib/postgresql/{}/bin/pg_dump", &version[..2]));
        let program = if debian.exists() { debian } else { "pg_dump".into() };
        let mut command = tokio::process::Command::new(program);
        let done = command.arg("--file").arg(to).arg(&self.url).status().await.unwrap();
        assert!(done.success(), "pg_dump failed");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.claim.is_some() {
            return;
        }
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A runtime of its own: the test's may be on its way out.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { admin().await.execute(AssertSqlSafe(statement)).await.map(drop) })
        });
        if let Ok(Err(error)) = dropping.join() {
            eprintln!("{} stays: {error}", self.name);
        }
    }
}

/// A connection to the server's own database.
pub(crate) async fn admin() -> PgConnection {
    PgConnection::connect(&plain(&url())).await.unwrap()
}

/// Without TLS, which takes its time.
fn plain(url: &str) -> String {
    format!("{url}?sslmode=disable")
}

/// An empty database, dropped afterwards.
pub(crate) async fn empty() -> Database {
    copy_of("template0").await
}

/// A database with the schema of this release and nothing in it, for tests that change more than rows; dropped afterwards,
/// for which the server syncs the disk.
pub(crate) async fn own() -> Database {
    copy_of(&template().await).await
}

/// A database with the schema of this release and nothing in it, emptied and used again by a later test, in any process.
pub(crate) async fn filled() -> Database {
    let template = template().await;
    let mut number = 0;
    loop {
        let name = format!("{template}_{number}");
        let mut claim = match PgConnection::connect(&plain(&of(&name))).await {
            Err(error)
                if error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref()
                    == Some("3D000") =>
            {
                // Not there yet; somebody else may make it at the same moment.
                let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
                drop(admin().await.execute(AssertSqlSafe(statement)).await);
                continue;
            }
            connected => connected.unwrap(),
        };
        number += 1;
        // Held until this connection closes, whatever becomes of the process.
        let free = sqlx::query_scalar("SELECT pg_try_advisory_lock(2)").fetch_one(&mut claim).await;
        if !free.unwrap_or(false) {
            continue;
        }
        sqlx::query(OTHERS).bind(&name).execute(&mut claim).await.unwrap();
        claim.execute(EMPTY).await.unwrap();
        let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut claim).await.unwrap();
        return Database { url: of(&name), name, claim: Some((claim, pid)) };
    }
}

/// Ends every other connection to a database.
const OTHERS: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()";

/// Everything that a test may have left in the rows.
const EMPTY: &str = "DELETE FROM meta; DELETE FROM identity; DELETE FROM registration; DELETE FROM link; DELETE FROM held; \
                     DELETE FROM login_code; \
                     DELETE FROM limit_state; DELETE FROM mail; DELETE FROM app; DELETE FROM change; DELETE FROM audit; \
                     DELETE FROM used_challenge; UPDATE change_head SET seq = 0";

async fn copy_of(template: &str) -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("gatehouse_test_{}_{number}", std::process::id());
    create(&mut admin().await, &name, template).await;
    Database { url: of(&name), name, claim: None }
}

async fn create(on: &mut PgConnection, name: &str, template: &str) {
    on.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"))).await.unwrap();
}

async fn exists(on: &mut PgConnection, name: &str) -> bool {
    let there = "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)";
    sqlx::query_scalar(there).bind(name).fetch_one(on).await.unwrap()
}

/// A database to copy, made once for each schema by whichever process comes first.
async fn template() -> String {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(make_template).await.clone()
}

async fn make_template() -> String {
    let mut hasher = DefaultHasher::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/storage/postgres/migrations");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        fs::read(file).unwrap().hash(&mut hasher);
    }
    let name = format!("gatehouse_template_{:016x}", hasher.finish());
    let mut admin = admin().await;
    admin.execute("SELECT pg_advisory_lock(1)").await.unwrap();
    if !exists(&mut admin, &name).await {
        // Under its name only when it is complete.
        let new = format!("{name}_new");
        admin.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {new}"))).await.unwrap();
        create(&mut admin, &new, "template0").await;
        postgres::migrate(&DatabaseUrl::parse(&of(&new)).unwrap()).await.unwrap();
        let rename = format!("ALTER DATABASE {new} RENAME TO {name}");
        admin.execute(AssertSqlSafe(rename)).await.unwrap();
    }
    // Gives the lock back.
    admin.close().await.unwrap();
    name
}

/// The URL of a database on the server.
fn of(name: &str) -> String {
    let mut url = url::Url::parse(&url()).unwrap();
    url.set_path(name);
    url.to_string()
}
