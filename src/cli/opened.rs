//! Finding what the app uses: its settings and its database.

use std::sync::Arc;

use super::{args::Place, failure::Failure};
use crate::{
    config::{LoadFrom, Loaded, Settings, load},
    endpoint::Endpoint,
};

/// Where the app at this place has its settings.
pub(super) fn from(place: &Place) -> LoadFrom {
    let from = LoadFrom::process(place.app.clone());
    match &place.database {
        Some(text) => from.with("database", named(text)),
        None => from,
    }
}

/// A database as it is written in the settings; on the command line a file needs no `sqlite:`.
pub(super) fn named(text: &str) -> String {
    let kinds = ["sqlite:", "postgres:", "postgresql:"];
    if kinds.iter().any(|kind| text.starts_with(kind)) { text.to_owned() } else { format!("sqlite:{text}") }
}

/// The settings, as the app at this place has them.
pub(super) fn settings(place: &Place) -> Result<Loaded, Failure> {
    Ok(load(&from(place))?)
}

/// Refuses where people and database are at a remote endpoint.
pub(super) fn own(settings: &Settings) -> Result<(), Failure> {
    match &settings.endpoint {
        None => Ok(()),
        Some(endpoint) => Err(Failure::Other(format!(
            "these settings ask the endpoint {endpoint}, which has the database: run the command where it runs"
        ))),
    }
}

/// The endpoint over the database that is there. Which goes to standard error, so that nobody changes the wrong one.
pub(super) async fn existing(place: &Place) -> Result<Arc<Endpoint>, Failure> {
    let loaded = settings(place)?;
    own(&loaded.settings)?;
    let database = loaded.settings.database();
    let endpoint = Endpoint::open_existing(loaded.settings).await?;
    endpoint.set_source(&loaded.source);
    if let Some(database) = database {
        eprintln!("Database: {database}");
    }
    Ok(endpoint)
}
