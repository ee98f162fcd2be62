//! `GET /_gatehouse/live`: the process answers. Whoever restarts it when it doesn't, asks this.

use axum::Json;

use super::{health::Health, openapi::Refusals};

/// Says that the process answers. No storage is asked: what is wrong there, no restart mends.
#[utoipa::path(
    get, path = "/_gatehouse/live", responses((status = 200, description = "The process answers", body = Health), Refusals)
)]
pub(super) async fn get() -> Json<Health> {
    Json(Health::OK)
}
