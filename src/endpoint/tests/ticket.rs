//! Tickets: what may be redeemed, by whom, and how often.

use std::time::Duration;

use proptest::prelude::*;

use super::kit::{App, PASSWORD, challenge, password_step};
use crate::{
    clock::Timestamp,
    session::{NewTicket, REPEAT_TTL, Redemption, Secret, SessionId, StoredTicket, TICKET_TTL, TokenHash},
};

const VERIFIER: &str = "a verifier that only Python has";

/// A ticket of Alice's, as it reaches Python.
async fn ticket(app: &App) -> (Secret, super::kit::Browser) {
    let mut browser = app.browser();
    let ticket = browser.ticket("alice", VERIFIER).await;
    (Secret::received(ticket.expose()), browser)
}

#[tokio::test]
async fn a_ticket_is_redeemed_by_who_has_the_verifier() {
    let app = App::new().await;
    app.add("alice").await;
    let (ticket, browser) = ticket(&app).await;
    let live = app.endpoint.redeem(&ticket, VERIFIER, "socket").await.unwrap().unwrap();
    assert_eq!(live.identity.username.as_str(), "alice");
    assert_eq!(Some(&live.session.id), browser.session().await.map(|live| live.session.id.clone()).as_ref());
}

/// Somebody sees a ticket on its way through the browser and presents it on a socket of their own.
#[tokio::test]
async fn a_ticket_stolen_before_it_is_used() {
    let app = App::new().await;
    app.add("alice").await;
    let (ticket, browser) = ticket(&app).await;
    for guess in ["", "another verifier", &challenge(VERIFIER).0] {
        assert!(app.endpoint.redeem(&ticket, guess, "thief").await.unwrap().is_none());
    }
    // Without the verifier nothing happened to it: its owner goes on.
    assert!(app.endpoint.redeem(&ticket, VERIFIER, "socket").await.unwrap().is_some());
    assert!(browser.session().await.is_some());
}

/// Streamlit retries a run: the same socket with the same verifier gets the same answer for ten seconds.
#[tokio::test]
async fn a_retried_run_is_no_theft() {
    let app = App::new().await;
    app.add("alice").await;
    let (ticket, browser) = ticket(&app).await;
    for _ in 0..3 {
        assert!(app.endpoint.redeem(&ticket, VERIFIER, "socket").await.unwrap().is_some());
        app.pass(3);
    }
    assert!(browser.session().await.is_some());
}

/// A used ticket comes back from elsewhere, or too late: somebody copied it, so its session ends.
#[tokio::test]
async fn a_ticket_used_a_second_time_ends_the_session() {
    let app = App::new().await;
    app.add("alice").await;
    for (handle, wait) in [("thief", 0), ("socket", 10)] {
        let (ticket, browser) = ticket(&app).await;
        assert!(app.endpoint.redeem(&ticket, VERIFIER, "socket").await.unwrap().is_some());
        app.pass(wait);
        assert!(browser.session().await.is_some());
        assert!(app.endpoint.redeem(&ticket, VERIFIER, handle).await.unwrap().is_none());
        assert!(browser.session().await.is_none(), "{handle} after {wait} s");
    }
}

#[tokio::test]
async fn a_ticket_is_too_old_after_a_minute() {
    let app = App::new().await;
    app.add("alice").await;
    let (fresh, _) = ticket(&app).await;
    app.pass(59);
    assert!(app.endpoint.redeem(&fresh, VERIFIER, "socket").await.unwrap().is_some());
    let (stale, browser) = ticket(&app).await;
    app.pass(60);
    assert!(app.endpoint.redeem(&stale, VERIFIER, "socket").await.unwrap().is_none());
    assert!(browser.session().await.is_some(), "an old ticket is no theft");
}

#[tokio::test]
async fn a_ticket_of_a_session_that_ended_is_worth_nothing() {
    let app = App::new().await;
    let alice = app.add("alice").await;
    let (ticket, _) = ticket(&app).await;
    app.storage().revoke_sessions(&alice.id, None, app.endpoint.now()).await.unwrap();
    assert!(app.endpoint.redeem(&ticket, VERIFIER, "socket").await.unwrap().is_none());
}

/// A login that no app waits for gets no ticket.
#[tokio::test]
async fn without_a_challenge_there_is_no_ticket() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    let state = browser.step(password_step("alice", PASSWORD, false, None)).await.unwrap();
    assert!(matches!(state, gatehouse_protocol::LoginState::Complete { ticket: None }));
}

proptest! {
    /// Any order of attempts against a model that remembers only who was first and when.
    #[test]
    fn tickets_follow_their_model(
        attempts in proptest::collection::vec((any::<bool>(), 0_u8..3, 0_u64..30), 1..20),
    ) {
        let issued_at = Timestamp(1_700_000_000_000);
        let hash = |text: &str| Secret::received(text).hash();
        let handles: [TokenHash; 3] = [hash("a"), hash("b"), hash("c")];
        let new = NewTicket {
            hash: hash("ticket"), session_id: SessionId("s".into()), challenge: "right".into(), issued_at,
        };
        let mut stored = StoredTicket { ticket: new, redeemed: None };
        let mut first: Option<(u8, u64)> = None;
        let mut seconds = 0;
        for (verified, who, wait) in attempts {
            seconds += wait;
            let expected = match first {
                None if verified && seconds < TICKET_TTL.as_secs() => Redemption::First,
                None => Redemption::Refused,
                Some((by, at)) if verified && by == who && seconds < at + REPEAT_TTL.as_secs() => Redemption::Repeated,
                Some(_) => Redemption::Theft,
            };
            let handle = handles[usize::from(who)];
            let now = issued_at.plus(Duration::from_secs(seconds));
            let judged = stored.judge(if verified { "right" } else { "wrong" }, handle, now);
            prop_assert_eq!(judged, expected);
            if judged == Redemption::First {
                first = Some((who, seconds));
                stored.redeemed = Some((handle, now));
            }
        }
    }
}

/// Whoever reaches the app sends made-up tickets, as many as a websocket carries. They fill no table; what concerns
/// somebody is written meanwhile.
#[tokio::test]
async fn made_up_tickets_by_the_thousand_fill_no_table() {
    let app = App::new().await;
    app.add("alice").await;
    for number in 0..1000 {
        let made_up = Secret::received(format!("made up {number}"));
        assert!(app.endpoint.redeem(&made_up, VERIFIER, "socket").await.unwrap().is_none());
    }
    app.browser().login("alice", PASSWORD).await.unwrap();
    app.endpoint.flush_records().await.unwrap();
    let events = app.storage().list_audit(2000).await.unwrap();
    let named = |name: &str| events.iter().filter(|record| record.event == name).count();
    assert_eq!((named("ticket.refused"), named("login.completed")), (60, 1));
    // A minute later there is room again.
    app.pass(60);
    app.endpoint.redeem(&Secret::received("one more"), VERIFIER, "socket").await.unwrap();
    app.endpoint.flush_records().await.unwrap();
    let [last] = app.storage().list_audit(1).await.unwrap().try_into().unwrap();
    assert_eq!(last.event, "ticket.refused");
}
