//! Everything that is stored about somebody, for that person to download.

use gatehouse_protocol::{AccountState, ErrorCode, Problem};
use serde_json::{Value, json};

use super::{Answer, Endpoint, RequestContext, problem, texting::phone_of};
use crate::{
    session::LiveSession,
    storage::{AuditRecord, LinkedAccount},
};

/// The most events, the newest ones.
const EVENTS: u32 = 1000;

impl Endpoint {
    /// Everything that is stored about who asks, but for what opens something: no hash, no key, no token.
    pub(super) async fn export(
        &self,
        ctx: &RequestContext,
        live: &LiveSession,
    ) -> Result<Answer<AccountState>, Problem> {
        let identity = &live.identity;
        let factors = self.factors(&identity.id).await?;
        self.fresh(live, &factors)?;
        // What just happened belongs to it.
        self.flush_records().await.map_err(problem::storage)?;
        let mut events =
            self.storage.list_audit_of(&identity.id, EVENTS + 1).await.map_err(problem::storage)?;
        let more = events.len() > EVENTS as usize;
        events.truncate(EVENTS as usize);
        let linked = self.linked_accounts(&identity.id).await?;
        let document = json!({
            "exported_at": self.now().0,
            "id": identity.id.0,
            "created_at": identity.created_at.0,
            "account": self.overview(ctx, live).await?,
            "linked_accounts": linked.iter().map(account).collect::<Vec<_>>(),
            "phone": phone_of(&factors).and_then(|kept| self.number_of(kept)),
            "events": events.iter().map(event).collect::<Vec<_>>(),
            "older_events_left_out": more,
        });
        let document =
            serde_json::to_string_pretty(&document).map_err(|_| Problem::new(ErrorCode::Internal))?;
        Ok(Answer::new(AccountState::Export { document }))
    }
}

fn account(linked: &LinkedAccount) -> Value {
    json!({
        "provider": linked.account.provider,
        "issuer": linked.account.issuer,
        "subject": linked.account.subject,
        "created_at": linked.created_at.0,
        "last_used_at": linked.last_used_at.0,
    })
}

fn event(record: &AuditRecord) -> Value {
    json!({
        "at": record.at.0,
        "event": record.event,
        "session": record.session_id.as_ref().map(|id| &id.0),
        "address": record.address,
        "detail": serde_json::from_str::<Value>(&record.detail).unwrap_or(Value::Null),
    })
}
