//! The loop that empties the queue, beside the endpoint's other background work.

use std::{sync::Arc, time::Duration};

use super::Courier;
use crate::{endpoint::Endpoint, mail::Transport};

/// How often the queue is looked at when nobody pokes: other processes queue mail too, and pauses end.
const LOOK: Duration = Duration::from_secs(5);

/// Sends mail for as long as the endpoint lives.
pub(in crate::endpoint) async fn run(endpoint: Arc<Endpoint>) {
    let transport = match Transport::open(endpoint.settings()) {
        Ok(Some(transport)) => transport,
        Ok(None) => {
            tracing::warn!(
                "no mail can be sent: recovery and verification are off until `mail.smtp_host` is set"
            );
            return;
        }
        Err(error) => {
            tracing::error!(error, "no mail can be sent");
            return;
        }
    };
    let mut failing = false;
    loop {
        // Without a place to point to there are no links: the app's port is known soon.
        let done = if endpoint.home().is_none() {
            Ok(false)
        } else {
            Courier { endpoint: &endpoint, transport: &transport }.step().await
        };
        match done {
            Ok(true) => {
                failing = false;
                continue;
            }
            Ok(false) => failing = false,
            Err(error) => {
                if !failing {
                    tracing::error!(%error, "the mail queue can't be read or written; it is tried again");
                }
                failing = true;
            }
        }
        // A poke while the queue is being emptied is kept by `Notify`.
        let _ = tokio::time::timeout(LOOK, endpoint.mail_notify().notified()).await;
    }
}
