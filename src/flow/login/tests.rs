use std::sync::Arc;

use gatehouse_protocol::Password;

use super::*;
use crate::{
    clock::Timestamp,
    config::PasswordSettings,
    entropy::OsEntropy,
    factor::password::Hasher,
    identity::{IdentityId, VerifiableAddress},
};

fn hasher() -> Hasher {
    let settings = PasswordSettings { argon2_memory: 16, argon2_time: 1, ..PasswordSettings::default() };
    Hasher::new(&settings, Arc::new(OsEntropy)).unwrap()
}

fn record(password: Option<PasswordHash>) -> SignInRecord {
    let identity = Identity {
        id: IdentityId("id_a".into()),
        username: Username::parse("alice").unwrap(),
        email: Some(VerifiableAddress {
            address: EmailAddress::parse("a@example.org").unwrap(),
            verified_at: None,
        }),
        roles: Vec::new(),
        disabled: false,
        must_change: false,
        created_at: Timestamp(0),
        source: None,
    };
    SignInRecord { identity, password }
}

#[test]
fn an_identifier_with_an_at_sign_is_an_address_and_nothing_else() {
    assert!(matches!(Identifier::parse("alice"), Identifier::Username(_)));
    assert!(matches!(Identifier::parse(" A@Example.org "), Identifier::Email(_)));
    assert!(matches!(Identifier::parse("a@"), Identifier::Impossible(_)));
    assert!(matches!(Identifier::parse("a\0b"), Identifier::Impossible(_)));
    assert!(matches!(Identifier::parse(&"x".repeat(5000)), Identifier::Impossible(_)));
    assert_eq!(Identifier::parse("ALICE").folded(), Identifier::parse("alice").folded());
}

#[test]
fn an_address_that_nobody_confirmed_signs_nobody_in() {
    let by_address = Identifier::parse("a@example.org");
    assert!(matches!(Subject::found(&by_address, Some(record(None)), None), Subject::Nobody));
    let by_name = Identifier::parse("alice");
    assert!(matches!(Subject::found(&by_name, Some(record(None)), None), Subject::Identity(_)));
}

#[tokio::test]
async fn only_the_proof_of_the_own_password_of_an_enabled_identity_completes_a_login() {
    let hasher = hasher();
    let password = Password::new("correct horse");
    let own = hasher.hash(&password).await.unwrap();
    let other = hasher.hash(&password).await.unwrap();
    let proof = async |hash: &PasswordHash| hasher.verify(hash, &password).await.unwrap();
    let subject = |change: fn(&mut SignInRecord)| {
        let mut record = record(Some(own.clone()));
        change(&mut record);
        Subject::Identity(Box::new(record))
    };
    assert!(matches!(subject(|_| ()).decide(proof(&own).await), Decision::Proven(..)));
    assert!(matches!(subject(|_| ()).decide(None), Decision::Rejected));
    assert!(
        matches!(subject(|_| ()).decide(proof(&other).await), Decision::Rejected),
        "somebody else's proof"
    );
    assert!(matches!(subject(|r| r.identity.disabled = true).decide(proof(&own).await), Decision::Rejected));
    assert!(matches!(
        subject(|r| r.identity.must_change = true).decide(proof(&own).await),
        Decision::NewPassword(_)
    ));
    assert!(matches!(subject(|r| r.password = None).decide(proof(&own).await), Decision::Rejected));
    assert!(matches!(Subject::Nobody.decide(proof(&own).await), Decision::Rejected));
}
