//! `GET /_gatehouse/jwks.json`: the key with which the app behind checks what it is told of people.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header::CACHE_CONTROL,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{openapi::Refusals, responder::App};
use crate::keys::PublicKey;

/// A set of keys (RFC 7517 §5).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct KeySet {
    #[schema(value_type = Vec<Object>)]
    keys: [PublicKey; 1],
}

/// The public key that signs identity tokens; only where the endpoint stands in front of an app (`serve --upstream`).
#[utoipa::path(
    get, path = "/_gatehouse/jwks.json", responses((status = 200, description = "The keys", body = KeySet), Refusals)
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Response {
    let keys = Json(KeySet { keys: [app.endpoint.signing_key().public()] });
    ([(CACHE_CONTROL, "public, max-age=300")], keys).into_response()
}
