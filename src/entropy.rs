//! Randomness, as an argument.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Where the edge takes random bytes from.
pub trait Entropy: fmt::Debug + Send + Sync {
    /// Fills the buffer with bytes nobody can guess.
    fn fill(&self, buffer: &mut [u8]);

    /// 256 random bits as 43 characters of unpadded base64url: a token.
    fn token(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// 64 random bits as a number.
    fn number(&self) -> u64 {
        let mut bytes = [0_u8; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    /// 128 random bits as 22 characters of unpadded base64url, behind a prefix: an id that may be logged.
    fn id(&self, prefix: &str) -> String {
        let mut bytes = [0_u8; 16];
        self.fill(&mut bytes);
        format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Randomness that many draw from.
pub type SharedEntropy = Arc<dyn Entropy>;

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the operating system")]
    #[expect(clippy::expect_used, reason = "without randomness nothing here is safe: better to stop")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system has no randomness to give");
    }
}
