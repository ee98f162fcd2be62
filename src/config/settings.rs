//! The struct itself. Durations are in seconds, sizes in bytes.

use std::{collections::BTreeMap, path::PathBuf};

use gatehouse_protocol::{Password, RegistrationMode};
use serde::{Deserialize, Serialize};

use super::DatabaseText;

/// Everything that can be set.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting that an operator writes as true or false"
)]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The app's name, as its users know it.
    pub app_name: String,
    /// One sentence under the name in the form; empty for none.
    pub tagline: String,
    /// An image file (SVG, PNG or WebP) shown above the name.
    pub logo: Option<PathBuf>,
    /// Where people reach the app, for example `https://app.example.org`. Links in mails and the cookies' `Secure`
    /// follow it. Without it only `localhost`, `127.0.0.1` and `[::1]` are served.
    pub public_url: Option<String>,
    /// Allows a `public_url` with plain http off this machine. Passwords then travel in clear text.
    pub allow_insecure_http: bool,
    /// Where the database is: `sqlite:PATH`, or `postgres://USER@HOST/NAME` where there are replicas. By default
    /// `.gatehouse/gatehouse.db` beside the app. An address with a password better comes from the environment
    /// (`GATEHOUSE_DATABASE`) than from a file. See [postgresql.md](postgresql.md).
    pub database: Option<DatabaseText>,
    /// How many connections to PostgreSQL each process holds at most.
    pub database_connections: u32,
    /// Allows a way to PostgreSQL on another machine that is not encrypted, or where nobody verifies who answers.
    pub allow_insecure_database: bool,
    /// A remote endpoint that this app asks instead of a database of its own, for example `https://auth.example.org`. See
    /// [remote-endpoint.md](remote-endpoint.md).
    pub endpoint: Option<String>,
    /// The key that `gatehouse apps add` printed there. Better from the environment than from a file.
    pub app_key: Option<Password>,
    /// A file (PEM) with the certificates of the authorities that vouch for the endpoint, instead of the public ones.
    pub endpoint_ca: Option<PathBuf>,
    /// Whoever is signed in at the remote endpoint is signed in here: this app draws no form, but sends people there.
    pub single_sign_on: bool,
    /// With `single_sign_on`, signing out here signs out everywhere.
    pub sign_out_everywhere: bool,
    /// A file with the key that MACs device cookies; made at first start beside a database that is a file.
    pub key_file: Option<PathBuf>,
    /// The key itself, as `gatehouse key` prints one; the same for all replicas. Better from the environment
    /// (`GATEHOUSE_KEY`) than from a file.
    pub key: Option<Password>,
    /// What the gate does: `app`: nothing of the app is served before sign-in; `script`: the app decides, with `login()`
    /// and `require()`, and what it does not guard is open.
    pub gate: GateMode,
    /// The roles that pages ask for, by the last part of their address (`/` for the first page): any of them lets in,
    /// an empty list whoever is signed in. For example `[pages]` with `admin = ["admin"]`.
    pub pages: BTreeMap<String, Vec<String>>,
    /// What the app's page may run and connect to: `report` blocks nothing of it and says in the browser's console what
    /// `strict` would block; `strict` blocks it.
    pub csp: CspMode,
    /// What that policy is to leave open: `map_tiles`, `blob_workers`, `inline_components`, `inline_handlers`, `eval`,
    /// `remote_media`. See [security-headers.md](security-headers.md).
    pub csp_allow: Vec<CspAllowance>,
    /// Further origins that the app's page loads from, for example `https://tiles.example.org`.
    pub csp_sources: Vec<String>,
    /// Origins whose pages may show the app in a frame, for example `https://portal.example.org`. The app's own may.
    pub frame_ancestors: Vec<String>,
    /// Who may register: `closed`, `invite`, `domains` or `open`.
    pub registration: RegistrationMode,
    /// The e-mail domains that may register under `registration = "domains"`.
    pub registration_domains: Vec<String>,
    /// Single e-mail addresses that may register under `registration = "domains"`, beside the domains.
    pub registration_addresses: Vec<String>,
    /// The roles of people who register by themselves.
    pub registration_roles: Vec<String>,
    /// One password for everybody, plain or as `gatehouse hash` prints it. A text under `password`
    /// (`GATEHOUSE_PASSWORD`) is this setting too.
    pub shared_password: Option<Password>,
    /// The name that goes with it; without one the form asks for the password alone. A text under `username`
    /// (`GATEHOUSE_USERNAME`) is this setting too.
    pub shared_username: Option<String>,
    /// Addresses or networks (CIDR) of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// How lines of the log are written: `text` for people, `json` for machines. What is written follows `GATEHOUSE_LOG`.
    pub log_format: LogFormat,
    /// An address of its own for `/metrics`, `/live` and `/ready`, for example `127.0.0.1:9464`: there for `run` and
    /// `serve`. Without it `gatehouse serve` has `/metrics` beside everything else.
    pub metrics_address: Option<String>,
    /// For so many seconds `gatehouse serve` goes on answering after it was asked to stop, and says that it is not ready,
    /// so that no new request is sent to it.
    pub shutdown_delay: u64,
    /// Directory of the browser bundle. The wheel brings its own.
    pub assets: Option<PathBuf>,
    /// `trusted_header.*`
    pub trusted_header: TrustedHeaderSettings,
    /// `session.*`
    pub session: SessionSettings,
    /// `password.*`
    pub password: PasswordSettings,
    /// `limits.*`
    pub limits: LimitSettings,
    /// `mail.*`
    pub mail: MailSettings,
    /// `users.NAME.*`
    pub users: BTreeMap<String, UserSettings>,
    /// `upstream.*`
    pub upstream: UpstreamSettings,
}

/// What the gate in front of the app does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateMode {
    /// The sign-in page comes before everything of the app.
    #[default]
    App,
    /// The app's script decides.
    Script,
}

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// A line to read.
    #[default]
    Text,
    /// A JSON object on each line.
    Json,
}

/// What becomes of scripts and connections that the policy of the app's page does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CspMode {
    /// The browser's console says what would be blocked.
    #[default]
    Report,
    /// They are blocked.
    Strict,
}

/// Something that the policy of the app's page leaves open, because an element needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CspAllowance {
    /// The hosts that the maps of Streamlit and Plotly load from by themselves.
    MapTiles,
    /// Workers that a page writes itself, as maps do.
    BlobWorkers,
    /// Scripts that the app's Python writes into a component.
    InlineComponents,
    /// `onclick` and its like.
    InlineHandlers,
    /// JavaScript made from text.
    Eval,
    /// Images, audio and video from any https host.
    RemoteMedia,
}

/// What a proxy that signs people in may say of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustedHeaderSettings {
    /// The header in which a proxy names who is signed in, for example `X-Auth-Name`. Unset, nobody is believed.
    pub name: Option<String>,
    /// The header with the person's e-mail address, which counts as confirmed.
    pub email: Option<String>,
    /// The header with the person's roles, separated by commas. Unset, roles are given by `gatehouse users roles`.
    pub groups: Option<String>,
    /// Addresses or networks (CIDR) of the proxies that are believed.
    pub from: Vec<String>,
    /// A secret of at least 16 characters that the proxy sends along. With `from` too, both are asked for.
    pub secret: Option<Password>,
    /// The header that carries the secret.
    pub secret_header: String,
}

/// How long sessions last.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionSettings {
    /// Ends when unused for this long.
    pub idle_ttl: u64,
    /// Ends this long after it began.
    pub absolute_ttl: u64,
    /// Both, for "Keep me signed in".
    pub keep_ttl: u64,
    /// How many one person may have; the oldest end.
    pub max_per_identity: u32,
}

/// What a password must be, and what hashing it costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSettings {
    /// `standard` asks for 8 characters, `hardened` for 15 (NIST SP 800-63B-4, a password that stands alone).
    pub profile: PasswordProfile,
    /// Argon2id memory, in KiB (OWASP: 19456).
    pub argon2_memory: u32,
    /// Argon2id passes.
    pub argon2_time: u32,
    /// Argon2id lanes.
    pub argon2_lanes: u32,
    /// How many hashes run at once; 0 takes half the cores, at least 1 and at most 8.
    pub hash_permits: u32,
    /// How many logins may wait for a hash before the rest are told to come back.
    pub hash_queue: u32,
}

/// How long a password has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordProfile {
    /// 8 characters.
    #[default]
    Standard,
    /// 15 characters.
    Hardened,
}

/// How much guessing is tolerated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Wrong passwords for one account before it is locked for a while; the lock grows and heals.
    pub account_attempts: u32,
    /// Wrong passwords from one address per hour.
    pub address_attempts: u32,
    /// Wrong passwords in all per minute.
    pub global_attempts: u32,
    /// Registrations from one address per hour.
    pub registrations_per_address: u32,
    /// Registrations in all per minute.
    pub registrations_global: u32,
    /// Mails to one address per hour.
    pub mails_per_address: u32,
    /// Strength questions and other cheap calls from one address per minute.
    pub questions_per_address: u32,
}

/// How mail is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The SMTP server. Without it, mail is shown on the console, and only while the app is on this machine.
    pub smtp_host: Option<String>,
    /// Its port; by default 465 for `tls`, 587 for `starttls`, 25 for `none`.
    pub smtp_port: Option<u16>,
    /// `tls`, `starttls`, or `none` (only to a server on this machine).
    pub smtp_security: SmtpSecurity,
    /// The name to authenticate with.
    pub smtp_username: Option<String>,
    /// The password to authenticate with. Better from the environment than from a file.
    pub smtp_password: Option<Password>,
    /// The sender, for example `Weather <noreply@example.org>`.
    pub from: Option<String>,
}

/// Somebody who is kept in the settings and nowhere else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserSettings {
    /// The password, plain or as `gatehouse hash` prints it. Must be set.
    pub password: Password,
    /// What the person may do.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The e-mail address; it counts as confirmed.
    #[serde(default)]
    pub email: Option<String>,
}

/// What an app behind `gatehouse serve --upstream` is told, and what its pages are given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpstreamSettings {
    /// Whom the tokens in `X-Auth-Token` are for (`aud`). By default the app's own address, as `--upstream` names it.
    pub audience: Option<String>,
    /// Puts the watcher into the app's pages, which loads a page anew when its session ends.
    pub watch: bool,
}

/// How the connection to the SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS after STARTTLS, which must succeed.
    Starttls,
    /// None.
    None,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            app_name: "This app".into(),
            tagline: String::new(),
            logo: None,
            public_url: None,
            allow_insecure_http: false,
            database: None,
            database_connections: 8,
            allow_insecure_database: false,
            endpoint: None,
            app_key: None,
            endpoint_ca: None,
            single_sign_on: false,
            sign_out_everywhere: true,
            key_file: None,
            key: None,
            gate: GateMode::default(),
            pages: BTreeMap::new(),
            csp: CspMode::default(),
            csp_allow: Vec::new(),
            csp_sources: Vec::new(),
            frame_ancestors: Vec::new(),
            registration: RegistrationMode::Closed,
            registration_domains: Vec::new(),
            registration_addresses: Vec::new(),
            registration_roles: Vec::new(),
            shared_password: None,
            shared_username: None,
            trusted_proxies: Vec::new(),
            trusted_header: TrustedHeaderSettings::default(),
            log_format: LogFormat::default(),
            metrics_address: None,
            shutdown_delay: 0,
            assets: None,
            session: SessionSettings::default(),
            password: PasswordSettings::default(),
            limits: LimitSettings::default(),
            mail: MailSettings::default(),
            users: BTreeMap::new(),
            upstream: UpstreamSettings::default(),
        }
    }
}

impl Default for TrustedHeaderSettings {
    fn default() -> Self {
        Self {
            name: None,
            email: None,
            groups: None,
            from: Vec::new(),
            secret: None,
            secret_header: "X-Auth-Secret".into(),
        }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { idle_ttl: 3600, absolute_ttl: 86_400, keep_ttl: 30 * 86_400, max_per_identity: 50 }
    }
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            profile: PasswordProfile::Standard,
            argon2_memory: 19_456,
            argon2_time: 2,
            argon2_lanes: 1,
            hash_permits: 0,
            hash_queue: 64,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            account_attempts: 10,
            address_attempts: 60,
            global_attempts: 600,
            registrations_per_address: 20,
            registrations_global: 60,
            mails_per_address: 5,
            questions_per_address: 120,
        }
    }
}

impl Default for UpstreamSettings {
    fn default() -> Self {
        Self { audience: None, watch: true }
    }
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            smtp_host: None,
            smtp_port: None,
            smtp_security: SmtpSecurity::Tls,
            smtp_username: None,
            smtp_password: None,
            from: None,
        }
    }
}
