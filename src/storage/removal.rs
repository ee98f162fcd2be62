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
