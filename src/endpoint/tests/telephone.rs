//! A small HTTP server that plays a webhook and Twilio: it keeps what it is sent, and answers as it is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What arrived.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The first line.
    pub(super) line: String,
    /// The headers, names in small letters.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(there, _)| there == name).unwrap().1
    }

    /// To which number.
    pub(super) fn to(&self) -> String {
        serde_json::from_str::<serde_json::Value>(&self.body).unwrap()["to"].as_str().unwrap().to_owned()
    }

    /// The eight digits of the last line.
    pub(super) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let text = body["text"].as_str().unwrap();
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("@localhost #"), "{text}");
        last.rsplit('#').next().unwrap().to_owned()
    }
}

/// The server.
pub(super) struct Telephone {
    port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
    answers: Arc<Mutex<String>>,
}

impl Telephone {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (calls, answers) = (Arc::default(), Arc::new(Mutex::new(ok())));
        let (kept, said) = (Arc::clone(&calls), Arc::clone(&answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&kept), Arc::clone(&said)));
            }
        });
        Self { port, calls, answers }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it answers from now on; nothing for no answer at all.
    pub(super) fn answers(&self, answer: &str) {
        answer.clone_into(&mut self.answers.lock().unwrap());
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The next one that arrives.
    pub(super) async fn rings(&self) -> Call {
        for _ in 0..1000 {
            let call = {
                let mut calls = self.calls.lock().unwrap();
                (!calls.is_empty()).then(|| calls.remove(0))
            };
            if let Some(call) = call {
                return call;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing arrives");
    }

    /// How many arrived, once nothing more does.
    pub(super) async fn rang(&self) -> usize {
        let mut before = usize::MAX;
        loop {
            let now = self.calls().len();
            if now == before {
                return now;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

pub(super) fn ok() -> String {
    "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}".to_owned()
}

async fn converse(
    mut stream: TcpStream,
    kept: Arc<Mutex<Vec<Call>>>,
    answers: Arc<Mutex<String>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
        if body.len() < length {
            continue;
        }
        kept.lock().unwrap().push(Call { line, headers, body: body.to_owned() });
        let answer = answers.lock().unwrap().clone();
        if answer.is_empty() {
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        stream.write_all(answer.as_bytes()).await?;
        bytes.clear();
    }
}
