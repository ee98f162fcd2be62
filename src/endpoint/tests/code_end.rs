//! When a code by mail is none any more, and when none is sent.

use gatehouse_protocol::{ErrorCode, Password, RecoveryStep};

use super::{
    code::{app, mailed},
    kit::{OTHER, PASSWORD},
};
use crate::identity::EmailAddress;

/// Story: the owner notices, and replaces the password: what was asked for before that opens nothing any more.
#[tokio::test]
async fn a_new_password_forgets_codes_that_were_asked_for() {
    let app = app().await;
    app.add("alice").await;
    let mut browser = app.browser();
    let flow = browser.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    let token = app.recovery_token("alice").await;
    let step = RecoveryStep::Reset { token, password: Password::new(OTHER) };
    app.endpoint.recovery(&app.browser().ctx, step).await.unwrap();
    assert_eq!(browser.code(&flow, &mail.code).await.unwrap_err().code, ErrorCode::FlowExpired);
    assert_eq!(browser.link(&mail.link).await.unwrap_err().code, ErrorCode::LinkExpired);
}

/// Story: between asking and sending the address becomes somebody else's.
#[tokio::test]
async fn a_code_goes_to_no_address_that_is_not_its_owners_any_more() {
    let app = app().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.asks_for_code("alice").await;
    let mut sql = app.sql().await;
    let folded = EmailAddress::parse("new@example.org").unwrap();
    let change = sqlx::query("UPDATE identity SET email = ?1, email_folded = ?1").bind(folded.folded());
    change.execute(&mut sql).await.unwrap();
    assert!(mailed(&app).await.is_none());
}

/// 200 requests for one address: its owner is not drowned.
#[tokio::test]
async fn two_hundred_requests_for_one_address_are_capped_and_answered_the_same() {
    let app = app().await;
    app.add("alice").await;
    for _ in 0..200 {
        app.browser().asks_for_code("alice").await;
    }
    let mut mails = 0;
    while mailed(&app).await.is_some() {
        mails += 1;
    }
    assert_eq!(mails, app.endpoint.settings().limits.mails_per_address);
    app.browser().signs_in("alice", PASSWORD).await;
}
