//! Where the database is and how it is reached: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`.

use std::{fmt, str::FromStr as _};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// The parameters that are understood; anything else is refused by name, because its value may be a secret.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Where a database is, with the password for it. Printing it prints no secret.
#[derive(Clone)]
pub struct DatabaseUrl {
    options: PgConnectOptions,
    local: bool,
}

/// Why a URL is refused. `Display` says what to write instead, and nothing of what was written in confidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UrlError(String);

impl DatabaseUrl {
    /// Reads a URL. A host that is not this machine is reached by TLS alone, its certificate and name verified.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Self::parse_allowing(text, false)
    }

    /// The same, where the operator may allow what the URL says instead of TLS that is verified.
    pub fn parse_allowing(text: &str, insecure: bool) -> Result<Self, UrlError> {
        let refuse = |sentence: String| Err(UrlError(sentence));
        let Ok(url) = Url::parse(text) else {
            return refuse(
                "The database's URL can't be read: write postgres://USER:PASSWORD@HOST/DATABASE, with what is not a \
                 letter or a digit in the password as %XX."
                    .into(),
            );
        };
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return refuse("The database's URL must begin with postgres://.".into());
        }
        let mut mode = None;
        for (key, value) in url.query_pairs() {
            if key == "sslmode" {
                mode = Some(value.into_owned());
            } else if !(PARAMETERS.contains(&&*key) || key.starts_with("options[") && key.ends_with(']')) {
                return refuse(format!(
                    "The database's URL has the parameter {key:?}, which is not known. There are: {}.",
                    PARAMETERS.join(", ")
                ));
            }
        }
        let Ok(mut options) = PgConnectOptions::from_str(text) else {
            return refuse(
                "The database's URL has a parameter that can't be read: sslmode is verify-full, verify-ca, require, \
                 prefer or disable; port and statement-cache-capacity are numbers; hostaddr is an address."
                    .into(),
            );
        };
        if let Some(address) = options.get_host().strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            let address = address.to_owned();
            options = options.host(&address);
        }
        let local = options.get_socket().is_some() || is_local(options.get_host());
        if !local {
            if let Some(mode) = mode.as_ref().filter(|mode| !insecure && *mode != "verify-full") {
                return refuse(format!(
                    "The database's URL says sslmode={mode}, and {} is not this machine: whoever sits between reads and \
                     changes everything. Leave sslmode away, which means verify-full; name the authority of the \
                     server's certificate by sslrootcert=FILE where it is not a public one.",
                    options.get_host()
                ));
            }
            if mode.is_none() {
                options = options.ssl_mode(PgSslMode::VerifyFull);
            }
        }
        Ok(Self { options, local })
    }

    /// Whether the database is on this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// This machine, by loopback or by a socket in the file system.
fn is_local(host: &str) -> bool {
    host.starts_with('/')
        || host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for DatabaseUrl {
    /// Host, port and database alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let host =
            options.get_socket().map_or_else(|| options.get_host().into(), |path| path.to_string_lossy());
        let database = options.get_database().unwrap_or(options.get_username());
        write!(f, "postgres://{host}:{}/{database}", options.get_port())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}
