//! Where an account is kept that is not the database's own.

/// The settings that declare somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(pub String);
