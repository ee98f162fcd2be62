//! A window that a frame opens, because a provider's pages are shown in no frame: its first page and its last.
//!
//! The first begins a sign-in whose result a frame collects, so it is asked for by a form of our own pages (see
//! `admission`), never by a link, and goes on only when the person says so. Who framed the app nobody can say for sure:
//! the page names the app alone.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{OriginalUri, State},
    http::{
        HeaderMap,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE},
    },
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, Problem};
use url::form_urlencoded;

use super::{
    super::{
        answer::Refusal,
        context::{Context, joined},
        inline::hashes,
        openapi::Refusals,
        responder::{App, Surface},
    },
    append, named,
};
use crate::endpoint::{Errand, FLOW_TTL};

const PAGE: &str = include_str!("window.html");
/// The last page closes its window, where the browser lets it.
const CLOSE: &str = "<script>close()</script>";

/// What a page says.
struct Words {
    lang: &'static str,
    title: &'static str,
    text: &'static str,
    link: &'static str,
}

const FIRST: [Words; 2] = [
    Words {
        lang: "en",
        title: "Sign in to {app}",
        text: "The page that opened this window will be signed in. If you didn't ask for that, close the window.",
        link: "Continue with {provider}",
    },
    Words {
        lang: "de",
        title: "Bei {app} anmelden",
        text: "Die Seite, die dieses Fenster geöffnet hat, wird angemeldet. Wenn Sie das nicht wollten, schließen Sie das \
               Fenster.",
        link: "Weiter mit {provider}",
    },
];
const LAST: [Words; 2] = [
    Words {
        lang: "en",
        title: "You can close this window",
        text: "It goes on where you came from.",
        link: "",
    },
    Words {
        lang: "de",
        title: "Sie können dieses Fenster schließen",
        text: "Es geht dort weiter, woher Sie gekommen sind.",
        link: "",
    },
];

/// Begins a sign-in at a provider whose result the frame collects that has the challenge's verifier.
#[utoipa::path(
    post, path = "/_gatehouse/provider/{name}",
    params(("name" = String, Path, description = "The provider's name in the settings")),
    request_body(
        content = String, content_type = "application/x-www-form-urlencoded",
        description = "`collect`, the challenge: the S256 of the frame's verifier"
    ),
    responses((status = 200, description = "A page that leads to the provider"), Refusals)
)]
pub(in crate::http) async fn post(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    Context(context): Context,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    // There the form's page is on another port, and no gate says who may frame it.
    if matches!(app.shell.surface, Surface::Loopback { .. }) {
        return Err(Problem::new(ErrorCode::NotFound).into());
    }
    let name = named(&uri);
    let mut pairs = form_urlencoded::parse(&body);
    let (Some((key, challenge)), None) = (pairs.next(), pairs.next()) else {
        return Err(Problem::new(ErrorCode::Malformed).into());
    };
    if key != "collect" {
        return Err(Problem::new(ErrorCode::Malformed).into());
    }
    let challenge = app.endpoint.collectable(&context, &challenge)?;
    let return_to = format!("{}/", app.shell.base_path());
    let errand = Errand { return_to, collect: Some(challenge), ..Errand::default() };
    let browser = app.cookies.flow_from(&joined(&headers, &COOKIE));
    match app.endpoint.send_to_provider(&context, name, errand, browser).await {
        Ok(leaving) => {
            let settings = app.endpoint.settings();
            let label = settings.providers.get(name).map(|one| one.label(name)).unwrap_or_default();
            let words = of(&FIRST, &context.locale);
            let link = escape(&words.link.replace("{provider}", &label));
            let link = format!("<a href=\"{}\">{link}</a>", escape(&leaving.location));
            let mut response = page(words, &settings.app_name, &link);
            let cookie = app.cookies.set(&app.cookies.flow, leaving.browser.expose(), Some(FLOW_TTL));
            append(&mut response, &cookie)?;
            Ok(response)
        }
        Err(problem) if problem.code == ErrorCode::NotFound => Err(problem.into()),
        Err(problem) => {
            app.endpoint.leave_refusal(challenge, &problem).await;
            Ok(last(&context.locale))
        }
    }
}

/// The last page of the window: what came of it is the frame's to say.
pub(super) fn last(locale: &str) -> Response {
    page(of(&LAST, locale), "", CLOSE)
}

fn of(words: &'static [Words; 2], locale: &str) -> &'static Words {
    let [english, german] = words;
    let speaks = locale.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case(german.lang));
    if speaks { german } else { english }
}

fn page(words: &Words, app: &str, more: &str) -> Response {
    let title = escape(&words.title.replace("{app}", app));
    let mut html = PAGE.to_owned();
    for (slot, value) in
        [("{{lang}}", words.lang), ("{{title}}", &title), ("{{text}}", words.text), ("{{more}}", more)]
    {
        html = html.replace(slot, value);
    }
    let script = match hashes(&html, "script") {
        none if none.is_empty() => " 'none'".to_owned(),
        named => named,
    };
    let policy = format!(
        "default-src 'none'; script-src{script}; style-src{}; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        hashes(&html, "style")
    );
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (CONTENT_SECURITY_POLICY, policy)];
    (headers, html).into_response()
}

/// A text inside an element or a quoted attribute. Its braces are escaped too, so that it names no slot.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('{', "&#123;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an operator calls things is text, not markup.
    #[tokio::test]
    async fn names_that_are_markup() {
        let link = format!("<a href=\"x\">{}</a>", escape("\"><script>alert(1)</script>{{title}}"));
        let response = page(of(&FIRST, "en"), "<b>{{more}}", &link);
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'none'") && policy.contains("style-src 'sha256-"), "{policy}");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let html = std::str::from_utf8(&body).unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("{{"), "{html}");
    }

    #[test]
    fn it_speaks_the_language_of_the_browser() {
        for (locale, lang) in
            [("de-AT", "de"), ("DE", "de"), ("den", "en"), ("fr", "en"), ("", "en"), ("ö", "en")]
        {
            assert_eq!(of(&LAST, locale).lang, lang, "{locale}");
        }
    }
}
