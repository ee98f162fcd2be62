//! What follows from the settings.

use std::path::PathBuf;

use gatehouse_protocol::rule;

use super::{Database, DatabaseText, PasswordProfile, PublicUrl, Settings, SmtpSecurity};

impl Settings {
    /// The shortest password accepted, in code points after NFC.
    pub const fn min_password(&self) -> u16 {
        match self.password.profile {
            PasswordProfile::Standard => rule::PASSWORD_MIN,
            PasswordProfile::Hardened => 15,
        }
    }

    /// Where people reach the app, if it is set. (Loading refused what is no origin.)
    pub fn public_origin(&self) -> Option<PublicUrl> {
        self.public_url.as_deref().and_then(|text| PublicUrl::parse(text).ok())
    }

    /// Whether the app is meant for this machine only.
    pub fn is_local(&self) -> bool {
        self.public_origin().is_none_or(|url| url.is_loopback())
    }

    /// Whether cookies are `Secure`: follows the setting, never a request.
    pub fn is_secure(&self) -> bool {
        self.public_origin().is_some_and(|url| url.is_https())
    }

    /// Whether people sign in inside frames of other sites.
    pub const fn embeds(&self) -> bool {
        !self.embed_origins.is_empty()
    }

    /// Who may show the sign-in page in a frame, as a policy says it.
    pub fn sign_in_framing(&self) -> String {
        let mut framing = "frame-ancestors ".to_owned();
        framing.push_str(if self.embeds() { "'self'" } else { "'none'" });
        framing.extend(self.embed_origins.iter().flat_map(|origin| [" ", origin]));
        framing
    }

    /// The value of `Strict-Transport-Security`, where it does no harm: over https alone, not for this machine, and not
    /// for a port of its own, because it would bind every other port of that host, too. A year, renewed at every visit;
    /// subdomains are not ours to bind.
    pub fn strict_transport(&self) -> Option<&'static str> {
        let url = self.public_origin()?;
        (url.is_https() && !url.is_loopback() && !url.names_a_port()).then_some("max-age=31536000")
    }

    /// The database, if one is named. (Loading refused what can't be one.)
    pub fn database(&self) -> Option<Database> {
        Database::parse(self.database.as_ref().map(DatabaseText::expose)?).ok()
    }

    /// The file of the database, if it is one.
    pub fn database_path(&self) -> Option<PathBuf> {
        match self.database()? {
            Database::Sqlite(path) => Some(path),
            Database::Postgres(_) => None,
        }
    }

    /// The port of the SMTP server.
    pub fn smtp_port(&self) -> u16 {
        self.mail.smtp_port.unwrap_or(match self.mail.smtp_security {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::None => 25,
        })
    }
}
