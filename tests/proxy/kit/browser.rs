//! A browser without a window: one request on a connection of its own, or bytes as an attacker writes them.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, body::Incoming, header::HeaderValue};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A request that is not sent yet.
pub(crate) struct Call {
    address: SocketAddr,
    request: Request<Full<Bytes>>,
}

impl Call {
    pub(crate) fn new(address: SocketAddr, path: &str) -> Self {
        let mut request = Request::new(Full::default());
        *request.uri_mut() = path.parse().unwrap();
        Self { address, request }.header("host", &format!("localhost:{}", address.port()))
    }

    pub(crate) fn method(mut self, method: Method) -> Self {
        *self.request.method_mut() = method;
        self
    }

    /// Adds a line.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        self.request.headers_mut().append(name.parse::<hyper::header::HeaderName>().unwrap(), value);
        self
    }

    /// Replaces a line.
    pub(crate) fn instead(mut self, name: &str, value: &str) -> Self {
        self.request
            .headers_mut()
            .insert(name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap());
        self
    }

    pub(crate) fn navigation(self) -> Self {
        self.header("accept", "text/html,*/*;q=0.8")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Full::new(body.into());
        self
    }

    /// The answer's head; its body is still on its way.
    pub(crate) async fn begin(self) -> Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(self.request).await.unwrap()
    }

    pub(crate) async fn send(self) -> Reply {
        let (parts, body) = self.begin().await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: parts.status, headers: parts.headers, body }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.json()["code"], code, "{}", self.text());
    }

    /// The values under which the app saw a header, from the mirror; bytes as Latin-1.
    pub(crate) fn seen(&self, name: &str) -> Vec<String> {
        let headers = self.json()["headers"].as_array().unwrap().clone();
        let named = headers.iter().filter(|pair| pair[0] == name);
        named.map(|pair| pair[1].as_str().unwrap().to_owned()).collect()
    }
}

/// Sends bytes and reads until the other side closes, or says nothing more for a while.
pub(crate) async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    // Long for the first byte on a busy machine; short once it has come, where the connection stays open.
    let patience = |got: &Vec<u8>| Duration::from_millis(if got.is_empty() { 20_000 } else { 1_500 });
    while let Ok(Ok(read)) = tokio::time::timeout(patience(&answer), stream.read(&mut buffer)).await {
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}
