//! Where everything is kept, and the key that is not kept there.

use super::{Place, within};
use crate::config::{Database, DatabaseText, Settings};

pub(super) fn check(settings: &Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    within(wrong, place, "database_connections", settings.database_connections.into(), 2, 1000);
    match settings.database.as_ref().map(DatabaseText::expose).map(Database::parse) {
        Some(Err(reason)) => wrong.push(format!("{} {reason}", place("database"))),
        Some(Ok(Database::Postgres(url))) => {
            if url.is_insecure() && !settings.allow_insecure_database {
                wrong.push(format!(
                    "{} has a `sslmode` with which others could listen, or answer in the database's place. Write \
                     `sslmode=verify-full` (and `sslrootcert=FILE` for a certificate authority of your own), or, if you \
                     know why, `allow_insecure_database = true`.",
                    place("database")
                ));
            }
            if settings.key.is_none() && settings.key_file.is_none() {
                wrong.push(format!(
                    "{} is PostgreSQL, and where there are replicas each must have the same key. Set GATEHOUSE_KEY to \
                     what `gatehouse key` prints once, or write `key_file = \"/etc/weather/gatehouse.key\"`.",
                    place("database")
                ));
            }
        }
        Some(Ok(Database::Sqlite(_))) | None => {}
    }
    let Some(key) = &settings.key else { return };
    if !is_key(key.expose()) {
        wrong.push(format!("{} is no key. Write what `gatehouse key` prints.", place("key")));
    }
    if settings.key_file.is_some() {
        wrong.push(format!("{} stands beside `key_file`. Write one of the two.", place("key")));
    }
}

/// 32 bytes in base64url.
fn is_key(text: &str) -> bool {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text.trim()).is_ok_and(|bytes| bytes.len() == 32)
}
