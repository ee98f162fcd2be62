//! Links that lead into the standalone page: what stands in the address after `#`, and where to go afterwards.

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;

use gatehouse_protocol::MailToken;

/// What the address asks for.
#[derive(Debug, Clone, Default)]
pub enum Link {
    /// Nothing: the sign-in form.
    #[default]
    None,
    /// The link that makes the first administrator.
    Setup(MailToken),
    /// An invitation.
    Invite(MailToken),
    /// The confirmation of an address.
    Verify(MailToken),
    /// A new password for a forgotten one.
    Reset(MailToken),
    /// A new password for who is signed in.
    ChangePassword,
}

impl Link {
    /// Reads `location.hash`.
    pub fn parse(hash: &str) -> Self {
        let text = hash.strip_prefix('#').unwrap_or(hash);
        if text == "change-password" {
            return Self::ChangePassword;
        }
        match text.split_once('=') {
            Some((_, "")) | None => Self::None,
            Some(("setup", token)) => Self::Setup(MailToken::new(token)),
            Some(("invite", token)) => Self::Invite(MailToken::new(token)),
            Some(("verify", token)) => Self::Verify(MailToken::new(token)),
            Some(("reset", token)) => Self::Reset(MailToken::new(token)),
            Some(_) => Self::None,
        }
    }
}

/// A path on this origin, or nothing: whatever could lead to another host is refused.
///
/// Browsers treat `\` as `/` and drop tabs and line breaks, so that `/\evil.example` and `/<tab>/evil.example` are
/// other hosts.
pub fn local_path(text: &str) -> Option<&str> {
    let safe = text.starts_with('/')
        && !text.starts_with("//")
        && !text.chars().any(|c| c == '\\' || c.is_control());
    safe.then_some(text)
}
