use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1000)
}

#[test]
fn the_lock_of_an_account_grows_with_each_failure_and_heals_with_time() {
    let rule = Rule::lock(3, ACCOUNT_HEAL);
    let mut state = LimitState::default();
    let mut now = at(1_000_000);
    for _ in 0..3 {
        assert_eq!(rule.admit(&state, 0, now), Ok(()));
        rule.count(&mut state, now);
    }
    for expected in [30, 60, 120, 240] {
        let refused = rule.admit(&state, 0, now).unwrap_err();
        assert_eq!(refused.retry_after.as_secs(), expected);
        now = now.plus(refused.retry_after);
        assert_eq!(rule.admit(&state, 0, now), Ok(()), "a soft lock ends by itself");
        rule.count(&mut state, now);
    }
    let healed = now.plus(ACCOUNT_HEAL * 10);
    assert!(rule.level(&state, healed) < 1.0);
    rule.count(&mut state, healed);
    assert_eq!(rule.admit(&state, 0, healed), Ok(()));
}

/// Ten guesses sent at the same moment all see a counter that is still at zero.
#[test]
fn parallel_attempts_count_as_failures_until_they_are_known_not_to_be() {
    let rule = Rule::lock(10, ACCOUNT_HEAL);
    let state = LimitState { level: 8.0, updated_at: at(100), ..LimitState::default() };
    assert_eq!(rule.admit(&state, 1, at(100)), Ok(()));
    assert!(rule.admit(&state, 2, at(100)).is_err());
    let bucket = Rule::bucket(2, MINUTE);
    assert_eq!(bucket.admit(&LimitState::default(), 1, at(100)), Ok(()));
    assert!(bucket.admit(&LimitState::default(), 2, at(100)).is_err());
}

#[test]
fn a_clock_that_is_set_back_frees_nobody() {
    let rule = Rule::lock(2, ACCOUNT_HEAL);
    let mut state = LimitState::default();
    rule.count(&mut state, at(100_000));
    rule.count(&mut state, at(100_000));
    assert!(rule.admit(&state, 0, at(10)).is_err());
    rule.count(&mut state, at(10));
    assert!(state.level >= 3.0);
    assert_eq!(state.updated_at, at(100_000));
}

proptest! {
    /// Whatever the moments of the attempts, a bucket never admits more than its capacity plus what healed.
    #[test]
    fn a_bucket_admits_no_more_than_a_simple_count_allows(steps in proptest::collection::vec(0_i64..20_000, 1..200), capacity in 1_u32..20) {
        let rule = Rule::bucket(capacity, MINUTE);
        let (mut state, mut now, mut admitted) = (LimitState::default(), at(1000), Vec::new());
        for step in steps {
            now = Timestamp(now.0 + step);
            if rule.admit(&state, 0, now).is_ok() {
                rule.count(&mut state, now);
                admitted.push(now);
            }
        }
        for (index, first) in admitted.iter().enumerate() {
            for (count, last) in admitted.iter().skip(index).enumerate() {
                let span = last.since(*first).as_secs_f64();
                let allowed = f64::from(capacity) * (1.0 + span / 60.0) + 1e-6;
                prop_assert!(f64::from(u32::try_from(count + 1).unwrap()) <= allowed);
            }
        }
    }

    /// An attacker who always comes back the moment it is allowed makes fewer than 100 guesses on the first day
    /// (NIST SP 800-63B-4 §3.2.2), and an account is never locked for more than an hour.
    #[test]
    fn an_account_takes_fewer_than_a_hundred_guesses_a_day(capacity in 1_u32..=20, haste in 0_u64..600) {
        let rule = Rule::lock(capacity, ACCOUNT_HEAL);
        let (mut state, start, mut guesses) = (LimitState::default(), at(1_000_000), 0);
        let mut now = start;
        while now.since(start) < Duration::from_hours(24) {
            match rule.admit(&state, 0, now) {
                Ok(()) => {
                    guesses += 1;
                    rule.count(&mut state, now);
                }
                Err(refused) => {
                    prop_assert!(refused.retry_after <= LONGEST_LOCK);
                    now = now.plus(refused.retry_after + Duration::from_secs(haste));
                }
            }
        }
        prop_assert!(guesses < 100, "{guesses}");
    }

    /// `retry_after` is honest: at that moment the attempt is admitted.
    #[test]
    fn who_waits_as_told_is_admitted(level in 0.0_f64..50.0, others in 0_u32..1, capacity in 1_u32..30) {
        let rule = Rule::bucket(capacity, HOUR);
        let state = LimitState { level, updated_at: at(1000), ..LimitState::default() };
        if let Err(refused) = rule.admit(&state, others, at(1000)) {
            let later = at(1001).plus(refused.retry_after);
            prop_assert_eq!(rule.admit(&state, others, later), Ok(()));
        }
    }
}
