//! Which database: a file of SQLite, or PostgreSQL by its address. The password in an address is shown nowhere.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What to write for SQLite.
const SQLITE: &str = "`database = \"sqlite:/var/lib/weather/gatehouse.db\"`";
/// What to write for PostgreSQL.
const POSTGRES: &str = "`database = \"postgres://gatehouse@db.example.org/gatehouse\"`";
/// What may stand behind the `?` of an address.
const OPTIONS: [&str; 9] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "application_name",
    "options",
    "statement-cache-capacity",
    "password",
];

/// The database as it is written. It may hold a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct DatabaseText(String);

/// A database that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file on a local disk.
    Sqlite(PathBuf),
    /// A server.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL database.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PostgresUrl {
    text: String,
    shown: String,
    local: bool,
    verified: bool,
}

impl DatabaseText {
    /// The text itself: to open, never to print.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for DatabaseText {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for DatabaseText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Database::parse(&self.0) {
            Ok(database) => write!(f, "{:?}", database.to_string()),
            Err(_) => f.write_str("DatabaseText(…)"),
        }
    }
}

impl Database {
    /// Reads `sqlite:PATH` (also `sqlite:///PATH`) or `postgres://USER@HOST/NAME`. The error ends a sentence that began with
    /// where the text stands, and says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let named = !path.is_empty() && !path.starts_with(':') && !path.contains('?');
            return if named {
                Ok(Self::Sqlite(PathBuf::from(path)))
            } else {
                Err(format!("names no file. Write {SQLITE}."))
            };
        }
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return PostgresUrl::parse(text).map(Self::Postgres);
        }
        Err(format!("is no database that this release knows. Write {SQLITE} or {POSTGRES}."))
    }

    /// Its file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl PostgresUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|_| {
            format!(
                "is no address of a PostgreSQL database. Write {POSTGRES}, and the special characters of the password in \
                 percent code (`@` is `%40`)."
            )
        })?;
        // A `/`, `?` or `#` in the password ends the host too early: what follows would be printed.
        if url.fragment().is_some() || url.path().trim_start_matches('/').contains(['/', '@']) {
            return Err(format!(
                "can't be read. Write {POSTGRES}, and the special characters of the password in percent code (`#` is \
                 `%23`, `/` is `%2F`)."
            ));
        }
        if url.path().trim_matches('/').is_empty() {
            return Err(format!("names no database behind the host. Write {POSTGRES}."));
        }
        if url.username().is_empty() {
            return Err(format!("names no user before the host. Write {POSTGRES}."));
        }
        let options: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        if let Some((unknown, _)) = options.iter().find(|(name, _)| !OPTIONS.contains(&name.as_str())) {
            let shown: String = unknown.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
            return Err(format!(
                "has an option {shown:?} that is not known. Behind the `?` may stand {}.",
                OPTIONS.join(", ")
            ));
        }
        let option = |wanted: &str| options.iter().rev().find(|(name, _)| name == wanted);
        let host = option("host").map_or_else(|| url.host_str().unwrap_or_default(), |(_, host)| host);
        if host.is_empty() {
            return Err(format!("names no host. Write {POSTGRES}."));
        }
        let local = host.starts_with('/') || is_loopback(host);
        let mode = option("sslmode").map(|(_, mode)| mode.as_str());
        if mode.is_some_and(|mode| !MODES.contains(&mode)) {
            return Err("has a `sslmode` that is not known. Write `sslmode=verify-full`.".to_owned());
        }
        let verified = mode.is_none_or(|mode| mode == "verify-full");
        let mut text = text.to_owned();
        if mode.is_none() && !local {
            text.push_str(if text.contains('?') { "&sslmode=verify-full" } else { "?sslmode=verify-full" });
        }
        // Of a `postgres:` address with a host neither can fail.
        let _ = url.set_password(None);
        let socket = option("host").map(|(_, host)| format!("host={host}"));
        url.set_query(socket.as_deref());
        Ok(Self { text, shown: url.into(), local, verified })
    }

    /// The address with everything in it: to connect, never to print.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether the way there can be listened to, or who answers is not verified.
    pub const fn is_insecure(&self) -> bool {
        !self.local && !self.verified
    }
}

/// What `sslmode` can be.
const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests;
