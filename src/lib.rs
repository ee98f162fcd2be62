//! The verification endpoint of Gatehouse: who is signed in to a Streamlit app, and how they got there.
//!
//! Data flows one way: `http`, `gate` and `cli` ask [`endpoint`], which asks `limit`, `flow`, `factor` and
//! `storage`. `identity`, `factor`, `flow` and `session` do no I/O and read no clock: time and randomness are
//! arguments. Only `http` knows axum; only `storage` knows SQL.

pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod endpoint;
pub mod entropy;
pub mod factor;
pub mod flow;
pub mod gate;
pub mod http;
pub mod identity;
pub mod keys;
pub mod limit;
pub mod mail;
pub mod peer;
pub mod provider;
pub mod proxy;
pub mod remote;
pub mod session;
pub mod sms;
pub mod storage;
pub mod telemetry;
pub mod tls;
