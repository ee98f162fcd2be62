//! The standalone page: the same bundle as a page of its own, for links that arrive by mail, for `serve`, and in the
//! place of any page of the app that somebody may not see (`front`).

use std::{fs, io, path::Path, sync::Arc};

use axum::{
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, Front, MOUNT, Problem};

use super::{admission, answer::Refusal, inline::hashes, responder::App};

/// The page of the sign-in forms.
pub(super) const SIGN_IN: &str = "index.html";
/// The account page.
pub(super) const ACCOUNT: &str = "account.html";

/// The page and what it may do.
#[derive(Debug)]
pub(super) struct Page {
    html: String,
    /// The same for any address: the files are named by their whole path.
    anywhere: String,
    policy: String,
}

impl Page {
    /// Reads a page of the bundle, tells it where the endpoint is, and works out the policy that fits it.
    /// `framing` is what the policy says of frames.
    pub(super) fn load(assets: &Path, name: &str, base_path: &str, framing: &str) -> io::Result<Self> {
        Ok(Self::new(&fs::read_to_string(assets.join(name))?, base_path, framing))
    }

    fn new(html: &str, base_path: &str, framing: &str) -> Self {
        let base_path = attribute(base_path);
        let place = |base: &str| format!("data-endpoint=\"{base}{MOUNT}\"");
        let html = html.replace(&place(""), &place(&base_path));
        let anywhere = html
            .replace("data-endpoint=\".\"", &place(&base_path))
            .replace("=\"assets/", &format!("=\"{base_path}{MOUNT}/assets/"));
        let scripts = hashes(&html, "script");
        let styles = hashes(&html, "style");
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'{styles}; \
             connect-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; \
             {framing}"
        );
        Self { html, anywhere, policy }
    }
}

impl Page {
    /// The page at its own address.
    pub(super) fn alone(&self) -> Response {
        let headers =
            [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, self.policy.as_str())];
        (headers, self.html.clone()).into_response()
    }

    /// The page in the place of another one: it is told what it would have to ask for, so that it can be drawn at once,
    /// and loads the address anew when there is something else to see.
    pub(super) fn front(&self, front: &Front) -> Response {
        let state = serde_json::to_string(front).unwrap_or_default();
        let told = format!("data-front=\"{}\" data-endpoint=", attribute(&state));
        let html = self.anywhere.replacen("data-endpoint=", &told, 1);
        let headers =
            [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, self.policy.as_str())];
        (headers, html).into_response()
    }
}

/// A text inside a quoted attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// The page.
#[utoipa::path(get, path = "/_gatehouse/", responses((status = 200, description = "The page"), super::openapi::Refusals))]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let page = app.shell.page.as_ref().ok_or(Refusal(Problem::new(ErrorCode::NotFound)))?;
    Ok(page.alone())
}

/// The mount without its slash leads to the page.
pub(super) async fn redirect(State(app): State<Arc<App>>) -> Response {
    let target = format!("{}{MOUNT}/", app.shell.base_path());
    (StatusCode::PERMANENT_REDIRECT, [(LOCATION, target)]).into_response()
}

/// Where people are sent after they followed a link from a mail: to the app, on the loopback port; to the page itself,
/// on a server that has no app.
pub(super) async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let target = admission::app_of(&app.shell, &headers).unwrap_or_else(|| format!("{MOUNT}/"));
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, target)]).into_response()
}

#[cfg(test)]
mod tests;
