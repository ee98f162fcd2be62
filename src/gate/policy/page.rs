//! What Streamlit's page may load, as directives of a content policy (CSP Level 3).
//!
//! The list is what Streamlit's own elements were seen to need in Chromium, and no more.

use std::fmt::Write as _;

use crate::{
    config::{CspAllowance, Settings},
    http::inline_hashes,
};

/// Where the maps of Streamlit, pydeck and Plotly load from when nothing else is said.
const MAPS: &str = "https://basemaps.cartocdn.com https://*.basemaps.cartocdn.com https://cdn.plot.ly";

/// What the settings open beyond the page's own origin.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    allowed: Vec<CspAllowance>,
    /// ` https://tiles.example.org …`, or nothing.
    origins: String,
    /// ` wss://app.example.org`, for browsers that take `'self'` for http alone.
    socket: String,
}

impl Sources {
    pub(super) fn new(settings: &Settings) -> Self {
        let origins = settings.csp_sources.iter().flat_map(|origin| [" ", origin]).collect();
        let socket = settings.public_origin().map(|url| {
            let scheme = if url.is_https() { "wss" } else { "ws" };
            format!(" {scheme}://{}", url.authority())
        });
        Self { allowed: settings.csp_allow.clone(), origins, socket: socket.unwrap_or_default() }
    }

    /// The directives for a page with these inline scripts. What is no script, worker or handler has no hash:
    /// Streamlit's styles are written while it runs.
    pub(super) fn directives(&self, html: &str) -> String {
        let Self { origins, socket, .. } = self;
        let when = |allowance, sources| if self.allowed.contains(&allowance) { sources } else { "" };
        let mut script = "'self' 'wasm-unsafe-eval'".to_owned();
        if self.allowed.contains(&CspAllowance::InlineComponents) {
            // Beside a hash, `'unsafe-inline'` would not count.
            script.extend([" 'unsafe-inline' blob:", origins]);
        } else {
            script.push_str(&inline_hashes(html, "script"));
        }
        script.push_str(when(CspAllowance::Eval, " 'unsafe-eval'"));
        let handlers = match when(CspAllowance::InlineHandlers, "'unsafe-inline'") {
            "" => "'none'",
            open => open,
        };
        let maps =
            if self.allowed.contains(&CspAllowance::MapTiles) { [" ", MAPS] } else { [""; 2] }.concat();
        let media = when(CspAllowance::RemoteMedia, " https:");
        let workers = when(CspAllowance::BlobWorkers, " blob:");
        let mut policy = "default-src 'none'".to_owned();
        for (directive, sources) in [
            ("script-src", script),
            ("script-src-attr", handlers.to_owned()),
            ("worker-src", format!("'self'{workers}")),
            ("connect-src", format!("'self' data: blob:{socket}{maps}{origins}")),
            ("img-src", format!("'self' data: blob:{media}{origins}")),
            ("media-src", format!("'self' data: blob:{media}{origins}")),
            ("style-src", format!("'self' 'unsafe-inline'{origins}")),
            ("font-src", format!("'self' data:{origins}")),
            ("frame-src", format!("'self'{origins}")),
            ("form-action", format!("'self'{origins}")),
        ] {
            let _ = write!(policy, "; {directive} {sources}");
        }
        policy
    }
}
