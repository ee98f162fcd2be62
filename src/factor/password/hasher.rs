//! Argon2id in a bounded pool.
//!
//! So many hashes run at once, so many logins wait, the rest are told to come back: memory stays at permits × the
//! configured size, whatever arrives. Every answer to a login costs exactly one Argon2id hash, for whomever it asks;
//! where a bcrypt hash is compared, or pretended to be, that comes on top, in the same place of the queue.

mod memory;
mod workers;

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc::PasswordHash as Phc};
use gatehouse_protocol::Password;
use tokio::{sync::Semaphore, time::Instant};
use tracing::Instrument as _;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use self::{memory::Memory, workers::Workers};
use super::{
    PasswordHash,
    legacy::{Bcrypt, BcryptCost, Tries},
};
use crate::{config::PasswordSettings, entropy::SharedEntropy, telemetry::metrics};

/// The most hashes that run at once unless the settings say otherwise: 8 × 19 MiB.
const MOST_PERMITS: usize = 8;
/// The seconds after which a full queue is worth another try.
const RETRY_AFTER: u32 = 2;

/// The queue is full: come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// After so many seconds.
    pub retry_after: u32,
}

/// The proof that a password was the one behind this hash. Only the [`Hasher`] makes it.
#[derive(Debug, Clone)]
pub struct Verified(PasswordHash);

impl Verified {
    /// The hash that the password matched.
    pub const fn hash(&self) -> &PasswordHash {
        &self.0
    }
}

/// What was computed so far, by kind: what an attacker could tell by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Work {
    /// Argon2id hashes.
    pub argon2id: u64,
    /// bcrypt hashes.
    pub bcrypt: u64,
    /// The rounds of those in all: 2 to the power of the cost each.
    pub rounds: u64,
}

/// How busy the pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Hashes that run.
    pub running: usize,
    /// Hashes that wait.
    pub waiting: usize,
    /// How many may run at once.
    pub permits: usize,
}

/// The same, as it grows.
#[derive(Debug, Default)]
struct Counted {
    argon2id: AtomicU64,
    bcrypt: AtomicU64,
    rounds: AtomicU64,
}

/// What is compared beside the one Argon2id hash.
enum Beside {
    /// Nothing.
    Nothing,
    /// A bcrypt hash.
    Bcrypt(Bcrypt),
    /// None, at the cost of one.
    Dummy(BcryptCost),
}

impl Beside {
    const fn cost(&self) -> Option<BcryptCost> {
        match self {
            Self::Nothing => None,
            Self::Bcrypt(hash) => Some(hash.cost()),
            Self::Dummy(cost) => Some(*cost),
        }
    }
}

/// The pool.
#[derive(Debug)]
pub struct Hasher {
    params: Params,
    entropy: SharedEntropy,
    permits: Arc<Semaphore>,
    /// How many may run together.
    most: usize,
    workers: Workers,
    /// How many may run or wait together.
    places: usize,
    taken: Arc<AtomicUsize>,
    counted: Counted,
}

impl Hasher {
    /// A pool with these settings. Fails on parameters that Argon2 doesn't take.
    pub fn new(settings: &PasswordSettings, entropy: SharedEntropy) -> Result<Self, String> {
        let params = Params::new(settings.argon2_memory, settings.argon2_time, settings.argon2_lanes, None)
            .map_err(|error| format!("password.argon2_*: {error}"))?;
        let permits = match usize::try_from(settings.hash_permits).unwrap_or(MOST_PERMITS) {
            // Follows the quota of a container, too.
            0 => std::thread::available_parallelism()
                .map_or(1, |cores| (cores.get() / 2).clamp(1, MOST_PERMITS)),
            set => set,
        };
        let queue = usize::try_from(settings.hash_queue).unwrap_or(usize::MAX);
        Ok(Self {
            params,
            entropy,
            permits: Arc::new(Semaphore::new(permits)),
            most: permits,
            workers: Workers::new(permits),
            places: permits.saturating_add(queue),
            taken: Arc::default(),
            counted: Counted::default(),
        })
    }

    /// How many hashes were computed so far, of whatever kind.
    pub fn computed(&self) -> u64 {
        let work = self.work();
        work.argon2id + work.bcrypt
    }

    /// The same by kind.
    pub fn work(&self) -> Work {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Work {
            argon2id: read(&self.counted.argon2id),
            bcrypt: read(&self.counted.bcrypt),
            rounds: read(&self.counted.rounds),
        }
    }

    /// How many hashes run or wait now.
    pub fn in_use(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// How busy the pool is.
    pub fn load(&self) -> Load {
        let running = self.most.saturating_sub(self.permits.available_permits());
        Load { running, waiting: self.in_use().saturating_sub(running), permits: self.most }
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, Busy> {
        let mut salt = [0_u8; 16];
        self.entropy.fill(&mut salt);
        let argon2 = self.argon2();
        let text = normalized(password);
        self.run(None, move |memory| memory.hash(&argon2, text.as_bytes(), &salt).map(PasswordHash))
            .await?
            // Parameters were checked at the start and lengths before the hash: only memory can be missing here.
            .ok_or_else(|| {
                tracing::error!("a password could not be hashed");
                Busy { retry_after: RETRY_AFTER }
            })
    }

    /// Compares a password with a hash: one hash with the parameters that it was made with, and for a legacy hash
    /// one Argon2id hash beside it.
    pub async fn verify(&self, hash: &PasswordHash, password: &Password) -> Result<Option<Verified>, Busy> {
        let matches = match Bcrypt::parse(&hash.0) {
            Ok(legacy) => self.compare(Beside::Bcrypt(legacy), None, password).await?,
            Err(_) => self.compare(Beside::Nothing, Some(hash), password).await?,
        };
        Ok(matches.then(|| Verified(hash.clone())))
    }

    /// Compares a password with the hash of somebody who is no account, or with none and finds nothing. Costs what
    /// [`Self::verify`] costs for an account: with a legacy hash of this cost, or without one.
    pub async fn verify_beside(
        &self,
        legacy: Option<BcryptCost>,
        hash: Option<&PasswordHash>,
        password: &Password,
    ) -> Result<Option<Verified>, Busy> {
        let beside = legacy.map_or(Beside::Nothing, Beside::Dummy);
        let matches = self.compare(beside, hash, password).await?;
        Ok(hash.filter(|_| matches).map(|hash| Verified(hash.clone())))
    }

    /// Whether a hash was made with other parameters than today's, or is a legacy hash.
    pub fn needs_rehash(&self, hash: &PasswordHash) -> bool {
        if hash.is_legacy() {
            return true;
        }
        let Ok(phc) = Phc::new(&hash.0) else { return false };
        let current = phc.algorithm.as_str() == Algorithm::Argon2id.as_str()
            && Params::try_from(&phc).is_ok_and(|made_with| {
                made_with.m_cost() >= self.params.m_cost()
                    && made_with.t_cost() >= self.params.t_cost()
                    && made_with.p_cost() >= self.params.p_cost()
            });
        !current
    }

    /// One Argon2id hash, of `current` or for nothing, and what stands beside it. Whether one of them matches.
    async fn compare(
        &self,
        beside: Beside,
        current: Option<&PasswordHash>,
        password: &Password,
    ) -> Result<bool, Busy> {
        let phc = current.and_then(|hash| {
            // What is no Argon2 would be refused without any work.
            let read = Phc::new(&hash.0).ok().filter(|phc| phc.algorithm.as_str().starts_with("argon2"));
            if read.is_none() {
                tracing::error!("a stored password hash can't be read; nobody can sign in with it");
            }
            read
        });
        let (argon2, text, tries) = (self.argon2(), normalized(password), Tries::of(password));
        let bcrypts = beside.cost().map(|cost| (cost, tries.count()));
        self.run(bcrypts, move |memory| {
            let legacy = match &beside {
                Beside::Nothing => false,
                Beside::Bcrypt(hash) => tries.verify(hash),
                Beside::Dummy(cost) => {
                    tries.verify_dummy(*cost);
                    false
                }
            };
            if let Some(phc) = phc {
                return memory.matches(&phc, text.as_bytes()) || legacy;
            }
            let mut out = [0_u8; 32];
            let ignored = memory.hash_into(&argon2, text.as_bytes(), b"nobody's own salt", &mut out);
            std::hint::black_box((ignored.is_ok(), out));
            legacy
        })
        .await
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    /// Runs one Argon2id hash, and so many of bcrypt, on a thread that may block, when its turn comes.
    async fn run<T: Send + 'static>(
        &self,
        bcrypts: Option<(BcryptCost, u64)>,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let busy = Busy { retry_after: RETRY_AFTER };
        let Some(place) = Place::take(&self.taken, self.places) else {
            metrics::HASHES_REFUSED.count(&[]);
            return Err(busy);
        };
        let began = Instant::now();
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| busy)?;
        metrics::HASH_WAIT_SECONDS.took(&[], began.elapsed());
        self.counted.argon2id.fetch_add(1, Ordering::Relaxed);
        if let Some((cost, count)) = bcrypts {
            self.counted.bcrypt.fetch_add(count, Ordering::Relaxed);
            self.counted.rounds.fetch_add(count.saturating_mul(cost.rounds()), Ordering::Relaxed);
        }
        let done = self.workers.run(move |memory| {
            // Held until the hash is done, also when nobody waits for the answer any more.
            let _held = (permit, place);
            let began = Instant::now();
            let hashed = work(memory);
            metrics::HASH_SECONDS.took(&[], began.elapsed());
            hashed
        });
        let span = tracing::debug_span!("hash");
        done.instrument(span).await.ok_or_else(|| {
            tracing::error!("hashing stopped");
            busy
        })
    }
}

/// One of the places to run or to wait in.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(taken: &Arc<AtomicUsize>, places: usize) -> Option<Self> {
        let grown = |n: usize| (n < places).then_some(n + 1);
        taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, grown).ok()?;
        Some(Self(Arc::clone(taken)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The password as it is hashed: NFC, so that two keyboards write the same; otherwise every byte counts.
fn normalized(password: &Password) -> Zeroizing<String> {
    Zeroizing::new(password.expose().nfc().collect())
}

#[cfg(test)]
mod tests;
