//! `gatehouse backup`

use std::path::{Path, absolute};

use super::{args::Place, failure::Failure, opened, show};

pub(super) async fn run(place: &Place, to: &Path) -> Result<i32, Failure> {
    let to = absolute(to)?;
    if to.exists() {
        return Err(Failure::Other(format!("{} is there already: name a new file", to.display())));
    }
    let endpoint = opened::existing(place).await?;
    endpoint.storage().backup(&to).await?;
    show::line(&format!("Copied the database to {}. Keep the key file with it.", to.display()))?;
    Ok(0)
}
