//! Values as every backend stores them, read into the domain's types and refused where they are none.

use std::{fmt::Display, time::Duration};

use super::{Result, StorageError, login_code::channel_name};
use gatehouse_protocol::{CodeChannel, ErrorCode};

use crate::{
    factor::{FactorKind, FactorName},
    identity::{EmailAddress, Role, Username},
    session::{AppName, Methods, TokenHash},
};

pub(super) fn username(text: &str) -> Result<Username> {
    // A proxy may have named somebody as nobody could have chosen.
    Username::parse(text)
        .or_else(|code| Username::asserted(text).ok_or(code))
        .map_err(|code| wrong("username", &format!("{code:?}")))
}

pub(super) fn app(text: &str) -> Result<AppName> {
    AppName::parse(text).map_err(|error| wrong("name of an app", &error))
}

pub(super) fn address(text: &str) -> Result<EmailAddress> {
    EmailAddress::parse(text).map_err(|code| wrong("address", &format!("{code:?}")))
}

pub(super) fn roles(json: &str) -> Result<Vec<Role>> {
    let mut roles: Vec<Role> = serde_json::from_str(json).map_err(|error| wrong("list of roles", &error))?;
    roles.sort();
    roles.dedup();
    Ok(roles)
}

pub(super) fn roles_json(roles: &[Role]) -> Result<String> {
    serde_json::to_string(roles).map_err(|error| wrong("list of roles", &error))
}

pub(super) fn methods(text: &str) -> Result<Methods> {
    Methods::from_text(text).ok_or_else(|| wrong("list of methods", &text))
}

pub(super) fn factor_kind(text: &str) -> Result<FactorKind> {
    FactorKind::from_name(text).ok_or_else(|| wrong("kind of factor", &text))
}

pub(super) fn channel(text: &str) -> Result<CodeChannel> {
    let known = [CodeChannel::Mail, CodeChannel::Sms];
    known.into_iter().find(|one| channel_name(*one) == text).ok_or_else(|| wrong("way of a code", &text))
}

pub(super) fn factor_name(text: &str) -> Result<FactorName> {
    FactorName::parse(text).map_err(|code: ErrorCode| wrong("name of a factor", &format!("{code:?}")))
}

pub(super) fn hash(bytes: &[u8]) -> Result<TokenHash> {
    bytes.try_into().map(TokenHash).map_err(|_| wrong("hash", &format!("of {} bytes", bytes.len())))
}

/// A span in milliseconds, as stored.
pub(super) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// A `COUNT` or a number of rows, as the traits say it.
pub(super) fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

pub(super) fn wrong(what: &str, why: &dyn Display) -> StorageError {
    StorageError::Corrupt(format!("a {what} that can't be read: {why}"))
}

pub(super) fn span(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
