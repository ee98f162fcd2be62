//! A database of its own on the PostgreSQL of the tests (`tools/postgres start`), and what the program does there.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use gatehouse::entropy::{Entropy as _, OsEntropy};

/// A database that goes when the test is over.
pub(crate) struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    /// An empty one.
    pub(crate) async fn make() -> Self {
        let told = std::env::var("GATEHOUSE_TEST_POSTGRES");
        let server = told.unwrap_or_else(|_| panic!("run `eval \"$(tools/postgres start)\"` first"));
        let name = OsEntropy.id("cli").to_lowercase();
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
        sqlx::query(create).execute(&mut connection).await.unwrap();
        let (before, _) = server.rsplit_once('/').unwrap();
        let url = format!("{before}/{name}");
        Self { server, name, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A test's own runtime can't be waited for while it ends.
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(mut connection) = PgConnection::connect(&server).await {
                    let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
                    let _ = sqlx::query(drop).execute(&mut connection).await;
                }
            });
        });
        let _ = gone.join();
    }
}
