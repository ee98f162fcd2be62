//! `GET /_gatehouse/assets/logo`: the picture above the app's name.

use std::{fs, path::Path, sync::Arc};

use axum::{
    body::Bytes,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, Problem};

use super::{answer::Refusal, openapi::Refusals, responder::App};

/// The picture, read once at start.
#[derive(Debug)]
pub(super) struct Logo {
    media_type: &'static str,
    bytes: Bytes,
}

impl Logo {
    /// Reads the file of the setting.
    pub(super) fn load(path: &Path) -> Option<Self> {
        let media_type = match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "webp" => "image/webp",
            _ => return None,
        };
        match fs::read(path) {
            Ok(bytes) => Some(Self { media_type, bytes: bytes.into() }),
            Err(error) => {
                tracing::warn!(%error, "the logo can't be read");
                None
            }
        }
    }
}

/// The picture.
#[utoipa::path(
    get, path = "/_gatehouse/assets/logo", responses((status = 200, description = "The picture"), Refusals)
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let logo = app.logo.as_ref().ok_or(Refusal(Problem::new(ErrorCode::NotFound)))?;
    Ok(([(CONTENT_TYPE, logo.media_type)], logo.bytes.clone()).into_response())
}
