//! Apps that ask the endpoint from a process of their own.

use crate::{
    clock::Timestamp,
    session::{AppName, TokenHash},
};

/// An app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its name.
    pub name: AppName,
    /// Where people reach it: an origin, as a browser writes it.
    pub url: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// A key of an app, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppKey {
    /// What the key hashes to.
    pub hash: TokenHash,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends, if it was replaced.
    pub retires_at: Option<Timestamp>,
}
