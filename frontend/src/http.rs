//! Every HTTP call of the forms.

use futures_util::future::join;
#[cfg(feature = "later")]
use gatehouse_protocol::EnrollmentStep;
use gatehouse_protocol::{
    ChangePassword, ClientConfig, LoginStep, RecoveryStep, RegistrationStep, SessionState, StrengthQuestion,
    VerificationStep,
};
use gloo_net::http::Request;
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, RequestCredentials};

use crate::{
    decode::decode,
    machine::{Event, Failure, Reply},
};

/// After this long without an answer the endpoint counts as unreachable.
const PATIENCE_MS: u32 = 30_000;

/// The endpoint, as the browser reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    base: String,
}

impl Api {
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Asks what the endpoint is and who is signed in, unless the page was `told`.
    pub(crate) async fn load(self, told: Option<JsValue>) -> Reply<(ClientConfig, SessionState)> {
        if let Some(front) = told {
            return Ok((part(&front, "config")?, part(&front, "session")?));
        }
        let (config, session) =
            join(exchange(self.url("/config"), None), exchange(self.url("/session"), None)).await;
        Ok((parse(config?)?, parse(session?)?))
    }

    /// Puts a question. The answer is an event.
    pub(crate) async fn ask(self, question: Question) -> Event {
        let reply = match question.body {
            Ok(body) => exchange(self.url(question.path), Some(body)).await,
            Err(failure) => Err(failure),
        };
        (question.event)(reply)
    }

    /// Asks for what a route knows.
    #[cfg(feature = "later")]
    pub(crate) async fn get(&self, path: &str) -> Reply<JsValue> {
        exchange(self.url(path), None).await
    }

    /// Sends a step.
    pub(crate) async fn post<S: Serialize>(&self, path: &str, step: &S) -> Reply<JsValue> {
        exchange(self.url(path), Some(body(step)?)).await
    }

    fn url(&self, path: &str) -> String {
        [&self.base, path].concat()
    }
}

/// What the forms ask of the endpoint: where it goes, what it says, and which event the answer is.
///
/// All questions are of one type, and travel by one future: a future for each would weigh more than the views.
pub(crate) struct Question {
    path: &'static str,
    body: Reply<String>,
    event: Box<dyn FnOnce(Reply<JsValue>) -> Event>,
}

impl Question {
    pub(crate) fn login(step: &LoginStep) -> Self {
        Self::new("/login", body(step), Event::Login)
    }

    #[cfg(feature = "later")]
    pub(crate) fn enrollment(step: &EnrollmentStep) -> Self {
        Self::new("/enrollment", body(step), Event::Enrollment)
    }

    pub(crate) fn registration(step: &RegistrationStep) -> Self {
        Self::new("/registration", body(step), Event::Registration)
    }

    pub(crate) fn verification(step: &VerificationStep) -> Self {
        Self::new("/verification", body(step), Event::Verification)
    }

    pub(crate) fn recovery(step: &RecoveryStep) -> Self {
        Self::new("/recovery", body(step), Event::Recovery)
    }

    pub(crate) fn change_password(change: &ChangePassword) -> Self {
        Self::new("/password", body(change), Event::Changed)
    }

    pub(crate) fn strength(serial: u32, question: &StrengthQuestion) -> Self {
        Self::new("/password/strength", body(question), move |reply| Event::Judged(serial, reply))
    }

    pub(crate) fn logout() -> Self {
        Self::new("/logout", Ok("{}".to_owned()), Event::SignedOut)
    }

    fn new<T: DeserializeOwned + 'static>(
        path: &'static str,
        body: Reply<String>,
        event: impl FnOnce(Reply<T>) -> Event + 'static,
    ) -> Self {
        Self { path, body, event: Box::new(|reply| event(reply.and_then(parse))) }
    }
}

/// A file that lies beside the bundle.
pub(crate) async fn file(url: String) -> Reply<JsValue> {
    exchange(url, None).await
}

/// One request. Whatever the endpoint would not say itself (a proxy's page, a page of the app) counts as no answer.
async fn exchange(url: String, body: Option<String>) -> Reply<JsValue> {
    let builder = if body.is_some() { Request::post(&url) } else { Request::get(&url) };
    let builder = builder
        .credentials(RequestCredentials::Include)
        .abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let request = match body {
        Some(body) => builder.header("Content-Type", "application/json").body(body),
        None => builder.build(),
    };
    let response =
        request.map_err(|_| Failure::Unreachable)?.send().await.map_err(|_| Failure::Unreachable)?;
    let text = response.text().await.map_err(|_| Failure::Unreachable)?;
    let value = js_sys::JSON::parse(&text).map_err(|_| Failure::Unreachable)?;
    if response.ok() { Ok(value) } else { Err(Failure::Refused(parse(value)?)) }
}

/// A part of what the page was told.
pub(crate) fn part<T: DeserializeOwned>(front: &JsValue, name: &str) -> Reply<T> {
    parse(js_sys::Reflect::get(front, &name.into()).map_err(|_| Failure::Unreachable)?)
}

pub(crate) fn parse<T: DeserializeOwned>(value: JsValue) -> Reply<T> {
    decode(value).map_err(|_| Failure::Unreachable)
}

fn body<T: Serialize>(value: &T) -> Reply<String> {
    let value = value.serialize(&Serializer::json_compatible()).map_err(|_| Failure::Unreachable)?;
    let text = js_sys::JSON::stringify(&value).map_err(|_| Failure::Unreachable)?;
    Ok(text.into())
}
