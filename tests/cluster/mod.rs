//! A PostgreSQL of a test's own: it may be stopped, killed, started again and filled, and nobody else is on it.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::time::Instant;

/// How it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Connections are ended, what is not committed is rolled back.
    Fast,
    /// As if the power had failed: nothing is finished, the next start recovers.
    Immediate,
}

/// The server.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    data: PathBuf,
    programs: PathBuf,
    pub(crate) port: u16,
}

impl Cluster {
    /// Makes one, and starts it.
    pub(crate) fn start() -> Self {
        Self::start_with(None, "")
    }

    /// The same with its data in a folder that is there, and more lines of its configuration.
    pub(crate) fn start_with(data: Option<&Path>, configuration: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("gatehouse-pg-").tempdir_in("/tmp").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = data.map_or_else(|| folder.path().join("data"), |data| data.join("data"));
        let cluster = Self { folder, data, programs: programs(), port };
        fs::create_dir(&cluster.data).unwrap();
        for path in [cluster.folder.path(), cluster.data.parent().unwrap(), &cluster.data] {
            own(path);
        }
        let (data, log) = (&cluster.data, cluster.folder.path().join("wal"));
        cluster.run(
            "initdb",
            &[
                "--pgdata",
                text(data),
                "--waldir",
                text(&log),
                "--wal-segsize",
                "1",
                "--username",
                "gatehouse",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--no-sync",
            ],
        );
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = on\n\
             shared_buffers = '8MB'\nmin_wal_size = '2MB'\nmax_wal_size = '16MB'\n{configuration}\n"
        );
        let path = data.join("postgresql.conf");
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, before + &settings).unwrap();
        cluster.begin();
        cluster
    }

    /// Where a database of it is.
    pub(crate) fn url(&self, database: &str) -> String {
        self.url_at(self.port, database)
    }

    /// The same behind another port of this machine.
    #[expect(clippy::unused_self, reason = "it is this server's database, whatever stands in between")]
    pub(crate) fn url_at(&self, port: u16, database: &str) -> String {
        format!("postgres://gatehouse@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn begin(&self) {
        let log = self.folder.path().join("log");
        self.run(
            "pg_ctl",
            &["--pgdata", text(&self.data), "--log", text(&log), "--wait", "--timeout", "60", "start"],
        );
    }

    /// Stops it.
    pub(crate) fn stop(&self, how: Stop) {
        let mode = if how == Stop::Fast { "fast" } else { "immediate" };
        self.run(
            "pg_ctl",
            &["--pgdata", text(&self.data), "--wait", "--timeout", "60", "--mode", mode, "stop"],
        );
    }

    /// Whether it runs.
    pub(crate) fn runs(&self) -> bool {
        self.command("pg_ctl", &["--pgdata", text(&self.data), "status"]).status().unwrap().success()
    }

    /// Whoever is asked by a supervisor to see that it runs.
    pub(crate) fn revive(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !self.runs() {
            assert!(Instant::now() < deadline, "PostgreSQL does not start again");
            self.begin();
        }
    }

    /// A connection beside those of the program.
    pub(crate) async fn connect(&self, database: &str) -> PgConnection {
        PgConnection::connect(&self.url(database)).await.unwrap()
    }

    /// Runs a statement beside the program.
    pub(crate) async fn execute(&self, database: &str, sql: &str) {
        let mut connection = self.connect(database).await;
        connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Makes an empty database.
    pub(crate) async fn create(&self, database: &str) {
        self.execute("postgres", &format!("CREATE DATABASE {database}")).await;
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let said = self.folder.path().join("said");
        let file = fs::File::create(&said).unwrap();
        let mut command = self.command(program, arguments);
        // A file, not a pipe: the server that is started inherits it, and would keep a pipe open.
        let done = command.stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(done.success(), "{program} {arguments:?}: {}{}", fs::read_to_string(&said).unwrap(), log());
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        // PostgreSQL refuses to run as root.
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"]);
            command.arg(self.programs.join(program));
            command
        } else {
            Command::new(self.programs.join(program))
        };
        command
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self
            .command("pg_ctl", &["--pgdata", text(&self.data), "--wait", "--mode", "immediate", "stop"])
            .status();
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Gives a folder to who runs the server.
fn own(path: &Path) {
    if is_root() {
        assert!(Command::new("chown").args(["postgres:postgres", text(path)]).status().unwrap().success());
    }
}

/// The newest PostgreSQL that has a server.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.map(|entry| entry.unwrap().path().join("bin")).collect())
        .unwrap_or_default();
    found.retain(|path| path.join("initdb").exists());
    found.sort();
    found.pop().expect("PostgreSQL is missing: run `tools/setup test`")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
