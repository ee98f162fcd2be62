//! Randomness that every run of a test draws the same.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use gatehouse::entropy::Entropy;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// A generator with a seed; it can be told to panic, which stands for any defect in a handler.
#[derive(Debug)]
pub(crate) struct SeededEntropy {
    rng: Mutex<ChaCha20Rng>,
    broken: AtomicBool,
}

impl SeededEntropy {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: Mutex::new(ChaCha20Rng::seed_from_u64(seed)), broken: AtomicBool::new(false) }
    }

    /// From here on, or no longer, drawing panics.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        assert!(!self.broken.load(Ordering::Relaxed), "a defect\r\n\u{1b}[31mforged line");
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }
}
