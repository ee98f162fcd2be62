use argon2::{PasswordHasher as _, PasswordVerifier as _};

use super::*;

fn argon2(memory: u32, algorithm: Algorithm) -> Argon2<'static> {
    Argon2::new(algorithm, Version::V0x13, Params::new(memory, 1, 1, None).unwrap())
}

#[test]
fn what_was_there_before_changes_no_hash() {
    let mut memory = Memory::default();
    let argon2 = argon2(64, Algorithm::Argon2id);
    let first = memory.hash(&argon2, b"correct horse", b"sixteen bytes of").unwrap();
    let fresh = argon2.hash_password_with_salt(b"correct horse", b"sixteen bytes of").unwrap();
    assert_eq!(first, fresh.to_string());
    memory.hash(&argon2, b"another", b"another salt here").unwrap();
    assert_eq!(memory.hash(&argon2, b"correct horse", b"sixteen bytes of").unwrap(), first);
    assert!(argon2.verify_password(b"correct horse", &Phc::new(&first).unwrap()).is_ok());
}

#[test]
fn a_hash_is_verified_with_the_parameters_it_was_made_with() {
    let mut memory = Memory::default();
    for algorithm in [Algorithm::Argon2id, Algorithm::Argon2i, Algorithm::Argon2d] {
        for size in [16, 64, 32] {
            let made = argon2(size, algorithm).hash_password_with_salt(b"correct horse", b"sixteen bytes of");
            let made = Phc::new(&made.unwrap().to_string()).unwrap();
            assert!(memory.matches(&made, b"correct horse"));
            assert!(!memory.matches(&made, b"correct horsf"));
            assert_eq!(memory.0.len(), size as usize);
        }
    }
}

#[test]
fn a_hash_without_salt_or_output_matches_nothing() {
    let mut memory = Memory::default();
    for text in ["$argon2id$v=19$m=16,t=1,p=1", "$argon2id$v=19$m=16,t=1,p=1$c2l4dGVlbiBieXRlcyBvZg"] {
        assert!(!memory.matches(&Phc::new(text).unwrap(), b"correct horse"));
    }
}
