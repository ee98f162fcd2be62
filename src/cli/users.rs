//! `gatehouse users …`

use std::io::{BufRead as _, IsTerminal as _, stdin};

use serde_json::{Value, json};

use super::{
    args::{Place, Users},
    ask,
    failure::Failure,
    opened, show,
};
use crate::{
    endpoint::{Endpoint, NewUser},
    identity::Identity,
    session::SessionId,
};

pub(super) async fn run(place: &Place, command: Users) -> Result<i32, Failure> {
    let endpoint = opened::existing(place).await?;
    match command {
        Users::Add { username, email, verified, roles, password, output } => {
            let must_change = !password.no_must_change;
            let user = NewUser {
                username,
                email,
                verified,
                roles,
                password: ask::password(password.password_stdin)?,
                must_change,
            };
            let identity = endpoint.add_user(user).await?;
            done(output.json, &identity, &format!("Added {}.", identity.username.as_str()))
        }
        Users::List { role, output } => list(&endpoint, role.as_deref(), output.json).await,
        Users::Show { user, output } => {
            let identity = endpoint.user(&user).await?;
            if output.json {
                show::json(&show::identity(&identity))?;
            } else {
                table(&endpoint, std::slice::from_ref(&identity))?;
            }
            Ok(0)
        }
        Users::Roles { user, roles, output } => {
            let identity = endpoint.set_user_roles(&user, &roles).await?;
            let names =
                identity.roles.iter().map(crate::identity::Role::as_str).collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() { "none".to_owned() } else { names };
            done(output.json, &identity, &format!("Roles of {}: {names}.", identity.username.as_str()))
        }
        Users::Disable { user, output } => {
            let identity = endpoint.set_user_disabled(&user, true).await?;
            done(
                output.json,
                &identity,
                &format!("Disabled {}; every session ended.", identity.username.as_str()),
            )
        }
        Users::Enable { user, output } => {
            let identity = endpoint.set_user_disabled(&user, false).await?;
            done(output.json, &identity, &format!("Enabled {}.", identity.username.as_str()))
        }
        Users::Delete { user, yes, output } => {
            let identity = endpoint.user(&user).await?;
            if !yes {
                confirm(identity.username.as_str())?;
            }
            endpoint.delete_user(&identity.id.0).await?;
            done(output.json, &identity, &format!("Deleted {}.", identity.username.as_str()))
        }
        Users::SetPassword { user, password, output } => {
            endpoint.user(&user).await?;
            let (identity, ended) = endpoint
                .set_user_password(&user, &ask::password(password.password_stdin)?, !password.no_must_change)
                .await?;
            let sentence =
                format!("Replaced the password of {}; {}.", identity.username.as_str(), ends(ended));
            done(output.json, &identity, &sentence)
        }
        Users::SetEmail { user, email, verified, output } => {
            let identity = endpoint.set_user_address(&user, &email, verified).await?;
            let name = identity.username.as_str();
            let sentence = format!("The address of {name} is {email} now.");
            done(output.json, &identity, &sentence)
        }
        Users::ResetFactors { user, output } => {
            let (identity, removed) = endpoint.reset_user_factors(&user).await?;
            let name = identity.username.as_str();
            let factors = if removed == 1 { "second factor" } else { "second factors" };
            let sentence = format!("Took {removed} {factors} of {name} away; every session ended.");
            done(output.json, &identity, &sentence)
        }
        Users::Sessions { user, output } => sessions(&endpoint, &user, output.json).await,
        Users::Revoke { user, session, output } => {
            let ended = match session {
                Some(id) => revoke_one(&endpoint, &user, SessionId(id)).await?,
                None => endpoint.revoke_user(&user).await?,
            };
            said(output.json, &json!({ "ended": ended }), &format!("Done: {}.", ends(ended)))
        }
    }
}

async fn list(endpoint: &Endpoint, role: Option<&str>, as_json: bool) -> Result<i32, Failure> {
    let users = endpoint.users(role).await?;
    if as_json {
        show::json(&Value::Array(users.iter().map(show::identity).collect()))?;
    } else if users.is_empty() {
        show::line("Nobody yet.")?;
    } else {
        table(endpoint, &users)?;
    }
    Ok(0)
}

async fn sessions(endpoint: &Endpoint, user: &str, as_json: bool) -> Result<i32, Failure> {
    let sessions = endpoint.user_sessions(user).await?;
    if as_json {
        show::json(&Value::Array(sessions.iter().map(show::session).collect()))?;
    } else if sessions.is_empty() {
        show::line("No open sessions.")?;
    } else {
        let rows: Vec<_> = sessions
            .iter()
            .map(|live| {
                let session = &live.session;
                let browser = session.user_agent.chars().take(48).collect();
                let since = session.created_at.to_string();
                let until = session.last_used_at.to_string();
                [session.id.0.clone(), since, until, session.address.clone(), browser]
            })
            .collect();
        show::table(["SESSION", "BEGAN", "LAST USED", "ADDRESS", "BROWSER"], &rows)?;
    }
    Ok(0)
}

/// Ends one session, only if it is this person's.
async fn revoke_one(endpoint: &Endpoint, user: &str, id: SessionId) -> Result<u32, Failure> {
    let theirs = endpoint.user_sessions(user).await?.iter().any(|live| live.session.id == id);
    if !theirs {
        return Err(Failure::Other(format!("{user} has no open session {:?}", id.0)));
    }
    Ok(u32::from(endpoint.revoke_one(&id).await?))
}

fn table(endpoint: &Endpoint, users: &[Identity]) -> Result<(), Failure> {
    let rows: Vec<_> = users.iter().map(|user| show::identity_row(user, endpoint.declares(user))).collect();
    show::table(["USERNAME", "E-MAIL", "ROLES", "STATE", "KEPT IN", "SINCE"], &rows)
}

fn done(as_json: bool, identity: &Identity, sentence: &str) -> Result<i32, Failure> {
    said(as_json, &show::identity(identity), sentence)
}

fn said(as_json: bool, value: &Value, sentence: &str) -> Result<i32, Failure> {
    if as_json {
        show::json(value)?;
    } else {
        show::line(sentence)?;
    }
    Ok(0)
}

fn ends(count: u32) -> String {
    match count {
        0 => "no session was open".to_owned(),
        1 => "one session ended".to_owned(),
        many => format!("{many} sessions ended"),
    }
}

fn confirm(username: &str) -> Result<(), Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::Other("there is no terminal to ask on: use --yes".to_owned()));
    }
    eprint!("Delete {username} for good? Type the username: ");
    let mut text = String::new();
    stdin().lock().read_line(&mut text)?;
    if text.trim_end() == username { Ok(()) } else { Err(Failure::Other("nothing was deleted".to_owned())) }
}
