//! What the endpoint can be asked: the one door for `http`, `gate`, `cli` and the native module.
//!
//! It brings together limits, flows, factors and storage, a file per question: `login`, `registration`, `recovery`,
//! `verification`, `password`, `session`, `challenge`, `code`, `passkey`, `enrollment`, `phone`, `account`, `linking` and `redeem`; `admin` and `import` are the operator's. `declared` follows the people of
//! the settings, `begin` starts sessions, `attempt` counts guesses, `legacy` hides who has an old hash, `feed` and
//! `background` keep what is cached true, `observe` shows what can be seen from outside, `courier` sends the queue's mail, `texting` SMS. What may follow from what is decided in `flow`, not here.

mod account;
mod address;
mod admin;
mod apps;
mod asserted;
mod attempt;
mod authority;
mod background;
mod begin;
mod challenge;
mod code;
mod context;
mod copy;
mod courier;
mod declared;
mod enrollment;
mod export;
mod feed;
mod handover;
mod import;
mod legacy;
mod link;
mod linking;
mod login;
mod observe;
mod open;
mod passkey;
mod password;
mod phone;
mod problem;
mod provider;
mod provisioning;
mod record;
mod recovery;
mod redeem;
mod registration;
mod session;
mod sessions;
mod texting;
mod verification;

use std::sync::{Arc, Mutex, OnceLock, atomic::AtomicBool};

use gatehouse_protocol::{ClientConfig, RegistrationMode};
use tokio::sync::{Notify, Semaphore};

pub use admin::{AdminError, Invited, NewInvitation, NewUser};
pub use apps::{AppError, Exchanged};
pub use asserted::Assertion;
pub use authority::Authority;
pub use context::{Answer, CookieChange, RequestContext};
pub use copy::{Copied, CopiedTable, CopyError, CopyStep, CopyWish, copy};
pub use courier::Courier;
pub(crate) use declared::plain;
pub use declared::{DeclareError, hash_for_settings};
pub use import::{Brought, Difference, Newcomer, Verdict, consider};
pub use open::{OpenError, Opening, Parts, migrate, migrations, open_storage};
pub use provider::{Aim, Arrival, Errand, FLOW_TTL, Leaving, Returning};
pub use sessions::{Ended, SessionSource, Sessions};

pub use crate::factor::password::{Bcrypt, BcryptError};
pub use crate::session::Cached;
use crate::{
    clock::{SharedClock, Timestamp},
    config::Settings,
    entropy::SharedEntropy,
    factor::password::{Hasher, Judge},
    keys::{Key, SigningKey},
    limit::{InFlight, Keys, Local, Rules},
    mail,
    provider::Providers,
    storage::Storage,
};

/// The verification endpoint.
#[derive(Debug)]
pub struct Endpoint {
    settings: Settings,
    storage: Arc<dyn Storage>,
    entropy: SharedEntropy,
    key: Key,
    signing_key: SigningKey,
    instance: String,
    hasher: Hasher,
    judge: Judge,
    /// How many passwords are judged at once.
    judging: Semaphore,
    rules: Rules,
    legacy: legacy::Legacy,
    limit_keys: Keys,
    in_flight: InFlight,
    questions: Local,
    sessions: Sessions,
    /// The high-water mark as this process knows it, in milliseconds.
    marked: std::sync::atomic::AtomicI64,
    feed: feed::FeedState,
    records: record::Records,
    mail_notify: Notify,
    /// How much mail waited when that was last looked at, and since when.
    mail_seen: Mutex<(u64, Option<Timestamp>)>,
    stopping: AtomicBool,
    local_url: OnceLock<String>,
    base_path: OnceLock<String>,
    declared: declared::State,
    asserted: asserted::Asserted,
    providers: Providers,
    /// Who sends SMS, if anybody does.
    sms: Option<texting::Texting>,
}

impl Endpoint {
    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The storage.
    pub const fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// The clock. [`Self::now`] is what the endpoint goes by.
    pub const fn clock(&self) -> &SharedClock {
        self.sessions.clock()
    }

    /// The sessions that this process knows.
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The source of randomness.
    pub const fn entropy(&self) -> &SharedEntropy {
        &self.entropy
    }

    /// The key that signs what the app is told of people.
    pub const fn signing_key(&self) -> &SigningKey {
        &self.signing_key
    }

    /// The name of this instance: part of the cookies' names.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The pool that hashes passwords.
    pub const fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// The rules for new passwords.
    pub const fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Wakes the mail worker.
    pub const fn mail_notify(&self) -> &Notify {
        &self.mail_notify
    }

    /// The moment it is, never earlier than it once was.
    pub fn now(&self) -> Timestamp {
        self.sessions.now()
    }

    /// What the forms must know before they are drawn.
    pub fn client_config(&self) -> ClientConfig {
        let settings = &self.settings;
        let mail = mail::available(settings);
        let registration = match settings.registration {
            RegistrationMode::Open | RegistrationMode::Domains if !mail => RegistrationMode::Closed,
            mode => mode,
        };
        ClientConfig {
            app_name: settings.app_name.clone(),
            logo: settings.logo.as_ref().map(|_| format!("{}/_gatehouse/assets/logo", self.base_path())),
            tagline: settings.tagline.clone(),
            login: self.login_form(),
            registration,
            recovery: mail && self.password_alone().is_none(),
            password_min: self.judge.min(),
            app_path: format!("{}/", self.base_path()),
            providers: self.provider_buttons(),
            codes: self.code_channels(),
            passkeys: self.passkey_host(),
        }
    }
}

#[cfg(test)]
mod tests;
