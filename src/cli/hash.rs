//! `gatehouse hash`: what to write for a password, so that the settings need not hold it.

use super::{args::Place, ask, failure::Failure, opened, show, words};
use crate::{config::Settings, endpoint::hash_for_settings};

/// The hash goes to standard output alone, so that a script can take it.
pub(super) async fn run(place: &Place, from_stdin: bool) -> Result<i32, Failure> {
    let settings = match opened::settings(place) {
        Ok(loaded) => loaded.settings,
        // Who asks for a hash may be about to mend them with it.
        Err(Failure::Config(error)) => {
            eprintln!("The settings are refused, so this hash costs what the defaults say:\n{error}");
            Settings::default()
        }
        Err(other) => return Err(other),
    };
    let password = ask::password(from_stdin)?;
    if password.expose().is_empty() {
        return Err(Failure::Other("the password is empty".to_owned()));
    }
    let (hash, refused) = hash_for_settings(&settings, &password).await.map_err(Failure::Other)?;
    if let Some(code) = refused {
        eprintln!("Warning: {}.", words::sentence(code));
    }
    eprintln!("Write this line for it:\n\n    password = \"{hash}\"\n");
    show::line(&hash)?;
    Ok(0)
}
