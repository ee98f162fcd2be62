//! Websockets: who may open one, and how it is opened to the app.

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_protocol::{ErrorCode, Problem};
use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::Incoming,
    header::{
        CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use hyper_util::rt::TokioIo;
use sha1::{Digest as _, Sha1};

use super::{
    body::{self, Body},
    down, forward,
    front::Inner,
    headers, tunnel,
};
use crate::gate::{Admission, Refusal};

/// What a server answers a key with (RFC 6455 §1.3).
const MAGIC: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether a request asks for a websocket.
pub(super) fn is_handshake(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && headers::lists(headers, &CONNECTION, "upgrade")
        && headers::lists(headers, &UPGRADE, "websocket")
}

/// Opens a websocket to the app for somebody who may.
pub(super) async fn open(front: &Inner, mut request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    if !hyper::body::Body::is_end_stream(request.body()) {
        return down::closing(Problem::new(ErrorCode::Malformed));
    }
    let admitted =
        front.gate.admit(&front.policy, Some(peer.ip()), &headers::listed(request.headers())).await;
    let (handle, live) = match admitted {
        Ok(Admission { handle, session }) => (handle, session),
        Err(Refusal::SignedOut) => return refuse(front, request),
        Err(refusal) => {
            tracing::warn!(%refusal, "a websocket was refused");
            let foreign = refusal == Refusal::Origin;
            let code = if foreign { ErrorCode::ForeignOrigin } else { ErrorCode::UnknownHost };
            return down::closing(Problem::new(code));
        }
    };
    let (held, ended) = front.open.hold(handle);
    let Some(live) = live else { return refuse(front, request) };
    // Asked again, now that its ending would be heard of.
    if !held.lives().await {
        return refuse(front, request);
    }
    let Ok(slot) = front.websockets.clone().try_acquire_owned() else {
        tracing::warn!("a websocket was refused: there are as many as may be");
        return down::closing(Problem::new(ErrorCode::Busy).retry_after(5));
    };
    let browser = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let mut asked = match forward::head(front, &parts, peer, &live) {
        Ok(asked) => asked,
        Err(error) => return forward::broken(&*error),
    };
    headers::upgrade(asked.headers_mut());
    let mut response = match front.client.request(asked.map(|()| body::empty())).await {
        Ok(response) => response,
        Err(error) => {
            front.health.is_silent(&front.upstream, &error);
            return down::down(front, false);
        }
    };
    front.health.answers();
    let opened = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if opened && !headers::lists(response.headers(), &UPGRADE, "websocket") {
        tracing::warn!("the app switched to a protocol that nobody asked for");
        return down::down(front, false);
    }
    let app = hyper::upgrade::on(&mut response);
    headers::outbound(response.headers_mut());
    if !opened {
        return match forward::finish(front, response, None, &live).await {
            Ok(response) => response,
            Err(error) => forward::broken(&*error),
        };
    }
    tokio::spawn(async move {
        if let Ok((browser, app)) = tokio::try_join!(browser, app) {
            tunnel::run(TokioIo::new(browser), TokioIo::new(app), held, ended).await;
        }
        drop(slot);
    });
    headers::upgrade(response.headers_mut());
    response.map(|_| body::empty())
}

/// Refuses a websocket of nobody. A browser shows its page nothing of an answer to a handshake; so one is opened, without
/// the app, and closed with the number that the watcher knows: the page loads anew and finds the form.
fn refuse(front: &Inner, mut request: Request<Incoming>) -> Response<Body> {
    let signed_out = || down::closing(Problem::new(ErrorCode::SignedOut));
    let Some(accept) = accept(&request) else { return signed_out() };
    let Ok(slot) = front.refusals.clone().try_acquire_owned() else { return signed_out() };
    let protocol = request.headers().get(SEC_WEBSOCKET_PROTOCOL).and_then(first_of);
    let browser = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(browser) = browser.await {
            tunnel::refuse(TokioIo::new(browser)).await;
        }
        drop(slot);
    });
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = response.headers_mut();
    headers::upgrade(answer);
    answer.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        answer.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// The answer to the handshake's key, if it is one that a browser sends.
fn accept(request: &Request<Incoming>) -> Option<HeaderValue> {
    let headers = request.headers();
    headers.get(SEC_WEBSOCKET_VERSION).filter(|version| *version == "13")?;
    let key = headers.get(SEC_WEBSOCKET_KEY)?;
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(MAGIC).finalize();
    HeaderValue::from_str(&STANDARD.encode(digest)).ok()
}

/// A browser that offers protocols takes no websocket without one.
fn first_of(offered: &HeaderValue) -> Option<HeaderValue> {
    HeaderValue::from_str(offered.to_str().ok()?.split(',').next()?.trim()).ok()
}
