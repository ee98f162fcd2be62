//! What may happen to the form, and what it asks of its surroundings in answer.

use gatehouse_protocol::{
    ChangePassword, ClientConfig, CodeChannel, Field, FlowToken, LoginState, LoginStep, LogoutState,
    PasswordChanged, Problem, RecoveryState, RecoveryStep, RegistrationState, RegistrationStep, SecondFactor,
    SessionState, StrengthQuestion, StrengthReport, Ticket, VerificationState, VerificationStep,
};
#[cfg(feature = "later")]
use gatehouse_protocol::{EnrollmentState, EnrollmentStep};

#[cfg(feature = "later")]
use super::Text;
use super::{Link, Values};

/// Why a request has no answer that the form can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The endpoint said no, and why.
    Refused(Problem),
    /// Nothing came back, or nothing that the endpoint would say.
    Unreachable,
}

/// A request's answer.
pub type Reply<T> = Result<T, Failure>;

/// Another form, asked for by a link below the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The sign-in form.
    Login,
    /// The registration form.
    Registration,
    /// The form for a forgotten password.
    Recovery,
    /// The form that replaces the password of who is signed in.
    ChangePassword,
    /// Another way to prove a second factor.
    Factor(SecondFactor),
    /// A code in place of the password.
    Code(CodeChannel),
    /// A passkey instead of the form.
    Passkey,
    /// A passkey instead of an authenticator app, where a factor has to be set up.
    #[cfg(feature = "later")]
    NewPasskey,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The endpoint described itself and said who is signed in.
    Loaded(Reply<(ClientConfig, SessionState)>),
    /// The form was submitted.
    Submit(Values),
    /// A field's text changed.
    Typed(Field, Values),
    /// A field was left after a change.
    Left(Field, Values),
    /// A link to another form was followed.
    Go(Place, Values),
    /// A link of a mail was opened while the page was already there.
    Opened(Link),
    /// Try again to reach the endpoint.
    Retry,
    /// Send the mail again.
    Resend,
    /// Sign out.
    SignOut,
    /// Go on to the app.
    Continue,
    /// The app waits with another challenge.
    Challenged(Option<String>),
    /// The answer to a login step.
    Login(Reply<LoginState>),
    /// The answer to a step of setting up a factor.
    #[cfg(feature = "later")]
    Enrollment(Reply<EnrollmentState>),
    /// The browser made a passkey in this flow, and the device is called so; or why it made none. And what stands in the
    /// form by now.
    #[cfg(feature = "later")]
    Made(FlowToken, Result<(String, String), Text>, Values),
    /// What a passkey signed in this flow, and what stands in the form by now; nothing where nobody used one.
    Signed(FlowToken, Option<String>, Values),
    /// The answer to a registration step.
    Registration(Reply<RegistrationState>),
    /// The answer to a verification step.
    Verification(Reply<VerificationState>),
    /// The answer to a recovery step.
    Recovery(Reply<RecoveryState>),
    /// The answer to a change of the password.
    Changed(Reply<PasswordChanged>),
    /// The answer to signing out.
    SignedOut(Reply<LogoutState>),
    /// The answer to the strength question with this serial number.
    Judged(u32, Reply<StrengthReport>),
}

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask what the endpoint is and who is signed in.
    Load,
    /// Send a login step.
    Login(LoginStep),
    /// Have a passkey sign for this flow, by these options.
    Sign(FlowToken, String),
    /// Send a step of setting up a factor.
    #[cfg(feature = "later")]
    Enroll(EnrollmentStep),
    /// Have the browser make a passkey in this flow, by these options.
    #[cfg(feature = "later")]
    Make(FlowToken, String),
    /// Hand the flow, and whether to keep who signs in, to the program that sets factors up.
    #[cfg(not(feature = "later"))]
    HandOver(FlowToken, bool),
    /// Send a registration step.
    Register(RegistrationStep),
    /// Send a verification step.
    Verify(VerificationStep),
    /// Send a recovery step.
    Recover(RecoveryStep),
    /// Replace the password.
    ChangePassword(ChangePassword),
    /// End the session.
    SignOut,
    /// Ask how good a password is, once typing has paused, unless a younger question was put meanwhile.
    Judge(u32, StrengthQuestion),
    /// Hand the ticket to the app.
    Ticket(Ticket),
    /// Tell the app that something is done.
    Done(&'static str),
    /// Leave the page for a path on this origin.
    Leave(String),
    /// Load the page again.
    Reload,
    /// Tell the other tabs.
    Announce(Announcement),
    /// Move the focus to a field, or to the heading of a form that has none.
    Focus(Option<Field>),
}

/// What other tabs are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// Somebody signed in.
    SignedIn,
    /// Somebody signed out.
    SignedOut,
}
