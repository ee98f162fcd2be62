//! A real app behind the front: it mirrors, streams, echoes, and counts what it could write.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected, Full, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    header::{HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use sha1::{Digest as _, Sha1};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use super::socket::{frame, read_frame};

/// What is written at once where there is much.
const PART: usize = 64 * 1024;

/// An app that listens.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) address: SocketAddr,
    pub(crate) counts: Arc<Counts>,
    task: JoinHandle<()>,
}

/// What the app saw.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections: AtomicUsize,
    pub(crate) requests: AtomicUsize,
    /// Websockets that are open.
    pub(crate) open: AtomicUsize,
    /// The most that were open at once.
    pub(crate) most: AtomicUsize,
    /// Bytes of long answers that it could write.
    pub(crate) written: AtomicU64,
    /// Bytes of bodies that it has read.
    pub(crate) read: AtomicU64,
    /// A request or websocket has ended before the app ended it.
    pub(crate) cut: Notify,
    /// Lets what waits go on.
    pub(crate) go_on: Notify,
}

type Body = BoxBody<Bytes, Infallible>;

impl App {
    pub(crate) fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    /// At an address where one was before.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        Self::on(socket.listen(4096).unwrap())
    }

    fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let counted = counts.clone();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let number = counted.connections.fetch_add(1, Ordering::Relaxed);
                let counts = counted.clone();
                let service = service_fn(move |request| answer(request, counts.clone(), number));
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move {
                    let _ = connection.with_upgrades().await;
                });
            }
        });
        Self { address, counts, task }
    }

    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Waits until a request or websocket has ended before the app ended it.
    pub(crate) async fn cut(&self) {
        let waited = tokio::time::timeout(Duration::from_secs(20), self.counts.cut.notified()).await;
        waited.expect("the app is never told of the end");
    }

    /// Stops listening and drops every connection.
    pub(crate) async fn stop(&mut self) -> SocketAddr {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.address
    }
}

async fn answer(
    request: Request<Incoming>,
    counts: Arc<Counts>,
    number: usize,
) -> Result<Response<Body>, Infallible> {
    counts.requests.fetch_add(1, Ordering::Relaxed);
    let path = request.uri().path().to_owned();
    Ok(match path.as_str() {
        "/echo" => websocket(request, counts, echo),
        "/flood" => websocket(request, counts, flood),
        "/half" => websocket(request, counts, half),
        "/download" => download(counts),
        "/events" => events(counts),
        "/upload" => upload(request, counts).await,
        "/deaf" => {
            counts.go_on.notified().await;
            upload(request, counts).await
        }
        "/page" => html("<!doctype html><html><head><title>An app</title></head><body>Hello</body></html>"),
        "/fragment" => html("<p>Hello"),
        "/cookies" => cookies(),
        "/framed" => {
            with(Response::new(full("")), &[("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")])
        }
        "/hop" => hop(),
        "/no-content" => status(204),
        "/not-modified" => status(304),
        "/refuse" => status(403),
        _ => mirror(request, number).await,
    })
}

async fn mirror(request: Request<Incoming>, number: usize) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let latin =
        |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>();
    let headers: Vec<_> =
        parts.headers.iter().map(|(name, value)| json!([name.as_str(), latin(value)])).collect();
    let body = body.collect().await;
    let trailers = body.as_ref().ok().and_then(|body| body.trailers().map(hyper::HeaderMap::len));
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    let seen = json!({
        "method": parts.method.as_str(), "uri": parts.uri.to_string(), "headers": headers,
        "body": String::from_utf8_lossy(&body), "trailers": trailers, "connection": number,
    });
    with(Response::new(full(seen.to_string())), &[("content-type", "application/json")])
}

fn html(text: &'static str) -> Response<Body> {
    let headers =
        [("content-type", "text/html; charset=utf-8"), ("etag", "\"1\""), ("last-modified", "yesterday")];
    with(Response::new(full(text)), &headers)
}

fn cookies() -> Response<Body> {
    with(
        Response::new(full("")),
        &[
            ("set-cookie", "theme=dark; Path=/"),
            ("set-cookie", "gatehouse-x=evil; Path=/"),
            ("set-cookie", " Gatehouse-x =evil"),
            ("set-cookie", "__Host-gatehouse-x=evil; Secure; Path=/"),
            ("set-cookie", "=gatehouse-x=evil"),
            ("set-cookie", "gatehouse-x"),
            ("set-cookie", "language=en"),
        ],
    )
}

fn hop() -> Response<Body> {
    with(
        Response::new(full("hop")),
        &[
            ("connection", "X-Private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=99"),
            ("proxy-authenticate", "Basic"),
            ("upgrade", "h2c"),
            ("x-public", "1"),
        ],
    )
}

fn status(code: u16) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = code.try_into().unwrap();
    response
}

/// Bytes as long as somebody takes them.
fn download(counts: Arc<Counts>) -> Response<Body> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while sender.send(Bytes::from(vec![7; PART])).await.is_ok() {
            counts.written.fetch_add(PART as u64, Ordering::Relaxed);
        }
        counts.cut.notify_one();
    });
    with(Response::new(streamed(receiver)), &[("content-type", "application/octet-stream")])
}

/// One event, and then nothing until told.
fn events(counts: Arc<Counts>) -> Response<Body> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            sender.send(Bytes::from("data: hello\n\n")).await.unwrap();
            tokio::select! {
                () = counts.go_on.notified() => {}
                () = sender.closed() => break,
            }
        }
        counts.cut.notify_one();
    });
    with(Response::new(streamed(receiver)), &[("content-type", "text/event-stream")])
}

async fn upload(request: Request<Incoming>, counts: Arc<Counts>) -> Response<Body> {
    let mut body = request.into_body();
    let mut digest = Sha1::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            counts.cut.notify_one();
            return status(400);
        };
        if let Ok(data) = frame.into_data() {
            counts.read.fetch_add(data.len() as u64, Ordering::Relaxed);
            digest.update(&data);
        }
    }
    Response::new(full(STANDARD.encode(digest.finalize())))
}

type Io = TokioIo<hyper::upgrade::Upgraded>;

fn websocket<F: Future<Output = ()> + Send>(
    mut request: Request<Incoming>,
    counts: Arc<Counts>,
    speak: impl FnOnce(Io, Arc<Counts>) -> F + Send + 'static,
) -> Response<Body> {
    let Some(key) = request.headers().get("sec-websocket-key") else { return status(426) };
    let digest =
        Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    let mut response = status(101);
    response.headers_mut().insert("sec-websocket-accept", STANDARD.encode(digest).parse().unwrap());
    // What the app saw, for the one who asks.
    for name in ["x-auth-name", "x-gatehouse-handle", "cookie"] {
        if let Some(value) = request.headers().get(name) {
            response
                .headers_mut()
                .insert(format!("x-seen-{name}").parse::<HeaderName>().unwrap(), value.clone());
        }
    }
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(stream) = upgraded.await else { return };
        let open = counts.open.fetch_add(1, Ordering::Relaxed) + 1;
        counts.most.fetch_max(open, Ordering::Relaxed);
        speak(TokioIo::new(stream), counts.clone()).await;
        counts.open.fetch_sub(1, Ordering::Relaxed);
        counts.cut.notify_one();
    });
    with(response, &[("connection", "upgrade"), ("upgrade", "websocket")])
}

/// Sends every message back.
async fn echo(mut stream: Io, counts: Arc<Counts>) {
    while let Some((opcode, payload)) = read_frame(&mut stream).await {
        counts.read.fetch_add(payload.len() as u64, Ordering::Relaxed);
        if stream.write_all(&frame(opcode, &payload, None)).await.is_err() || opcode == 8 {
            break;
        }
    }
}

/// Messages as long as somebody takes them.
async fn flood(mut stream: Io, counts: Arc<Counts>) {
    let message = frame(2, &vec![7; PART], None);
    while stream.write_all(&message).await.is_ok() {
        counts.written.fetch_add(PART as u64, Ordering::Relaxed);
    }
}

/// The first half of a message, and then nothing.
async fn half(mut stream: Io, _counts: Arc<Counts>) {
    let message = frame(2, &[7; 100], None);
    stream.write_all(&message[..50]).await.unwrap();
    let _ = stream.read(&mut [0; 1]).await;
}

fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed()
}

fn streamed(parts: mpsc::Receiver<Bytes>) -> Body {
    Parts(parts).boxed()
}

/// A body that is made while it is sent.
struct Parts(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}

fn with(mut response: Response<Body>, headers: &[(&'static str, &'static str)]) -> Response<Body> {
    for (name, value) in headers {
        response.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    response
}
