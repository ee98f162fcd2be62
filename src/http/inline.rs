//! The inline scripts and styles of a page, as a content policy names them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// The hashes of a page's inline elements, as a policy lists them (CSP Level 3 §2.3.1).
pub fn hashes(html: &str, element: &str) -> String {
    // Browsers hash the text after newlines were normalized (HTML, preprocessing the input stream).
    let html = html.replace("\r\n", "\n");
    let lower = html.to_ascii_lowercase();
    let (open, close) = (format!("<{element}"), format!("</{element}"));
    let mut sources = String::new();
    let mut from = 0;
    while let Some(start) = lower.get(from..).and_then(|rest| rest.find(&open)).map(|at| from + at) {
        let Some(body) = lower.get(start..).and_then(|rest| rest.find('>')).map(|at| start + at + 1) else {
            break;
        };
        let Some(end) = lower.get(body..).and_then(|rest| rest.find(&close)).map(|at| body + at) else {
            break;
        };
        let attributes = lower.get(start + open.len()..body).unwrap_or_default();
        let text = html.get(body..end).unwrap_or_default();
        if !attributes.contains("src=") && !text.is_empty() {
            let hash = STANDARD.encode(Sha256::digest(text.as_bytes()));
            sources.extend([" 'sha256-", &hash, "'"]);
        }
        from = end;
    }
    sources
}

#[cfg(test)]
mod tests;
