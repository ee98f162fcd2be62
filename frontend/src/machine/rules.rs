//! The rules of `protocol::rule` with the platform's Unicode normalization plugged in.

use gatehouse_protocol::{ErrorCode, rule};

/// The platform's normalization: `String.normalize` in the browser, the crate in native tests.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Normalization form C.
    pub nfc: fn(&str) -> String,
    /// Normalization form KC.
    pub nfkc: fn(&str) -> String,
}

impl Rules {
    /// Checks a wished username.
    pub fn username(self, text: &str) -> Result<(), ErrorCode> {
        rule::username(text, self.nfkc).map(drop)
    }

    /// Checks a new password against the shortest length that the settings accept.
    pub fn password(self, text: &str, min: u16) -> Result<(), ErrorCode> {
        rule::password(text, min, self.nfc)
    }

    /// How many characters a new password still lacks.
    pub fn missing(self, text: &str, min: u16) -> usize {
        usize::from(min).saturating_sub((self.nfc)(text).chars().count())
    }
}
