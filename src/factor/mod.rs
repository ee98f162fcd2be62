//! What proves an identity. Each factor is a file.

pub mod password;
