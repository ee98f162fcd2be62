//! `gatehouse import …`: people who come from another login.
//!
//! `yaml` and `read` say what the file holds, `plan` decides without the database, `settings` drafts what belongs
//! elsewhere, and `report` says what was done. What is in the database already is judged by `endpoint::import`.

mod args;
mod plan;
mod read;
mod report;
mod settings;
mod yaml;

use std::{path::Path, sync::Arc};

pub(super) use args::Import;
use args::StreamlitAuthenticator;

use self::{
    plan::Act,
    report::{Outcome, Report},
    settings::Draft,
};
use super::{args::Place, failure::Failure, opened};
use crate::{
    config::Settings,
    endpoint::{AdminError, Endpoint, OpenError, consider},
};

pub(super) async fn run(place: &Place, import: Import) -> Result<i32, Failure> {
    match import {
        Import::StreamlitAuthenticator(wish) => streamlit_authenticator(place, &wish).await,
    }
}

async fn streamlit_authenticator(place: &Place, wish: &StreamlitAuthenticator) -> Result<i32, Failure> {
    let file = wish.config.display().to_string();
    let config = read::file(&wish.config).map_err(|fault| {
        let place = if fault.line == 0 { file.clone() } else { format!("{file}:{}", fault.line) };
        Failure::Other(format!("{place}: {}", fault.sentence))
    })?;
    let choices = &wish.choices;
    if let Some(name) = plan::renamed_nobody(&config, choices) {
        return Err(Failure::Other(format!("--rename: nobody is called {name:?} in {file}")));
    }
    if let Some(path) = wish.settings.as_deref().filter(|path| path.exists()) {
        return Err(exists(path));
    }
    let settings = opened::settings(place)?.settings;
    opened::own(&settings)?;
    let endpoint = open(&settings, wish.dry_run).await?;

    let steps = plan::people(&config, choices);
    let mut report = Report::new(&file, wish.output.json, &steps);
    for step in &steps {
        let (outcome, sentence) = match &step.act {
            Act::Take { newcomer, without } => {
                let verdict = match &endpoint {
                    Some(endpoint) if !wish.dry_run => endpoint.import(newcomer).await,
                    looked_at => consider(&settings, looked_at.as_deref(), newcomer).await,
                };
                match verdict {
                    Ok(verdict) => match report::there(&verdict) {
                        Some((outcome, sentence)) => (outcome, sentence.to_owned()),
                        None => (Outcome::Taken, report::taken(newcomer, &verdict, without)),
                    },
                    // Somebody registers under that name right now.
                    Err(error @ AdminError::Field(..)) => {
                        (Outcome::Skipped, Failure::Admin(error).to_string())
                    }
                    Err(error) => return Err(interrupted(error, &step.name)),
                }
            }
            other => match report::at_once(other) {
                Some((outcome, sentence)) => (outcome, sentence.to_owned()),
                None => continue,
            },
        };
        report.person(step, outcome, &sentence)?;
    }

    let draft = Draft::of(&config, &file);
    let target = wish.settings.as_deref().filter(|_| !draft.is_empty());
    if let Some(path) = target.filter(|_| !wish.dry_run) {
        draft.write(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(path),
            _ => Failure::Other(format!("{} can't be written: {error}", path.display())),
        })?;
    }
    let target = target.map(|path| path.display().to_string());
    for remark in &draft.remarks {
        report.note(remark.line, &remark.about, &report::remark(remark, target.as_deref()))?;
    }
    report.never_taken(&config, &plan::left(&config))?;
    report.end(wish.dry_run, target.as_deref())
}

/// The database, which is made if there is none: people come before the first start. A dry run only looks, and finds
/// nothing where there is none.
async fn open(settings: &Settings, dry_run: bool) -> Result<Option<Arc<Endpoint>>, Failure> {
    let database = settings.database().ok_or(OpenError::NoDatabase)?;
    // A server that has no tables yet says so when it is looked at.
    let there = database.path().is_none_or(Path::exists);
    let endpoint = match (dry_run, there) {
        (false, _) => Some(Endpoint::open(settings.clone()).await?),
        (true, true) => Some(Endpoint::open_to_look(settings.clone()).await?),
        (true, false) => None,
    };
    let made = match (dry_run, there) {
        (_, true) => "",
        (false, false) => " (made now)",
        (true, false) => " (would be made)",
    };
    eprintln!("Database: {database}{made}");
    Ok(endpoint)
}

fn exists(path: &Path) -> Failure {
    Failure::Other(format!("{} is there already: name a new file behind --settings", path.display()))
}

fn interrupted(error: AdminError, name: &str) -> Failure {
    Failure::Other(format!(
        "stopped at {name:?}: {}. Run this again: who is there already is left alone",
        Failure::Admin(error)
    ))
}
