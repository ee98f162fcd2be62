//! What the address says after `#` when the page is opened: how a way through a provider ended, or the link of a mail.

use gatehouse_protocol::{AccountStep, ErrorCode, MailToken};

use crate::machine::Link;

/// Where somebody comes from.
#[derive(Debug, Clone, Default)]
pub enum Came {
    /// From anywhere.
    #[default]
    Anywhere,
    /// From a provider, whose account is linked now.
    Linked,
    /// From a provider, who said once more who this is.
    Proven,
    /// From a provider, for nothing.
    Refused(ErrorCode),
    /// From the mail to the present address: a change of it waits for its owner.
    Approve(MailToken),
    /// From the mail to a new address.
    Confirm(MailToken),
}

impl Came {
    /// Reads `location.hash`.
    pub fn parse(hash: &str) -> Self {
        match hash.split_once('=') {
            Some(("#approve", token)) if !token.is_empty() => return Self::Approve(MailToken::new(token)),
            Some(("#confirm-address", token)) if !token.is_empty() => {
                return Self::Confirm(MailToken::new(token));
            }
            _ => {}
        }
        match hash {
            "#linked" => Self::Linked,
            "#proven" => Self::Proven,
            "#refused=provider_taken" => Self::Refused(ErrorCode::ProviderTaken),
            _ => match Link::parse(hash) {
                Link::Refused(code) => Self::Refused(code),
                _ => Self::Anywhere,
            },
        }
    }

    /// The step that the link of a mail asks for.
    pub(super) fn step(&self) -> Option<AccountStep> {
        match self {
            Self::Approve(token) => Some(AccountStep::ApproveAddress { token: token.clone() }),
            Self::Confirm(token) => Some(AccountStep::ConfirmAddress { token: token.clone() }),
            Self::Anywhere | Self::Linked | Self::Proven | Self::Refused(_) => None,
        }
    }
}
