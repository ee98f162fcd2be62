//! Tables for people, JSON for scripts.

use std::io::{IsTerminal as _, Write as _, stdout};

use serde_json::{Value, json};

use super::failure::Failure;
use crate::{
    clock::Timestamp,
    identity::{Identity, Role},
    session::LiveSession,
};

/// Writes a line to standard output.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    Ok(writeln!(stdout(), "{text}")?)
}

/// Writes JSON to standard output.
pub(super) fn json(value: &Value) -> Result<(), Failure> {
    line(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// Writes rows under a heading, columns aligned.
pub(super) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
    let width = |text: &str| text.chars().count();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
        cells.chain(heading.get(column).map(|name| width(name))).max().unwrap_or(0)
    });
    let aligned = |cells: Vec<&str>| {
        let padded = cells.iter().zip(widths).map(|(cell, wide)| format!("{cell:<wide$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading = aligned(heading.to_vec());
    line(&if stdout().is_terminal() { format!("\x1b[1m{heading}\x1b[0m") } else { heading })?;
    rows.iter().try_for_each(|row| line(&aligned(row.iter().map(String::as_str).collect())))
}

/// An identity for a script.
pub(super) fn identity(identity: &Identity) -> Value {
    let roles: Vec<&str> = identity.roles.iter().map(Role::as_str).collect();
    json!({
        "id": identity.id.0,
        "username": identity.username.as_str(),
        "email": identity.email.as_ref().map(|email| email.address.as_str()),
        "email_verified": identity.confirmed_address().is_some(),
        "roles": roles,
        "disabled": identity.disabled,
        "must_change": identity.must_change,
        "created_at": identity.created_at.to_string(),
        "source": identity.source.as_ref().map(|source| &source.0),
    })
}

/// A session for a script.
pub(super) fn session(live: &LiveSession) -> Value {
    let session = &live.session;
    json!({
        "id": session.id.0,
        "created_at": session.created_at.to_string(),
        "last_used_at": session.last_used_at.to_string(),
        "ends_at": session.created_at.plus(session.lifetime.absolute_ttl).to_string(),
        "persistent": session.lifetime.persistent,
        "aal": session.aal().number(),
        "address": session.address,
        "user_agent": session.user_agent,
    })
}

/// The row of an identity; `ours` where the settings of this app declare it.
pub(super) fn identity_row(identity: &Identity, ours: bool) -> [String; 6] {
    let email = identity.email.as_ref().map_or_else(String::new, |email| {
        let mark = if email.verified_at.is_some() { "" } else { " (not confirmed)" };
        format!("{}{mark}", email.address.as_str())
    });
    let state = match (identity.disabled, &identity.source) {
        (true, Some(_)) => "not declared any more",
        (true, None) => "disabled",
        (false, _) if identity.must_change => "new password due",
        (false, _) => "active",
    };
    let kept = match &identity.source {
        None => "database".to_owned(),
        Some(_) if ours => "settings".to_owned(),
        Some(source) => source.0.clone(),
    };
    let roles = identity.roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ");
    let since = date(identity.created_at);
    [identity.username.as_str().to_owned(), email, roles, state.to_owned(), kept, since]
}

/// A day, for people.
pub(super) fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
