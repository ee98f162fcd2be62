//! Why a command was not done, as a sentence for the terminal.

use std::fmt;

use super::words;
use crate::{
    config::ConfigError,
    endpoint::{AdminError, OpenError},
    storage::StorageError,
};

/// Why a command was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The settings are refused.
    Config(ConfigError),
    /// The database can't be opened.
    Open(OpenError),
    /// The endpoint refused.
    Admin(AdminError),
    /// Anything else, as a sentence.
    Other(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
            Self::Admin(AdminError::Field(_, code)) => f.write_str(words::sentence(*code)),
            Self::Admin(error) => error.fmt(f),
            Self::Other(sentence) => f.write_str(sentence),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        Self::Admin(error)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Admin(error.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.to_string())
    }
}
