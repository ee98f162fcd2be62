//! The sections of the settings. Durations are in seconds, sizes in bytes.

use gatehouse_protocol::Password;
use serde::{Deserialize, Serialize};

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
