//! `gatehouse settings`

use super::{failure::Failure, show};
use crate::config;

pub(super) fn run() -> Result<i32, Failure> {
    show::line(config::markdown().trim_end())?;
    Ok(0)
}
