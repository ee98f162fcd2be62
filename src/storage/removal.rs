//! What becomes of a factor or a linked account that its owner takes away.

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Done,
    /// Its owner has no such thing.
    Unknown,
    /// Nothing was changed: one has to be kept, and it is the last.
    Required,
    /// Nothing was changed: nothing else would open the identity.
    LastWayIn,
}

/// What opens an identity beside its password, as the settings are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaysIn {
    /// Where people sign in by an account elsewhere.
    pub issuers: Vec<String>,
    /// Whether a passkey does.
    pub passkeys: bool,
}
