//! `gatehouse migrate`: brings the database up to this release, also while the one before still runs.

use super::{args::Place, failure::Failure, opened, show};
use crate::endpoint::{OpenError, migrate, migrations};

pub(super) async fn run(place: &Place, check: bool) -> Result<i32, Failure> {
    let settings = opened::settings(place)?.settings;
    let database = settings.database().ok_or(OpenError::NoDatabase)?;
    eprintln!("Database: {database}");
    let status = migrations(&settings).await?;
    let applied = status.applied.iter().map(|step| (step, "applied"));
    let rows: Vec<_> = applied
        .chain(status.pending.iter().map(|step| (step, "pending")))
        .map(|(step, state)| [format!("{:04}", step.version), step.description.clone(), state.to_owned()])
        .collect();
    show::table(["migration", "about", "state"], &rows)?;
    if status.pending.is_empty() {
        show::line("Nothing is pending.")?;
        return Ok(0);
    }
    if check {
        show::line(&format!("{} pending: run `gatehouse migrate`.", status.pending.len()))?;
        return Ok(1);
    }
    let done = migrate(&settings).await?;
    show::line(&format!("{} applied; nothing is pending.", done.len()))?;
    Ok(0)
}
