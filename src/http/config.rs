//! `GET /_gatehouse/config`.

use std::sync::Arc;

use axum::{Json, extract::State};
use gatehouse_protocol::ClientConfig;

use super::{openapi::Refusals, responder::App};

/// What the forms must know before they are drawn.
#[utoipa::path(
    get, path = "/_gatehouse/config",
    responses((status = 200, description = "The settings that shape the forms", body = ClientConfig), Refusals)
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Json<ClientConfig> {
    Json(app.endpoint.client_config_for(app.shell.surface.app().map(|app| &**app)))
}
