//! A browser at the provider's pages: follows redirects there, keeps its cookies, and stops where they lead away.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;

/// A browser with cookies of one provider.
pub(crate) struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), cookies: BTreeMap::new() }
    }

    /// Follows redirects from `start` until they lead to another origin. Where nothing leads on, the page's text.
    pub(crate) async fn follow(&mut self, start: &Url) -> Result<Url, String> {
        let mut at = start.clone();
        for _ in 0..20 {
            if at.origin() != start.origin() {
                return Ok(at);
            }
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = Request::builder().uri(at.as_str()).header(header::COOKIE, cookies.join("; "));
            let response = self.client.request(request.body(Full::default()).unwrap()).await.unwrap();
            for cookie in response.headers().get_all(header::SET_COOKIE) {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.into(), value.into());
            }
            if let Some(to) = response.headers().get(header::LOCATION) {
                at = at.join(to.to_str().unwrap()).unwrap();
            } else {
                let body = response.into_body().collect().await.unwrap().to_bytes();
                return Err(String::from_utf8_lossy(&body).into_owned());
            }
        }
        panic!("it never ends: {at}");
    }
}
