//! The rules of `protocol::rule` with the platform's knowledge of Unicode plugged in.

use gatehouse_protocol::{
    ErrorCode,
    rule::{self, Class},
};

/// What the platform knows: `String.normalize` and `RegExp` in the browser, crates in native tests.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Normalization form C.
    pub nfc: fn(&str) -> String,
    /// Normalization form KC.
    pub nfkc: fn(&str) -> String,
    /// Letters and digits, marks, anything else.
    pub class: fn(char) -> Class,
}

impl Rules {
    /// Checks a wished username.
    pub fn username(self, text: &str) -> Result<(), ErrorCode> {
        rule::username(text, self.nfkc, self.class).map(drop)
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
