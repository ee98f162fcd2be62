//! What must outlive the process, as traits; each backend is a folder and passes `tests/storage/`.
//!
//! Every method is one transaction: it happens whole or not at all, and what was answered with `Ok` stays. Methods
//! that revoke, disable or change a role, a password or a factor append to the change feed in that transaction.
//! The moment is always an argument. Nothing here decides who may do what.

mod address;
mod app;
mod change;
mod connections;
mod declared;
mod error;
mod factor;
mod failure;
mod login_code;
mod mail;
mod measured;
mod passkey;
pub mod postgres;
mod provider;
mod record;
mod removal;
pub mod sqlite;
mod transfer;
mod value;

use std::time::Duration;

use async_trait::async_trait;

pub use address::{AddressChange, AddressRepository, AddressSide, Followed};
pub use app::{App, AppKey};
pub use change::{Change, ChangeKind, ChangeSeq};
pub use connections::Connections;
use declared::Verdict;
pub use declared::{
    Conflict, Declaration, Declared, DeclaredRecord, Fingerprint, NewDeclared, NewUpheld, Upheld,
};
pub use error::StorageError;
pub use factor::{FactorRepository, FlowAim, PendingFlow, RaisedSession};
pub use login_code::{CODE_TRIES, LoginCode, LoginCodeRepository, NewLoginCode};
pub use mail::{AccountChange, MailId, MailTemplate, NewMail, QueuedMail};
pub use measured::Measured;
pub use passkey::PasskeyRepository;
pub use postgres::{Migration, Status};
pub use provider::{
    Handover, LinkedAccount, NewProviderFlow, ProviderAccount, ProviderFlow, ProviderRepository,
};
pub use record::{
    AuditRecord, IdentityFilter, LegacyHashes, LimitKey, LimitState, LinkKind, NewIdentity, NewLink,
    NewSession, PendingRegistration, SignInRecord, StoredLink,
};
pub use removal::{Removal, WaysIn};
pub use transfer::{Column, Intake, Kind, Row, Snapshot, TABLES, Table, Transfer, Value};

use crate::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{Identity, IdentityId, Role, Source},
    session::{AppName, LiveSession, NewCode, NewTicket, SessionId, StoredCode, StoredTicket, TokenHash},
};

/// The result of every method here.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

/// Identities and their credentials.
#[async_trait]
pub trait IdentityRepository {
    /// Adds an identity with its password; refuses a taken username (folded) or verified address (folded).
    async fn add_identity(&self, new: NewIdentity) -> Result<Identity>;
    /// By id.
    async fn lookup_identity(&self, id: &IdentityId) -> Result<Option<Identity>>;
    /// What a login needs to know, by folded username.
    async fn find_by_username(&self, folded: &str) -> Result<Option<SignInRecord>>;
    /// What a login needs to know, by folded address.
    async fn find_by_email(&self, folded: &str) -> Result<Option<SignInRecord>>;
    /// In order of the folded username, at most `filter.limit` after `filter.after`.
    async fn list_identities(&self, filter: &IdentityFilter) -> Result<Vec<Identity>>;
    /// Is there an enabled identity with the role?
    async fn any_with_role(&self, role: &Role) -> Result<bool>;
    /// Replaces the password; ends every session but `except`, which asked for it, and the one that came from, so that
    /// the browser stays signed in. Refuses if the identity is gone, or `except` is not a session of it any more:
    /// whoever ended that meant it. Returns how many ended.
    async fn set_password(
        &self,
        id: &IdentityId,
        hash: &PasswordHash,
        must_change: bool,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<u32>;
    /// Replaces a hash by one with newer parameters, only if it is still `old`. No session ends.
    async fn upgrade_hash(&self, id: &IdentityId, old: &PasswordHash, new: &PasswordHash) -> Result<()>;
    /// How many identities still have a legacy hash, by its cost. Asked every minute: cheap where there is none.
    async fn legacy_hashes(&self) -> Result<LegacyHashes>;
    /// Replaces the roles; ends every session, because the app may have acted on the old ones. False if unknown.
    async fn set_roles(&self, id: &IdentityId, roles: &[Role], now: Timestamp) -> Result<bool>;
    /// Disables (ending every session) or enables. False if unknown.
    async fn set_disabled(&self, id: &IdentityId, disabled: bool, now: Timestamp) -> Result<bool>;
    /// Deletes the identity and all that hangs on it. False if unknown.
    async fn delete_identity(&self, id: &IdentityId, now: Timestamp) -> Result<bool>;
}

/// People that settings declare: identities like all others, but for who may change them.
#[async_trait]
pub trait DeclaredRepository {
    /// Everybody whom the source declares or once declared, in order of the folded username.
    async fn list_declared(&self, source: &Source) -> Result<Vec<DeclaredRecord>>;
    /// Makes these the people of the source. Who is new is added, and takes the name from registrations that wait; who
    /// changed is replaced; who is missing is disabled and loses the address; who comes back is enabled and keeps the
    /// id. Changed, missing and returning people have no session and no link afterwards. Nobody of another source, or
    /// of none, is touched. Where anybody is declared, no set-up link holds any more.
    async fn declare(&self, declaration: &Declaration, now: Timestamp) -> Result<Declared>;
    /// Keeps somebody whom a trusted proxy names: adds who is new, without a password; changes address and roles where
    /// they differ, ending every session; leaves who is disabled disabled.
    async fn uphold(&self, person: &NewUpheld, now: Timestamp) -> Result<Upheld>;
}

/// Registrations that wait for their address to be confirmed. They reserve nothing but their username.
#[async_trait]
pub trait RegistrationRepository {
    /// Adds one and queues its mail; refuses a username that an identity or an unexpired registration has.
    async fn add_registration(&self, pending: PendingRegistration, mail: NewMail) -> Result<()>;
    /// The newest unexpired one for the folded address.
    async fn find_registration(
        &self,
        folded_email: &str,
        now: Timestamp,
    ) -> Result<Option<PendingRegistration>>;
    /// Consumes a verification link: makes the identity of its registration with a confirmed address, and deletes
    /// every other registration for that address. `None` when the link is used, expired or unknown.
    async fn complete_registration(&self, link: TokenHash, now: Timestamp) -> Result<Option<Identity>>;
}

/// Replicas that start together print a set-up link each, and any of them works: whoever sets the app up has one log.
pub(crate) const SETUP_TOGETHER: Duration = Duration::from_mins(1);

/// One-time links: set-up, invitation, verification, recovery, and the token of a login that must change its password.
#[async_trait]
pub trait LinkRepository {
    /// Stores a link. A new set-up link replaces the earlier ones, but for those of the last minute
    /// ([`SETUP_TOGETHER`]). Using one ends all.
    async fn add_link(&self, link: NewLink) -> Result<()>;
    /// Looks without consuming; `None` when used, expired or unknown.
    async fn peek_link(&self, hash: TokenHash, kind: LinkKind, now: Timestamp) -> Result<Option<StoredLink>>;
    /// Consumes a set-up or invitation link and adds the identity, in one transaction. `None` when the link is
    /// gone; for set-up also when an administrator exists by now.
    async fn consume_for_identity(
        &self,
        hash: TokenHash,
        kind: LinkKind,
        new: NewIdentity,
        now: Timestamp,
    ) -> Result<Option<Identity>>;
    /// Consumes a recovery or must-change link and replaces the password, ending every session and every other
    /// recovery link of that identity. A recovery link that came by mail also confirms the address it was sent to.
    /// `None` when the link is gone.
    async fn consume_for_password(
        &self,
        hash: TokenHash,
        kind: LinkKind,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Identity>>;
}

/// Sessions and tickets.
#[async_trait]
pub trait SessionRepository {
    /// Adds a session (with its ticket, if any), forgets failures of `clear` and ends the oldest sign-ins of the
    /// identity over `cap`. A session that came from another counts with that one, and ends the earlier one that came
    /// from it for the same app. Ends `replaces`, the session that the browser came with. Refuses if the identity is
    /// gone, disabled, or its password is no longer `verified`.
    async fn add_session(&self, new: NewSession) -> Result<()>;
    /// The live session behind a token. Expiry is the caller's to judge.
    async fn find_session(&self, hash: TokenHash) -> Result<Option<LiveSession>>;
    /// The live session by id.
    async fn lookup_session(&self, id: &SessionId) -> Result<Option<LiveSession>>;
    /// Every session of the identity, newest first.
    async fn list_sessions(&self, id: &IdentityId) -> Result<Vec<LiveSession>>;
    /// Writes the last use of a session and of the one that it came from, never back in time.
    async fn touch_session(&self, id: &SessionId, at: Timestamp) -> Result<()>;
    /// Ends one, and those of apps that came from it. False if it was not there.
    async fn revoke_session(&self, id: &SessionId, now: Timestamp) -> Result<bool>;
    /// Ends all of an identity but `except` and the one that came from. Returns how many.
    async fn revoke_sessions(
        &self,
        id: &IdentityId,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<u32>;
    /// Adds a ticket for a live session.
    async fn add_ticket(&self, ticket: NewTicket) -> Result<()>;
    /// Looks for a ticket.
    async fn find_ticket(&self, hash: TokenHash) -> Result<Option<StoredTicket>>;
    /// Marks a ticket as redeemed by `handle`; false if someone was faster.
    async fn redeem_ticket(&self, hash: TokenHash, handle: TokenHash, now: Timestamp) -> Result<bool>;
    /// Deletes what has expired before `now`: sessions, tickets, links, registrations, limits, old changes and sent mail.
    async fn sweep(&self, now: Timestamp) -> Result<u64>;
}

/// Apps that ask from a process of their own, and the codes that carry a sign-in to them.
#[async_trait]
pub trait AppRepository {
    /// Adds an app with its first key. False if the name or the URL is taken.
    async fn add_app(&self, app: &App, key: TokenHash) -> Result<bool>;
    /// Every app with its keys, in order of the name.
    async fn list_apps(&self) -> Result<Vec<(App, Vec<AppKey>)>>;
    /// By name.
    async fn find_app(&self, name: &AppName) -> Result<Option<App>>;
    /// The app that a key belongs to which has not retired.
    async fn find_app_by_key(&self, hash: TokenHash, now: Timestamp) -> Result<Option<App>>;
    /// Adds a key; the earlier ones end at `retires_at`, if they don't sooner. False if there is no such app.
    async fn rotate_app_key(
        &self,
        name: &AppName,
        key: TokenHash,
        retires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool>;
    /// Removes an app with its keys and codes, and ends its sessions. False if there is no such app.
    async fn remove_app(&self, name: &AppName, now: Timestamp) -> Result<bool>;
    /// Adds a code for a live session.
    async fn add_code(&self, code: NewCode) -> Result<()>;
    /// Looks for a code.
    async fn find_code(&self, hash: TokenHash) -> Result<Option<StoredCode>>;
    /// Marks a code as used and adds the session that is made with it, as [`SessionRepository::add_session`] does.
    /// False if the code is used, or not there: then nothing is added.
    async fn exchange_code(&self, hash: TokenHash, new: NewSession) -> Result<bool>;
}

/// Counters of failures that hold across processes. What they mean is in `limit`.
#[async_trait]
pub trait LimitRepository {
    /// The states of the keys, in their order; absent ones are default.
    async fn read_limits(&self, keys: &[LimitKey]) -> Result<Vec<LimitState>>;
    /// Reads, lets `update` change, and writes the states in one exclusive transaction; returns what was written.
    async fn update_limits(
        &self,
        keys: &[LimitKey],
        update: &(dyn for<'a> Fn(&'a mut [LimitState]) + Send + Sync),
        now: Timestamp,
    ) -> Result<Vec<LimitState>>;
}

/// The mail queue. It holds who and which template, never a token.
#[async_trait]
pub trait MailRepository {
    /// Queues a mail, unless `cap` mails to that address were queued within `window`. False if so; that costs the same
    /// durable work, so that nobody learns from the time whether there was anything to queue.
    async fn enqueue_mail(&self, mail: NewMail, cap: u32, window: Duration) -> Result<bool>;
    /// Takes the next mail that is due and hides it from others for `lease`.
    async fn claim_mail(&self, now: Timestamp, lease: Duration) -> Result<Option<QueuedMail>>;
    /// It was handed over.
    async fn mail_sent(&self, id: &MailId, now: Timestamp) -> Result<()>;
    /// It was not: try again at `at`, or never.
    async fn mail_failed(&self, id: &MailId, error: &str, at: Option<Timestamp>) -> Result<()>;
    /// How many wait, and since when the oldest.
    async fn mail_backlog(&self) -> Result<(u64, Option<Timestamp>)>;
}

/// The change feed.
#[async_trait]
pub trait ChangeFeed {
    /// The newest sequence number.
    async fn latest_change(&self) -> Result<ChangeSeq>;
    /// What came after `seq`, in order.
    async fn changes_since(&self, seq: ChangeSeq) -> Result<Vec<Change>>;
    /// Returns when something may have been appended by any process, at the latest after 250 ms.
    async fn wait_for_change(&self) -> Result<()>;
}

/// Seals a secret anew: the owner and the sealed secret in, the newly sealed secret out; nothing where it can't be opened.
pub type Reseal<'r> = dyn Fn(&str, &[u8]) -> Option<Vec<u8>> + Send + Sync + 'r;

/// Events for the operator, and facts about the database itself.
#[async_trait]
pub trait MetaRepository {
    /// Appends an event.
    async fn add_audit(&self, record: AuditRecord) -> Result<()>;
    /// The newest `limit` events, newest first.
    async fn list_audit(&self, limit: u32) -> Result<Vec<AuditRecord>>;
    /// The newest `limit` events that concern an identity, newest first.
    async fn list_audit_of(&self, id: &IdentityId, limit: u32) -> Result<Vec<AuditRecord>>;
    /// The newest event of this name.
    async fn latest_audit(&self, event: &str) -> Result<Option<AuditRecord>>;
    /// The name of this instance, made with the database: part of the cookies' names.
    async fn instance(&self) -> Result<String>;
    /// Stores the mark of the key that goes with this database, if none is stored yet; returns the one that is.
    async fn claim_key(&self, mark: [u8; 32], now: Timestamp) -> Result<[u8; 32]>;
    /// From now on another key goes with it: what was sealed is sealed anew by `reseal`, which is given the owner and
    /// what is sealed, and unfinished flows are forgotten. Where it gives nothing, nothing is changed. Returns how many
    /// secrets there were.
    async fn replace_key(&self, mark: [u8; 32], reseal: &Reseal<'_>, now: Timestamp) -> Result<u32>;
    /// The latest moment this database has seen.
    async fn high_water_mark(&self) -> Result<Timestamp>;
    /// Raises it.
    async fn raise_high_water_mark(&self, now: Timestamp) -> Result<()>;
    /// Answers if the database can be read and written.
    async fn check(&self) -> Result<()>;
    /// How many connections there are, where they are pooled.
    fn connections(&self) -> Option<Connections> {
        None
    }
    /// Closes every connection, after what is under way. Nothing can be asked any more.
    async fn close(&self) {}
    /// Copies everything, consistently, into a new file or dump at `to`, while others go on.
    async fn backup(&self, to: &std::path::Path) -> Result<()>;
}

/// A whole backend.
pub trait Storage:
    IdentityRepository
    + DeclaredRepository
    + RegistrationRepository
    + LinkRepository
    + SessionRepository
    + FactorRepository
    + LoginCodeRepository
    + PasskeyRepository
    + AppRepository
    + ProviderRepository
    + AddressRepository
    + LimitRepository
    + MailRepository
    + ChangeFeed
    + MetaRepository
    + Transfer
    + std::fmt::Debug
    + Send
    + Sync
{
}
