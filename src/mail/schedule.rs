//! When a mail that could not be sent is tried again.

use std::time::Duration;

/// The first pause; each next one is twice as long.
const FIRST: Duration = Duration::from_secs(15);
/// The longest pause.
const LONGEST: Duration = Duration::from_hours(1);
/// After so many failures nobody waits for the mail any more (about eight hours).
const ATTEMPTS: u32 = 15;

/// The pause after `failures` failures, or `None` when it is time to give up.
pub fn pause_after(failures: u32) -> Option<Duration> {
    if failures >= ATTEMPTS {
        return None;
    }
    let doublings = failures.saturating_sub(1).min(16);
    Some(FIRST.saturating_mul(1 << doublings).min(LONGEST))
}

#[cfg(test)]
mod tests;
