//! Requests for a remote endpoint: what this process answers by itself, and what it sends on.
//!
//! The files of the bundle, the page and the settings of the forms are here, so that a form can be drawn and say what is
//! wrong while the endpoint is away. Everything that decides about people is sent on.

use std::{fmt, net::IpAddr, sync::OnceLock};

use async_trait::async_trait;
use axum::{
    Json,
    body::Bytes,
    http::{Method, Request, Response, StatusCode, header::LOCATION},
    response::IntoResponse,
};
use gatehouse_protocol::{ClientConfig, ErrorCode, MOUNT, Problem};

use super::{
    address::TrustedProxies,
    answer::Refusal,
    host::HostPolicy,
    responder::{Responder, Surface, below},
    shell::{Behind, Shell},
};
use crate::config::Settings;

/// The seconds after which an endpoint that can't be reached is worth another try.
const RETRY_AFTER: u32 = 5;

/// What browsers may ask of the endpoint, letter for letter. This process's key goes with it, so nothing else may.
const SENT_ON: [&str; 12] = [
    "/health",
    "/assets/logo",
    "/session",
    "/login",
    "/enrollment",
    "/account",
    "/logout",
    "/registration",
    "/verification",
    "/recovery",
    "/password",
    "/password/strength",
];

/// The way to a remote endpoint.
#[async_trait]
pub trait Forward: fmt::Debug + Send + Sync {
    /// The settings of this process.
    fn settings(&self) -> &Settings;
    /// What the endpoint last said of the forms; `None` where it never did.
    fn config(&self) -> Option<ClientConfig>;
    /// Asks the endpoint in the name of a browser at `client`. `None` while it can't be asked.
    async fn forward(&self, request: Request<Bytes>, client: Option<IpAddr>) -> Option<Response<Bytes>>;
    /// Answers what belongs to one sign-in for several apps; `None` for everything else. `client` as above.
    async fn single_sign_on(
        &self,
        request: &Request<Bytes>,
        client: Option<IpAddr>,
    ) -> Option<Response<Bytes>>;
    /// The endpoint's own page, where that alone takes passwords of who is not signed in.
    fn own_page(&self) -> Option<String>;
    /// Where whoever is not signed in is sent, when that is not a form here: the address that a page is to lead back to
    /// is `target`.
    fn begin(&self, target: &str) -> Option<Response<Bytes>>;
}

/// What of it is not asked on the host of an app that leaves signing in to the endpoint's own page: nobody types a
/// password here who is not signed in.
const ELSEWHERE: [&str; 4] = ["/login", "/registration", "/verification", "/recovery"];

impl Responder {
    /// Answers for a remote endpoint. On [`Surface::Loopback`] the port is that of the listener, otherwise the app's.
    pub fn remote(remote: std::sync::Arc<dyn Forward>, surface: Surface, port: u16) -> Self {
        let policy = match surface {
            Surface::Loopback { .. } => HostPolicy::local(port),
            _ => HostPolicy::new(remote.settings(), port),
        };
        Self::in_front(Shell::new(Behind::Remote(remote), surface, OnceLock::from(policy)))
    }
}

impl Shell {
    /// Answers a request for the remote endpoint that was admitted.
    pub(super) async fn send_on(
        &self,
        remote: &dyn Forward,
        request: Request<Bytes>,
        peer: Option<IpAddr>,
    ) -> axum::response::Response {
        let not_found = || Refusal(Problem::new(ErrorCode::NotFound)).into_response();
        let Some(request) = below(self.base_path(), request) else { return not_found() };
        let path = request.uri().path();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let elsewhere = remote.own_page();
        let Some(inner) = path.strip_prefix(MOUNT).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            return not_found();
        };
        match inner {
            "" if reads => {
                let target = format!("{}{MOUNT}/", self.base_path());
                return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, target)]).into_response();
            }
            "/" if reads => {
                if let Some(page) = elsewhere {
                    // A browser keeps what stands behind the `#` of a link.
                    return (StatusCode::SEE_OTHER, [(LOCATION, page)]).into_response();
                }
                return self.page.as_ref().map_or_else(not_found, super::page::Page::alone);
            }
            "/account" if reads => {
                return self.account_page.as_ref().map_or_else(not_found, super::page::Page::alone);
            }
            "/config" if reads => {
                return match remote.config() {
                    Some(config) => Json(config).into_response(),
                    None => away(),
                };
            }
            _ => {}
        }
        if let Some(file) = inner.strip_prefix("/assets/").filter(|file| *file != "logo" && reads) {
            return self.assets.serve(file, request.headers()).unwrap_or_else(not_found);
        }
        let proxies = TrustedProxies::new(&self.behind.settings().trusted_proxies);
        let client = proxies.client(peer, request.headers());
        let address = client.address.filter(|_| client.believed);
        if let Some(answer) = remote.single_sign_on(&request, address).await {
            return answer.map(axum::body::Body::from);
        }
        if !SENT_ON.contains(&inner) || (elsewhere.is_some() && ELSEWHERE.contains(&inner)) {
            return not_found();
        }
        match remote.forward(request, address).await {
            Some(answer) => answer.map(axum::body::Body::from),
            None => away(),
        }
    }
}

fn away() -> axum::response::Response {
    Refusal(Problem::new(ErrorCode::Unavailable).retry_after(RETRY_AFTER)).into_response()
}
