//! Randomness that every run of a test draws the same.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use gatehouse::entropy::Entropy;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// A generator with a seed; it can be told to panic, which stands for any defect in a handler, and to do something
/// first, which stands for whatever happens beside a request at that moment.
pub(crate) struct SeededEntropy {
    rng: Mutex<ChaCha20Rng>,
    broken: AtomicBool,
    first: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl SeededEntropy {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: Mutex::new(ChaCha20Rng::seed_from_u64(seed)),
            broken: AtomicBool::new(false),
            first: Mutex::new(None),
        }
    }

    /// From here on, or no longer, drawing panics.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }

    /// The next draw waits until this is done, on a thread with a runtime of its own.
    pub(crate) fn before_the_next_draw<F: Future<Output = ()>>(
        &self,
        work: impl FnOnce() -> F + Send + 'static,
    ) {
        let first = move || {
            let beside = std::thread::spawn(|| {
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work());
            });
            beside.join().unwrap();
        };
        *self.first.lock().unwrap() = Some(Box::new(first));
    }
}

impl fmt::Debug for SeededEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededEntropy").finish_non_exhaustive()
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        assert!(!self.broken.load(Ordering::Relaxed), "a defect\r\n\u{1b}[31mforged line");
        if let Some(first) = self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            first();
        }
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }
}
