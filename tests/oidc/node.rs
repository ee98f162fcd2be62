//! The certified provider, as a process of its own.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::kit::ORIGIN;

/// A provider that runs until it is dropped.
pub(crate) struct Node {
    pub(crate) issuer: String,
    _child: Child,
    /// Nobody may stop reading what it says, or it ends.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Node {
    /// Signs everybody in as `account`; nobody where it is `None`.
    pub(crate) async fn up(account: Option<&str>, claims: &Value) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let options = json!({
            "clientId": "gatehouse", "clientSecret": "a secret of sixteen and more", "account": account,
            "redirectUris": [format!("{ORIGIN}/_gatehouse/provider/callback/company")], "claims": claims,
        });
        let mut child = Command::new("node")
            .arg(root.join("tests/oidc/provider.mjs"))
            .arg(options.to_string())
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node is missing: see tools/setup");
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Some(line) = said.next_line().await.unwrap() {
            if line.starts_with("http://") {
                return Self { issuer: line, _child: child, _said: said };
            }
        }
        panic!("the provider did not start: install its package with tools/setup");
    }
}
