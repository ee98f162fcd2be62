//! Where an account is kept that is not the database's own.

/// The settings that declare somebody, or the proxy that names people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(pub String);

/// What stands for every proxy: which one it was plays no part.
const PROXY: &str = "proxy";

impl Source {
    /// A proxy whose headers are trusted.
    pub fn proxy() -> Self {
        Self(PROXY.to_owned())
    }

    /// Whether a proxy named the person.
    pub fn is_proxy(&self) -> bool {
        self.0 == PROXY
    }
}
