//! `GET /_gatehouse/authorize`: one sign-in for several apps. Whoever is signed in here is sent back to the app with a
//! one-time code; whoever is not sees the form first, and asks again by signing in.
//!
//! Where the browser is sent is what the operator registered, never what the request says.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{Challenge, ErrorCode, Front, MOUNT, Problem, SessionState};

use super::{answer::Refusal, context::Context, openapi::Refusals, responder::App};
use crate::session::{AppName, Secret};

/// What an app asks for.
#[derive(Debug, utoipa::IntoParams)]
pub(super) struct Asked {
    /// The app.
    app: String,
    /// What the app's process compares with the cookie of the browser that comes back.
    state: String,
    /// The S256 challenge of a verifier that the app's process made.
    code_challenge: String,
}

impl Asked {
    /// Reads the three, each once and nothing else.
    fn read(query: &str) -> Option<Self> {
        let [mut app, mut state, mut code_challenge] = [None, None, None];
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "app" => &mut app,
                "state" => &mut state,
                "code_challenge" => &mut code_challenge,
                _ => return None,
            };
            if place.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self { app: app?, state: state?, code_challenge: code_challenge? })
    }
}

/// Sends whoever is signed in back to the app with a code.
#[utoipa::path(
    get, path = "/_gatehouse/authorize", params(Asked),
    responses(
        (status = 200, description = "The form"), (status = 303, description = "Back to the app"), Refusals
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Context(context): Context,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let malformed = || Refusal(Problem::new(ErrorCode::Malformed));
    let asked = Asked::read(&query.unwrap_or_default()).ok_or_else(malformed)?;
    let name = AppName::parse(&asked.app).map_err(|_| malformed())?;
    if !Secret::is_drawn(&asked.state) || !Secret::is_drawn(&asked.code_challenge) {
        return Err(malformed());
    }
    let to =
        app.endpoint.app_named(&context, &name).await?.ok_or(Refusal(Problem::new(ErrorCode::NotFound)))?;
    let challenge = Challenge(asked.code_challenge);
    let Some(code) = app.endpoint.authorize(&context, &to, challenge).await? else {
        let page = app.shell.page.as_ref().ok_or(Refusal(Problem::new(ErrorCode::NotFound)))?;
        let config = app.endpoint.client_config();
        return Ok(page.front(&Front { config, session: SessionState::Anonymous, asked: None }));
    };
    let back = format!("{}{MOUNT}/callback?code={}&state={}", to.url, code.expose(), asked.state);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, back)]).into_response())
}
