//! What travels between the browser component and the verification endpoint, and the rules that both check.
//!
//! Every flow is a pair of enums: what the browser may say (`…Step`) and what the endpoint may answer (`…State`).
//! Both are closed: unknown variants and unknown fields are refused. There is no I/O here, no clock and no
//! randomness, and the crate builds for wasm32 and natively.
//!
//! To add a factor, add a variant to [`LoginStep`] and [`LoginState`]; the compiler lists what is missing.

mod account;
mod client_config;
mod collect;
mod error;
mod factor;
mod login;
mod password;
mod recovery;
mod registration;
pub mod rule;
mod secret;
mod session;
mod verification;

pub use account::{
    AccountOverview, AccountState, AccountStep, FactorSummary, Linkable, LinkedSummary, PendingAddress,
    SessionSummary,
};
pub use client_config::{ClientConfig, Front, LoginForm, ProviderButton, RegistrationMode};
pub use collect::{Collect, CollectState};
pub use error::{ErrorCode, Field, Problem};
pub use factor::{CodeChannel, EnrollmentState, EnrollmentStep, SecondFactor};
pub use login::{LoginState, LoginStep};
pub use password::{ChangePassword, PasswordChanged, PasswordStrength, StrengthQuestion, StrengthReport};
pub use recovery::{RecoveryState, RecoveryStep};
pub use registration::{RegistrationState, RegistrationStep};
pub use secret::{Challenge, Code, FlowToken, MailToken, Password, Ticket};
pub use session::{LogoutState, SessionState};
pub use verification::{VerificationState, VerificationStep};

/// Where the endpoint is mounted on its origin.
pub const MOUNT: &str = "/_gatehouse";

/// Who signs in where the form asks for a password alone: the name of that account, and what password managers store
/// it under.
pub const GUEST: &str = "guest";
