//! `gatehouse hash`: what to write for a password, so that the settings need not hold it.

use std::sync::Arc;

use super::{args::Place, ask, failure::Failure, opened, show, words};
use crate::{
    config::Settings,
    entropy::OsEntropy,
    factor::password::{Hasher, Judge},
};

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
    if let Err(code) = Judge::new(&settings.password, &settings.app_name).check(&password, &[]) {
        eprintln!("Warning: {}.", words::sentence(code));
    }
    let hasher = Hasher::new(&settings.password, Arc::new(OsEntropy)).map_err(Failure::Other)?;
    let hash = hasher
        .hash(&password)
        .await
        .map_err(|_| Failure::Other("the password could not be hashed: memory is short".to_owned()))?;
    eprintln!("Write this line for it:\n\n    password = \"{}\"\n", hash.0);
    show::line(&hash.0)?;
    Ok(0)
}
