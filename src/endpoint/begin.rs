//! How a session begins: from a completed flow, and from nothing else.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{Challenge, ErrorCode, Problem, Ticket};

use super::{Answer, CookieChange, Endpoint, RequestContext, problem};
use crate::{
    flow::Completed,
    identity::IdentityId,
    session::{AppName, Lifetime, NewTicket, Secret, Session, SessionId},
    storage::{LimitKey, NewSession},
    telemetry::metrics::{self, Label as _, Login as Outcome},
};

/// How long a browser remembers that it is known.
const DEVICE_TTL: Duration = Duration::from_hours(9600);
/// The longest name of a browser that is kept, in characters.
const USER_AGENT_MAX: usize = 200;

/// How a session shall begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// Keep me signed in.
    pub(super) keep: bool,
    /// A Python app waits for a ticket.
    pub(super) challenge: Option<Challenge>,
    /// The counters that this success resets.
    pub(super) clear: Vec<LimitKey>,
}

impl Endpoint {
    /// Begins a session: a new one always, and the one that the browser came with ends. One commit.
    pub(super) async fn begin(
        &self,
        ctx: &RequestContext,
        completed: Completed,
        wish: Wish,
    ) -> Result<(Answer<Option<Ticket>>, SessionId), Problem> {
        let now = self.now();
        let replaces = self.presented(ctx).await.map_err(problem::storage)?;
        let token = Secret::draw(&*self.entropy);
        let session = Session {
            id: self.draw_session_id(ctx.audience()),
            identity_id: completed.identity_id().clone(),
            token_hash: token.hash(),
            created_at: now,
            authenticated_at: now,
            last_used_at: now,
            lifetime: self.lifetime(wish.keep),
            methods: completed.methods().clone(),
            user_agent: ctx.user_agent.chars().take(USER_AGENT_MAX).collect(),
            address: ctx.address.map(|address| address.to_string()).unwrap_or_default(),
            app: ctx.audience().cloned(),
            parent_id: None,
        };
        let id = session.id.clone();
        let max_age = wish.keep.then_some(session.lifetime.absolute_ttl);
        let (ticket, stored) = wish.challenge.map(|challenge| self.draw_ticket(&id, challenge)).unzip();
        let device = self.device_cookie(ctx, completed.identity_id());
        let cap = self.cap(completed.identity_id());
        self.storage
            .add_session(NewSession {
                session,
                ticket: stored,
                replaces: replaces.clone(),
                verified: completed.verified().cloned(),
                flow: completed.flow(),
                clear: wish.clear,
                cap,
            })
            .await
            .map_err(problem::storage)?;
        metrics::LOGINS.count(&[("outcome", Outcome::Completed.value())]);
        if let Some(ended) = &replaces {
            self.ended(ended);
        }
        let answer = Answer {
            state: ticket,
            session_cookie: CookieChange::Set { value: token, max_age },
            device_cookie: device,
            browser_cookie: CookieChange::Keep,
        };
        Ok((answer, id))
    }

    /// A ticket for a session, and what is stored of it.
    pub(super) fn draw_ticket(&self, session: &SessionId, challenge: Challenge) -> (Ticket, NewTicket) {
        let secret = Secret::draw(&*self.entropy);
        let stored = NewTicket {
            hash: secret.hash(),
            session_id: session.clone(),
            challenge: challenge.0,
            issued_at: self.now(),
        };
        (Ticket::new(secret.expose()), stored)
    }

    /// The session that the browser came with, alive or not.
    async fn presented(
        &self,
        ctx: &RequestContext,
    ) -> Result<Option<SessionId>, crate::storage::StorageError> {
        let Some(token) = &ctx.session else { return Ok(None) };
        let found = self.storage.find_session(token.hash()).await?;
        Ok(found.filter(|live| live.is_for(ctx.audience())).map(|live| live.session.id))
    }

    /// An id that says whose the session is.
    pub(super) fn draw_session_id(&self, app: Option<&AppName>) -> SessionId {
        SessionId(match app {
            None => self.entropy.id("ses"),
            Some(app) => self.entropy.id(&app.session_prefix()),
        })
    }

    fn lifetime(&self, keep: bool) -> Lifetime {
        let spans = &self.settings.session;
        let (idle, absolute) =
            if keep { (spans.keep_ttl, spans.keep_ttl) } else { (spans.idle_ttl, spans.absolute_ttl) };
        Lifetime {
            idle_ttl: Duration::from_secs(idle),
            absolute_ttl: Duration::from_secs(absolute),
            persistent: keep,
        }
    }

    /// The device that the browser is to this identity, if its cookie says so.
    pub(super) fn known_device(&self, ctx: &RequestContext, id: &IdentityId) -> Option<String> {
        let (device, mac) = ctx.device.as_deref()?.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        self.key.verify("device", &bound(device, id), &mac).then(|| device.to_owned())
    }

    /// The cookie by which this browser is known to the identity from now on.
    pub(super) fn device_cookie(&self, ctx: &RequestContext, id: &IdentityId) -> CookieChange {
        let device = self.known_device(ctx, id).unwrap_or_else(|| self.entropy.id("dev"));
        let mac = URL_SAFE_NO_PAD.encode(self.key.mac("device", &bound(&device, id)));
        CookieChange::Set { value: Secret::received(format!("{device}.{mac}")), max_age: Some(DEVICE_TTL) }
    }
}

fn bound(device: &str, id: &IdentityId) -> Vec<u8> {
    format!("{device}\0{}", id.0).into_bytes()
}

/// Refuses what can't be the S256 of anything, before work is done for it.
pub(super) fn shaped(challenge: Option<&Challenge>) -> Result<(), Problem> {
    let ok = |challenge: &Challenge| {
        challenge.0.len() == 43 && URL_SAFE_NO_PAD.decode(&challenge.0).is_ok_and(|bytes| bytes.len() == 32)
    };
    if challenge.is_none_or(ok) { Ok(()) } else { Err(Problem::new(ErrorCode::Malformed)) }
}
