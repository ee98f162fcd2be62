//! `gatehouse key`: a key that all replicas share, and which key goes with the database.

use std::{fs, path::Path};

use zeroize::Zeroizing;

use super::{args::Place, failure::Failure, opened, show};
use crate::{endpoint::Endpoint, entropy::OsEntropy, keys::Key};

/// The key goes to standard output alone, so that a script can take it.
pub(super) async fn run(place: &Place, accept: bool, earlier: Option<&Path>) -> Result<i32, Failure> {
    if !accept {
        eprintln!("Set GATEHOUSE_KEY to this for every replica, and keep it with the backups:\n");
        show::line(&Key::draw(&OsEntropy).to_text())?;
        return Ok(0);
    }
    let settings = opened::settings(place)?.settings;
    let earlier = earlier.map(read).transpose()?;
    let resealed = Endpoint::accept_key(&settings, earlier.as_ref()).await?;
    if resealed > 0 {
        show::line(&format!("Sealed {resealed} second factors anew."))?;
    }
    show::line(
        "From now on this key goes with the database. Restart everything that still has another one; devices that were \
         known are known again at their next sign-in.",
    )?;
    Ok(0)
}

fn read(path: &Path) -> Result<Key, Failure> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| Failure::Other(format!("{} can't be read: {error}", path.display())))?;
    Key::from_text(&text).map_err(|_| Failure::Other(format!("{} holds no key", path.display())))
}
