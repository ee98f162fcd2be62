//! What the process of an app asks, with its key: about its own sessions, or in the name of a browser.
//!
//! Only a server of its own answers (`Surface::Standalone`). Of a session or a ticket that is another app's nothing is
//! said, not even that it is there.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
        header::{AUTHORIZATION, FORWARDED, HOST, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, Problem};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    answer::Refusal,
    body::{BODY_MAX, parse},
    responder::{App, Surface},
};
pub(super) use crate::peer::OWN;
use crate::{
    peer::{self, Activity, Done, End, ExchangeCode, ExchangedCode, Found, Lookup, PeerSession, Redeem},
    session::{LiveSession, Secret},
    storage::{App as AppRecord, StorageError},
};

/// How a process proves whose it is.
const SCHEME: &str = "Bearer ";

/// The key that came with a request, on a surface that takes one.
pub(super) fn key(surface: &Surface, headers: &HeaderMap) -> Option<Secret> {
    if !matches!(surface, Surface::Standalone) {
        return None;
    }
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    line.to_str().ok()?.strip_prefix(SCHEME).map(Secret::received)
}

/// Whether an app's process asks for itself. What it forwards says which host the browser named, and is never this,
/// whatever a proxy on the way made of the path.
pub(super) fn is_own<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(OWN) && !request.headers().contains_key(peer::HOST)
}

/// Whose key it is, or the refusal.
pub(super) async fn admit(
    app: &App,
    key: &Secret,
    request: &Request<Bytes>,
    peer: Option<IpAddr>,
) -> Result<Arc<AppRecord>, Response> {
    if request.body().len() > BODY_MAX {
        return Err(Refusal(Problem::new(ErrorCode::TooLarge)).into_response());
    }
    match app.endpoint.app_by_key(key).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => {
            let client = app.proxies.client(peer, request.headers());
            // Whoever has a right key is never refused for what others present.
            if !app.endpoint.app_key_refused(client.address) {
                return Err(Refusal(Problem::new(ErrorCode::TooManyAttempts).retry_after(60)).into_response());
            }
            let refusal = Refusal(Problem::new(ErrorCode::SignedOut));
            Err(([(WWW_AUTHENTICATE, SCHEME.trim_end())], refusal).into_response())
        }
        Err(error) => Err(unavailable(&error)),
    }
}

/// A forwarded request as the browser sent it, and the address that it came from. These headers count, because a key
/// came with them.
pub(super) fn as_the_browser_sent_it(mut request: Request<Bytes>) -> (Request<Bytes>, Option<IpAddr>) {
    let headers = request.headers_mut();
    let client = headers.get(peer::CLIENT).and_then(|value| value.to_str().ok()?.parse().ok());
    let host = headers.get(peer::HOST).cloned();
    for name in [AUTHORIZATION, FORWARDED, HeaderName::from_static("x-forwarded-for")] {
        headers.remove(name);
    }
    headers.insert(HOST, host.unwrap_or_else(|| HeaderValue::from_static("")));
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    // What names a host in the target is the way here, not the way of the browser.
    *request.uri_mut() = path.parse().unwrap_or_else(|_| Uri::from_static("/"));
    (request, client)
}

/// Answers what an app asks for itself.
pub(super) async fn respond(app: &App, record: &AppRecord, request: Request<Bytes>) -> Response {
    let what = request.uri().path().strip_prefix(OWN).unwrap_or_default();
    if *request.method() != Method::POST {
        return Refusal(Problem::new(ErrorCode::NotFound)).into_response();
    }
    let body = request.body();
    match what {
        "session" => answer(body, async |asked| lookup(app, record, asked).await).await,
        "redeem" => answer(body, async |asked| redeem(app, record, asked).await).await,
        "activity" => answer(body, async |asked| activity(app, record, asked).await).await,
        "end" => {
            answer(body, async |asked: End| {
                let done = app.endpoint.end_for(&record.name, &asked.id, asked.everywhere).await?;
                Ok(Done { done })
            })
            .await
        }
        "exchange" => answer(body, async |asked| exchange(app, record, asked).await).await,
        _ => Refusal(Problem::new(ErrorCode::NotFound)).into_response(),
    }
}

async fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &Bytes,
    respond: impl AsyncFnOnce(Q) -> Result<A, StorageError>,
) -> Response {
    match parse(body) {
        Err(problem) => Refusal(problem).into_response(),
        Ok(asked) => match respond(asked).await {
            Ok(answer) => Json(answer).into_response(),
            Err(error) => unavailable(&error),
        },
    }
}

fn unavailable(error: &StorageError) -> Response {
    tracing::error!(%error, "an app can't be answered");
    Refusal(Problem::new(ErrorCode::Unavailable).retry_after(5)).into_response()
}

fn found(live: Option<Arc<LiveSession>>) -> Found {
    Found { session: live.map(|live| PeerSession::from(&*live)) }
}

async fn lookup(app: &App, record: &AppRecord, asked: Lookup) -> Result<Found, StorageError> {
    let by_hash = asked.token_hash.as_deref().and_then(peer::read_hash);
    let live = match (by_hash, asked.id) {
        (Some(hash), _) => app.endpoint.app_session_by_token(hash, &record.name).await?,
        (None, Some(id)) => app.endpoint.app_session_by_id(&id, &record.name).await?,
        (None, None) => None,
    };
    Ok(found(live))
}

async fn redeem(app: &App, record: &AppRecord, asked: Redeem) -> Result<Found, StorageError> {
    let Some(handle) = peer::read_hash(&asked.handle) else { return Ok(found(None)) };
    let ticket = Secret::received(asked.ticket);
    Ok(found(app.endpoint.redeem_for(&ticket, &asked.verifier, handle, Some(&record.name)).await?))
}

async fn activity(app: &App, record: &AppRecord, asked: Activity) -> Result<Done, StorageError> {
    for (id, _) in &asked.uses {
        // Noted as used now: an app's clock says nothing of when.
        let live = app.endpoint.session_by_id(id).await?;
        if live.is_some_and(|live| live.is_for(Some(&record.name))) {
            app.endpoint.note_activity(id);
        }
    }
    Ok(Done { done: true })
}

async fn exchange(app: &App, record: &AppRecord, asked: ExchangeCode) -> Result<ExchangedCode, StorageError> {
    let exchanged = app.endpoint.exchange(record, &Secret::received(asked.code), &asked.verifier).await?;
    let max_age = exchanged.as_ref().and_then(|done| done.max_age).map(|age| age.as_secs());
    Ok(ExchangedCode { token: exchanged.map(|done| done.token.expose().to_owned()), max_age })
}
