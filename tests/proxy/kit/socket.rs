//! A websocket as a browser speaks it (RFC 6455), byte for byte, and the app's side of one.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The key of the example in RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A frame: opcode and payload, unmasked.
pub(crate) type Frame = (u8, Vec<u8>);

/// An open websocket of a browser.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    /// The head of the answer that opened it.
    pub(crate) head: String,
}

impl Socket {
    /// Opens one with these header lines; the answer where it is refused.
    pub(crate) async fn open(address: SocketAddr, path: &str, lines: &str) -> Result<Self, String> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "GET {path} HTTP/1.1\r\n{lines}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        let mut head = String::from_utf8(head).unwrap();
        if !head.starts_with("HTTP/1.1 101 ") {
            let mut rest = vec![0; 4096];
            let read = stream.read(&mut rest).await.unwrap_or_default();
            head.push_str(&String::from_utf8_lossy(&rest[..read]));
            return Err(head);
        }
        assert!(
            head.to_ascii_lowercase().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
            "{head}"
        );
        Ok(Self { stream, head })
    }

    pub(crate) async fn send(&mut self, payload: &[u8]) {
        self.stream.write_all(&frame(2, payload, Some([7, 11, 13, 17]))).await.unwrap();
    }

    /// The next frame; nothing when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        read_frame(&mut self.stream).await
    }

    /// Sends something and expects it back.
    pub(crate) async fn echo(&mut self, payload: &[u8]) {
        self.send(payload).await;
        assert_eq!(self.next().await.expect("the websocket is closed"), (2, payload.to_vec()));
    }

    /// Expects it to be closed with this code, and nothing before.
    pub(crate) async fn expect_close(&mut self, code: u16) {
        assert_eq!(self.next().await, Some((8, code.to_be_bytes().to_vec())));
        assert_eq!(self.next().await, None, "something follows the close frame");
    }
}

pub(crate) fn frame(opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let bit = if mask.is_some() { 0x80 } else { 0 };
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        short @ 0..=125 => frame.push(bit | u8::try_from(short).unwrap()),
        middle @ 126..=65_535 => {
            frame.push(bit | 0x7e);
            frame.extend(u16::try_from(middle).unwrap().to_be_bytes());
        }
        long => {
            frame.push(bit | 0x7f);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    let mask = mask.inspect(|mask| frame.extend(mask)).unwrap_or_default();
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

pub(crate) async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let mut start = [0; 2];
    stream.read_exact(&mut start).await.ok()?;
    let length = match start[1] & 0x7f {
        126 => stream.read_u16().await.ok()?.into(),
        127 => stream.read_u64().await.ok()?,
        short => short.into(),
    };
    let mut mask = [0; 4];
    if start[1] & 0x80 != 0 {
        stream.read_exact(&mut mask).await.ok()?;
    }
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.ok()?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Some((start[0] & 0x0f, payload))
}
