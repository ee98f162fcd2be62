//! What a browser may do with an app's answers: headers made from the settings and from the page itself.
//!
//! Every answer says who may frame it and that its type is its type. Streamlit's page also says what it may run and
//! connect to: reported by default, enforced with `csp = "strict"`. What an element needs beyond that has a name in
//! `csp_allow`. To add one: a variant in `CspAllowance`, its sources here, a row in `docs/security-headers.md`, and a
//! test in `tests/e2e/test_policy.py` that shows it needed and enough.

mod page;

use page::Sources;

use super::headers::Header;
use crate::config::{CspMode, Settings};

const POLICY: &str = "content-security-policy";
const REPORT_ONLY: &str = "content-security-policy-report-only";
/// Its older relative, which browsers ignore where `frame-ancestors` is said.
const FRAME_OPTIONS: &[u8] = b"x-frame-options";

/// What people uploaded or what a run made: never a document with scripts in it.
const MEDIA: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; \
                     media-src 'self' data:; font-src data:";
/// A document in the app's static folder may run its scripts, but in an origin of its own: it can't act for the person
/// who looks at it.
const STATIC: &str = "sandbox allow-scripts allow-forms allow-modals allow-popups allow-downloads";

/// The headers of an app's answers.
#[derive(Debug, Clone)]
pub struct Policy {
    every: Vec<Header>,
    framing: String,
    mode: CspMode,
    sources: Sources,
}

impl Policy {
    /// The policy of these settings.
    pub fn new(settings: &Settings) -> Self {
        let mut every = vec![
            header("x-content-type-options", "nosniff"),
            // What browsers do by themselves today. Less would break maps and players that ask for the origin.
            header("referrer-policy", "strict-origin-when-cross-origin"),
        ];
        every.extend(settings.strict_transport().map(|value| header("strict-transport-security", value)));
        let mut framing = "frame-ancestors 'self'".to_owned();
        for origin in settings.frame_ancestors.iter().chain(&settings.embed_origins) {
            framing.extend([" ", origin]);
        }
        Self { every, framing, mode: settings.csp, sources: Sources::new(settings) }
    }

    /// Who may show the app in a frame.
    pub fn framing(&self) -> &str {
        &self.framing
    }

    /// For an answer that is none of the below: a file of Streamlit, a component, a route of the app, an upstream.
    pub fn answer(&self) -> Vec<Header> {
        self.with([header(POLICY, &format!("base-uri 'self'; {}", self.framing))])
    }

    /// For what is below `/media/`, but for PDF, which browsers don't show in a sandbox.
    pub fn media(&self) -> Vec<Header> {
        self.with([header(POLICY, &format!("{MEDIA}; {}", self.framing))])
    }

    /// For documents below `/app/static/`.
    pub fn static_document(&self) -> Vec<Header> {
        self.with([header(POLICY, &format!("{STATIC}; base-uri 'self'; {}", self.framing))])
    }

    /// For Streamlit's page, as it is sent. `framed` says that the app decides by itself who may frame it.
    pub fn page(&self, html: &str, framed: bool) -> Vec<Header> {
        let mut enforced = "base-uri 'none'; object-src 'none'".to_owned();
        if !framed {
            enforced.extend(["; ", &self.framing]);
        }
        let sources = self.sources.directives(html);
        match self.mode {
            CspMode::Strict => self.with([header(POLICY, &format!("{sources}; {enforced}"))]),
            CspMode::Report => self.with([header(POLICY, &enforced), header(REPORT_ONLY, &sources)]),
        }
    }

    fn with<const N: usize>(&self, more: [Header; N]) -> Vec<Header> {
        self.every.iter().cloned().chain(more).collect()
    }
}

/// What of ours an answer does not say by itself. One with a policy or with `X-Frame-Options` of its own keeps that
/// alone.
pub fn missing(says: impl Fn(&[u8]) -> bool, ours: &[Header]) -> Vec<&Header> {
    let own = says(POLICY.as_bytes()) || says(FRAME_OPTIONS);
    let wanted = |name: &[u8]| {
        let policy = name == POLICY.as_bytes() || name == REPORT_ONLY.as_bytes();
        !(says(name) || own && policy)
    };
    ours.iter().filter(|(name, _)| wanted(name)).collect()
}

fn header(name: &str, value: &str) -> Header {
    (name.as_bytes().to_vec(), value.as_bytes().to_vec())
}

#[cfg(test)]
mod tests;
