//! What the operator can read afterwards: a closed list of events, in the log at once and in the database soon.
//!
//! Nothing secret goes in. What people typed is encoded, so that no line can be forged and no terminal driven.

use std::fmt::Write as _;

use crate::{clock::Timestamp, identity::IdentityId, session::SessionId, storage::AuditRecord};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[$doc])* $name,)* }

        impl Event {
            /// Every event.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name, as stored.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

events! {
    /// Somebody signed in.
    LoginCompleted = "login.completed",
    /// Identifier and password didn't match.
    LoginRejected = "login.rejected",
    /// A provider proved who somebody is.
    ProviderProven = "provider.proven",
    /// Somebody came back from a provider, and was not signed in.
    ProviderRejected = "provider.rejected",
    /// An account of somebody else opens an identity from now on.
    AccountLinked = "account.linked",
    /// An account of somebody else opens an identity no more.
    AccountUnlinked = "account.unlinked",
    /// Somebody asked for another address, which both addresses have to agree to.
    AddressRequested = "address.requested",
    /// An address was changed by its owner.
    AddressChanged = "address.changed",
    /// A change of an address that waited was ended by who asked for it.
    AddressCancelled = "address.cancelled",
    /// An attempt was refused unseen, because there were too many.
    LoginLimited = "login.limited",
    /// The password was right and has to be replaced.
    LoginMustChange = "login.must_change",
    /// The first factor is proven, and a second one was asked for.
    FactorAsked = "factor.asked",
    /// A code of a second factor was wrong.
    FactorRejected = "factor.rejected",
    /// A recovery code was used up.
    RecoveryCodeUsed = "recovery_code.used",
    /// A second factor was set up.
    FactorAdded = "factor.added",
    /// A second factor was taken away by its owner, or all of them by the operator.
    FactorRemoved = "factor.removed",
    /// The recovery codes were replaced.
    RecoveryCodesRenewed = "recovery_code.renewed",
    /// A second factor was proven in a session that began without.
    SessionRaised = "session.raised",
    /// Somebody signed in didn't know the password that was asked for again.
    ReauthenticationRejected = "session.reauthentication_rejected",
    /// An identity was created.
    IdentityCreated = "identity.created",
    /// An identity was changed by the operator.
    IdentityChanged = "identity.changed",
    /// An identity was deleted.
    IdentityDeleted = "identity.deleted",
    /// Somebody registered and has to confirm the address.
    RegistrationPending = "registration.pending",
    /// Somebody tried to register with an address that has an account.
    RegistrationExisting = "registration.existing",
    /// An invitation was made.
    InvitationIssued = "invitation.issued",
    /// The link that makes the first administrator was made.
    SetupIssued = "setup.issued",
    /// A reset was asked for.
    RecoveryRequested = "recovery.requested",
    /// A password was reset by a link.
    RecoveryCompleted = "recovery.completed",
    /// A password was replaced by its owner.
    PasswordChanged = "password.changed",
    /// Somebody signed in didn't know the password that was to be replaced.
    PasswordChangeRejected = "password.change_rejected",
    /// A session was ended by its owner or an operator.
    SessionEnded = "session.ended",
    /// A ticket was refused.
    TicketRefused = "ticket.refused",
    /// A ticket was used a second time by someone else; its session ended.
    TicketTheft = "ticket.theft",
    /// An app was added, or its key replaced, or it was removed.
    AppChanged = "app.changed",
    /// Somebody presented a key that is no app's.
    AppKeyRefused = "app.key_refused",
    /// A sign-in was carried to an app.
    CodeExchanged = "code.exchanged",
    /// A code was refused.
    CodeRefused = "code.refused",
    /// A code was used a second time; the session made with it ended.
    CodeTheft = "code.theft",
    /// A request came through a proxy that the settings don't name.
    ProxyUndeclared = "proxy.undeclared",
    /// Everything here was copied from another database.
    DatabaseCopied = "database.copied",
    /// Somebody asked for a code in place of a password.
    LoginCodeAsked = "login_code.asked",
    /// A code that was sent in place of a password was wrong.
    LoginCodeRejected = "login_code.rejected",
    /// A code or a link that was sent proved somebody.
    LoginCodeProven = "login_code.proven",
    /// An SMS was not sent, because there were too many.
    SmsCapped = "sms.capped",
    /// The counter of a passkey went back or stood still: there may be a copy of it.
    PasskeyCounter = "passkey.counter",
}

/// One event with its circumstances.
#[derive(Debug, Clone)]
pub struct Entry {
    event: Event,
    identity_id: Option<IdentityId>,
    session_id: Option<SessionId>,
    address: String,
    detail: serde_json::Map<String, serde_json::Value>,
}

impl Entry {
    /// An event, so far without circumstances.
    pub fn new(event: Event) -> Self {
        Self {
            event,
            identity_id: None,
            session_id: None,
            address: String::new(),
            detail: serde_json::Map::new(),
        }
    }

    /// What happened.
    pub const fn event(&self) -> Event {
        self.event
    }

    /// Whom it concerns.
    #[must_use]
    pub fn identity(mut self, id: &IdentityId) -> Self {
        self.identity_id = Some(id.clone());
        self
    }

    /// In which session.
    #[must_use]
    pub fn session(mut self, id: &SessionId) -> Self {
        self.session_id = Some(id.clone());
        self
    }

    /// From which address.
    #[must_use]
    pub fn address(mut self, address: Option<std::net::IpAddr>) -> Self {
        self.address = address.map(|address| address.to_string()).unwrap_or_default();
        self
    }

    /// Something more. Never a secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.detail.insert(name.to_owned(), encode(value).into());
        self
    }

    /// Whether it says nothing of who, where or from where: whoever can knock makes as many of these as they like.
    pub const fn is_nameless(&self) -> bool {
        self.identity_id.is_none() && self.session_id.is_none() && self.address.is_empty()
    }

    /// Writes it to the log, without the addresses that it may hold.
    pub fn trace(&self) {
        let detail = (!self.detail.is_empty())
            .then(|| without_addresses(&serde_json::Value::Object(self.detail.clone()).to_string()));
        tracing::info!(
            target: "gatehouse::audit",
            event = self.event.name(),
            identity = self.identity_id.as_ref().map(|id| id.0.as_str()),
            session = self.session_id.as_ref().map(|id| id.0.as_str()),
            address = (!self.address.is_empty()).then_some(self.address.as_str()),
            detail = detail.map(tracing::field::display),
        );
    }

    /// What is stored of it.
    pub fn record(self, at: Timestamp) -> AuditRecord {
        AuditRecord {
            at,
            event: self.event.name().to_owned(),
            identity_id: self.identity_id,
            session_id: self.session_id,
            address: self.address,
            detail: serde_json::Value::Object(self.detail).to_string(),
        }
    }
}

/// Text from outside, safe for a line of a log and for a terminal: control and direction characters are spelled out,
/// and it is cut to 200 characters.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for c in text.chars().take(200) {
        let directs = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || directs {
            // Writing to a String can't fail.
            let _ = write!(encoded, "\\u{{{:x}}}", u32::from(c));
        } else {
            encoded.push(c);
        }
    }
    encoded
}

/// The text with nobody's mail address in it: of what stands before an `@`, the first character is left.
pub fn without_addresses(text: &str) -> String {
    let mut parts = text.split('@').peekable();
    let mut kept = String::with_capacity(text.len());
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            kept.push_str(part);
            break;
        }
        let name = part.rfind(|c: char| !(c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c)));
        let start = name.map_or(0, |at| {
            at + part.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
        });
        let (before, name) = part.split_at_checked(start).unwrap_or((part, ""));
        kept.push_str(before);
        kept.extend(name.chars().next());
        kept.push_str(if name.is_empty() { "@" } else { "…@" });
    }
    kept
}

#[cfg(test)]
mod tests;
