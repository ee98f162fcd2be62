//! A backend with a measure around it: how long each call takes, what failed, and a span for whoever traces.
//!
//! A new method of a repository needs its line here; the compiler asks for it.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use super::{
    AddressChange, AddressRepository, AddressSide, App, AppKey, AppRepository, AuditRecord, Change,
    ChangeFeed, ChangeSeq, Connections, Declaration, Declared, DeclaredRecord, DeclaredRepository,
    FactorRepository, Followed, Handover, IdentityFilter, IdentityRepository, Intake, LegacyHashes, LimitKey,
    LimitRepository, LimitState, LinkKind, LinkRepository, LinkedAccount, LoginCode, LoginCodeRepository,
    MailId, MailRepository, MetaRepository, NewIdentity, NewLink, NewLoginCode, NewMail, NewProviderFlow,
    NewSession, NewUpheld, PasskeyRepository, PendingFlow, PendingRegistration, ProviderAccount,
    ProviderFlow, ProviderRepository, QueuedMail, RaisedSession, RegistrationRepository, Removal, Reseal,
    Result, SessionRepository, SignInRecord, Snapshot, Storage, StorageError, StoredLink, Transfer, Upheld,
    WaysIn,
};
use crate::{
    clock::Timestamp,
    factor::{FactorId, FactorName, NewFactor, StoredFactor, password::PasswordHash},
    identity::{EmailAddress, Identity, IdentityId, Role, Source},
    session::{AppName, LiveSession, NewCode, NewTicket, SessionId, StoredCode, StoredTicket, TokenHash},
    telemetry::metrics::{self, DatabaseError, Label as _},
};

/// A backend, measured.
#[derive(Debug)]
pub struct Measured(Arc<dyn Storage>);

impl Measured {
    /// The same backend.
    pub const fn new(inner: Arc<dyn Storage>) -> Self {
        Self(inner)
    }
}

impl Storage for Measured {}

/// A copy takes as long as it takes: nothing to measure.
#[async_trait]
impl Transfer for Measured {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.0.snapshot().await
    }

    async fn intake(&self) -> Result<Box<dyn Intake>> {
        self.0.intake().await
    }
}

macro_rules! measured {
    ($trait:ident, $class:literal, {$(fn $name:ident($($arg:ident: $type:ty),*) -> $ok:ty;)*} {$($more:tt)*}) => {
        #[async_trait]
        impl $trait for Measured {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$ok> {
                let span = tracing::debug_span!(concat!("storage ", stringify!($name)));
                watched($class, span, self.0.$name($($arg),*)).await
            })*
            $($more)*
        }
    };
}

measured! { IdentityRepository, "identity", {
    fn add_identity(new: NewIdentity) -> Identity;
    fn lookup_identity(id: &IdentityId) -> Option<Identity>;
    fn find_by_username(folded: &str) -> Option<SignInRecord>;
    fn find_by_email(folded: &str) -> Option<SignInRecord>;
    fn list_identities(filter: &IdentityFilter) -> Vec<Identity>;
    fn any_with_role(role: &Role) -> bool;
    fn set_password(id: &IdentityId, hash: &PasswordHash, must_change: bool, except: Option<&SessionId>, now: Timestamp) -> u32;
    fn upgrade_hash(id: &IdentityId, old: &PasswordHash, new: &PasswordHash) -> ();
    fn legacy_hashes() -> LegacyHashes;
    fn set_roles(id: &IdentityId, roles: &[Role], now: Timestamp) -> bool;
    fn set_disabled(id: &IdentityId, disabled: bool, now: Timestamp) -> bool;
    fn delete_identity(id: &IdentityId, now: Timestamp) -> bool;
} {
} }

measured! { DeclaredRepository, "declared", {
    fn list_declared(source: &Source) -> Vec<DeclaredRecord>;
    fn declare(declaration: &Declaration, now: Timestamp) -> Declared;
    fn uphold(person: &NewUpheld, now: Timestamp) -> Upheld;
} {
} }

measured! { RegistrationRepository, "registration", {
    fn add_registration(pending: PendingRegistration, mail: NewMail) -> ();
    fn find_registration(folded_email: &str, now: Timestamp) -> Option<PendingRegistration>;
    fn complete_registration(link: TokenHash, now: Timestamp) -> Option<Identity>;
} {
} }

measured! { LinkRepository, "link", {
    fn add_link(link: NewLink) -> ();
    fn peek_link(hash: TokenHash, kind: LinkKind, now: Timestamp) -> Option<StoredLink>;
    fn consume_for_identity(hash: TokenHash, kind: LinkKind, new: NewIdentity, now: Timestamp) -> Option<Identity>;
    fn consume_for_password(hash: TokenHash, kind: LinkKind, password: &PasswordHash, now: Timestamp) -> Option<Identity>;
} {
} }

measured! { SessionRepository, "session", {
    fn add_session(new: NewSession) -> ();
    fn find_session(hash: TokenHash) -> Option<LiveSession>;
    fn lookup_session(id: &SessionId) -> Option<LiveSession>;
    fn list_sessions(id: &IdentityId) -> Vec<LiveSession>;
    fn touch_session(id: &SessionId, at: Timestamp) -> ();
    fn revoke_session(id: &SessionId, now: Timestamp) -> bool;
    fn revoke_sessions(id: &IdentityId, except: Option<&SessionId>, now: Timestamp) -> u32;
    fn add_ticket(ticket: NewTicket) -> ();
    fn find_ticket(hash: TokenHash) -> Option<StoredTicket>;
    fn redeem_ticket(hash: TokenHash, handle: TokenHash, now: Timestamp) -> bool;
    fn sweep(now: Timestamp) -> u64;
} {
} }

measured! { FactorRepository, "factor", {
    fn list_factors(owner: &IdentityId) -> Vec<StoredFactor>;
    fn count_recovery_codes(owner: &IdentityId) -> u32;
    fn add_factor(new: NewFactor, codes: &[TokenHash], flow: TokenHash, first: bool) -> bool;
    fn rename_factor(owner: &IdentityId, id: &FactorId, name: &FactorName, now: Timestamp) -> bool;
    fn remove_factor(owner: &IdentityId, id: &FactorId, keep_one: bool, ways: &WaysIn, now: Timestamp) -> Removal;
    fn remove_factors(owner: &IdentityId, now: Timestamp) -> u32;
    fn accept_step(id: &FactorId, step: i64, now: Timestamp) -> bool;
    fn replace_recovery_codes(owner: &IdentityId, codes: &[TokenHash], now: Timestamp) -> ();
    fn use_recovery_code(owner: &IdentityId, code: TokenHash, now: Timestamp) -> bool;
    fn add_flow(flow: PendingFlow, clear: &[LimitKey]) -> ();
    fn find_flow(hash: TokenHash, now: Timestamp) -> Option<PendingFlow>;
    fn raise_session(raised: RaisedSession) -> bool;
} {
} }

measured! { LoginCodeRepository, "login_code", {
    fn add_login_code(new: NewLoginCode) -> ();
    fn mint_login_code(hash: TokenHash, mac: [u8; 32], link: Option<TokenHash>, now: Timestamp) -> Option<Timestamp>;
    fn try_login_code(hash: TokenHash, now: Timestamp) -> Option<LoginCode>;
    fn find_login_link(link: TokenHash, now: Timestamp) -> Option<LoginCode>;
    fn use_login_code(hash: TokenHash, now: Timestamp) -> bool;
} {
} }

measured! { PasskeyRepository, "passkey", {
    fn find_passkey(credential_id: &[u8]) -> Option<StoredFactor>;
    fn use_passkey(id: &FactorId, counter: u32, now: Timestamp) -> bool;
    fn use_challenge(hash: TokenHash, expires_at: Timestamp, now: Timestamp) -> bool;
} {
} }

measured! { AppRepository, "app", {
    fn add_app(app: &App, key: TokenHash) -> bool;
    fn list_apps() -> Vec<(App, Vec<AppKey>)>;
    fn find_app(name: &AppName) -> Option<App>;
    fn find_app_by_key(hash: TokenHash, now: Timestamp) -> Option<App>;
    fn rotate_app_key(name: &AppName, key: TokenHash, retires_at: Timestamp, now: Timestamp) -> bool;
    fn remove_app(name: &AppName, now: Timestamp) -> bool;
    fn add_code(code: NewCode) -> ();
    fn find_code(hash: TokenHash) -> Option<StoredCode>;
    fn exchange_code(hash: TokenHash, new: NewSession) -> bool;
} {
} }

measured! { ProviderRepository, "provider", {
    fn add_provider_flow(new: NewProviderFlow) -> ();
    fn consume_provider_flow(state: TokenHash, browser: TokenHash, now: Timestamp) -> Option<ProviderFlow>;
    fn add_handover(challenge: TokenHash, left: &Handover, created_at: Timestamp, expires_at: Timestamp) -> ();
    fn consume_handover(challenge: TokenHash, now: Timestamp) -> Option<Handover>;
    fn find_by_account(issuer: &str, subject: &str) -> Option<Identity>;
    fn list_linked_accounts(id: &IdentityId) -> Vec<LinkedAccount>;
    fn add_linked_account(id: &IdentityId, account: &ProviderAccount, now: Timestamp) -> bool;
    fn add_linked_identity(new: NewIdentity, account: &ProviderAccount) -> Option<Identity>;
    fn touch_linked_account(issuer: &str, subject: &str, now: Timestamp) -> ();
    fn remove_linked_account(id: &IdentityId, account: &ProviderAccount, ways: &WaysIn, now: Timestamp) -> Removal;
} {
} }

measured! { AddressRepository, "address", {
    fn add_address_change(change: AddressChange, session: &SessionId, mails: Vec<NewMail>) -> ();
    fn find_address_change(id: &IdentityId, now: Timestamp) -> Option<AddressChange>;
    fn add_address_link(change: &str, side: AddressSide, hash: TokenHash, expires_at: Timestamp, now: Timestamp) -> bool;
    fn follow_address_link(hash: TokenHash, side: AddressSide, now: Timestamp) -> Option<Followed>;
    fn set_address(id: &IdentityId, email: &EmailAddress, verified: bool, now: Timestamp) -> bool;
    fn cancel_address_change(id: &IdentityId, now: Timestamp) -> bool;
} {
} }

measured! { LimitRepository, "limit", {
    fn read_limits(keys: &[LimitKey]) -> Vec<LimitState>;
    fn update_limits(keys: &[LimitKey], update: &(dyn for<'a> Fn(&'a mut [LimitState]) + Send + Sync), now: Timestamp) -> Vec<LimitState>;
} {
} }

measured! { MailRepository, "mail", {
    fn enqueue_mail(mail: NewMail, cap: u32, window: Duration) -> bool;
    fn claim_mail(now: Timestamp, lease: Duration) -> Option<QueuedMail>;
    fn mail_sent(id: &MailId, now: Timestamp) -> ();
    fn mail_failed(id: &MailId, error: &str, at: Option<Timestamp>) -> ();
    fn mail_backlog() -> (u64, Option<Timestamp>);
} {
} }

measured! { ChangeFeed, "feed", {
    fn latest_change() -> ChangeSeq;
    fn changes_since(seq: ChangeSeq) -> Vec<Change>;
} {
    async fn wait_for_change(&self) -> Result<()> {
        // It waits by intent: how long says nothing.
        failed(self.0.wait_for_change().await)
    }
} }

measured! { MetaRepository, "meta", {
    fn add_audit(record: AuditRecord) -> ();
    fn list_audit(limit: u32) -> Vec<AuditRecord>;
    fn list_audit_of(id: &IdentityId, limit: u32) -> Vec<AuditRecord>;
    fn latest_audit(event: &str) -> Option<AuditRecord>;
    fn instance() -> String;
    fn claim_key(mark: [u8; 32], now: Timestamp) -> [u8; 32];
    fn replace_key(mark: [u8; 32], reseal: &Reseal<'_>, now: Timestamp) -> u32;
    fn high_water_mark() -> Timestamp;
    fn raise_high_water_mark(now: Timestamp) -> ();
    fn check() -> ();
    fn backup(to: &Path) -> ();
} {
    fn connections(&self) -> Option<Connections> {
        self.0.connections()
    }

    async fn close(&self) {
        self.0.close().await;
    }
} }

async fn watched<T>(class: &'static str, span: Span, call: impl Future<Output = Result<T>>) -> Result<T> {
    let began = Instant::now();
    let answer = call.instrument(span).await;
    metrics::DATABASE_SECONDS.took(&[("trait", class)], began.elapsed());
    failed(answer)
}

/// Counts what is a failure of the database; a taken name is an answer.
fn failed<T>(answer: Result<T>) -> Result<T> {
    let kind = match &answer {
        Err(StorageError::Unavailable(_)) => DatabaseError::Unavailable,
        Err(StorageError::Corrupt(_)) => DatabaseError::Inconsistent,
        _ => return answer,
    };
    metrics::DATABASE_ERRORS.count(&[("kind", kind.value())]);
    answer
}
