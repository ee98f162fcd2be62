//! Finding what the app uses: its settings and its database.

use std::{path::Path, sync::Arc};

use super::{args::Place, failure::Failure};
use crate::{
    config::{LoadFrom, Loaded, load},
    endpoint::Endpoint,
};

/// Where the app at this place has its settings.
pub(super) fn from(place: &Place) -> LoadFrom {
    let from = LoadFrom::process(place.app.clone());
    match &place.database {
        Some(file) => from.with("database", format!("sqlite:{}", file.display())),
        None => from,
    }
}

/// The settings, as the app at this place has them.
pub(super) fn settings(place: &Place) -> Result<Loaded, Failure> {
    Ok(load(&from(place))?)
}

/// The endpoint over the database that is there. Its path goes to standard error, so that nobody changes the wrong one.
pub(super) async fn existing(place: &Place) -> Result<Arc<Endpoint>, Failure> {
    let loaded = settings(place)?;
    let path = loaded.settings.database_path().map(Path::to_owned);
    let endpoint = Endpoint::open_existing(loaded.settings).await?;
    endpoint.set_source(&loaded.source);
    if let Some(path) = path {
        eprintln!("Database: {}", path.display());
    }
    Ok(endpoint)
}
