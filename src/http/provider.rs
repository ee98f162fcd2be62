//! `/_gatehouse/provider/…`: a browser leaves for somebody else's sign-in page, and comes back.
//!
//! Both are top-level navigations, so every answer is a redirect: to the provider, to where the person wanted to go, or to
//! the sign-in page with a code of the closed table, for which the form has the sentence.

pub(super) mod callback;
pub(super) mod window;

use std::sync::Arc;

use axum::{
    extract::{OriginalUri, RawQuery, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{COOKIE, LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, MOUNT, Problem, rule::return_path};
use url::{Url, form_urlencoded};

use super::{
    admission,
    answer::Refusal,
    context::{Context, joined},
    openapi::Refusals,
    responder::{App, Surface},
};
use crate::endpoint::{Errand, FLOW_TTL};

/// Sends a browser to a provider.
#[utoipa::path(
    get, path = "/_gatehouse/provider/{name}",
    params(
        ("name" = String, Path, description = "The provider's name in the settings"),
        ("return_to" = Option<String>, Query, description = "The path to lead back to"),
        ("keep" = Option<String>, Query, description = "`true` to keep the person signed in")
    ),
    responses((status = 303, description = "To the provider, or to the sign-in page with a code"), Refusals)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    Context(context): Context,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let name = named(&uri);
    let query = query.unwrap_or_default();
    let wished = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    let return_to = wished("return_to").and_then(|(_, path)| target(&app, &path));
    let return_to = return_to.unwrap_or_else(|| format!("{}/", app.shell.base_path()));
    if let Some(same) = under_its_own_name(&app, &headers, name, &return_to) {
        return redirect(&same);
    }
    let browser = app.cookies.flow_from(&joined(&headers, &COOKIE));
    let keep = wished("keep").is_some_and(|(_, keep)| keep == "true") && by_own_form(&app, &headers);
    let errand = Errand { return_to: return_to.clone(), keep, ..Errand::default() };
    match app.endpoint.send_to_provider(&context, name, errand, browser).await {
        Ok(leaving) => {
            let mut response = redirect(&leaving.location)?;
            let cookie = app.cookies.set(&app.cookies.flow, leaving.browser.expose(), Some(FLOW_TTL));
            append(&mut response, &cookie)?;
            Ok(response)
        }
        Err(problem) if problem.code == ErrorCode::NotFound => Err(problem.into()),
        Err(problem) => redirect(&refused(&app, &headers, problem.code, Some(&return_to))),
    }
}

/// Whether the form's own page leads here. What a link elsewhere says of how long somebody stays is nobody's wish.
fn by_own_form(app: &App, headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    match app.shell.surface {
        // The app's page is on another port of this machine.
        Surface::Loopback { .. } => matches!(site, Some("same-origin" | "same-site")),
        _ => site == Some("same-origin"),
    }
}

/// Where this name of this machine is not the one that the provider leads back to, its cookie would not come along: the
/// same page under that name.
fn under_its_own_name(app: &App, headers: &HeaderMap, name: &str, return_to: &str) -> Option<String> {
    if app.endpoint.settings().public_url.is_some() {
        return None;
    }
    let home = app.endpoint.home()?;
    let authority = home.split_once("://")?.1.split('/').next()?;
    let host = headers.get("host")?.to_str().ok()?;
    if authority.eq_ignore_ascii_case(host) {
        return None;
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    Some(format!("{home}{MOUNT}/provider/{name}?{query}"))
}

/// The provider that is meant. Names of ours need no escapes, so nothing is decoded.
fn named(uri: &Uri) -> &str {
    uri.path().rsplit('/').next().unwrap_or_default()
}

/// A path of the app to lead back to, or nothing: no other host, and nothing of the endpoint's own but the way from one
/// sign-in to an app.
fn target(app: &App, wished: &str) -> Option<String> {
    let own = format!("{}{MOUNT}", app.shell.base_path());
    let path = return_path(wished)?;
    let ours = path.starts_with(&own) && !path.starts_with(&format!("{own}/authorize?"));
    (!ours).then(|| path.to_owned())
}

/// Where a path of the app is: here, unless the app's page is on another port of this machine. Pages of the endpoint's own
/// are here.
fn on_its_origin(app: &App, headers: &HeaderMap, path: &str) -> String {
    if is_own(app, path) {
        return path.to_owned();
    }
    let page = admission::app_of(&app.shell, headers).and_then(|page| Url::parse(&page).ok());
    page.map_or_else(|| path.to_owned(), |page| format!("{}{path}", page.origin().ascii_serialization()))
}

fn is_own(app: &App, path: &str) -> bool {
    path.starts_with(&format!("{}{MOUNT}/", app.shell.base_path()))
}

/// The sign-in page, which says why nobody is signed in.
fn refused(app: &App, headers: &HeaderMap, code: ErrorCode, return_to: Option<&str>) -> String {
    sign_in_page(app, headers, "refused", &name_of(code), return_to)
}

/// A code as it stands in an address.
fn name_of(code: ErrorCode) -> String {
    let name = serde_json::to_value(code).ok();
    name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// The sign-in page, told one thing behind the `#`, which no server sees. Values of ours need no escapes there.
fn sign_in_page(app: &App, headers: &HeaderMap, what: &str, value: &str, return_to: Option<&str>) -> String {
    // From a port of its own the page finds the app's by itself.
    let next = return_to.filter(|path| is_own(app, path) || admission::app_of(&app.shell, headers).is_none());
    let query =
        |path| form_urlencoded::Serializer::for_suffix("?".to_owned(), 1).append_pair("next", path).finish();
    let next = next.map(query);
    format!("{}{MOUNT}/{}#{what}={value}", app.shell.base_path(), next.unwrap_or_default())
}

fn redirect(to: &str) -> Result<Response, Refusal> {
    let to = HeaderValue::from_str(to).map_err(|_| Refusal(Problem::new(ErrorCode::Internal)))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

fn append(response: &mut Response, cookie: &str) -> Result<(), Refusal> {
    let mut value = HeaderValue::from_str(cookie).map_err(|_| Refusal(Problem::new(ErrorCode::Internal)))?;
    value.set_sensitive(true);
    response.headers_mut().append(SET_COOKIE, value);
    Ok(())
}
