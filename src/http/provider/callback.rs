//! `/_gatehouse/provider/callback/…`: a browser comes back from a provider.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{OriginalUri, RawQuery, State},
    http::{HeaderMap, header::COOKIE},
    response::Response,
};
use gatehouse_protocol::{ErrorCode, LoginState, MOUNT, Problem, SecondFactor};
use url::form_urlencoded;

use super::{
    super::{
        answer::{Refusal, set_cookies},
        context::{Context, joined},
        openapi::Refusals,
        responder::App,
    },
    append, name_of, named, on_its_origin, redirect, refused, sign_in_page, window,
};
use crate::endpoint::{Aim, Arrival, Returning};

/// The longest value that a provider may send along.
const VALUE_MAX: usize = 4096;

/// Takes what the provider answered.
#[utoipa::path(
    get, path = "/_gatehouse/provider/callback/{name}",
    params(
        ("name" = String, Path, description = "The provider's name in the settings"),
        ("state" = Option<String>, Query, description = "What the browser was sent away with"),
        ("code" = Option<String>, Query, description = "What the provider hands out"),
        ("iss" = Option<String>, Query, description = "Who answers (RFC 9207)"),
        ("error" = Option<String>, Query, description = "Why nobody signed in")
    ),
    responses(
        (status = 200, description = "A page that closes its window, where a frame collects the result"),
        (status = 303, description = "To where the person wanted to go, or to the sign-in page with a code"), Refusals
    )
)]
pub(in crate::http) async fn get(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    Context(context): Context,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Some(back) = read(query.unwrap_or_default().as_bytes()) else {
        return redirect(&refused(&app, &headers, ErrorCode::ProviderRefused, None));
    };
    let browser = app.cookies.flow_from(&joined(&headers, &COOKIE));
    let Arrival { return_to, aim, collected, outcome } =
        app.endpoint.complete_provider(&context, named(&uri), &back, browser.as_ref()).await;
    if collected {
        let mut response = window::last(&context.locale);
        append(&mut response, &app.cookies.set(&app.cookies.flow, "", Some(Duration::ZERO)))?;
        return Ok(response);
    }
    match outcome {
        Ok(answer) => {
            let target = return_to.as_deref();
            let to = match &answer.state {
                LoginState::Complete { .. } => {
                    let page = on_its_origin(&app, &headers, target.unwrap_or("/"));
                    page + told(aim)
                }
                LoginState::Challenge { flow, factors } => {
                    let waits = with_factors(flow.expose(), factors);
                    sign_in_page(&app, &headers, "challenge", &waits, target)
                }
                LoginState::Enroll { flow } => sign_in_page(&app, &headers, "enroll", flow.expose(), target),
                // Nothing that a provider proves leads there.
                LoginState::NewPassword { .. }
                | LoginState::VerifyAddress
                | LoginState::CodeSent { .. }
                | LoginState::Passkey { .. } => refused(&app, &headers, ErrorCode::ProviderRefused, target),
            };
            let mut response = redirect(&to)?;
            append(&mut response, &app.cookies.set(&app.cookies.flow, "", Some(Duration::ZERO)))?;
            let set = set_cookies(response.headers_mut(), &answer, &app.cookies);
            set.ok_or(Refusal(Problem::new(ErrorCode::Internal)))?;
            Ok(response)
        }
        Err(problem) if problem.code == ErrorCode::NotFound => Err(problem.into()),
        Err(problem) => {
            let page = return_to.as_deref();
            redirect(&match page.filter(|_| aim != Aim::SignIn) {
                // The account page asked, and says what became of it.
                Some(page) => {
                    format!("{}#refused={}", on_its_origin(&app, &headers, page), name_of(problem.code))
                }
                None => refused(&app, &headers, problem.code, page),
            })
        }
    }
}

/// What the account page is told behind the `#`, where that asked.
const fn told(aim: Aim) -> &'static str {
    match aim {
        Aim::SignIn => "",
        Aim::Link => "#linked",
        Aim::Prove => "#proven",
    }
}

/// The same for a provider whose page posts its answer. A browser sends none of our cookies with another site's form:
/// so it is led to ask again, as every other provider would have led it.
#[utoipa::path(
    post, path = "/_gatehouse/provider/callback/{name}",
    params(("name" = String, Path, description = "The provider's name in the settings")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "To the same address, with what was posted"), Refusals)
)]
pub(in crate::http) async fn post(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let name = named(&uri);
    if !app.endpoint.provider_posts(name) {
        return Err(Problem::new(ErrorCode::MethodNotAllowed).into());
    }
    let Some(back) = read(&body) else {
        return redirect(&refused(&app, &headers, ErrorCode::ProviderRefused, None));
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    let pairs = [("state", &back.state), ("code", &back.code), ("iss", &back.issuer), ("error", &back.error)];
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    redirect(&format!("{}{MOUNT}/provider/callback/{name}?{}", app.shell.base_path(), query.finish()))
}

/// The token of a challenge, and behind dots what it may be answered with: neither needs escapes.
fn with_factors(flow: &str, factors: &[SecondFactor]) -> String {
    let name = |factor: &SecondFactor| {
        let name = serde_json::to_value(factor).ok()?;
        name.as_str().map(|name| format!(".{name}"))
    };
    std::iter::once(flow.to_owned()).chain(factors.iter().filter_map(name)).collect()
}

/// What came back: what is known, each at most once. Providers add things of their own, which mean nothing here.
fn read(pairs: &[u8]) -> Option<Returning> {
    let mut back = Returning::default();
    for (name, value) in form_urlencoded::parse(pairs) {
        let place = match &*name {
            "state" => &mut back.state,
            "code" => &mut back.code,
            "iss" => &mut back.issuer,
            "error" => &mut back.error,
            _ => continue,
        };
        if value.len() > VALUE_MAX || place.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    Some(back)
}
