//! `gatehouse apps …`

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    args::{Apps, Place},
    failure::Failure,
    opened, show,
};
use crate::{
    endpoint::{AppError, Endpoint},
    storage::AppKey,
};

pub(super) async fn run(place: &Place, command: Apps) -> Result<i32, Failure> {
    let endpoint = opened::existing(place).await?;
    match command {
        Apps::Add { name, url, output } => {
            let (app, key) = endpoint.add_app(&name, &url).await.map_err(failed)?;
            if output.json {
                show::json(&json!({ "name": app.name.as_str(), "url": app.url, "key": key.expose() }))?;
            } else {
                show::line(key.expose())?;
                eprintln!(
                    "\nThis key is shown once. {name} proves itself with it: set GATEHOUSE_APP_KEY to it where the app \
                     runs, and write into its gatehouse.toml\n\n    endpoint = \"{}\"\n    public_url = \"{}\"",
                    home(&endpoint),
                    app.url
                );
            }
        }
        Apps::List { output } => list(&endpoint, output.json).await?,
        Apps::Rotate { name, hours, now, output } => {
            let grace = if now { Duration::ZERO } else { Duration::from_secs(u64::from(hours) * 3600) };
            let key = endpoint.rotate_app_key(&name, grace).await.map_err(failed)?;
            if output.json {
                let hours = if now { 0 } else { hours };
                show::json(&json!({ "name": name, "key": key.expose(), "earlier_keys_hold_hours": hours }))?;
            } else {
                show::line(key.expose())?;
                let earlier = if now { "ended".to_owned() } else { format!("hold for {hours} hours more") };
                eprintln!(
                    "\nThis key is shown once: set GATEHOUSE_APP_KEY to it and restart {name}. The earlier keys {earlier}."
                );
            }
        }
        Apps::Remove { name, output } => {
            endpoint.remove_app(&name).await.map_err(failed)?;
            if output.json {
                show::json(&json!({ "name": name }))?;
            } else {
                show::line(&format!(
                    "Removed {name}; its key opens nothing any more, and its sessions ended."
                ))?;
            }
        }
    }
    Ok(0)
}

fn failed(error: AppError) -> Failure {
    match error {
        AppError::Storage(error) => error.into(),
        error => Failure::Other(error.to_string()),
    }
}

fn home(endpoint: &Endpoint) -> String {
    let public = endpoint.settings().public_url.clone();
    public.unwrap_or_else(|| "http://localhost:8766".to_owned())
}

async fn list(endpoint: &Endpoint, as_json: bool) -> Result<(), Failure> {
    let apps = endpoint.apps().await?;
    if as_json {
        let key = |key: &AppKey| {
            json!({
                "created_at": key.created_at.to_string(),
                "retires_at": key.retires_at.map(|at| at.to_string()),
            })
        };
        let all = apps.iter().map(|(app, keys)| {
            json!({ "name": app.name.as_str(), "url": app.url, "keys": keys.iter().map(key).collect::<Vec<_>>() })
        });
        return show::json(&Value::Array(all.collect()));
    }
    if apps.is_empty() {
        return show::line("No apps yet.");
    }
    let now = endpoint.now();
    let rows: Vec<_> = apps
        .iter()
        .map(|(app, keys)| {
            let holding = keys.iter().filter(|key| key.retires_at.is_none_or(|at| at > now));
            let ends = |key: &AppKey| match key.retires_at {
                None => format!("since {}", key.created_at),
                Some(at) => format!("until {at}"),
            };
            [app.name.to_string(), app.url.clone(), holding.map(ends).collect::<Vec<_>>().join(", ")]
        })
        .collect();
    show::table(["APP", "URL", "KEYS"], &rows)
}
