//! The settings: one struct, where its values come from, and what is refused. `docs/settings.md` is made from it.
//!
//! To add a setting, add a documented field to [`Settings`] with its default, its bounds to `validate.rs`, and run
//! the tests with `UPDATE=1`.

mod codes;
mod database;
mod declared;
mod derived;
mod layer;
mod load;
mod preset;
mod providers;
mod public_url;
mod reference;
mod section;
mod settings;
mod source;
mod validate;

pub use codes::{CodeSettings, SmsSettings};
pub use database::{Database, DatabaseText, PostgresUrl};
pub use declared::{Person, Written};
pub use load::{ConfigError, LoadFrom, Loaded, has_shared_password, load};
pub use preset::{Again, PRESETS, Preset, Speaks};
pub use providers::{ProviderKind, ProviderSettings};
pub use public_url::PublicUrl;
pub use reference::{Entry, Kind, entries, markdown};
pub use section::{
    LimitSettings, MailSettings, PasswordProfile, PasswordSettings, SessionSettings, SmtpSecurity,
    TrustedHeaderSettings, UpstreamSettings, UserSettings,
};
pub use settings::{CspAllowance, CspMode, GateMode, LogFormat, Mfa, Settings};
