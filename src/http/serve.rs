//! A listener of our own, with bounds on everything that a stranger can make large or slow.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderValue, Request, Response, StatusCode, header::CONNECTION},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    body::BODY_MAX,
    headers,
    impatient::Impatient,
    responder::{Responder, Surface},
};
use crate::endpoint::Endpoint;

/// How long the head of a request may take to arrive, also on a connection that is kept open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest head, in bytes.
const HEAD_MAX: usize = 16 * 1024;
/// The most header lines.
const HEADERS_MAX: usize = 100;
/// How long nothing of an answer may be taken.
const STALL_TIMEOUT: Duration = Duration::from_secs(15);
/// How many connections are open at once.
const CONNECTIONS_MAX: usize = 1024;
/// How long open requests may take to finish when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves the endpoint on a listener until `shutdown` completes; requests that are under way are finished.
pub async fn serve(
    endpoint: Arc<Endpoint>,
    listener: TcpListener,
    surface: Surface,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_at_most(CONNECTIONS_MAX, endpoint, listener, surface, shutdown).await
}

/// The same with so many connections at once; the rest wait in the kernel.
pub async fn serve_at_most(
    connections: usize,
    endpoint: Arc<Endpoint>,
    listener: TcpListener,
    surface: Surface,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let responder = Responder::at_port(endpoint, surface, listener.local_addr()?.port());
    let (graceful, slots) = (GracefulShutdown::new(), Arc::new(Semaphore::new(connections)));
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
        let connection = graceful.watcher().watch(connection(responder.clone(), stream, peer));
        tokio::spawn(async move {
            // An error here is the other side's: it went away, was too slow, or spoke no HTTP.
            let _ = connection.await;
            drop(slot);
        });
    }
    let _ = tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await;
    Ok(())
}

/// The next connection, once there is a slot for it.
async fn accept(
    listener: &TcpListener,
    slots: Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let slot = slots.acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((slot, stream, peer))
}

fn connection(
    responder: Responder,
    stream: TcpStream,
    peer: SocketAddr,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let service = service_fn(move |request| {
        let responder = responder.clone();
        async move { Ok::<_, Infallible>(answer(&responder, request, peer).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(4 * HEAD_MAX)
        .serve_connection(TokioIo::new(Impatient::new(stream, STALL_TIMEOUT)), service)
}

async fn answer(
    responder: &Responder,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let too_large = hyper::body::Body::size_hint(&body).lower() > BODY_MAX as u64;
    let read = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, BODY_MAX).collect());
    let mut response = match if too_large { None } else { Some(read.await) } {
        Some(Ok(Ok(body))) => {
            return responder
                .respond(Request::from_parts(parts, body.to_bytes()), Some(peer.ip()))
                .await
                .map(Full::new);
        }
        Some(Ok(Err(error))) if !error.is::<http_body_util::LengthLimitError>() => {
            closing(StatusCode::BAD_REQUEST)
        }
        Some(Err(_)) => closing(StatusCode::REQUEST_TIMEOUT),
        // One byte too many is enough for the refusal that the responder writes.
        _ => {
            let oversized = Request::from_parts(parts, Bytes::from(vec![b' '; BODY_MAX + 1]));
            responder.respond(oversized, Some(peer.ip())).await.map(Full::new)
        }
    };
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn closing(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    headers::secure(response.headers_mut(), None);
    response
}
