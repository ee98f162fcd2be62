//! Every HTTP call of the forms.

use gatehouse_protocol::{
    ChangePassword, ClientConfig, LoginState, LoginStep, LogoutState, PasswordChanged, RecoveryState,
    RecoveryStep, RegistrationState, RegistrationStep, SessionState, StrengthQuestion, StrengthReport,
    VerificationState, VerificationStep,
};
use gloo_net::http::Request;
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, RequestCredentials};

use crate::machine::{Failure, Reply};

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

    pub(crate) async fn config(self) -> Reply<ClientConfig> {
        parse(exchange(self.url("/config"), None).await?)
    }

    pub(crate) async fn session(self) -> Reply<SessionState> {
        parse(exchange(self.url("/session"), None).await?)
    }

    pub(crate) async fn login(self, step: LoginStep) -> Reply<LoginState> {
        parse(exchange(self.url("/login"), Some(body(&step)?)).await?)
    }

    pub(crate) async fn registration(self, step: RegistrationStep) -> Reply<RegistrationState> {
        parse(exchange(self.url("/registration"), Some(body(&step)?)).await?)
    }

    pub(crate) async fn verification(self, step: VerificationStep) -> Reply<VerificationState> {
        parse(exchange(self.url("/verification"), Some(body(&step)?)).await?)
    }

    pub(crate) async fn recovery(self, step: RecoveryStep) -> Reply<RecoveryState> {
        parse(exchange(self.url("/recovery"), Some(body(&step)?)).await?)
    }

    pub(crate) async fn change_password(self, change: ChangePassword) -> Reply<PasswordChanged> {
        parse(exchange(self.url("/password"), Some(body(&change)?)).await?)
    }

    pub(crate) async fn strength(self, question: StrengthQuestion) -> Reply<StrengthReport> {
        parse(exchange(self.url("/password/strength"), Some(body(&question)?)).await?)
    }

    pub(crate) async fn logout(self) -> Reply<LogoutState> {
        parse(exchange(self.url("/logout"), Some("{}".to_owned())).await?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
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

fn parse<T: DeserializeOwned>(value: JsValue) -> Reply<T> {
    serde_wasm_bindgen::from_value(value).map_err(|_| Failure::Unreachable)
}

fn body<T: Serialize>(value: &T) -> Reply<String> {
    let value = value.serialize(&Serializer::json_compatible()).map_err(|_| Failure::Unreachable)?;
    let text = js_sys::JSON::stringify(&value).map_err(|_| Failure::Unreachable)?;
    Ok(text.into())
}
