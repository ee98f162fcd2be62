//! A folder with an app in it, and the program.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use gatehouse::{clock::Timestamp, entropy::OsEntropy, storage::sqlite::SqliteStorage};
use serde_json::Value;

pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A folder without a database.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder whose app was started once.
    pub(crate) async fn started() -> Self {
        let place = Self::empty();
        let path = place.path().join(".gatehouse/gatehouse.db");
        SqliteStorage::open(&path, Timestamp(1_700_000_000_000), &OsEntropy).await.unwrap().close().await;
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `gatehouse.toml`.
    pub(crate) fn set(&self, text: &str) {
        std::fs::write(self.path().join("gatehouse.toml"), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command
    }

    /// Runs the program with something on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that refuses may be gone before it reads.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", errors(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs a command that must be refused with exit code 1, and returns what it says.
    pub(crate) fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run_with(arguments, input);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", errors(&output));
        errors(&output)
    }

    pub(crate) fn add(&self, username: &str, more: &[&str]) -> Output {
        let mut arguments = vec!["users", "add", username, "--password-stdin", "--json"];
        arguments.extend(more);
        self.run_with(&arguments, "seven quiet herons\n")
    }
}

pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
