//! The settings: one struct, with what each means, its default and its bounds. `docs/settings.md` is made from it.

mod settings;

pub use settings::{
    GateMode, LimitSettings, MailSettings, PasswordProfile, PasswordSettings, SessionSettings, Settings,
    SmtpSecurity,
};
