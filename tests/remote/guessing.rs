//! Limits where several apps have one endpoint.

use serde_json::{Value, json};

use crate::kit::{House, Process, login};

/// Guesses with a form; the status.
async fn guess(app: &Process, name: &str) -> u16 {
    let mut step = login(name);
    step["password"] = "wrong in any case".into();
    app.ask(app.request("POST", "/_gatehouse/login"), &step).await.status.as_u16()
}

/// One app is behind a proxy that its settings don't name, or its process names whatever address it likes: with its forms
/// somebody uses up what one address, and all of them together, may get wrong. The people of another app sign in from there.
#[tokio::test]
async fn one_app_locks_out_the_people_of_another() {
    for (of_an_address, in_all) in [(5, 100), (100, 5)] {
        let house = House::open_with(|settings| {
            settings.limits.address_attempts = of_an_address;
            settings.limits.global_attempts = in_all;
        })
        .await;
        let (noisy, quiet) = (house.app("ledger").await, house.app("maps").await);
        let mut answers = Vec::new();
        for n in 0..6 {
            answers.push(guess(&noisy, &format!("somebody{n}")).await);
        }
        assert_eq!(answers.last(), Some(&429), "{answers:?}");
        assert!(quiet.lets_in(&quiet.sign_in("alice").await).await);
        house.sign_in("alice").await;
    }
}

/// The same with what costs little and is counted per minute.
#[tokio::test]
async fn one_app_asks_for_all_questions_of_an_address() {
    let house = House::open_with(|settings| settings.limits.questions_per_address = 5).await;
    let (noisy, quiet) = (house.app("ledger").await, house.app("maps").await);
    let open = json!({ "step": "open", "token": "t".repeat(43) });
    let ask = async |app: &Process| {
        app.ask(app.request("POST", "/_gatehouse/recovery"), &open).await.status.as_u16()
    };
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(ask(&noisy).await);
    }
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    assert_ne!(ask(&quiet).await, 429);
}

/// Two apps would be twice as many guesses at the same password.
#[tokio::test]
async fn guesses_at_one_account_through_several_apps() {
    let house = House::open_with(|settings| settings.limits.account_attempts = 6).await;
    let apps = [house.app("ledger").await, house.app("maps").await];
    let mut answers = Vec::new();
    for n in 0..8 {
        answers.push(guess(&apps[n % 2], "alice").await);
    }
    assert_eq!(answers.iter().filter(|status| **status != 429).count(), 6, "{answers:?}");
    let reply = house.ask(house.request("POST", "/_gatehouse/login"), &login("alice")).await;
    assert_eq!(reply.status, 429, "and with the endpoint's own form");
    let asked = house.request("GET", "/_gatehouse/session");
    assert_eq!(house.ask(asked, &Value::Null).await.json()["state"], "anonymous");
}
