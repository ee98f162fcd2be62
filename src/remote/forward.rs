//! A browser's request on its way to the endpoint, and the answer on its way back.

use std::net::IpAddr;

use async_trait::async_trait;
use bytes::Bytes;
use gatehouse_protocol::{ClientConfig, MOUNT};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response,
    header::{
        ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HOST, ORIGIN, RETRY_AFTER, SET_COOKIE, USER_AGENT,
    },
};

use super::RemoteEndpoint;
use crate::{
    config::Settings,
    http::Forward,
    peer::{CLIENT, HOST as BROWSERS_HOST},
};

/// What the endpoint needs to know of a request; nothing else is sent on.
const SENT: [HeaderName; 6] =
    [ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, ORIGIN, USER_AGENT, HeaderName::from_static("sec-fetch-site")];
/// What a browser needs of the answer; nothing else is passed back.
const PASSED: [HeaderName; 2] = [CONTENT_TYPE, RETRY_AFTER];

#[async_trait]
impl Forward for RemoteEndpoint {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn config(&self) -> Option<ClientConfig> {
        self.told_config()
    }

    async fn forward(&self, request: Request<Bytes>, client: Option<IpAddr>) -> Option<Response<Bytes>> {
        if request.method() == Method::POST && request.uri().path() == format!("{MOUNT}/logout") {
            self.sign_out(request.headers()).await?;
        }
        let headers = self.sent(request.headers(), client)?;
        let (parts, body) = request.into_parts();
        let mut request = Request::new(body);
        (*request.method_mut(), *request.uri_mut()) = (parts.method, parts.uri);
        *request.headers_mut() = headers;
        match self.client.forward(request).await {
            Ok(response) => Some(self.passed(response)),
            Err(failure) => {
                tracing::error!(%failure, "nobody is let in");
                None
            }
        }
    }

    async fn single_sign_on(
        &self,
        request: &Request<Bytes>,
        _client: Option<IpAddr>,
    ) -> Option<Response<Bytes>> {
        let inner = request.uri().path().strip_prefix(MOUNT)?;
        if !self.settings.single_sign_on || inner != "/callback" || *request.method() != Method::GET {
            return None;
        }
        Some(self.called_back(request).await)
    }

    fn own_page(&self) -> Option<String> {
        self.settings.single_sign_on.then(|| format!("{}{MOUNT}/", self.client.origin()))
    }

    fn begin(&self, target: &str) -> Option<Response<Bytes>> {
        self.settings.single_sign_on.then(|| self.sent_to_sign_in(target))
    }
}

impl RemoteEndpoint {
    /// What is said of a browser. Of its cookies only ours: the others are the app's.
    fn sent(&self, headers: &HeaderMap, client: Option<IpAddr>) -> Option<HeaderMap> {
        let mut sent = HeaderMap::new();
        for name in SENT {
            for value in headers.get_all(&name) {
                sent.append(name.clone(), value.clone());
            }
        }
        let cookies = cookies(headers);
        let session = self.cookies.session_from(&cookies);
        let device = self.cookies.device_from(&cookies);
        let pairs: Vec<String> = [
            session.map(|token| format!("{}={}", self.cookies.session, token.expose())),
            device.map(|device| format!("{}={device}", self.cookies.device)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !pairs.is_empty() {
            let mut value = HeaderValue::from_str(&pairs.join("; ")).ok()?;
            value.set_sensitive(true);
            sent.insert(COOKIE, value);
        }
        // In development the form stands on the app's page, and asks a port of its own.
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()?.split_once("://"));
        let host = match origin {
            Some((_, host)) => HeaderValue::from_str(host).ok()?,
            None => headers.get(HOST)?.clone(),
        };
        sent.insert(HeaderName::from_static(BROWSERS_HOST), host);
        if let Some(client) = client {
            let value = HeaderValue::from_str(&client.to_string()).ok()?;
            sent.insert(HeaderName::from_static(CLIENT), value);
        }
        Some(sent)
    }

    /// What is passed back. Of the cookies only ours.
    fn passed(&self, response: Response<Bytes>) -> Response<Bytes> {
        let (mut parts, body) = response.into_parts();
        let mut headers = HeaderMap::new();
        for name in PASSED {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        for value in parts.headers.get_all(SET_COOKIE) {
            let ours = [&self.cookies.session, &self.cookies.device].into_iter().any(|name| {
                value.as_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
            });
            if ours {
                headers.append(SET_COOKIE, value.clone());
            }
        }
        parts.headers = headers;
        Response::from_parts(parts, body)
    }

    /// Ends the session of the browser the way this app ends sessions. `None` while the endpoint can't be asked.
    async fn sign_out(&self, headers: &HeaderMap) -> Option<()> {
        let Some(token) = self.cookies.session_from(&cookies(headers)) else { return Some(()) };
        let ended = match self.sessions.by_token(token.hash()).await {
            Ok(Some(live)) => self.sessions.end(&live.session.id).await.map(drop),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        ended.map_err(|error| tracing::error!(%error, "nobody is signed out")).ok()
    }
}

/// All lines as one; what is not text is as if it were not there.
pub(super) fn cookies(headers: &HeaderMap) -> String {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.collect::<Vec<_>>().join("; ")
}
