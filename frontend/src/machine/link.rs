//! Links that lead into the standalone page: what stands in the address after `#`, and where to go afterwards.

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;

pub use gatehouse_protocol::rule::local_path;
use gatehouse_protocol::{ErrorCode, FlowToken, MailToken, SecondFactor};

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
    /// Signing in with an account of somebody else did not work.
    Refused(ErrorCode),
    /// It did, and one of these second factors has to be proven.
    Challenge(FlowToken, Vec<SecondFactor>),
    /// It did, and a second factor has to be set up.
    Enroll(FlowToken),
    /// The link of a mail with a code.
    SignIn(MailToken),
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
            Some(("challenge", waits)) => challenge(waits),
            Some(("sign-in", token)) => Self::SignIn(MailToken::new(token)),
            Some(("enroll", flow)) => Self::Enroll(FlowToken::new(flow)),
            Some(("refused", code)) => Self::Refused(refusal(code)),
            Some(_) => Self::None,
        }
    }
}

/// A token, and behind dots what the challenge may be answered with.
fn challenge(waits: &str) -> Link {
    let mut parts = waits.split('.');
    let flow = FlowToken::new(parts.next().unwrap_or_default());
    let factors = parts.filter_map(|name| match name {
        "passkey" => Some(SecondFactor::Passkey),
        "totp" => Some(SecondFactor::Totp),
        "sms" => Some(SecondFactor::Sms),
        "recovery_code" => Some(SecondFactor::RecoveryCode),
        _ => None,
    });
    Link::Challenge(flow, factors.collect())
}

/// Why a sign-in elsewhere did not work. Whatever else the address says is one of these, too: it says nothing of its own.
fn refusal(code: &str) -> ErrorCode {
    match code {
        "flow_expired" => ErrorCode::FlowExpired,
        "too_many_attempts" => ErrorCode::TooManyAttempts,
        "unavailable" => ErrorCode::Unavailable,
        "signed_out" => ErrorCode::SignedOut,
        "managed_elsewhere" => ErrorCode::ManagedElsewhere,
        "domain_not_allowed" => ErrorCode::DomainNotAllowed,
        "provider_cancelled" => ErrorCode::ProviderCancelled,
        "provider_unavailable" => ErrorCode::ProviderUnavailable,
        "provider_unknown" => ErrorCode::ProviderUnknown,
        "provider_unlinked" => ErrorCode::ProviderUnlinked,
        _ => ErrorCode::ProviderRefused,
    }
}
