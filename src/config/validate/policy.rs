//! Which other origins the app's page may load from, and which may frame it: exact ones.

use super::Place;
use crate::config::{PublicUrl, Settings};

pub(super) fn check(settings: &mut Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let insecure = settings.allow_insecure_http;
    origins(
        &mut settings.csp_sources,
        "csp_sources",
        "https://tiles.example.org",
        &|url| url.is_https(),
        place,
        wrong,
    );
    origins(
        &mut settings.frame_ancestors,
        "frame_ancestors",
        "https://portal.example.org",
        &|url| url.is_https() || url.is_loopback() || insecure,
        place,
        wrong,
    );
    embedding(settings, place, wrong);
}

fn embedding(settings: &mut Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    if !settings.embeds() {
        return;
    }
    let here = settings.is_local();
    origins(
        &mut settings.embed_origins,
        "embed_origins",
        "https://portal.example.org",
        &|url| url.is_https() || (here && url.is_loopback()),
        place,
        wrong,
    );
    if !here && !settings.is_secure() {
        wrong.push(format!(
            "{} lets people sign in inside a frame, and browsers take the cookie for that over https alone. Write \
             `public_url = \"https://app.example.org\"`.",
            place("embed_origins")
        ));
    }
    if settings.endpoint.is_some() {
        wrong.push(format!(
            "{} does not go with a remote endpoint, whose cookies are for the app's own pages. Remove it, or give the app a \
             database of its own.",
            place("embed_origins")
        ));
    }
}

/// Brings origins into the form in which a policy compares them.
fn origins(
    list: &mut [String],
    path: &str,
    example: &str,
    safe: &dyn Fn(&PublicUrl) -> bool,
    place: Place<'_>,
    wrong: &mut Vec<String>,
) {
    for text in list {
        match origin(text, safe) {
            Ok(origin) => *text = origin,
            Err(reason) => {
                wrong.push(format!(
                    "{} has {text:?}, which {reason}. Write `{path} = [\"{example}\"]`.",
                    place(path)
                ));
            }
        }
    }
}

fn origin(text: &str, safe: &dyn Fn(&PublicUrl) -> bool) -> Result<String, String> {
    if text.contains('*') {
        return Err("is a wildcard: name each origin".to_owned());
    }
    if text.starts_with('\'') || text.contains("unsafe-") {
        return Err("is no origin (what else can be opened stands in `csp_allow`)".to_owned());
    }
    let url = PublicUrl::parse(text)?;
    if !safe(&url) {
        return Err("does not begin with `https://`".to_owned());
    }
    // A host may hold what ends a directive or separates two policies.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
    if url.authority().chars().all(plain) {
        Ok(url.origin().to_owned())
    } else {
        Err("has a character that no host name has".to_owned())
    }
}
