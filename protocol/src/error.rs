//! The closed table of what can go wrong, as clients see it. Clients match on the code, never on a text.

use serde::{Deserialize, Serialize};

/// Why a step was refused. Each has one sentence per language in `frontend/messages/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ErrorCode {
    /// The body is not what this route takes: not JSON, an unknown field, a wrong type.
    Malformed,
    /// The body is larger than the route takes.
    TooLarge,
    /// The request did not come from this site's own pages.
    ForeignOrigin,
    /// The Host header names a host that the settings don't.
    UnknownHost,
    /// No such route, or not for this method.
    NotFound,
    /// The method is not allowed here.
    MethodNotAllowed,
    /// Identifier and password don't match (known or not, disabled or not: the same code).
    CredentialsRejected,
    /// Too many attempts; `retry_after` says when to try again.
    TooManyAttempts,
    /// The endpoint has more to do than it can; `retry_after` says when to try again.
    Busy,
    /// The database can't be reached or written. Nothing was changed.
    Unavailable,
    /// Something broke inside. It is in the endpoint's log.
    Internal,
    /// A session is needed and there is none.
    SignedOut,
    /// The unfinished login is too old: start again.
    FlowExpired,
    /// The link was used, has expired, or was never ours.
    LinkExpired,
    /// Registration is not open.
    RegistrationClosed,
    /// Registration needs an invitation.
    InvitationRequired,
    /// The address may not register: neither it nor its domain is named.
    DomainNotAllowed,
    /// Recovery is off: this endpoint sends no mail.
    RecoveryOff,
    /// A field that must be filled is empty.
    Required,
    /// The username has characters that are not allowed.
    UsernameInvalid,
    /// The username is too long.
    UsernameTooLong,
    /// The username is taken, or looks like one that is.
    UsernameTaken,
    /// The username is reserved.
    UsernameReserved,
    /// The address is not a deliverable e-mail address.
    EmailInvalid,
    /// The password is too short.
    PasswordTooShort,
    /// The password is longer than 1024 bytes.
    PasswordTooLong,
    /// The password is one that attackers try first.
    PasswordCommon,
    /// The password is the username, the address or the app's name.
    PasswordIsName,
    /// The new password is the old one.
    PasswordUnchanged,
    /// The current password is wrong.
    CurrentPasswordWrong,
    /// The account is kept in the app's settings: only its operator changes it, there.
    ManagedElsewhere,
    /// The code is wrong, was used, or is no longer valid.
    CodeRejected,
    /// This needs a fresh proof of who asks: the password again, and the second factor where there is one.
    ReauthenticationRequired,
    /// A second factor is required of this person: the last one can't be taken away.
    FactorRequired,
    /// The name of a factor is longer than 64 characters.
    NameTooLong,
    /// This account can have no second factor here: they are off, or a proxy signs it in.
    FactorUnavailable,
    /// Somebody turned back at the provider.
    ProviderCancelled,
    /// What came from the provider can't be believed.
    ProviderRefused,
    /// The provider can't be reached.
    ProviderUnavailable,
    /// The provider's account belongs to nobody here, and nobody is added.
    ProviderUnknown,
    /// The provider's account belongs to nobody here, but its address does: sign in as before.
    ProviderUnlinked,
    /// The link was opened in another browser than the one that asked for it. It was not used up.
    OtherBrowser,
    /// The phone number is none, or has no country code.
    PhoneInvalid,
    /// The passkey is unknown, is somebody else's, or did not sign what was asked.
    PasskeyRejected,
    /// The passkey is there already.
    PasskeyExists,
    /// There are as many passkeys as one person may have.
    TooManyPasskeys,
    /// Nobody uses a passkey here: they are off, or this is not the address that they belong to.
    PasskeyUnavailable,
    /// The provider's account belongs to somebody else here.
    ProviderTaken,
    /// Without this account at a provider nothing would open the account here any more.
    LastWayIn,
}

impl ErrorCode {
    /// Every code, in the order of the table.
    pub const ALL: [Self; 49] = [
        Self::Malformed,
        Self::TooLarge,
        Self::ForeignOrigin,
        Self::UnknownHost,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::CredentialsRejected,
        Self::TooManyAttempts,
        Self::Busy,
        Self::Unavailable,
        Self::Internal,
        Self::SignedOut,
        Self::FlowExpired,
        Self::LinkExpired,
        Self::RegistrationClosed,
        Self::InvitationRequired,
        Self::DomainNotAllowed,
        Self::RecoveryOff,
        Self::Required,
        Self::UsernameInvalid,
        Self::UsernameTooLong,
        Self::UsernameTaken,
        Self::UsernameReserved,
        Self::EmailInvalid,
        Self::PasswordTooShort,
        Self::PasswordTooLong,
        Self::PasswordCommon,
        Self::PasswordIsName,
        Self::PasswordUnchanged,
        Self::CurrentPasswordWrong,
        Self::ManagedElsewhere,
        Self::CodeRejected,
        Self::ReauthenticationRequired,
        Self::FactorRequired,
        Self::NameTooLong,
        Self::FactorUnavailable,
        Self::ProviderCancelled,
        Self::ProviderRefused,
        Self::ProviderUnavailable,
        Self::ProviderUnknown,
        Self::ProviderUnlinked,
        Self::OtherBrowser,
        Self::PhoneInvalid,
        Self::PasskeyRejected,
        Self::PasskeyExists,
        Self::TooManyPasskeys,
        Self::PasskeyUnavailable,
        Self::ProviderTaken,
        Self::LastWayIn,
    ];

    /// The HTTP status that goes with the code (RFC 9110).
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::CredentialsRejected | Self::SignedOut | Self::CodeRejected | Self::PasskeyRejected => 401,
            Self::ForeignOrigin
            | Self::RegistrationClosed
            | Self::InvitationRequired
            | Self::DomainNotAllowed
            | Self::RecoveryOff
            | Self::ManagedElsewhere
            | Self::ReauthenticationRequired
            | Self::FactorRequired
            | Self::FactorUnavailable
            | Self::ProviderCancelled
            | Self::ProviderRefused
            | Self::ProviderUnknown
            | Self::ProviderUnlinked
            | Self::OtherBrowser
            | Self::TooManyPasskeys
            | Self::PasskeyUnavailable
            | Self::ProviderTaken
            | Self::LastWayIn => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::PasskeyExists => 409,
            Self::FlowExpired | Self::LinkExpired => 410,
            Self::TooLarge => 413,
            Self::UnknownHost => 421,
            Self::Required
            | Self::UsernameInvalid
            | Self::UsernameTooLong
            | Self::UsernameTaken
            | Self::UsernameReserved
            | Self::EmailInvalid
            | Self::PasswordTooShort
            | Self::PasswordTooLong
            | Self::PasswordCommon
            | Self::PasswordIsName
            | Self::PasswordUnchanged
            | Self::CurrentPasswordWrong
            | Self::NameTooLong
            | Self::PhoneInvalid => 422,
            Self::TooManyAttempts => 429,
            Self::Internal => 500,
            Self::Busy | Self::Unavailable | Self::ProviderUnavailable => 503,
        }
    }
}

/// The field of a form that an error belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Field {
    /// Username or e-mail address.
    Identifier,
    /// The wished username.
    Username,
    /// The e-mail address.
    Email,
    /// The password, or the new one.
    Password,
    /// The password that holds until now.
    CurrentPassword,
    /// A code of an authenticator app, a recovery code, or one that was sent.
    Code,
}

/// The body of every answer that is not a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// What went wrong.
    pub code: ErrorCode,
    /// The field it belongs to, if to one.
    pub field: Option<Field>,
    /// When to try again, in seconds, where waiting helps.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of the whole request.
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, field: None, retry_after: None }
    }

    /// A problem of one field.
    pub const fn of(field: Field, code: ErrorCode) -> Self {
        Self { code, field: Some(field), retry_after: None }
    }

    /// The same, with the seconds to wait.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}
