//! The names of all sentences. The sentences themselves are in `frontend/messages/`, one file per language; those
//! of the feature `later` are in `frontend/messages/account/`, with what is loaded later.

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;

use gatehouse_protocol::{ErrorCode, PasswordStrength};

macro_rules! texts {
    ($(#[$doc:meta])* $kind:ident: $($(#[$when:meta])* $name:ident = $key:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind { $(#[doc = concat!("`", $key, "`")] $(#[$when])* $name,)* }

        impl $kind {
            /// Every text.
            pub const ALL: &'static [Self] = &[$($(#[$when])* Self::$name,)*];

            /// Its key in the message files.
            pub const fn key(self) -> &'static str {
                match self { $($(#[$when])* Self::$name => $key,)* }
            }
        }
    };
}

#[cfg(feature = "later")]
pub(crate) use texts;

texts! {
    /// A sentence or word that the forms can say.
    Text:
    LoginTitle = "login.title",
    LoginSubmit = "login.submit",
    LoginKeep = "login.keep",
    LoginForgot = "login.forgot",
    LoginToRegistration = "login.to_registration",
    LoginToRegistrationLink = "login.to_registration_link",
    LoginOr = "login.or",
    LoginProvider = "login.provider",
    LoginMailCode = "login.mail_code",
    LoginSmsCode = "login.sms_code",
    RegistrationTitle = "registration.title",
    RegistrationLead = "registration.lead",
    RegistrationInviteTitle = "registration.invite_title",
    RegistrationInviteLead = "registration.invite_lead",
    RegistrationSetupTitle = "registration.setup_title",
    RegistrationSetupLead = "registration.setup_lead",
    RegistrationSubmit = "registration.submit",
    RegistrationToLogin = "registration.to_login",
    RegistrationToLoginLink = "registration.to_login_link",
    CheckMailTitle = "check_mail.title",
    CheckMailVerify = "check_mail.verify",
    CheckMailRecovery = "check_mail.recovery",
    CheckMailHint = "check_mail.hint",
    CheckMailResend = "check_mail.resend",
    CheckMailResent = "check_mail.resent",
    RecoveryTitle = "recovery.title",
    RecoveryLead = "recovery.lead",
    RecoverySubmit = "recovery.submit",
    ResetTitle = "reset.title",
    ResetLead = "reset.lead",
    ResetSubmit = "reset.submit",
    ResetDone = "reset.done",
    MustChangeTitle = "must_change.title",
    MustChangeLead = "must_change.lead",
    MustChangeSubmit = "must_change.submit",
    ChallengeTitle = "challenge.title",
    ChallengeLead = "challenge.lead",
    ChallengeRecoveryTitle = "challenge.recovery_title",
    ChallengeRecoveryLead = "challenge.recovery_lead",
    ChallengeToRecovery = "challenge.to_recovery",
    ChallengeToApp = "challenge.to_app",
    ChallengeToSms = "challenge.to_sms",
    CodeTitle = "code.title",
    CodeAsked = "code.asked",
    CodeSms = "code.sms",
    CodeSent = "code.sent",
    CodeLink = "code.link",
    #[cfg(feature = "later")]
    EnrollTitle = "setup.title",
    #[cfg(feature = "later")]
    EnrollLead = "setup.lead",
    #[cfg(feature = "later")]
    EnrollPicture = "setup.picture",
    #[cfg(feature = "later")]
    EnrollKey = "setup.key",
    #[cfg(feature = "later")]
    EnrollSubmit = "setup.submit",
    #[cfg(feature = "later")]
    EnrollPasskey = "setup.passkey",
    #[cfg(feature = "later")]
    NewPasskeyCancelled = "setup.passkey_cancelled",
    #[cfg(feature = "later")]
    NewPasskeyFailed = "setup.passkey_failed",
    #[cfg(feature = "later")]
    CodesTitle = "setup.codes_title",
    #[cfg(feature = "later")]
    CodesLead = "setup.codes_lead",
    #[cfg(feature = "later")]
    CodesStored = "setup.codes_stored",
    #[cfg(feature = "later")]
    Copy = "setup.copy",
    #[cfg(feature = "later")]
    Copied = "setup.copied",
    #[cfg(feature = "later")]
    Download = "setup.download",
    #[cfg(feature = "later")]
    Print = "setup.print",
    #[cfg(feature = "later")]
    ReauthenticateTitle = "reauthenticate.title",
    #[cfg(feature = "later")]
    ReauthenticateLead = "reauthenticate.lead",
    Confirm = "confirm",
    ChangeTitle = "change.title",
    ChangeLead = "change.lead",
    ChangeSubmit = "change.submit",
    ChangeDoneTitle = "change.done_title",
    ChangeDone = "change.done",
    Verified = "verified",
    SignedInTitle = "signed_in.title",
    SignedInLead = "signed_in.lead",
    SignedInContinue = "signed_in.continue",
    SignedInChange = "signed_in.change",
    SignOut = "sign_out",
    NotAllowedTitle = "not_allowed.title",
    NotAllowedLead = "not_allowed.lead",
    NotAllowedRoles = "not_allowed.roles",
    NotAllowedSwitch = "not_allowed.switch",
    NotAllowedBack = "not_allowed.back",
    BrokenTitle = "broken.title",
    UnreachableTitle = "unreachable.title",
    UnreachableLead = "unreachable.lead",
    UnreachableHint = "unreachable.hint",
    UnreachableNote = "unreachable.note",
    Retry = "retry",
    BackToLogin = "back_to_login",
    FieldIdentifier = "field.identifier",
    FieldUsername = "field.username",
    FieldEmail = "field.email",
    FieldPassword = "field.password",
    FieldNewPassword = "field.new_password",
    FieldCurrentPassword = "field.current_password",
    FieldCode = "field.code",
    FieldRecoveryCode = "field.recovery_code",
    FieldSentCode = "field.sent_code",
    HintUsername = "hint.username",
    HintEmailLocked = "hint.email_locked",
    HintEmailOptional = "hint.email_optional",
    HintPassword = "hint.password",
    HintMissing = "hint.missing",
    HintMissingOne = "hint.missing_one",
    PasswordShow = "password.show",
    PasswordHide = "password.hide",
    StrengthVeryWeak = "strength.very_weak",
    StrengthWeak = "strength.weak",
    StrengthFair = "strength.fair",
    StrengthGood = "strength.good",
    StrengthStrong = "strength.strong",
    Working = "working",
    TicketRefused = "ticket_refused",
    RequiredIdentifier = "required.identifier",
    RequiredUsername = "required.username",
    RequiredEmail = "required.email",
    RequiredPassword = "required.password",
    RequiredCurrentPassword = "required.current_password",
    RequiredCode = "required.code",
    ErrorMalformed = "error.malformed",
    ErrorTooLarge = "error.too_large",
    ErrorForeignOrigin = "error.foreign_origin",
    ErrorUnknownHost = "error.unknown_host",
    ErrorNotFound = "error.not_found",
    ErrorMethodNotAllowed = "error.method_not_allowed",
    ErrorCredentialsRejected = "error.credentials_rejected",
    ErrorCredentialsRejectedPlain = "error.credentials_rejected_plain",
    ErrorPasswordRejected = "error.password_rejected",
    ErrorTooManyAttempts = "error.too_many_attempts",
    ErrorBusy = "error.busy",
    ErrorUnavailable = "error.unavailable",
    ErrorInternal = "error.internal",
    ErrorSignedOut = "error.signed_out",
    ErrorFlowExpired = "error.flow_expired",
    ErrorLinkExpired = "error.link_expired",
    ErrorRegistrationClosed = "error.registration_closed",
    ErrorInvitationRequired = "error.invitation_required",
    ErrorDomainNotAllowed = "error.domain_not_allowed",
    ErrorRecoveryOff = "error.recovery_off",
    ErrorRequired = "error.required",
    ErrorUsernameInvalid = "error.username_invalid",
    ErrorUsernameTooLong = "error.username_too_long",
    ErrorUsernameTaken = "error.username_taken",
    ErrorUsernameReserved = "error.username_reserved",
    ErrorEmailInvalid = "error.email_invalid",
    ErrorPasswordTooShort = "error.password_too_short",
    ErrorPasswordTooLong = "error.password_too_long",
    ErrorPasswordCommon = "error.password_common",
    ErrorPasswordIsName = "error.password_is_name",
    ErrorPasswordUnchanged = "error.password_unchanged",
    ErrorCurrentPasswordWrong = "error.current_password_wrong",
    ErrorManagedElsewhere = "error.managed_elsewhere",
    ErrorCodeRejected = "error.code_rejected",
    ErrorReauthenticationRequired = "error.reauthentication_required",
    #[cfg(feature = "later")]
    ErrorFactorRequired = "error.factor_required",
    #[cfg(feature = "later")]
    ErrorNameTooLong = "error.name_too_long",
    ErrorFactorUnavailable = "error.factor_unavailable",
    ErrorProviderCancelled = "error.provider_cancelled",
    ErrorProviderRefused = "error.provider_refused",
    ErrorProviderUnavailable = "error.provider_unavailable",
    ErrorProviderUnknown = "error.provider_unknown",
    ErrorProviderUnlinked = "error.provider_unlinked",
    ErrorOtherBrowser = "error.other_browser",
    #[cfg(feature = "later")]
    ErrorPhoneInvalid = "error.phone_invalid",
    LoginPasskey = "login.passkey",
    ChallengePasskeyTitle = "challenge.passkey_title",
    ChallengePasskeyLead = "challenge.passkey_lead",
    ChallengeToPasskey = "challenge.to_passkey",
    PasskeyCancelled = "passkey_cancelled",
    ErrorPasskeyRejected = "error.passkey_rejected",
    #[cfg(feature = "later")]
    ErrorPasskeyExists = "error.passkey_exists",
    #[cfg(feature = "later")]
    ErrorTooManyPasskeys = "error.too_many_passkeys",
    ErrorPasskeyUnavailable = "error.passkey_unavailable",
    #[cfg(feature = "later")]
    ErrorProviderTaken = "error.provider_taken",
    #[cfg(feature = "later")]
    ErrorLastWayIn = "error.last_way_in",
}

impl From<ErrorCode> for Text {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Malformed => Self::ErrorMalformed,
            ErrorCode::TooLarge => Self::ErrorTooLarge,
            ErrorCode::ForeignOrigin => Self::ErrorForeignOrigin,
            ErrorCode::UnknownHost => Self::ErrorUnknownHost,
            ErrorCode::NotFound => Self::ErrorNotFound,
            ErrorCode::MethodNotAllowed => Self::ErrorMethodNotAllowed,
            ErrorCode::CredentialsRejected => Self::ErrorCredentialsRejected,
            ErrorCode::TooManyAttempts => Self::ErrorTooManyAttempts,
            ErrorCode::Busy => Self::ErrorBusy,
            ErrorCode::Unavailable => Self::ErrorUnavailable,
            ErrorCode::Internal => Self::ErrorInternal,
            ErrorCode::SignedOut => Self::ErrorSignedOut,
            ErrorCode::FlowExpired => Self::ErrorFlowExpired,
            ErrorCode::LinkExpired => Self::ErrorLinkExpired,
            ErrorCode::RegistrationClosed => Self::ErrorRegistrationClosed,
            ErrorCode::InvitationRequired => Self::ErrorInvitationRequired,
            ErrorCode::DomainNotAllowed => Self::ErrorDomainNotAllowed,
            ErrorCode::RecoveryOff => Self::ErrorRecoveryOff,
            ErrorCode::Required => Self::ErrorRequired,
            ErrorCode::UsernameInvalid => Self::ErrorUsernameInvalid,
            ErrorCode::UsernameTooLong => Self::ErrorUsernameTooLong,
            ErrorCode::UsernameTaken => Self::ErrorUsernameTaken,
            ErrorCode::UsernameReserved => Self::ErrorUsernameReserved,
            ErrorCode::EmailInvalid => Self::ErrorEmailInvalid,
            ErrorCode::PasswordTooShort => Self::ErrorPasswordTooShort,
            ErrorCode::PasswordTooLong => Self::ErrorPasswordTooLong,
            ErrorCode::PasswordCommon => Self::ErrorPasswordCommon,
            ErrorCode::PasswordIsName => Self::ErrorPasswordIsName,
            ErrorCode::PasswordUnchanged => Self::ErrorPasswordUnchanged,
            ErrorCode::CurrentPasswordWrong => Self::ErrorCurrentPasswordWrong,
            ErrorCode::ManagedElsewhere => Self::ErrorManagedElsewhere,
            ErrorCode::CodeRejected => Self::ErrorCodeRejected,
            ErrorCode::ReauthenticationRequired => Self::ErrorReauthenticationRequired,
            #[cfg(feature = "later")]
            ErrorCode::FactorRequired => Self::ErrorFactorRequired,
            #[cfg(feature = "later")]
            ErrorCode::NameTooLong => Self::ErrorNameTooLong,
            ErrorCode::FactorUnavailable => Self::ErrorFactorUnavailable,
            ErrorCode::ProviderCancelled => Self::ErrorProviderCancelled,
            ErrorCode::ProviderRefused => Self::ErrorProviderRefused,
            ErrorCode::ProviderUnavailable => Self::ErrorProviderUnavailable,
            ErrorCode::ProviderUnknown => Self::ErrorProviderUnknown,
            ErrorCode::ProviderUnlinked => Self::ErrorProviderUnlinked,
            ErrorCode::OtherBrowser => Self::ErrorOtherBrowser,
            #[cfg(feature = "later")]
            ErrorCode::PhoneInvalid => Self::ErrorPhoneInvalid,
            ErrorCode::PasskeyRejected => Self::ErrorPasskeyRejected,
            #[cfg(feature = "later")]
            ErrorCode::PasskeyExists => Self::ErrorPasskeyExists,
            #[cfg(feature = "later")]
            ErrorCode::TooManyPasskeys => Self::ErrorTooManyPasskeys,
            ErrorCode::PasskeyUnavailable => Self::ErrorPasskeyUnavailable,
            #[cfg(feature = "later")]
            ErrorCode::ProviderTaken => Self::ErrorProviderTaken,
            #[cfg(feature = "later")]
            ErrorCode::LastWayIn => Self::ErrorLastWayIn,
            // Only the account page asks for what is refused so.
            #[cfg(not(feature = "later"))]
            ErrorCode::FactorRequired
            | ErrorCode::LastWayIn
            | ErrorCode::NameTooLong
            | ErrorCode::PasskeyExists
            | ErrorCode::PhoneInvalid
            | ErrorCode::ProviderTaken
            | ErrorCode::TooManyPasskeys => Self::ErrorInternal,
        }
    }
}

impl From<PasswordStrength> for Text {
    fn from(strength: PasswordStrength) -> Self {
        match strength {
            PasswordStrength::VeryWeak => Self::StrengthVeryWeak,
            PasswordStrength::Weak => Self::StrengthWeak,
            PasswordStrength::Fair => Self::StrengthFair,
            PasswordStrength::Good => Self::StrengthGood,
            PasswordStrength::Strong => Self::StrengthStrong,
        }
    }
}

/// A text with what fills its gaps, written `{name}` in the message files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text.
    pub text: Text,
    /// What fills its gaps.
    pub gaps: Vec<(&'static str, Gap)>,
}

/// What fills a gap of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// Words, inserted as they are.
    Words(String),
    /// A number, written as the language writes it.
    Number(u32),
    /// A span in seconds, written as the language writes it.
    Seconds(u32),
}

impl From<Text> for Line {
    fn from(text: Text) -> Self {
        Self { text, gaps: Vec::new() }
    }
}

impl Line {
    /// Fills a gap.
    #[must_use]
    pub fn with(mut self, name: &'static str, gap: Gap) -> Self {
        self.gaps.push((name, gap));
        self
    }
}
