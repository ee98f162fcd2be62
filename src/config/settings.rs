//! The struct itself; its sections are in `section`. Durations are in seconds.

use std::{collections::BTreeMap, path::PathBuf};

use gatehouse_protocol::{Password, RegistrationMode};
use serde::{Deserialize, Serialize};

use super::{
    DatabaseText,
    codes::{CodeSettings, SmsSettings},
    providers::ProviderSettings,
    section::{
        LimitSettings, MailSettings, PasswordSettings, SessionSettings, TrustedHeaderSettings,
        UpstreamSettings, UserSettings,
    },
};

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
    /// Origins whose pages may show the app in a frame and have people sign in there, for example
    /// `https://portal.example.org`. Needs an https `public_url`, or this machine. See [embedding.md](embedding.md).
    pub embed_origins: Vec<String>,
    /// Second factors: `off` (nobody sets one up; those that are there are asked for), `optional`, or `required` of everybody.
    pub mfa: Mfa,
    /// The roles that need a second factor under `mfa = "optional"`.
    pub mfa_roles: Vec<String>,
    /// Passkeys, to sign in with nothing else and as a second factor. They are bound to the host of `public_url`, which must
    /// be a name under https; without `public_url`, to `localhost`.
    pub passkeys: bool,
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
    /// `providers.NAME.*`
    pub providers: BTreeMap<String, ProviderSettings>,
    /// `upstream.*`
    pub upstream: UpstreamSettings,
    /// `codes.*`
    pub codes: CodeSettings,
    /// `sms.*`
    pub sms: SmsSettings,
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

/// Who has a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mfa {
    /// Nobody sets one up. Those that are there are asked for.
    Off,
    /// Who wants one, and who has a role that needs one.
    #[default]
    Optional,
    /// Everybody.
    Required,
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
            embed_origins: Vec::new(),
            mfa: Mfa::default(),
            mfa_roles: Vec::new(),
            passkeys: true,
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
            providers: BTreeMap::new(),
            upstream: UpstreamSettings::default(),
            codes: CodeSettings::default(),
            sms: SmsSettings::default(),
        }
    }
}
