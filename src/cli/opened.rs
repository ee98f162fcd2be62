//! Finding what the app uses: its settings and its database.

use std::{path::Path, sync::Arc};

use super::{args::Place, failure::Failure};
use crate::{
    config::{LoadFrom, Loaded, load},
    endpoint::Endpoint,
};

/// The settings, as the app at this place has them.
pub(super) fn settings(place: &Place) -> Result<Loaded, Failure> {
    let mut from = LoadFrom::process(place.app.clone());
    if let Some(file) = &place.database {
        from = from.with("database", format!("sqlite:{}", file.display()));
    }
    Ok(load(&from)?)
}

/// The endpoint over the database that is there. Its path goes to standard error, so that nobody changes the wrong one.
pub(super) async fn existing(place: &Place) -> Result<Arc<Endpoint>, Failure> {
    let settings = settings(place)?.settings;
    let path = settings.database_path().map(Path::to_owned);
    let endpoint = Endpoint::open_existing(settings).await?;
    if let Some(path) = path {
        eprintln!("Database: {}", path.display());
    }
    Ok(endpoint)
}
