//! The table of routes.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use gatehouse_protocol::{ErrorCode, MOUNT, Problem};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    account,
    answer::Refusal,
    assets, authorize, collected, config, enrollment, health, jwks, live, login, logo, logout, metrics,
    openapi, page, password, provider, ready, recovery, registration,
    responder::{App, Surface},
    session, verification,
};

/// The routes of a surface, with a problem for everything else.
pub(super) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new().route(MOUNT, get(page::redirect));
    for (path, handlers) in mounted() {
        router = router.route(&format!("{MOUNT}{path}"), handlers);
    }
    if matches!(app.shell.surface, Surface::Standalone) {
        router = router
            .route("/metrics", get(metrics::get))
            .route("/openapi.json", get(openapi::get))
            .route(&format!("{MOUNT}/authorize"), get(authorize::get));
    }
    if matches!(app.shell.surface, Surface::Front | Surface::Standalone) {
        router = router.route(&format!("{MOUNT}/jwks.json"), get(jwks::get));
    }
    if matches!(app.shell.surface, Surface::Loopback { .. } | Surface::Standalone) {
        router = router.route("/", get(page::home));
    }
    router
        .fallback(|| async { Refusal(Problem::new(ErrorCode::NotFound)) })
        .method_not_allowed_fallback(|| async { Refusal(Problem::new(ErrorCode::MethodNotAllowed)) })
        .layer(CatchPanicLayer::custom(|panic: Box<dyn Any + Send>| broken(&*panic)))
        .with_state(app.clone())
}

fn mounted() -> [(&'static str, MethodRouter<Arc<App>>); 20] {
    [
        ("/", get(page::get)),
        ("/assets/{*file}", get(assets::get)),
        ("/assets/logo", get(logo::get)),
        ("/health", get(health::get)),
        ("/live", get(live::get)),
        ("/ready", get(ready::get)),
        ("/config", get(config::get)),
        ("/session", get(session::get)),
        ("/login", post(login::post)),
        ("/enrollment", post(enrollment::post)),
        ("/account", get(account::get).post(account::post)),
        ("/logout", post(logout::post)),
        ("/registration", post(registration::post)),
        ("/verification", post(verification::post)),
        ("/recovery", post(recovery::post)),
        ("/provider/{name}", get(provider::get).post(provider::window::post)),
        ("/provider/callback/{name}", get(provider::callback::get).post(provider::callback::post)),
        ("/collected", post(collected::post)),
        ("/password", post(password::post)),
        ("/password/strength", post(password::strength::post)),
    ]
}

/// A handler panicked: a defect of ours. The browser learns that much, the log what it was, the process lives.
fn broken(panic: &(dyn Any + Send)) -> Response {
    let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(?message, "a handler panicked");
    Refusal(Problem::new(ErrorCode::Internal)).into_response()
}
