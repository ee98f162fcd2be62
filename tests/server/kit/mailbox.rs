//! A mail server that accepts everything and shows what arrived, as bytes on the wire.

use std::sync::{Arc, Mutex};

use gatehouse::storage::MailTemplate;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// A mail server.
pub(crate) struct Mailbox {
    port: u16,
    letters: Arc<Mutex<Vec<Letter>>>,
}

/// A mail that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// The recipients of the envelope.
    pub(crate) to: Vec<String>,
    /// Headers and body as they came.
    pub(crate) raw: String,
}

impl Mailbox {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
        let kept = letters.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, kept.clone()));
            }
        });
        Self { port, letters }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// What arrived since it was asked last.
    pub(crate) fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut self.letters.lock().unwrap())
    }
}

async fn converse(stream: TcpStream, kept: Arc<Mutex<Vec<Letter>>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await?;
    let mut to = Vec::new();
    while let Some(line) = lines.next_line().await? {
        let upper = line.to_ascii_uppercase();
        let answer: &[u8] = if upper.starts_with("EHLO") {
            b"250-test\r\n250 8BITMIME\r\n"
        } else if let Some(recipient) = upper.strip_prefix("RCPT TO:") {
            to.push(recipient.trim_matches(['<', '>', ' ']).to_ascii_lowercase());
            b"250 ok\r\n"
        } else if upper == "DATA" {
            write.write_all(b"354 go on\r\n").await?;
            let mut raw = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                raw.push_str(&line);
                raw.push('\n');
            }
            kept.lock().unwrap().push(Letter { to: std::mem::take(&mut to), raw });
            b"250 ok\r\n"
        } else if upper == "QUIT" {
            b"221 bye\r\n"
        } else {
            b"250 ok\r\n"
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

impl Letter {
    /// The lines above the empty one.
    pub(crate) fn head(&self) -> &str {
        self.raw.split_once("\n\n").unwrap().0
    }

    /// All of it with quoted-printable undone.
    pub(crate) fn text(&self) -> String {
        self.raw.replace("=\n", "").replace("=3D", "=").replace("=3d", "=")
    }

    /// The link whose fragment names this.
    pub(crate) fn link(&self, name: &str) -> Option<String> {
        let text = self.text();
        let at = text.find(&format!("/#{name}="))?;
        let start = text[..at].rfind("http")?;
        Some(text[start..].split(['"', '\n', ' ', '<']).next()?.to_owned())
    }

    /// The token of that link.
    pub(crate) fn token(&self, name: &str) -> Option<String> {
        Some(self.link(name)?.split_once(&format!("#{name}="))?.1.to_owned())
    }

    /// Which mail it is, by what its link does.
    pub(crate) fn template(&self) -> MailTemplate {
        let links = [
            ("verify", MailTemplate::Verification),
            ("reset", MailTemplate::Recovery),
            ("invite", MailTemplate::Invitation),
            ("sign-in", MailTemplate::SignInCode),
        ];
        let by_link = links.into_iter().find(|(name, _)| self.token(name).is_some());
        by_link.map_or(MailTemplate::AlreadyRegistered, |(_, template)| template)
    }
}
