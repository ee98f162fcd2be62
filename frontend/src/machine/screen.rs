//! What the person looks at.

#[cfg(feature = "later")]
use gatehouse_protocol::Code;
use gatehouse_protocol::{CodeChannel, ErrorCode, FlowToken, MailToken, SecondFactor};

/// One of the views, with the evidence that leads on from it.
#[derive(Debug, Clone)]
pub enum Screen {
    /// Nothing is known yet.
    Loading,
    /// The endpoint did not answer before anything could be drawn.
    Unreachable,
    /// The sign-in form.
    Login,
    /// The registration form.
    Registration {
        /// The invitation or set-up link that allows it, if it needs one.
        offer: Option<Offer>,
    },
    /// A confirmation link went to this address, if it is known.
    CheckMail {
        /// The address or name as typed.
        to: String,
        /// True for a forgotten password, false for the confirmation of an address.
        recovery: bool,
    },
    /// The form for a forgotten password.
    Recovery,
    /// A reset link was opened: choose the new password.
    Reset {
        /// The token of the link.
        token: MailToken,
        /// Whose password it is.
        username: String,
    },
    /// The operator asks for a new password at this login.
    MustChange {
        /// Carries the unfinished login.
        flow: FlowToken,
        /// Who signs in, as typed.
        identifier: String,
        /// Keep me signed in.
        keep: bool,
    },
    /// A second factor has to be proven.
    Challenge {
        /// Carries what was proven so far.
        flow: FlowToken,
        /// What the person can prove.
        factors: Vec<SecondFactor>,
        /// What is asked for now.
        factor: SecondFactor,
    },
    /// A code was sent, in place of a password or to a phone that is set up.
    Code {
        /// Goes back with the code.
        flow: FlowToken,
        /// By which way.
        channel: CodeChannel,
    },
    /// The link of a mail with a code was opened. Nothing is used up before the button is pressed.
    CodeLink {
        /// The token of the link.
        token: MailToken,
    },
    /// An authenticator app is set up.
    #[cfg(feature = "later")]
    Enroll {
        /// Carries the enrollment.
        flow: FlowToken,
        /// The key as text.
        key: Code,
        /// The key as a picture: an SVG document.
        picture: Code,
    },
    /// The recovery codes, shown this once.
    #[cfg(feature = "later")]
    Codes {
        /// All of them.
        codes: Vec<Code>,
    },
    /// The password of who is signed in, once more.
    #[cfg(feature = "later")]
    Reauthenticate,
    /// The form that replaces the password of who is signed in.
    ChangePassword,
    /// The password was replaced.
    PasswordChanged,
    /// Somebody is signed in already.
    SignedIn,
    /// Who is signed in may not see this page.
    NotAllowed,
    /// A link does not hold.
    Broken {
        /// Why.
        code: ErrorCode,
    },
}

/// What an invitation or the set-up link offers.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The token of the link.
    pub token: MailToken,
    /// The address it was made for, which cannot be changed then.
    pub email: Option<String>,
    /// True for the link that makes the first administrator.
    pub setup: bool,
}
