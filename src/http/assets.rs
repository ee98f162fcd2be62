//! The browser bundle: read once at start, served from memory. A request never touches the file system.

use std::{collections::HashMap, fs, io, path::Path, sync::Arc};

use axum::{
    body::Bytes,
    extract::{OriginalUri, State},
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, MOUNT, Problem};

use super::{answer::Refusal, responder::App};

/// What may be served, by the end of its name. HTML is not here: the page has a route and a policy of its own.
const MEDIA_TYPES: [(&str, &str); 8] = [
    (".js", "text/javascript; charset=utf-8"),
    (".wasm", "application/wasm"),
    (".css", "text/css; charset=utf-8"),
    (".json", "application/json"),
    (".svg", "image/svg+xml"),
    (".png", "image/png"),
    (".webp", "image/webp"),
    (".woff2", "font/woff2"),
];

/// The files of the bundle by their path under `/assets/`.
#[derive(Debug, Default)]
pub(super) struct Assets(HashMap<String, Asset>);

#[derive(Debug)]
struct Asset {
    media_type: &'static str,
    immutable: bool,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

impl Assets {
    /// Reads a directory and those below it. Links are not followed.
    pub(super) fn load(directory: &Path) -> io::Result<Self> {
        let mut assets = Self::default();
        assets.load_into(directory, "")?;
        Ok(assets)
    }

    fn load_into(&mut self, directory: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let kind = entry.file_type()?;
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                self.load_into(&entry.path(), &format!("{path}/"))?;
            } else if let (true, Some(media_type)) = (kind.is_file(), media_type(&name)) {
                let beside = |end: &str| fs::read(entry.path().with_file_name(format!("{name}{end}"))).ok();
                let asset = Asset {
                    media_type,
                    immutable: is_hashed(&name),
                    plain: fs::read(entry.path())?.into(),
                    gzip: beside(".gz").map(Bytes::from),
                    brotli: beside(".br").map(Bytes::from),
                };
                self.0.insert(path, asset);
            }
        }
        Ok(())
    }

    /// The file that the bundle has for this part, as its manifest names it.
    pub(super) fn part(&self, name: &str) -> Option<String> {
        let manifest: serde_json::Value = serde_json::from_slice(&self.0.get("manifest.json")?.plain).ok()?;
        let file = manifest.get(name)?.as_str()?;
        self.0.contains_key(file).then(|| file.to_owned())
    }

    pub(super) fn serve(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let asset = self.0.get(path)?;
        let (body, encoding) = match (&asset.brotli, &asset.gzip) {
            (Some(body), _) if accepts(headers, "br") => (body, Some("br")),
            (_, Some(body)) if accepts(headers, "gzip") => (body, Some("gzip")),
            _ => (&asset.plain, None),
        };
        let cache = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-store" };
        let fixed = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, cache), (VARY, "accept-encoding")];
        let mut response = (fixed, body.clone()).into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Some(response)
    }
}

/// One file of the bundle.
#[utoipa::path(
    get, path = "/_gatehouse/assets/{file}", params(("file" = String, Path, description = "The file's name")),
    responses((status = 200, description = "The file"), super::openapi::Refusals)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // The path as it was sent: names of ours need no escapes, so nothing is decoded and nothing can hide.
    let name =
        uri.path().strip_prefix(MOUNT).and_then(|path| path.strip_prefix("/assets/")).unwrap_or_default();
    app.shell.assets.serve(name, &headers).ok_or(Refusal(Problem::new(ErrorCode::NotFound)))
}

fn media_type(name: &str) -> Option<&'static str> {
    MEDIA_TYPES.iter().find(|(end, _)| name.ends_with(end)).map(|(_, media_type)| *media_type)
}

/// Whether the name carries a hash of the content, as Trunk writes it (eight hexadecimal digits or more).
fn is_hashed(name: &str) -> bool {
    name.split(['-', '_', '.'])
        .any(|part| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether `Accept-Encoding` takes a coding (RFC 9110 §12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let refused =
                |q: &str| q.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding)) && !parts.any(refused)
        })
}

#[cfg(test)]
mod tests;
