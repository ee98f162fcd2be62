//! The account page: what its owner changes, and what nobody else does.

use base64::Engine as _;
use gatehouse_protocol::{AccountState, AccountStep, ErrorCode};

use super::{
    authenticator::alice,
    kit::{App, PASSWORD},
    phone,
    telephone::Telephone,
};
use crate::{
    audit::{Entry, Event},
    factor::totp::TotpKey,
    identity::IdentityId,
    storage::ProviderAccount,
};

/// Story: somebody guesses the ids of other people's factors and sessions on the account page.
#[tokio::test]
async fn the_account_page_changes_nothing_of_somebody_else() {
    let app = App::new().await;
    let (mut alice, _, _) = alice(&app).await;
    app.add("mallory").await;
    let mut mallory = app.browser();
    mallory.signs_in("mallory", PASSWORD).await;
    let account = alice.overview().await;
    let (factor, session) = (account.factors[0].id.clone(), account.sessions[0].id.clone());
    for step in [
        AccountStep::RemoveFactor { id: factor.clone() },
        AccountStep::RenameFactor { id: factor, name: "mine".into() },
        AccountStep::EndSession { id: session },
    ] {
        assert_eq!(mallory.account(step).await.unwrap_err().code, ErrorCode::NotFound);
    }
    assert_eq!(alice.overview().await, account);
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_or_all_but_the_own() {
    let app = App::new().await;
    app.add("alice").await;
    let (mut own, mut other, mut third) = (app.browser(), app.browser(), app.browser());
    for browser in [&mut own, &mut other, &mut third] {
        browser.signs_in("alice", PASSWORD).await;
    }
    let theirs = other.session().await.unwrap().session.id.0.clone();
    own.account(AccountStep::EndSession { id: theirs }).await.unwrap();
    assert!(other.session().await.is_none());
    let mine = own.session().await.unwrap().session.id.0.clone();
    let refused = own.account(AccountStep::EndSession { id: mine }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound, "the own one ends by signing out");
    let state = own.account(AccountStep::EndOtherSessions {}).await.unwrap();
    let AccountState::Overview { account } = state else { panic!("{state:?}") };
    assert!(account.sessions.iter().all(|session| session.current));
    assert!(third.session().await.is_none());
    assert!(own.session().await.is_some());
}

#[tokio::test]
async fn an_account_is_deleted_by_its_owner_with_everything() {
    let app = App::new().await;
    let (mut browser, _, _) = alice(&app).await;
    let state = browser.account(AccountStep::Export {}).await.unwrap();
    let AccountState::Export { document } = state else { panic!("{state:?}") };
    assert!(document.contains("alice@example.org") && !document.contains("argon2"));
    assert!(matches!(browser.account(AccountStep::Delete {}).await.unwrap(), AccountState::Deleted));
    assert!(browser.ctx.session.is_none());
    assert_eq!(browser.refused("alice", PASSWORD).await, ErrorCode::CredentialsRejected);
}

/// What is stored of a person, and nothing that opens anything.
#[tokio::test]
async fn the_download_has_factors_links_and_events_and_no_secret() {
    let app = App::new().await;
    let (mut browser, authenticator, codes) = alice(&app).await;
    let id = IdentityId("id_alice".into());
    let account = ProviderAccount {
        provider: "company".into(),
        issuer: "https://id.example.org".into(),
        subject: "24601".into(),
    };
    app.storage().add_linked_account(&id, &account, app.endpoint.now()).await.unwrap();
    app.add("bob").await;
    app.browser().signs_in("bob", PASSWORD).await;
    let token = browser.ctx.session.clone().unwrap();
    let flow = app.browser().challenged("alice").await;
    let state = browser.account(AccountStep::Export {}).await.unwrap();
    let AccountState::Export { document } = state else { panic!("{state:?}") };
    let read: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(read["linked_accounts"][0]["subject"], "24601");
    assert_eq!(read["account"]["factors"][0]["kind"], "totp");
    let events: Vec<&str> =
        read["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events.first(), Some(&"factor.asked"), "{events:?}");
    assert!(events.contains(&"login.completed") && events.contains(&"factor.added"));
    assert!(!document.contains("bob"), "nothing of anybody else");
    let sealed = app.storage().list_factors(&id).await.unwrap().remove(0).factor.sealed;
    let hash = token.hash().0;
    let mut secrets = vec!["argon2".to_owned(), token.expose().to_owned(), flow.expose().to_owned()];
    let base32 = TotpKey::from_bytes(authenticator.bytes()).unwrap().to_text();
    secrets.extend([base32.expose().to_owned(), base32.expose().split(' ').collect()]);
    secrets.extend([&hash[..], authenticator.bytes(), &sealed].into_iter().flat_map(written));
    secrets.extend(codes.iter().map(|code| code.expose().to_owned()));
    for secret in secrets {
        assert!(!document.contains(&secret), "{secret}");
    }
    assert_eq!((&read["older_events_left_out"], &read["phone"]), (&false.into(), &serde_json::Value::Null));
}

/// The ways in which bytes may stand in a document.
fn written(bytes: &[u8]) -> [String; 4] {
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let numbers = serde_json::to_string(bytes).unwrap();
    [hex, numbers, STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)]
}

/// What the account page hides of the number is what its owner has told, and may have back.
#[tokio::test]
async fn the_download_has_the_whole_number_of_a_phone() {
    let telephone = Telephone::open().await;
    let app = phone::app(&telephone).await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let flow = browser.begins_phone(phone::NUMBER).await.unwrap();
    browser.confirms_phone(&flow, &telephone.rings().await.code()).await.unwrap();
    let AccountState::Export { document } = browser.account(AccountStep::Export {}).await.unwrap() else {
        panic!("no export")
    };
    let read: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(read["phone"], phone::E164);
}

#[tokio::test]
async fn the_download_has_the_newest_thousand_events() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let id = IdentityId("id_alice".into());
    for number in 0..1001 {
        let entry = Entry::new(Event::LoginRejected).identity(&id).with("number", &number.to_string());
        app.endpoint.record(entry);
    }
    let state = browser.account(AccountStep::Export {}).await.unwrap();
    let AccountState::Export { document } = state else { panic!("{state:?}") };
    let read: serde_json::Value = serde_json::from_str(&document).unwrap();
    let events = read["events"].as_array().unwrap();
    assert_eq!((events.len(), &events[0]["detail"]["number"]), (1000, &serde_json::json!("1000")));
    assert_eq!(read["older_events_left_out"], true, "and says that there are more");
}

/// Losing everything has one way back: the operator takes the factors away, and nothing else.
#[tokio::test]
async fn the_operator_takes_lost_factors_away_and_every_session_ends() {
    let app = App::new().await;
    let (browser, _, codes) = alice(&app).await;
    let waiting = app.browser().challenged("alice").await;
    let (_, removed) = app.endpoint.reset_user_factors("alice").await.unwrap();
    assert_eq!(removed, 1);
    app.endpoint.read_feed().await.unwrap();
    assert!(browser.session().await.is_none());
    let mut fresh = app.browser();
    assert_eq!(fresh.recovery(&waiting, &codes[0]).await.unwrap_err().code, ErrorCode::FlowExpired);
    fresh.signs_in("alice", PASSWORD).await;
    assert_eq!(fresh.overview().await.recovery_codes, 0);
}
