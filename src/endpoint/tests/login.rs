use super::kit::{App, PASSWORD};

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
