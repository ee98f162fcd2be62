use super::{
    authenticator::alice,
    kit::{App, PASSWORD},
};
use crate::telemetry::metrics;

#[tokio::test]
async fn somebody_signs_in_by_name_or_address_and_out_again() {
    let app = App::new().await;
    app.add("alice").await;
    for identifier in ["alice", "ALICE", " alice ", "alice@example.org", "Alice@Example.ORG"] {
        let mut browser = app.browser();
        browser.signs_in(identifier, PASSWORD).await;
        let session = browser.session().await.unwrap();
        assert_eq!(session.identity.username.as_str(), "alice");
        let answer = app.endpoint.logout(&browser.ctx).await.unwrap();
        let token = browser.ctx.session.clone().unwrap();
        browser.keep(answer);
        assert!(browser.ctx.session.is_none());
        assert!(app.endpoint.session_by_token(&token).await.unwrap().is_none());
    }
}

/// The operator looks for a name as its owner writes it, not for its folded form.
#[tokio::test]
async fn the_record_of_a_refusal_names_what_was_typed() {
    let app = App::new().await;
    app.add("alice").await;
    app.browser().refused("Alice", "not the one").await;
    app.endpoint.flush_records().await.unwrap();
    let [record] = app.storage().list_audit(1).await.unwrap().try_into().unwrap();
    assert_eq!(
        (record.event.as_str(), record.detail.as_str()),
        ("login.rejected", r#"{"identifier":"Alice"}"#)
    );
}

/// Whoever signs in with a second factor has signed in, too.
#[tokio::test]
async fn every_session_that_begins_is_counted_as_a_login_and_nothing_else() {
    let completed = || {
        let shown = metrics::handle().unwrap().render();
        let line = shown.lines().find_map(|line| {
            line.strip_prefix("gatehouse_logins_total{outcome=\"completed\"} ").map(str::to_owned)
        });
        line.map_or(0, |count| count.parse::<u64>().unwrap())
    };
    let before = completed();
    let app = App::new().await;
    let (mut browser, authenticator, codes) = alice(&app).await;
    assert_eq!(completed() - before, 1, "setting a factor up begins no session");
    let flow = browser.challenged("alice").await;
    assert_eq!(completed() - before, 1, "nor does a password that is not enough");
    browser.totp(&flow, authenticator.code(&app)).await.unwrap();
    assert_eq!(completed() - before, 2);
    let flow = browser.challenged("alice").await;
    browser.recovery(&flow, &codes[0]).await.unwrap();
    assert_eq!(completed() - before, 3);
    app.pass(30);
    let asked = browser.proves_again(PASSWORD).await.unwrap();
    let gatehouse_protocol::LoginState::Challenge { flow, .. } = asked else { panic!("{asked:?}") };
    browser.totp(&flow, authenticator.code(&app)).await.unwrap();
    assert_eq!(completed() - before, 3, "nor does a fresh proof");
}
