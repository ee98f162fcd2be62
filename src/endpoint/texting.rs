//! SMS on their way: how many there may be, and that nobody waits for one.
//!
//! An SMS costs money, and somebody earns it: who owns a range of dear numbers has codes sent there by the thousand. So
//! there are caps for each number, each person, each address that asks, and for all of them together. Anybody may ask for a
//! code in place of a password, and in anybody's name: half of what a number and a day have, rounded down, is kept for who
//! has proved something first.

use std::{sync::Arc, time::Duration};

use gatehouse_protocol::{CodeChannel, ErrorCode, Problem};

use super::{Endpoint, RequestContext, code::LOGIN_CODE, login::entry, problem};
use crate::{
    audit::Event,
    factor::{FactorKind, StoredFactor},
    flow::login::Identifier,
    identity::{Identity, IdentityId},
    limit::Rule,
    mail,
    session::TokenHash,
    sms::{Message, SendError, Sender, ending},
    storage::{LimitKey, NewLoginCode},
    telemetry::metrics::{self, Label as _, Sms},
};

/// What the numbers of phones are sealed for.
pub(super) const PHONE_SEAL: &str = "phone";
/// The pause before what could not be sent is sent once more.
const PAUSE: Duration = Duration::from_secs(3);
/// How many SMS may be on their way at once; more are not sent.
const ON_THEIR_WAY: usize = 64;
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Sends SMS in the background.
#[derive(Debug)]
pub(super) struct Texting {
    sender: Arc<Sender>,
    room: Arc<tokio::sync::Semaphore>,
}

impl Texting {
    pub(super) fn new(sender: Sender) -> Self {
        Self { sender: Arc::new(sender), room: Arc::new(tokio::sync::Semaphore::new(ON_THEIR_WAY)) }
    }
}

impl Endpoint {
    /// Sends a code in place of a password to the phone of who is meant, or does as much work.
    pub(super) async fn text_code(
        &self,
        ctx: &RequestContext,
        identifier: &Identifier,
        identity: Option<&Identity>,
        hash: TokenHash,
    ) -> Result<(), Problem> {
        let nobody = IdentityId(String::new());
        let owner = identity.filter(|identity| identity.is_open()).map(|identity| &identity.id);
        let factors = self.factors(owner.unwrap_or(&nobody)).await?;
        let number = phone_of(&factors).and_then(|kept| self.number_of(kept));
        self.take_sms_from(ctx).await?;
        // Who asks in vain must not use up what is left for others.
        let keys = &self.limit_keys;
        let (caps, asked) = if let (Some(number), Some(owner)) = (&number, owner) {
            let asked = [format!("asked:{number}"), "asked".to_owned()];
            (self.sms_caps(number, owner), asked)
        } else {
            let folded = identifier.folded();
            let [number, person] = ["number", "person"].map(|what| keys.sms(&format!("no:{what}:{folded}")));
            let asked = [format!("no:asked:{folded}"), "no:asked".to_owned()];
            (self.sms_rules([number, person, keys.sms("no")]), asked)
        };
        let taken = match self.take([caps, self.sms_shares(asked)].concat()).await {
            Err(refused) if refused.code == ErrorCode::TooManyAttempts => {
                self.capped(ctx, owner);
                false
            }
            other => other.map(|()| true)?,
        };
        let code = self.draw_code();
        let to = number.filter(|_| taken).zip(owner);
        let new = NewLoginCode {
            mac: to.is_some().then(|| self.code_mac(LOGIN_CODE, hash, code.expose())),
            ..self.asked(identifier, to.as_ref().map(|(_, owner)| *owner), CodeChannel::Sms, hash)
        };
        self.storage.add_login_code(new).await.map_err(problem::storage)?;
        if let Some((number, _)) = to {
            self.text(ctx, number, code.expose());
        }
        Ok(())
    }

    /// The number of a phone.
    pub(super) fn number_of(&self, kept: &StoredFactor) -> Option<String> {
        let factor = &kept.factor;
        match self.key.open(PHONE_SEAL, &factor.identity_id.0, &factor.sealed) {
            Ok(number) => String::from_utf8(number.to_vec()).ok(),
            Err(error) => {
                tracing::error!(%error, factor = factor.id.0, "no code is sent to it");
                None
            }
        }
    }

    /// Counts an SMS to the number of somebody who is known, or refuses it.
    pub(super) async fn take_sms(
        &self,
        ctx: &RequestContext,
        number: &str,
        owner: &IdentityId,
    ) -> Result<(), Problem> {
        self.take_sms_from(ctx).await?;
        let taken = self.take(self.sms_caps(number, owner)).await;
        if taken.as_ref().is_err_and(|refused| refused.code == ErrorCode::TooManyAttempts) {
            self.capped(ctx, Some(owner));
        }
        taken
    }

    /// Counts an SMS by who asks for it, whoever is meant.
    async fn take_sms_from(&self, ctx: &RequestContext) -> Result<(), Problem> {
        let Some(address) = ctx.believed() else { return Ok(()) };
        let rule = Rule::bucket(self.settings.sms.per_address_per_hour, HOUR);
        self.take(vec![(self.limit_keys.sms_from(ctx.counted_at(), address), rule)]).await
    }

    fn sms_caps(&self, number: &str, owner: &IdentityId) -> Vec<(LimitKey, Rule)> {
        let keys = &self.limit_keys;
        self.sms_rules([keys.sms(number), keys.sms(&owner.0), keys.sms("all")])
    }

    fn sms_rules(&self, [number, person, all]: [LimitKey; 3]) -> Vec<(LimitKey, Rule)> {
        let sms = &self.settings.sms;
        let each = Rule::bucket(sms.per_number_per_hour, HOUR);
        vec![(number, each), (person, each), (all, Rule::bucket(sms.per_day, DAY))]
    }

    /// What may be asked for by anybody, of a number's and of the day's.
    fn sms_shares(&self, [number, all]: [String; 2]) -> Vec<(LimitKey, Rule)> {
        let (keys, sms) = (&self.limit_keys, &self.settings.sms);
        let share = |cap: u32, per| Rule::bucket(cap.div_ceil(2), per);
        vec![
            (keys.sms(&number), share(sms.per_number_per_hour, HOUR)),
            (keys.sms(&all), share(sms.per_day, DAY)),
        ]
    }

    fn capped(&self, ctx: &RequestContext, owner: Option<&IdentityId>) {
        count(Sms::Capped);
        self.record(entry(Event::SmsCapped, ctx, owner));
    }

    /// Sends a code. Nobody waits for it, and nobody is told what became of it but the operator.
    pub(super) fn text(&self, ctx: &RequestContext, number: String, code: &str) {
        let Some(texting) = &self.sms else { return };
        let Ok(room) = Arc::clone(&texting.room).try_acquire_owned() else {
            tracing::error!(to = ending(&number), "too many SMS are on their way; this one is not sent");
            count(Sms::Failed);
            return;
        };
        let app = ctx.app.as_deref();
        let title = app.map_or_else(|| self.settings.app_name.clone(), |app| self.app_title(app));
        let home = app.map(|app| app.url.clone()).or_else(|| self.home()).unwrap_or_default();
        let text = mail::sms_with_code(&ctx.locale, &title, code, host_of(&home));
        let message = Message { id: self.entropy.id("sms"), to: number, text };
        let (sender, now) = (Arc::clone(&texting.sender), self.now());
        tokio::spawn(async move {
            let _room = room;
            let mut sent = sender.send(&message, now).await;
            if let Err(SendError::Later(error)) = &sent {
                tracing::warn!(
                    sms = message.id,
                    to = ending(&message.to),
                    error,
                    "SMS not sent; it is tried again"
                );
                count(Sms::Retried);
                tokio::time::sleep(PAUSE).await;
                sent = sender.send(&message, now.plus(PAUSE)).await;
            }
            match sent {
                Ok(()) => {
                    tracing::info!(sms = message.id, to = ending(&message.to), "SMS sent");
                    count(Sms::Sent);
                }
                Err(error) => {
                    tracing::error!(sms = message.id, to = ending(&message.to), %error, "SMS not sent");
                    count(Sms::Failed);
                }
            }
        });
    }
}

/// The phone among somebody's factors.
pub(super) fn phone_of(factors: &[StoredFactor]) -> Option<&StoredFactor> {
    factors.iter().find(|kept| kept.factor.kind == FactorKind::Phone)
}

/// The host of an address, as pages are bound to it.
fn host_of(home: &str) -> &str {
    let authority = home.split_once("://").map_or(home, |(_, rest)| rest);
    let host = authority.split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn count(outcome: Sms) {
    metrics::SMS.count(&[("outcome", outcome.value())]);
}
