//! What follows once the first factor is proven: a session, or one more factor.

use gatehouse_protocol::SecondFactor;

use super::Completed;
use crate::{
    config::{Mfa, Settings},
    factor::{FactorKind, StoredFactor, password::PasswordHash},
    identity::{Identity, IdentityId, Source},
    session::{AssuranceLevel, Method, Methods, Session},
    storage::{FlowAim, PendingFlow},
};

/// The evidence of a first factor. It begins no session before it was asked what comes next.
#[derive(Debug)]
pub struct Proven {
    identity_id: IdentityId,
    verified: Option<PasswordHash>,
    methods: Methods,
}

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// Nothing: a session begins.
    Complete(Completed),
    /// A second factor has to be proven.
    Challenge(Proven),
    /// A second factor has to be set up.
    Enroll(Proven),
}

impl Proven {
    pub(super) const fn new(
        identity_id: IdentityId,
        verified: Option<PasswordHash>,
        methods: Methods,
    ) -> Self {
        Self { identity_id, verified, methods }
    }

    /// Who.
    pub const fn identity_id(&self) -> &IdentityId {
        &self.identity_id
    }

    /// What was proven.
    pub const fn methods(&self) -> &Methods {
        &self.methods
    }

    /// What comes next for who has these factors: one that is there is asked for, whatever the policy says, unless it is
    /// what was proven already.
    pub fn next(self, factors: &[StoredFactor], required: AssuranceLevel) -> Next {
        if self.methods.assurance() >= AssuranceLevel::Aal2 {
            Next::Complete(Completed::new(self.identity_id, self.verified, self.methods))
        } else if factors.iter().any(|kept| adds(kept, &self.methods))
            // Whoever has the phone alone must not set something up beside it.
            || (required >= AssuranceLevel::Aal2 && !factors.is_empty())
        {
            Next::Challenge(self)
        } else if required >= AssuranceLevel::Aal2 {
            Next::Enroll(self)
        } else {
            Next::Complete(Completed::new(self.identity_id, self.verified, self.methods))
        }
    }
}

/// Whether a factor says more than what was proven. A code to the same phone does not.
fn adds(kept: &StoredFactor, methods: &Methods) -> bool {
    kept.factor.kind != FactorKind::Phone || !only_sms(methods)
}

fn only_sms(methods: &Methods) -> bool {
    *methods == Methods::only(Method::SmsCode)
}

/// How sure one has to be of somebody before a session counts. Whom a proxy names proves everything there.
pub fn required(settings: &Settings, identity: &Identity) -> AssuranceLevel {
    let by_role =
        || identity.roles.iter().any(|role| settings.mfa_roles.iter().any(|named| role.as_str() == named));
    let proxied = identity.source.as_ref().is_some_and(Source::is_proxy);
    match settings.mfa {
        _ if proxied => AssuranceLevel::Aal1,
        Mfa::Required => AssuranceLevel::Aal2,
        Mfa::Optional if by_role() => AssuranceLevel::Aal2,
        Mfa::Optional | Mfa::Off => AssuranceLevel::Aal1,
    }
}

/// Whether somebody may set a second factor up.
pub fn may_enroll(settings: &Settings, identity: &Identity) -> bool {
    settings.mfa != Mfa::Off && !identity.source.as_ref().is_some_and(Source::is_proxy)
}

/// Whether somebody may set a passkey up: it may be the only factor, so that nobody asks whether there are second ones.
pub fn may_enroll_passkey(settings: &Settings, identity: &Identity) -> bool {
    settings.passkeys && !identity.source.as_ref().is_some_and(Source::is_proxy)
}

/// Whether who asks in this session has proven lately who that is, with everything there is to prove: then something
/// sensitive may be changed without asking again.
pub fn is_fresh(session: &Session, factors: &[StoredFactor], now: crate::clock::Timestamp) -> bool {
    let sure = factors.is_empty() || session.aal() >= AssuranceLevel::Aal2;
    sure && now.since(session.authenticated_at) <= FRESH
}

/// How long a proof is fresh.
const FRESH: std::time::Duration = std::time::Duration::from_mins(10);

/// A flow that was found, and waits for a second factor.
#[derive(Debug)]
pub struct Challenged(PendingFlow);

impl Challenged {
    /// From the flow behind its token; nothing where that waits for something else.
    pub fn found(flow: PendingFlow) -> Option<Self> {
        matches!(flow.aim, FlowAim::Challenge).then_some(Self(flow))
    }

    /// The flow.
    pub const fn flow(&self) -> &PendingFlow {
        &self.0
    }

    /// A second factor was proven, too.
    pub fn completed(self, method: Method) -> Completed {
        let PendingFlow { hash, identity_id, methods, .. } = self.0;
        Completed::new(identity_id, None, methods.and(method)).using_up(hash)
    }
}

/// A factor was set up in this flow, and is proven by that.
#[derive(Debug)]
pub struct Enrolled(PendingFlow);

impl Enrolled {
    /// From the flow that setting it up has used up; nothing where it was made for something else.
    pub fn found(flow: PendingFlow) -> Option<Self> {
        matches!(flow.aim, FlowAim::ConfirmTotp { .. } | FlowAim::ConfirmPasskey).then_some(Self(flow))
    }

    /// The login that waited for it is complete.
    pub fn completed(self, method: Method) -> Completed {
        Completed::new(self.0.identity_id, None, self.0.methods.and(method))
    }
}

/// What somebody with these factors can prove beside what was proven, the preferred one first. `sms`: whether anybody
/// sends them.
pub fn offered(
    factors: &[StoredFactor],
    recovery_codes: u32,
    methods: &Methods,
    sms: bool,
) -> Vec<SecondFactor> {
    let has = |kind| factors.iter().any(|kept| kept.factor.kind == kind);
    let all = [
        (SecondFactor::Passkey, has(FactorKind::Passkey)),
        (SecondFactor::Totp, has(FactorKind::Totp)),
        (SecondFactor::Sms, sms && has(FactorKind::Phone) && !only_sms(methods)),
        (SecondFactor::RecoveryCode, recovery_codes > 0),
    ];
    all.into_iter().filter_map(|(factor, there)| there.then_some(factor)).collect()
}

#[cfg(test)]
mod tests;
