//! What may be typed behind `gatehouse import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::Output;

/// Where people come from.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Import {
    /// From the YAML file of streamlit-authenticator: people with their passwords, addresses and roles
    StreamlitAuthenticator(StreamlitAuthenticator),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct StreamlitAuthenticator {
    /// Its file, usually config.yaml
    pub(super) config: PathBuf,
    /// Say what would be done, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write what belongs into settings and secrets (pre-authorized addresses, OAuth) into this new file
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choices: Choices,
    #[command(flatten)]
    pub(super) output: Output,
}

/// What the operator decides about people who don't fit as they are.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct Choices {
    /// The addresses are known to be their people's, who may then sign in by them at once
    #[arg(long)]
    pub(super) verified: bool,
    /// A username that is an address becomes what stands before its @
    #[arg(long)]
    pub(super) before_at: bool,
    /// Take somebody under another username; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = renaming)]
    pub(super) rename: Vec<(String, String)>,
}

fn renaming(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.to_lowercase(), new.to_owned())),
        _ => Err("write OLD=NEW".to_owned()),
    }
}
