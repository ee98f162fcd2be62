//! The endpoint alone on a listener: bodies are read within bounds before anything answers.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderValue, Request, Response, StatusCode, header::CONNECTION},
};
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::Incoming;
use tokio::net::TcpListener;

use super::{
    body::BODY_MAX,
    changes::Lines,
    headers,
    listener::{Answer, CONNECTIONS_MAX, Caller, listen},
    responder::{Responder, Surface},
};
use crate::endpoint::Endpoint;

/// How long the body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

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
    let app = responder.app().cloned();
    let shutdown = async move {
        shutdown.await;
        if let Some(app) = app {
            app.stop();
        }
    };
    listen(listener, connections, responder, shutdown).await
}

impl Answer for Responder {
    type Body = Either<Full<Bytes>, Lines>;

    async fn answer(&self, request: Request<Incoming>, caller: Caller) -> Response<Self::Body> {
        match self.open_changes(&request).await {
            Some(lines) => lines.map(Either::Right),
            None => self.read_and_respond(request, caller.address).await.map(Either::Left),
        }
    }
}

impl Responder {
    /// Answers a request whose body is still on its way; one that is too large or too slow is refused.
    pub async fn read_and_respond(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let too_large = hyper::body::Body::size_hint(&body).lower() > BODY_MAX as u64;
        let read = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, BODY_MAX).collect());
        let mut response = match if too_large { None } else { Some(read.await) } {
            Some(Ok(Ok(body))) => {
                let request = Request::from_parts(parts, body.to_bytes());
                return self.respond(request, Some(peer.ip())).await.map(Full::new);
            }
            Some(Ok(Err(error))) if !error.is::<http_body_util::LengthLimitError>() => {
                closing(StatusCode::BAD_REQUEST)
            }
            Some(Err(_)) => closing(StatusCode::REQUEST_TIMEOUT),
            // One byte too many is enough for the refusal that the responder writes.
            _ => {
                let oversized = Request::from_parts(parts, Bytes::from(vec![b' '; BODY_MAX + 1]));
                self.respond(oversized, Some(peer.ip())).await.map(Full::new)
            }
        };
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

fn closing(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    headers::secure(response.headers_mut(), None);
    response
}
