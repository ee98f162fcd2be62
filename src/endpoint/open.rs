//! How an endpoint comes to be: its database (`database`), its key, and what it keeps in memory.

mod database;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

use tokio::sync::{Notify, Semaphore};

pub use self::database::{Opening, migrate, migrations, open_storage};
use super::{
    Endpoint,
    challenge::TOTP_SEAL,
    feed::{FeedState, Stored},
    legacy::Legacy,
    passkey::PASSKEY_SEAL,
    record::Records,
    sessions::Sessions,
    texting::{PHONE_SEAL, Texting},
};
use crate::{
    clock::SharedClock,
    config::Settings,
    entropy::{OsEntropy, SharedEntropy},
    factor::password::{Hasher, Judge},
    keys::{Key, KeyError, SigningKey},
    limit::{InFlight, Keys, Local, Rules},
    provider::Providers,
    sms::Sender,
    storage::{Measured, Storage, StorageError},
};

/// How many passwords are judged at once.
const JUDGES: usize = 2;

/// What an endpoint is made of.
#[derive(Debug)]
pub struct Parts {
    /// The settings.
    pub settings: Settings,
    /// Where everything is kept.
    pub storage: Arc<dyn Storage>,
    /// The time.
    pub clock: SharedClock,
    /// The randomness.
    pub entropy: SharedEntropy,
    /// The key of the installation.
    pub key: Key,
}

/// Why there is no endpoint. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No database is named.
    #[error("no database is set: write database = \"sqlite:PATH\" or \"postgres://USER@HOST/NAME\"")]
    NoDatabase,
    /// There is no database yet.
    #[error(
        "there is no database at {0}: start the app once with `gatehouse run`, or name its script with --app or the \
         file with --database"
    )]
    Absent(PathBuf),
    /// The database can't be used.
    #[error("the database {database} can't be used: {source}")]
    Storage {
        /// Which, without its password.
        database: String,
        /// Why.
        source: StorageError,
    },
    /// The key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Every replica must have the same key.
    #[error(
        "no key is set, and where there are replicas each must have the same: set GATEHOUSE_KEY to what `gatehouse key` \
         prints once, or name a key_file that all have"
    )]
    NoKey,
    /// The key is not the one that the database was used with.
    #[error(
        "this key is not the one that goes with the database: where there are replicas each must have the same key. \
         Restore it (GATEHOUSE_KEY, or the file that key_file names); if it is lost or replaced on purpose, run \
         `gatehouse key --accept` once with the new one"
    )]
    OtherKey,
    /// There are secrets that neither the new key nor the earlier one opens.
    #[error(
        "second factors are sealed with another key: name the file that has it with --earlier; if it is lost, take them \
         away with `gatehouse users reset-factors NAME` first"
    )]
    Sealed,
    /// The people of the settings can't be declared.
    #[error(transparent)]
    Declare(#[from] super::DeclareError),
    /// A setting can't be followed.
    #[error("{0}")]
    Setting(String),
}

impl From<StorageError> for OpenError {
    fn from(source: StorageError) -> Self {
        Self::Storage { database: "of the settings".to_owned(), source }
    }
}

/// The key that the settings hold or name. Beside a file it is made where there is none.
fn key(settings: &Settings) -> Result<Key, OpenError> {
    if let Some(text) = &settings.key {
        return Ok(Key::from_text(text.expose())?);
    }
    let beside = || settings.database_path().map(|path| path.with_file_name("gatehouse.key"));
    let file = settings.key_file.clone().or_else(beside).ok_or(OpenError::NoKey)?;
    Ok(Key::load_or_create(&file)?)
}

impl Endpoint {
    /// Opens the database and the key that the settings name, and makes them first where there are none.
    pub async fn open(settings: Settings) -> Result<Arc<Self>, OpenError> {
        Self::open_at(settings, Opening::Make).await
    }

    /// Opens the database and the key that the settings name; refuses where there is no database.
    pub async fn open_existing(settings: Settings) -> Result<Arc<Self>, OpenError> {
        Self::open_at(settings, Opening::There).await
    }

    /// Opens the database that is there to look and not to write. (SQLite's index of a log in use is no part of it.)
    pub async fn open_to_look(settings: Settings) -> Result<Arc<Self>, OpenError> {
        let (storage, clock) = open_storage(&settings, Opening::Look).await?;
        let entropy: SharedEntropy = Arc::new(OsEntropy);
        // Nothing that the key would protect is written or read.
        let key = Key::draw(&*entropy);
        Self::assemble(Parts { settings, storage, clock, entropy, key }).await
    }

    /// Whether the key is the one that goes with the database: otherwise nothing starts.
    pub async fn has_its_key(&self) -> Result<bool, StorageError> {
        Ok(self.storage.claim_key(self.key.mark(), self.now()).await? == self.key.mark())
    }

    /// Makes the key of the settings the one that goes with the database. What the earlier one has sealed is sealed
    /// anew; without it, where there is anything sealed, nothing is changed. Returns how many secrets there were.
    pub async fn accept_key(settings: &Settings, earlier: Option<&Key>) -> Result<u32, OpenError> {
        let (storage, clock) = open_storage(settings, Opening::There).await?;
        let key = key(settings)?;
        let earlier = earlier.unwrap_or(&key);
        let reseal = |owner: &str, sealed: &[u8]| {
            // What was sealed for one thing does not open for another.
            [TOTP_SEAL, PHONE_SEAL, PASSKEY_SEAL].into_iter().find_map(|purpose| {
                let opened = earlier.open(purpose, owner, sealed).ok()?;
                Some(key.seal(purpose, owner, &opened, &OsEntropy))
            })
        };
        match storage.replace_key(key.mark(), &reseal, clock.now()).await {
            Err(StorageError::Corrupt(why)) => {
                tracing::debug!(why, "a secret can't be sealed anew");
                Err(OpenError::Sealed)
            }
            replaced => Ok(replaced?),
        }
    }

    async fn open_at(settings: Settings, opening: Opening) -> Result<Arc<Self>, OpenError> {
        let (storage, clock) = open_storage(&settings, opening).await?;
        let key = key(&settings)?;
        // Who only administers needs no key: nothing that it protects is written there.
        if opening == Opening::Make && storage.claim_key(key.mark(), clock.now()).await? != key.mark() {
            return Err(OpenError::OtherKey);
        }
        let entropy = Arc::new(OsEntropy);
        Self::assemble(Parts { settings, storage, clock, entropy, key }).await
    }

    /// Puts an endpoint together. Nothing runs in the background before [`Self::start`].
    pub async fn assemble(parts: Parts) -> Result<Arc<Self>, OpenError> {
        let Parts { settings, storage, clock, entropy, key } = parts;
        let storage: Arc<dyn Storage> = Arc::new(Measured::new(storage));
        let instance = storage.instance().await?;
        let mark = storage.high_water_mark().await?;
        let seen = storage.latest_change().await?;
        let legacy = Legacy::seen(storage.legacy_hashes().await?);
        let hasher = Hasher::new(&settings.password, Arc::clone(&entropy)).map_err(OpenError::Setting)?;
        let providers = Providers::new(&settings).map_err(OpenError::Setting)?;
        let sms = Sender::open(&settings).map_err(OpenError::Setting)?.map(Texting::new);
        let rules = Rules::new(&settings.limits);
        let source = Arc::new(Stored { storage: Arc::clone(&storage), settings: settings.clone() });
        Ok(Arc::new(Self {
            instance,
            hasher,
            judge: Judge::new(&settings.password, &settings.app_name),
            judging: Semaphore::new(JUDGES),
            rules,
            legacy,
            limit_keys: Keys::new(key.clone()),
            signing_key: SigningKey::of(&key),
            in_flight: InFlight::default(),
            questions: Local::new(rules.question),
            sessions: Sessions::new(source, clock, mark),
            marked: mark.0.into(),
            feed: FeedState::starting_at(seen),
            records: Records::default(),
            mail_notify: Notify::new(),
            mail_seen: std::sync::Mutex::default(),
            stopping: AtomicBool::new(false),
            local_url: OnceLock::new(),
            base_path: OnceLock::new(),
            declared: super::declared::State::default(),
            asserted: super::asserted::Asserted::default(),
            providers,
            sms,
            settings,
            storage,
            entropy,
            key,
        }))
    }
}
