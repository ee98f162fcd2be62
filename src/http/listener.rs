//! A listener with bounds on everything that a stranger can make large or slow: what `serve` and the proxy stand on.
//!
//! What is asked on it is answered by an [`Answer`]. A connection that was upgraded leaves the bounds behind: whoever
//! upgrades it counts it, and decides how long it may be silent.

use std::{
    convert::Infallible, error::Error, future::Future, io, net::SocketAddr, pin::pin, sync::Arc,
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

use super::impatient::{Impatient, Patience};

/// How long the head of a request may take to arrive, also on a connection that is kept open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest head, in bytes.
const HEAD_MAX: usize = 16 * 1024;
/// The most header lines.
const HEADERS_MAX: usize = 100;
/// How long a stranger may take nothing of an answer.
const STALL_TIMEOUT: Duration = Duration::from_secs(15);
/// How many connections are open at once.
pub(super) const CONNECTIONS_MAX: usize = 1024;
/// How long open requests may take to finish when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// When the server stops, connections are taken from the kernel until none comes for so long…
const LAST_LOOK: Duration = Duration::from_millis(20);
/// … and for so long at most.
const LAST_CALL: Duration = Duration::from_millis(500);
/// The kernel asks after the other side of a silent connection this often, so that one whose machine is gone ends.
const KEEPALIVE: Duration = Duration::from_mins(1);

/// What answers on a listener.
pub trait Answer: Clone + Send + Sync + 'static {
    /// The body of its answers.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// Answers one request.
    fn answer(
        &self,
        request: Request<Incoming>,
        caller: Caller,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Caller {
    /// From where the connection was opened.
    pub address: SocketAddr,
    patience: Patience,
}

impl Caller {
    /// From here on the other side may take nothing of an answer for so long: it is no stranger.
    pub fn may_stall(&self, span: Duration) {
        self.patience.set(span);
    }
}

/// Answers on a listener until `shutdown` completes, with so many connections at once (the rest wait in the kernel);
/// requests that are under way are finished.
pub async fn listen(
    listener: TcpListener,
    connections: usize,
    answer: impl Answer,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let slots = Arc::new(Semaphore::new(connections));
    let (stop, stopping) = watch::channel(());
    tokio::pin!(shutdown);
    loop {
        let (slot, stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, slots.clone()) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: others are about to close.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        spawn(&answer, (slot, stream, peer), &stopping);
    }
    // Who is connected already is still answered; from then on the port is closed.
    let latest = tokio::time::Instant::now() + LAST_CALL;
    while tokio::time::Instant::now() < latest {
        let Ok(Ok(accepted)) = tokio::time::timeout(LAST_LOOK, accept(&listener, slots.clone())).await else {
            break;
        };
        spawn(&answer, accepted, &stopping);
    }
    drop(listener);
    drop(stopping);
    stop.send_replace(());
    let _ = tokio::time::timeout(STOP_TIMEOUT, stop.closed()).await;
    Ok(())
}

/// Answers on a connection, beside all others.
fn spawn(answer: &impl Answer, (slot, stream, peer): Accepted, stopping: &watch::Receiver<()>) {
    let (answer, stopping) = (answer.clone(), stopping.clone());
    tokio::spawn(async move {
        converse(answer, stream, peer, stopping).await;
        drop(slot);
    });
}

/// A connection with its slot.
type Accepted = (OwnedSemaphorePermit, TcpStream, SocketAddr);

/// The next connection, once there is a slot for it.
async fn accept(listener: &TcpListener, slots: Arc<Semaphore>) -> io::Result<Accepted> {
    let slot = slots.acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // A socket that refuses these works without them.
    let _ = stream.set_nodelay(true);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    Ok((slot, stream, peer))
}

/// One connection, until either side ends it. What is under way when the server stops is finished.
async fn converse(
    answer: impl Answer,
    stream: TcpStream,
    address: SocketAddr,
    mut stopping: watch::Receiver<()>,
) {
    let patience = Patience::new(STALL_TIMEOUT);
    let caller = Caller { address, patience: patience.clone() };
    let service = service_fn(move |request| {
        let (answer, caller) = (answer.clone(), caller.clone());
        async move { Ok::<_, Infallible>(answer.answer(request, caller).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(4 * HEAD_MAX)
        .serve_connection(TokioIo::new(Impatient::new(stream, patience)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // An error here is the other side's: it went away, was too slow, or spoke no HTTP.
    tokio::select! {
        _ = &mut connection => {}
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
