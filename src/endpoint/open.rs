//! How an endpoint comes to be.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicI64},
};

use tokio::sync::{Notify, Semaphore, broadcast};

use super::{Endpoint, feed::FeedState, legacy::Legacy, record::Records};
use crate::{
    clock::{Clock as _, SharedClock, SystemClock},
    config::Settings,
    entropy::{OsEntropy, SharedEntropy},
    factor::password::{Hasher, Judge},
    keys::{Key, KeyError, SigningKey},
    limit::{InFlight, Keys, Local, Rules},
    session::SessionCache,
    storage::{Storage, StorageError, sqlite::SqliteStorage},
};

/// How many endings a slow listener may miss before it is told to look at everything again.
const BACKLOG: usize = 1024;
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
    #[error("no database is set: write database = \"sqlite:PATH\"")]
    NoDatabase,
    /// There is no database yet.
    #[error(
        "there is no database at {0}: start the app once with `gatehouse run`, or name its script with --app or the \
         file with --database"
    )]
    Absent(PathBuf),
    /// The database can't be used.
    #[error("the database {path} can't be used: {source}")]
    Storage {
        /// Which.
        path: PathBuf,
        /// Why.
        source: StorageError,
    },
    /// The key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The people of the settings can't be declared.
    #[error(transparent)]
    Declare(#[from] super::DeclareError),
    /// A setting can't be followed.
    #[error("{0}")]
    Setting(String),
}

impl From<StorageError> for OpenError {
    fn from(source: StorageError) -> Self {
        Self::Storage { path: PathBuf::new(), source }
    }
}

impl Endpoint {
    /// Opens the database and the key that the settings name, and makes them first where there are none.
    pub async fn open(settings: Settings) -> Result<Arc<Self>, OpenError> {
        Self::open_at(settings, true).await
    }

    /// Opens the database and the key that the settings name; refuses where there is no database.
    pub async fn open_existing(settings: Settings) -> Result<Arc<Self>, OpenError> {
        Self::open_at(settings, false).await
    }

    async fn open_at(settings: Settings, create: bool) -> Result<Arc<Self>, OpenError> {
        let path = settings.database_path().ok_or(OpenError::NoDatabase)?.to_owned();
        if !create && !path.exists() {
            return Err(OpenError::Absent(path));
        }
        let failed = |source| OpenError::Storage { path: path.clone(), source };
        let entropy: SharedEntropy = Arc::new(OsEntropy);
        let storage = if create {
            SqliteStorage::open(&path, SystemClock::default().now(), &*entropy).await
        } else {
            SqliteStorage::open_existing(&path).await
        };
        let storage = storage.map_err(failed)?;
        let mark = crate::storage::MetaRepository::high_water_mark(&storage).await.map_err(failed)?;
        let key_file = settings.key_file.clone().unwrap_or_else(|| path.with_file_name("gatehouse.key"));
        let key = Key::load_or_create(&key_file)?;
        let clock = Arc::new(SystemClock::starting_at(mark));
        Self::assemble(Parts { settings, storage: Arc::new(storage), clock, entropy, key }).await
    }

    /// Puts an endpoint together. Nothing runs in the background before [`Self::start`].
    pub async fn assemble(parts: Parts) -> Result<Arc<Self>, OpenError> {
        let Parts { settings, storage, clock, entropy, key } = parts;
        let instance = storage.instance().await?;
        let mark = storage.high_water_mark().await?;
        let seen = storage.latest_change().await?;
        let legacy = Legacy::seen(storage.legacy_hashes().await?);
        let hasher = Hasher::new(&settings.password, Arc::clone(&entropy)).map_err(OpenError::Setting)?;
        let rules = Rules::new(&settings.limits);
        Ok(Arc::new(Self {
            mark: AtomicI64::new(mark.0),
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
            cache: SessionCache::default(),
            feed: FeedState::starting_at(seen),
            ended: broadcast::channel(BACKLOG).0,
            touches: std::sync::Mutex::default(),
            records: Records::default(),
            mail_notify: Notify::new(),
            local_url: OnceLock::new(),
            base_path: OnceLock::new(),
            declared: super::declared::State::default(),
            asserted: super::asserted::Asserted::default(),
            settings,
            storage,
            clock,
            entropy,
            key,
        }))
    }
}
