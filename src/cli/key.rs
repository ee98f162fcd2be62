//! `gatehouse key`: a key that all replicas share, and which key goes with the database.

use super::{args::Place, failure::Failure, opened, show};
use crate::{endpoint::Endpoint, entropy::OsEntropy, keys::Key};

/// The key goes to standard output alone, so that a script can take it.
pub(super) async fn run(place: &Place, accept: bool) -> Result<i32, Failure> {
    if !accept {
        eprintln!("Set GATEHOUSE_KEY to this for every replica, and keep it with the backups:\n");
        show::line(&Key::draw(&OsEntropy).to_text())?;
        return Ok(0);
    }
    let settings = opened::settings(place)?.settings;
    Endpoint::accept_key(&settings).await?;
    show::line(
        "From now on this key goes with the database. Restart everything that still has another one; devices that were \
         known are known again at their next sign-in.",
    )?;
    Ok(0)
}
