//! Guesses, counted: before the hash a place is taken and the counters are read, after it a failure is written.

use gatehouse_protocol::Problem;

use super::{Endpoint, RequestContext, problem};
use crate::{
    identity::IdentityId,
    limit::{Refused, Rule, Ticketed, kind_of},
    storage::{LimitKey, LimitState},
    telemetry::metrics,
};

/// Whose account is guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Somebody's own, or nobody's.
    Own,
    /// The one of everybody who knows the password.
    Shared,
}

/// An attempt that may be looked at. It counts as under way until it is dropped.
#[derive(Debug)]
pub(super) struct Attempt {
    place: Ticketed,
    rules: Vec<Rule>,
    /// The counters that a success resets: the account's, not those of the address and of everybody.
    own: Vec<LimitKey>,
}

impl Attempt {
    pub(super) fn own(&self) -> Vec<LimitKey> {
        self.own.clone()
    }
}

impl Endpoint {
    /// An attempt at the password of an account. A device that the identity knows has a budget of its own, and gets
    /// in while others guess.
    pub(super) async fn attempt_login(
        &self,
        ctx: &RequestContext,
        identity: Option<&IdentityId>,
        folded: &str,
        whose: Account,
    ) -> Result<Attempt, Problem> {
        let keys = &self.limit_keys;
        let account = identity.map_or_else(|| keys.unknown(folded), |id| keys.account(id));
        if let Some((id, device)) = identity.and_then(|id| Some((id, self.known_device(ctx, id)?))) {
            let mut counted = vec![(keys.device(id, &device), self.rules.account)];
            if whose == Account::Shared {
                // Who knew an earlier password may have known browsers by the dozen: they share a budget.
                counted.push((keys.device(id, "all"), self.rules.shared));
            }
            let mut attempt = self.attempt(counted).await?;
            if whose == Account::Own {
                attempt.own.push(account);
            }
            return Ok(attempt);
        }
        let mut counted = Vec::new();
        match (whose, ctx.believed()) {
            (Account::Own, _) => counted.push((account, self.rules.account)),
            // A lock of the account would lock everybody out, whoever guesses: each address has one of its own.
            (Account::Shared, Some(address)) => {
                counted.push((keys.account_from(&account, address), self.rules.account));
                counted.push((account, self.rules.shared));
            }
            (Account::Shared, None) => counted.push((account, self.rules.shared)),
        }
        let mut attempt = self.attempt(self.with_everybody(ctx, counted)).await?;
        if whose == Account::Shared && ctx.believed().is_none() {
            // One who knows the password must not make room for one who guesses.
            attempt.own.clear();
        }
        Ok(attempt)
    }

    /// An attempt at the current password, by somebody who is signed in.
    pub(super) async fn attempt_change(&self, id: &IdentityId) -> Result<Attempt, Problem> {
        self.attempt(vec![(self.limit_keys.change(id), self.rules.account)]).await
    }

    /// An attempt at somebody's second factor. No new login resets it, nor does a known device have a budget of its own.
    pub(super) async fn attempt_factor(&self, id: &IdentityId) -> Result<Attempt, Problem> {
        self.attempt(vec![(self.limit_keys.factor(id), self.rules.account)]).await
    }

    /// An attempt at a code that was sent in place of a password. No new code resets its count; a known device has a
    /// budget of its own, and gets in while others guess.
    pub(super) async fn attempt_code(
        &self,
        ctx: &RequestContext,
        counted: LimitKey,
        identity: Option<&IdentityId>,
    ) -> Result<Attempt, Problem> {
        let keys = &self.limit_keys;
        if let Some((id, device)) = identity.and_then(|id| Some((id, self.known_device(ctx, id)?))) {
            let device = keys.device(id, &format!("code:{device}"));
            let mut attempt = self.attempt(vec![(device, self.rules.account)]).await?;
            attempt.own.push(counted);
            return Ok(attempt);
        }
        self.attempt(self.with_everybody(ctx, vec![(counted, self.rules.account)])).await
    }

    /// An attempt to sign in by a passkey alone: at that passkey, whether it is known or not, from that address, and of all.
    pub(super) async fn attempt_passkey(
        &self,
        ctx: &RequestContext,
        credential_id: &[u8],
    ) -> Result<Attempt, Problem> {
        let own = vec![(self.limit_keys.passkey(credential_id), self.rules.account)];
        self.attempt(self.with_everybody(ctx, own)).await
    }

    /// The counters of a way to sign in, with those of everybody and of the address.
    fn with_everybody(&self, ctx: &RequestContext, mut own: Vec<(LimitKey, Rule)>) -> Vec<(LimitKey, Rule)> {
        let keys = &self.limit_keys;
        own.push((keys.all(ctx.counted_at(), "login"), self.rules.global));
        match ctx.believed() {
            Some(address) => own.push((keys.address(ctx.counted_at(), address), self.rules.address)),
            None => {
                tracing::debug!(
                    "no address to count by: is there a proxy that trusted_proxies doesn't name?"
                );
            }
        }
        own
    }

    /// Takes a place under the counters, the account's first, and asks each of them.
    async fn attempt(&self, counted: Vec<(LimitKey, Rule)>) -> Result<Attempt, Problem> {
        let (keys, rules): (Vec<_>, Vec<_>) = counted.into_iter().unzip();
        let place = self.in_flight.enter(keys);
        let states = self.storage.read_limits(place.keys()).await.map_err(problem::storage)?;
        let now = self.now();
        let mut longest: Option<(Refused, &LimitKey)> = None;
        let asked = rules.iter().zip(&states).zip(place.others()).zip(place.keys());
        for (((rule, state), others), key) in asked {
            if let Err(refused) = rule.admit(state, *others, now)
                && longest.is_none_or(|(before, _)| before.retry_after < refused.retry_after)
            {
                longest = Some((refused, key));
            }
        }
        if let Some((refused, key)) = longest {
            return Err(limited(refused, key));
        }
        let own = place.keys().iter().take(1).cloned().collect();
        Ok(Attempt { place, rules, own })
    }

    /// Writes a failure under every counter of the attempt, in one commit.
    pub(super) async fn failed(&self, attempt: Attempt) -> Result<(), Problem> {
        let now = self.now();
        self.count(attempt.place.keys(), &attempt.rules, now).await.map(|_| ())
    }

    /// Counts one use under every key, if all of them allow it; refuses otherwise and counts nothing.
    pub(super) async fn take(&self, counted: Vec<(LimitKey, Rule)>) -> Result<(), Problem> {
        let (keys, rules): (Vec<_>, Vec<_>) = counted.into_iter().unzip();
        let now = self.now();
        let refused = std::sync::Mutex::new(None);
        let update = |states: &mut [LimitState]| {
            let mut asked = rules.iter().zip(states.iter()).zip(&keys);
            let verdict =
                asked.find_map(|((rule, state), key)| Some((rule.admit(state, 0, now).err()?, key)));
            if verdict.is_none() {
                for (rule, state) in rules.iter().zip(states) {
                    rule.count(state, now);
                }
            }
            *refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = verdict;
        };
        self.storage.update_limits(&keys, &update, now).await.map_err(problem::storage)?;
        let refused = refused.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        refused.map_or(Ok(()), |(refused, key)| Err(limited(refused, key)))
    }

    /// Counts a cheap call.
    pub(super) fn question(&self, ctx: &RequestContext) -> Result<(), Problem> {
        let Some(address) = ctx.believed() else { return Ok(()) };
        let key = self.limit_keys.question(ctx.counted_at(), address);
        self.questions.take(key.clone(), self.now()).map_err(|refused| limited(refused, &key))
    }

    async fn count(
        &self,
        keys: &[LimitKey],
        rules: &[Rule],
        now: crate::clock::Timestamp,
    ) -> Result<Vec<LimitState>, Problem> {
        let update = |states: &mut [LimitState]| {
            for (rule, state) in rules.iter().zip(states) {
                rule.count(state, now);
            }
        };
        self.storage.update_limits(keys, &update, now).await.map_err(problem::storage)
    }
}

/// Says when to come back, and counts which limit said so.
fn limited(refused: Refused, key: &LimitKey) -> Problem {
    metrics::REFUSALS.count(&[("limit", kind_of(key))]);
    problem::limited(refused)
}
