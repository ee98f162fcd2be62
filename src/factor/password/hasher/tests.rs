use super::*;
use crate::entropy::OsEntropy;

fn cheap() -> PasswordSettings {
    PasswordSettings {
        argon2_memory: 16,
        argon2_time: 1,
        hash_permits: 2,
        hash_queue: 3,
        ..PasswordSettings::default()
    }
}

fn hasher(settings: &PasswordSettings) -> Hasher {
    Hasher::new(settings, Arc::new(OsEntropy)).unwrap()
}

#[tokio::test]
async fn a_password_matches_its_own_hash_only() {
    let hasher = hasher(&cheap());
    let hash = hasher.hash(&Password::new("correct horse")).await.unwrap();
    assert!(hash.0.starts_with("$argon2id$v=19$m=16,t=1,p=1$"));
    assert!(hasher.verify(&hash, &Password::new("correct horse")).await.unwrap().is_some());
    assert!(hasher.verify(&hash, &Password::new("correct horsf")).await.unwrap().is_none());
    assert!(hasher.verify(&hash, &Password::new("correct horse ")).await.unwrap().is_none());
}

/// bcrypt stops reading at byte 72, others at 64: someone who knows the first half would be in.
#[tokio::test]
async fn a_password_that_differs_at_byte_65_73_or_1024_is_refused() {
    let hasher = hasher(&cheap());
    let long = "a".repeat(1024);
    let hash = hasher.hash(&Password::new(&*long)).await.unwrap();
    for at in [64, 72, 1023] {
        let mut other = long.clone();
        other.replace_range(at..=at, "b");
        assert!(hasher.verify(&hash, &Password::new(other)).await.unwrap().is_none(), "byte {at}");
    }
    assert!(hasher.verify(&hash, &Password::new(long)).await.unwrap().is_some());
}

#[tokio::test]
async fn two_keyboards_write_the_same_password() {
    let hasher = hasher(&cheap());
    let hash = hasher.hash(&Password::new("J\u{fc}rgen's Kuh")).await.unwrap();
    assert!(hasher.verify(&hash, &Password::new("Ju\u{308}rgen's Kuh")).await.unwrap().is_some());
}

#[tokio::test]
async fn every_answer_costs_one_hash_also_for_nobody_and_for_a_hash_that_cannot_be_read() {
    let hasher = hasher(&cheap());
    let password = Password::new("correct horse");
    let hash = hasher.hash(&password).await.unwrap();
    for (expected, broken) in [(2, None), (3, Some(PasswordHash("!".into())))] {
        hasher.verify(broken.as_ref().unwrap_or(&hash), &password).await.unwrap();
        assert_eq!(hasher.computed(), expected);
    }
    hasher.verify_beside(None, None, &password).await.unwrap();
    assert_eq!(hasher.computed(), 4);
}

/// A legacy hash costs bcrypt and one Argon2id hash; whoever is no account pays the same for nothing, and twice the
/// bcrypt where there is white space around what was typed, whoever is meant.
#[tokio::test]
async fn a_legacy_hash_costs_the_same_as_none_at_its_cost() {
    let hasher = hasher(&cheap());
    let legacy = PasswordHash(bcrypt::hash("correct horse", 5).unwrap());
    let current = hasher.hash(&Password::new("correct horse")).await.unwrap();
    let cost = BcryptCost::new(5);
    for (typed, bcrypts) in [("correct horse", 1), ("wrong", 1), (" correct horse", 2), ("wrong\n", 2)] {
        let typed = Password::new(typed);
        let mut seen = Vec::new();
        for whose in 0..3 {
            let before = hasher.work();
            match whose {
                0 => drop(hasher.verify(&legacy, &typed).await.unwrap()),
                1 => drop(hasher.verify_beside(cost, None, &typed).await.unwrap()),
                _ => drop(hasher.verify_beside(cost, Some(&current), &typed).await.unwrap()),
            }
            let after = hasher.work();
            seen.push(Work {
                argon2id: after.argon2id - before.argon2id,
                bcrypt: after.bcrypt - before.bcrypt,
                rounds: after.rounds - before.rounds,
            });
        }
        assert_eq!(seen, [Work { argon2id: 1, bcrypt: bcrypts, rounds: bcrypts * 32 }; 3], "{typed:?}");
    }
}

#[tokio::test]
async fn a_legacy_hash_is_verified_and_asks_for_a_new_one() {
    let hasher = hasher(&cheap());
    let legacy = PasswordHash(bcrypt::hash("correct horse", 4).unwrap());
    assert!(hasher.needs_rehash(&legacy));
    let right = hasher.verify(&legacy, &Password::new(" correct horse")).await.unwrap().unwrap();
    assert_eq!(right.hash(), &legacy);
    assert!(hasher.verify(&legacy, &Password::new("correct horsf")).await.unwrap().is_none());
    // White space counts again once the password is ours.
    let new = hasher.hash(&Password::new(" correct horse")).await.unwrap();
    assert!(!hasher.needs_rehash(&new));
    assert!(hasher.verify(&new, &Password::new("correct horse")).await.unwrap().is_none());
}

/// A hash that would take hours, put into the database by hand: it is no hash at all.
#[tokio::test]
async fn a_legacy_hash_that_costs_too_much_is_not_verified() {
    let hasher = hasher(&cheap());
    let hash = bcrypt::hash("correct horse", 4).unwrap().replacen("$04$", "$31$", 1);
    let answer = hasher.verify(&PasswordHash(hash), &Password::new("correct horse")).await.unwrap();
    assert!(answer.is_none());
    assert_eq!(hasher.work(), Work { argon2id: 1, ..Work::default() });
}

#[tokio::test]
async fn parameters_that_rose_ask_for_a_new_hash_and_those_that_fell_do_not() {
    let old = hasher(&cheap()).hash(&Password::new("correct horse")).await.unwrap();
    assert!(!hasher(&cheap()).needs_rehash(&old));
    assert!(hasher(&PasswordSettings { argon2_time: 2, ..cheap() }).needs_rehash(&old));
    assert!(hasher(&PasswordSettings { argon2_memory: 32, ..cheap() }).needs_rehash(&old));
    assert!(!hasher(&PasswordSettings { argon2_memory: 8, ..cheap() }).needs_rehash(&old));
}

/// 200 logins at once would take 200 × 19 MiB.
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_bounded_and_the_rest_are_told_to_come_back() {
    let hasher = Arc::new(hasher(&PasswordSettings { argon2_memory: 4096, ..cheap() }));
    let all: Vec<_> = (0..200)
        .map(|_| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(
                async move { hasher.verify_beside(None, None, &Password::new("correct horse")).await },
            )
        })
        .collect();
    let mut refused = 0;
    for one in all {
        if let Err(busy) = one.await.unwrap() {
            assert!(busy.retry_after > 0);
            refused += 1;
        }
    }
    assert!(refused > 0, "five places can't hold two hundred");
    assert_eq!(hasher.in_use(), 0);
    assert!(hasher.verify_beside(None, None, &Password::new("correct horse")).await.is_ok());
}
