//! Secrets as types: they are zeroized when dropped, and their `Debug` shows nothing.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name(String);

        impl $name {
            /// Wraps a secret.
            pub fn new(secret: impl Into<String>) -> Self {
                Self(secret.into())
            }

            /// The secret itself: to hash, to send or to compare, never to print.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// A password exactly as it was typed.
    Password
}
secret! {
    /// A one-time value that Python redeems for the identity behind a completed login (at most 60 s).
    Ticket
}
secret! {
    /// A token that reached a person by mail or was handed over by an administrator.
    MailToken
}
secret! {
    /// A short code that proves something, or the key that such codes are made from.
    Code
}
secret! {
    /// Carries an unfinished login from one step to the next.
    FlowToken
}

/// The S256 challenge of a verifier that Python keeps (RFC 7636): 43 characters of unpadded base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge(pub String);
