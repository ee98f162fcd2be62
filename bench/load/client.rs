//! As little of HTTP/1.1 as a load generator needs, so that it costs less than what it measures.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Outcome;

/// One connection, and what was read on it beyond the last answer.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// Where an answer ends.
enum Body {
    Length(usize),
    Chunked,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads the whole answer: its status, and whether the connection may be used again.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Outcome<(u16, bool)> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let text = std::str::from_utf8(self.read.get(..head).unwrap_or_default())?.to_ascii_lowercase();
        let status: u16 = text.get(9..12).ok_or("no status")?.parse()?;
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let body = match value("content-length:") {
            Some(length) => Body::Length(length.parse()?),
            None if status == 204 => Body::Length(0),
            None => Body::Chunked,
        };
        match body {
            Body::Length(length) => {
                while self.read.len() < head + length {
                    self.more().await?;
                }
            }
            Body::Chunked => {
                while !self.read.ends_with(b"0\r\n\r\n") {
                    self.more().await?;
                }
            }
        }
        Ok((status, value("connection:") != Some("close")))
    }

    async fn more(&mut self) -> Outcome<()> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}
