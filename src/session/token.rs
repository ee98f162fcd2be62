//! Tokens and what is stored of them.

use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::entropy::Entropy;

/// 256 random bits that open something: a session, a ticket, a link. Never stored, never logged.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

/// SHA-256 of a token: what the database holds. A stolen copy of it opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl Secret {
    /// Draws a new one.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self(entropy.token())
    }

    /// Takes one that came from outside. Whatever it is, only its hash is looked at.
    pub fn received(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a text is as long and of such letters as what [`Self::draw`] gives. What is not was never drawn here.
    pub fn is_drawn(text: &str) -> bool {
        text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }

    /// What is stored and looked up.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The token itself: for a cookie or a link, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::OsEntropy;

    #[test]
    fn what_was_drawn_looks_like_it() {
        assert!(Secret::is_drawn(Secret::draw(&OsEntropy).expose()));
        for text in
            ["", "a", &"a".repeat(42), &"a".repeat(44), &format!("{}=", "a".repeat(42)), &"ä".repeat(43)]
        {
            assert!(!Secret::is_drawn(text), "{text}");
        }
    }
}
