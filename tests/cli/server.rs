//! `gatehouse serve` as a process, and what a browser would say to it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::MetadataExt as _,
    process::{Child, Command, Stdio},
};

use crate::kit::Place;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

pub(crate) struct Server {
    child: Child,
    port: u16,
    pub(crate) link: String,
}

impl Server {
    pub(crate) fn start(place: &Place) -> Self {
        Self::run(place.command(&SERVE))
    }

    /// In front of an app.
    pub(crate) fn start_before(place: &Place, upstream: &str) -> Self {
        let mut command = place.command(&SERVE);
        command.args(["--upstream", upstream]);
        Self::run(command)
    }

    /// The same in a process whose disk can be filled by [`Self::let_files_grow`], and that has to obey the modes of
    /// files, as root does not.
    pub(crate) fn start_confined(place: &Place) -> Self {
        Self::run(confined(place))
    }

    /// The same, with its log in a file of the place.
    pub(crate) fn start_logging(place: &Place, variables: &[(&str, &str)]) -> Self {
        let path = place.path().join("log");
        let log = std::fs::File::create(&path).unwrap();
        let mut command = place.command(&SERVE);
        command.envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut server = Self { child: command.spawn().unwrap(), port: 0, link: String::new() };
        for _ in 0..600 {
            let said = std::fs::read_to_string(&path).unwrap();
            if said.lines().any(|line| server.is_serving(line)) {
                return server;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the server did not start");
    }

    /// Reads a line that the server says while it starts. True at the last.
    fn is_serving(&mut self, line: &str) -> bool {
        if line.contains("#setup=") {
            line.trim().clone_into(&mut self.link);
        }
        let url = line.strip_prefix("Serving ").and_then(|line| line.split_once("http://localhost:"));
        let Some((_, url)) = url else { return false };
        self.port = url.split('/').next().unwrap().parse().unwrap();
        true
    }

    /// Asks it to stop, and does not wait.
    pub(crate) fn ask_to_stop(&self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    fn run(mut command: Command) -> Self {
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // From here on the child ends with the server.
        let mut server = Self { child, port: 0, link: String::new() };
        let output = server.child.stderr.take().unwrap();
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if server.is_serving(&line) {
                return server;
            }
        }
        panic!("the server did not start");
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.get_with(path, "")
    }

    /// With more header lines.
    pub(crate) fn get_with(&self, path: &str, headers: &str) -> String {
        self.ask("GET", path, headers, "")
    }

    /// As the page of its own would send it.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &serde_json::Value) -> String {
        let (port, body) = (self.port, body.to_string());
        let headers = format!(
            "Origin: http://localhost:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}",
            body.len()
        );
        self.ask("POST", path, &headers, &body)
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let host = format!("localhost:{}", self.port);
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        self.ask_to_stop();
        assert!(self.child.wait().unwrap().success());
    }

    /// From here on no file grows over so many bytes, as on a full disk; `unlimited` frees it again.
    pub(crate) fn let_files_grow(&self, most: &str) {
        let process = ["--pid".to_owned(), self.child.id().to_string(), format!("--fsize={most}:")];
        assert!(Command::new("prlimit").args(process).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `gatehouse serve` that gets an error instead of a signal where a file may not grow, and that may not write what the
/// mode of a file forbids, also as root.
pub(crate) fn confined(place: &Place) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).current_dir(place.path()).env_clear();
    if std::fs::metadata(place.path()).unwrap().uid() == 0 {
        command.args(["setpriv", "--bounding-set=-dac_override"]);
    }
    command.arg(env!("CARGO_BIN_EXE_gatehouse")).args(SERVE);
    command
}
