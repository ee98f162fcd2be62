//! What storage can answer instead.

/// Why storage did not do it. `Display` is for the log; the page never sees it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The username is taken.
    #[error("the username is taken")]
    UsernameTaken,
    /// The address is taken.
    #[error("the address is taken")]
    EmailTaken,
    /// The passkey is there already.
    #[error("the passkey is there already")]
    CredentialTaken,
    /// The identity is gone, disabled, or no longer has the password that was verified.
    #[error("the identity changed while it signed in")]
    IdentityChanged,
    /// The database can't be reached, is locked, full or read-only. Nothing was changed, unless the connection was lost
    /// while that was acknowledged.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database holds what it must not hold, or the code asks for what it can't answer.
    #[error("the database is inconsistent: {0}")]
    Corrupt(String),
    /// The backend leaves it to others; the sentence says to whom.
    #[error("{0}")]
    Unsupported(&'static str),
}
