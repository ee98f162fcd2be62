//! bcrypt: the hashes of people who come from elsewhere. They are verified until their person signs in, never made.
//!
//! streamlit-authenticator hashes what is left of a password without the white space around it, and tries the same
//! at every login; so do we, for its hashes alone. bcrypt reads 72 bytes: a longer password matches none of them, as
//! nobody can tell whether the rest was right.

use std::fmt;

use gatehouse_protocol::Password;
use zeroize::Zeroizing;

/// bcrypt reads so many bytes.
const READ: usize = 72;
/// What is hashed with for nobody.
const NOBODY: [u8; 16] = *b"nobody's own sal";

/// What a bcrypt hash costs: 2 to this power rounds. More than [`Self::MAX`] would hold the server up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BcryptCost(u32);

impl BcryptCost {
    /// The least that bcrypt knows.
    pub const MIN: u32 = 4;
    /// The most that is verified: a second and a half.
    pub const MAX: u32 = 14;

    /// A cost within the bounds.
    pub fn new(cost: u32) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&cost).then_some(Self(cost))
    }

    /// The power.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How many rounds that is.
    pub const fn rounds(self) -> u64 {
        1 << self.0
    }
}

/// Why a text is no bcrypt hash that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BcryptError {
    /// It has another shape: damaged, cut off, or of another kind.
    Shape,
    /// It would cost this much, which is out of bounds.
    Cost(u32),
}

/// A bcrypt hash that can be verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Bcrypt {
    text: String,
    cost: BcryptCost,
}

impl Bcrypt {
    /// Reads a hash: `$2a$`, `$2b$` or `$2y$`, which are one and the same for every password that is looked at here.
    pub fn parse(text: &str) -> Result<Self, BcryptError> {
        if !["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
            return Err(BcryptError::Shape);
        }
        // `+5` would pass for a number.
        if !text.bytes().skip(4).take(2).all(|byte| byte.is_ascii_digit()) {
            return Err(BcryptError::Shape);
        }
        let parts: bcrypt::HashParts = text.parse().map_err(|_| BcryptError::Shape)?;
        let cost = BcryptCost::new(parts.get_cost()).ok_or(BcryptError::Cost(parts.get_cost()))?;
        Ok(Self { text: text.to_owned(), cost })
    }

    /// As it is stored.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it costs to verify.
    pub const fn cost(&self) -> BcryptCost {
        self.cost
    }
}

impl fmt::Debug for Bcrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bcrypt").field("cost", &self.cost.0).finish_non_exhaustive()
    }
}

/// The ways in which a typed password is tried: as typed, and once more without the white space around it where there
/// is any. How many there are depends on what was typed alone.
pub(super) struct Tries(Vec<Zeroizing<Vec<u8>>>);

impl Tries {
    pub(super) fn of(password: &Password) -> Self {
        let typed = password.expose();
        let stripped = typed.trim_matches(is_space);
        let mut tries = vec![Zeroizing::new(typed.as_bytes().to_vec())];
        if stripped.len() != typed.len() {
            tries.push(Zeroizing::new(stripped.as_bytes().to_vec()));
        }
        Self(tries)
    }

    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    /// Whether one of them is the password behind the hash. All are tried, whichever matches.
    pub(super) fn verify(&self, hash: &Bcrypt) -> bool {
        let one = |text: &Zeroizing<Vec<u8>>| {
            let matches = bcrypt::verify(text.as_slice(), &hash.text).unwrap_or(false);
            // Nobody chose the empty password, and what is cut off was not compared.
            matches && (1..=READ).contains(&text.len())
        };
        self.0.iter().filter(|text| one(text)).count() > 0
    }

    /// The same work for nothing.
    pub(super) fn verify_dummy(&self, cost: BcryptCost) {
        for text in &self.0 {
            std::hint::black_box(bcrypt::hash_with_salt(text.as_slice(), cost.0, NOBODY).is_ok());
        }
    }
}

/// White space as Python's `str.strip` has it: Unicode's, and the four separators of ASCII.
const fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests;
