//! `gatehouse serve` as a replica on the test's database, and what a browser asks of it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::json;
use tokio::time::Instant;

use crate::{answer::Answer, clock};

const PASSWORD: &str = "seven quiet herons";
/// The same for all replicas: 32 bytes, as `gatehouse key` would print them.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) struct Replica {
    folder: tempfile::TempDir,
    url: String,
    child: Child,
    port: u16,
    /// The port of the database, which nobody may learn; `None` for a file.
    database: Option<u16>,
    /// The clock of its machine, where the test sets it.
    clock: Option<PathBuf>,
}

impl Replica {
    pub(crate) fn start(url: &str) -> Self {
        Self::start_by(url, None)
    }

    /// Starts one whose machine has this clock.
    pub(crate) fn start_by(url: &str, clock: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = "[session]\nmax_per_identity = 1000\n[limits]\naccount_attempts = 100\naddress_attempts = 100000\n\
                        global_attempts = 100000\nquestions_per_address = 1000000\n";
        std::fs::write(folder.path().join("gatehouse.toml"), settings).unwrap();
        let database = url.split(['@', '/']).find_map(|part| part.strip_prefix("127.0.0.1:"));
        let database = database.map(|port| port.parse().unwrap());
        let mut child = command(folder.path(), url)
            .envs(clock.into_iter().flat_map(clock::shown_to))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stderr.take().unwrap();
        let (url, clock) = (url.to_owned(), clock.map(Path::to_owned));
        let mut replica = Self { folder, url, child, port: 0, database, clock };
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let mut said = Vec::new();
        for line in lines.by_ref() {
            if let Some((_, url)) = line.split_once("Serving http://localhost:") {
                replica.port = url.split('/').next().unwrap().parse().unwrap();
                break;
            }
            said.push(line);
        }
        assert_ne!(replica.port, 0, "the replica did not start: {said:?}");
        // Somebody reads its log to the end.
        std::thread::spawn(move || lines.for_each(drop));
        replica
    }

    /// Stops it in order, and starts another one in its place.
    pub(crate) fn restart(mut self) -> Self {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        Self::start_by(&self.url, self.clock.as_deref())
    }

    /// Adds somebody by the command line.
    pub(crate) fn add(&self, username: &str) {
        let mut command = command(self.folder.path(), &self.url);
        command.args(["users", "add", username, "--password-stdin", "--no-must-change"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// It did not end by itself.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn login(&self, username: &str) -> Option<Answer> {
        let step = json!({
            "step": "password", "identifier": username, "password": PASSWORD, "keep": false, "challenge": null
        });
        self.post("/login", "", &step.to_string())
    }

    /// A session that must be begun within a while.
    pub(crate) fn sign_in(&self, username: &str) -> String {
        self.until("signs in", || self.login(username)?.session())
    }

    pub(crate) fn logout(&self, session: &str) -> Option<Answer> {
        self.post("/logout", &format!("Cookie: {session}\r\n"), "null")
    }

    pub(crate) fn session(&self, session: &str) -> Option<Answer> {
        self.ask("GET", "/session", &format!("Cookie: {session}\r\n"), "")
    }

    pub(crate) fn get(&self, path: &str) -> Option<Answer> {
        self.ask("GET", path, "", "")
    }

    /// Asks until there is an answer of the kind that is looked for.
    #[track_caller]
    #[expect(clippy::unused_self, reason = "reads as a sentence about the replica")]
    pub(crate) fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "the replica never {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn post(&self, path: &str, headers: &str, body: &str) -> Option<Answer> {
        let port = self.port;
        let headers =
            format!("Origin: http://localhost:{port}\r\nContent-Type: application/json\r\n{headers}");
        self.ask("POST", path, &headers, body)
    }

    /// Nothing where the connection ended before the answer did.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "{method} /_gatehouse{path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Length: {}\r\n\
             {headers}\r\n",
            self.port,
            body.len()
        );
        stream.write_all((head + body).as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let answer = Answer::read(&text)?;
        if let Some(database) = self.database {
            answer.tells_nothing(database);
        }
        Some(answer)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command.current_dir(folder).env_clear().env("GATEHOUSE_DATABASE", url).env("GATEHOUSE_KEY", KEY);
    command
}
