//! Attacks on people who came from elsewhere with bcrypt hashes: those cost more to verify than ours, so the time of an
//! answer could tell who has one, and who has one has an account. The work is compared, not the time.

use std::collections::HashMap;

use gatehouse::factor::password::{PasswordHash, Work};
use serde_json::json;

use crate::{
    guessing::{address, guess},
    kit::{App, OTHER_PASSWORD, PASSWORD, app, app_with, registration_step},
};

/// A hash as the other package makes them, but cheap.
fn bcrypt_of(password: &str, cost: u32) -> PasswordHash {
    PasswordHash(bcrypt::hash(password, cost).unwrap())
}

impl App {
    /// Somebody who came from elsewhere.
    async fn add_legacy(&self, username: &str, cost: u32) {
        self.add_with(username, |new| new.password = bcrypt_of(PASSWORD, cost)).await;
    }

    /// What a login with this password costs.
    async fn cost(&self, identifier: &str, password: &str, code: &str) -> Work {
        let before = self.endpoint.hasher().work();
        let from = address(u32::try_from(before.argon2id).unwrap());
        let reply = guess(self, identifier, password, &from).await;
        assert!(reply.text().contains(code), "{identifier}: {}", reply.text());
        let after = self.endpoint.hasher().work();
        Work {
            argon2id: after.argon2id - before.argon2id,
            bcrypt: after.bcrypt - before.bcrypt,
            rounds: after.rounds - before.rounds,
        }
    }

    async fn wrong(&self, identifier: &str) -> Work {
        self.cost(identifier, "wrong-password", "credentials_rejected").await
    }
}

/// An app that does not mind being asked.
async fn patient() -> App {
    app_with(|settings| {
        settings.limits.global_attempts = 1_000_000;
        settings.limits.account_attempts = 100;
        settings.limits.mails_per_address = 1000;
        settings.limits.registrations_per_address = 1000;
        settings.limits.registrations_global = 1000;
        settings.limits.questions_per_address = 100_000;
    })
    .await
}

const OURS: Work = Work { argon2id: 1, bcrypt: 0, rounds: 0 };

fn legacy(cost: u32) -> Work {
    Work { argon2id: 1, bcrypt: 1, rounds: 1 << cost }
}

/// A list of names is tried, and the slow answers are the accounts. But as many of nobody's names are slow as there
/// are slow accounts, at the same costs, and each of them always.
#[tokio::test]
async fn telling_accounts_by_the_work_for_their_old_hashes() {
    let app = patient().await;
    for number in 0..40 {
        match number {
            0..20 => app.add_legacy(&format!("person{number}"), 4).await,
            20..30 => app.add_legacy(&format!("person{number}"), 5).await,
            _ => drop(app.add(&format!("person{number}")).await),
        }
    }
    let app = app.restart().await;
    let mut nobody: HashMap<Work, u32> = HashMap::new();
    for number in 0..400 {
        for identifier in [format!("nobody{number}"), format!("nobody{number}@example.org")] {
            *nobody.entry(app.wrong(&identifier).await).or_default() += 1;
        }
    }
    for (work, share) in [(legacy(4), 400_u32), (legacy(5), 200), (OURS, 200)] {
        let seen = nobody.remove(&work).unwrap_or_default();
        assert!(
            seen.abs_diff(share) < 80,
            "{seen} of 800 cost {work:?}; of the accounts it would be {share}"
        );
    }
    assert!(nobody.is_empty(), "{nobody:?}");
    for (person, work) in [("person0", legacy(4)), ("person25", legacy(5)), ("person35", OURS)] {
        assert_eq!(app.wrong(person).await, work);
        assert_eq!(app.wrong(&format!("{person}@example.org")).await, work);
    }
    for number in 0..40 {
        let name = format!("nobody{number}");
        assert_eq!(app.wrong(&name).await, app.wrong(&name).await, "asking again tells more");
        assert_eq!(app.wrong(&name).await, app.wrong(&name.to_uppercase()).await);
    }
}

/// An account without a password, a registration that waits and an address that nobody confirmed cost what the same
/// identifier cost before they were there.
#[tokio::test]
async fn telling_accounts_without_a_password_and_registrations_that_wait() {
    let app = patient().await;
    for number in 0..6 {
        app.add_legacy(&format!("person{number}"), 4).await;
    }
    for number in 6..12 {
        app.add(&format!("person{number}")).await;
    }
    let app = app.restart().await;
    let mut kinds = [0, 0];
    for number in 0..24 {
        let (bare, waiting, claimed) =
            (format!("bare{number}"), format!("waiting{number}@example.org"), format!("claimed{number}"));
        let claimed_address = format!("{claimed}@example.org");
        let names = [bare.as_str(), &waiting, &claimed_address];
        let mut before = Vec::new();
        for name in names {
            before.push(app.wrong(name).await);
        }
        app.add(&bare).await;
        app.forget_password(&bare).await;
        let step = registration_step(&format!("waiting{number}"), &waiting, OTHER_PASSWORD);
        app.post("/registration", &step).send().await.expect_state("verify_address");
        app.add_with(&claimed, |new| {
            new.password = bcrypt_of(PASSWORD, 4);
            new.email.as_mut().unwrap().verified_at = None;
        })
        .await;
        let mut after = Vec::new();
        for name in names {
            after.push(app.wrong(name).await);
        }
        assert_eq!(after, before, "{names:?}");
        // The right password of a registration that waits is recognized, whatever falls to its address.
        assert_eq!(app.cost(&waiting, OTHER_PASSWORD, "verify_address").await, before[1]);
        // And the right password does not sign in by an address that nobody confirmed.
        assert_eq!(app.cost(&claimed_address, PASSWORD, "credentials_rejected").await, before[2]);
        kinds[usize::from(before[1] == OURS)] += 1;
    }
    assert!(kinds[0] > 3 && kinds[1] > 3, "{kinds:?}: the test shows nothing");
}

/// A disabled account, asked with its own password, with white space around it and without.
#[tokio::test]
async fn telling_disabled_accounts_by_their_old_hashes() {
    let app = app().await;
    app.add_legacy("alice", 4).await;
    app.add_legacy("bob", 4).await;
    let bob = app.endpoint.user("bob").await.unwrap();
    app.endpoint.storage().set_disabled(&bob.id, true, app.endpoint.now()).await.unwrap();
    let app = app.restart().await;
    for password in ["wrong-password".to_owned(), PASSWORD.to_owned()] {
        assert_eq!(app.cost("bob", &password, "credentials_rejected").await, legacy(4));
    }
    let padded = app.cost("bob", &format!(" {PASSWORD}"), "credentials_rejected").await;
    assert_eq!(padded, app.cost("alice", " wrong-password", "credentials_rejected").await);
}

/// White space around a password is tried a second time, for legacy hashes. The second try is paid for by what was
/// typed, not by whether somebody has the name.
#[tokio::test]
async fn telling_accounts_by_the_second_try() {
    let app = app().await;
    app.add_legacy("alice", 4).await;
    let app = app.restart().await;
    let twice = Work { argon2id: 1, bcrypt: 2, rounds: 2 << 4 };
    for identifier in ["alice", "nobody", "nobody@example.org", "no such name!"] {
        assert_eq!(app.wrong(identifier).await, legacy(4), "all accounts have old hashes");
        for typed in [" wrong-password", "wrong-password\t", "\u{3000}x", "   "] {
            let work = app.cost(identifier, typed, "credentials_rejected").await;
            assert_eq!(work, twice, "{identifier} {typed:?}");
        }
    }
}

/// Verified once with bcrypt, from then on with Argon2id; and what was stored is what was typed.
#[tokio::test]
async fn a_legacy_hash_is_upgraded_at_login_and_what_was_typed_counts() {
    let app = app().await;
    app.add_legacy("alice", 4).await;
    app.add_legacy("bob", 4).await;
    app.login_with("alice", OTHER_PASSWORD).await.expect_problem(401, "credentials_rejected");
    app.login("alice").await.expect_complete();
    let hash = async |name: &str| {
        let record = app.endpoint.storage().find_by_username(name).await.unwrap().unwrap();
        record.password.unwrap().0
    };
    assert!(hash("allce").await.starts_with("$argon2id$"));
    assert_eq!(app.cost("alice", PASSWORD, "complete").await, OURS);

    let padded = format!("{PASSWORD} ");
    app.login_with("bob", &padded).await.expect_complete();
    assert!(hash("bob").await.starts_with("$argon2id$"));
    app.login_with("bob", &padded).await.expect_complete();
    app.login("bob").await.expect_problem(401, "credentials_rejected");
}

/// Another process imports people while this one has never seen a legacy hash: the first one it meets is enough.
#[tokio::test]
async fn the_mix_begins_with_the_first_legacy_hash_and_ends_with_the_last() {
    let app = app().await;
    assert_eq!(app.wrong("nobody").await, OURS);
    app.add_legacy("alice", 4).await;
    assert_eq!(app.wrong("alice").await, legacy(4));
    assert_eq!(app.wrong("nobody").await, legacy(4), "all accounts have old hashes");
    app.login("alice").await.expect_complete();
    let app = app.restart().await;
    assert_eq!(app.wrong("nobody").await, OURS);
    assert_eq!(app.wrong("alice").await, OURS);
}

/// bcrypt reads 72 bytes: whoever knows the beginning of a longer password would be in.
#[tokio::test]
async fn legacy_passwords_that_differ_behind_byte_72() {
    let app = app().await;
    let long = "Vk3-".repeat(20);
    app.add_with("alice", |new| new.password = bcrypt_of(&long, 4)).await;
    for typed in [format!("{}tail", &long[..72]), long.clone()] {
        app.login_with("alice", &typed).await.expect_problem(401, "credentials_rejected");
    }
    // What such a person does: a new password by mail.
    let token = app.reset_token("alice").await;
    let reset = json!({"step": "reset", "token": token, "password": long});
    app.post("/recovery", &reset).send().await.expect_state("complete");
    app.login_with("alice", &long).await.expect_complete();
}
