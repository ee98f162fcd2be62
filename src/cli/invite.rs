//! `gatehouse invite`

use std::time::Duration;

use serde_json::json;

use super::{
    args::{Invite, Place},
    failure::Failure,
    opened, show,
};
use crate::{
    config::PublicUrl,
    endpoint::{Invited, NewInvitation},
};

/// Where `gatehouse run` is found unless told otherwise.
const USUAL: &str = "http://localhost:8501";

pub(super) async fn run(place: &Place, invite: Invite) -> Result<i32, Failure> {
    let endpoint = opened::existing(place).await?;
    let url = invite.url.as_deref().unwrap_or(USUAL);
    PublicUrl::parse(url).map_err(|error| Failure::Other(format!("--url {url}: {error}")))?;
    endpoint.set_local_url(url);
    // Mail without a server would be shown on the console of whoever sends it: a link is as good.
    let by_mail = !invite.print && invite.email.is_some() && endpoint.settings().mail.smtp_host.is_some();
    let invitation = NewInvitation {
        email: invite.email.clone(),
        roles: invite.roles,
        ttl: Some(Duration::from_secs(u64::from(invite.hours) * 3600)),
        by_mail,
    };
    let email = invite.email.unwrap_or_default();
    match (endpoint.invite(invitation).await?, invite.output.json) {
        (Invited::Link(link), true) => show::json(&json!({ "link": link, "hours": invite.hours }))?,
        (Invited::Link(link), false) => {
            show::line(&link)?;
            eprintln!("Whoever opens this link within {} hours may register.", invite.hours);
        }
        (Invited::Queued, true) => show::json(&json!({ "queued": email, "hours": invite.hours }))?,
        (Invited::Queued, false) => {
            show::line(&format!("The invitation goes to {email} as soon as the app runs."))?;
        }
    }
    Ok(0)
}
