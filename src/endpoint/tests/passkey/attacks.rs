//! The attacks on passkeys.

use gatehouse_protocol::{
    Code, EnrollmentStep, ErrorCode, FlowToken, LoginState, Password, RecoveryStep, SecondFactor,
};

use super::{ORIGIN, key, rejected, with_passkey};
use crate::{
    audit::Event,
    endpoint::tests::kit::{App, Browser, OTHER, PASSWORD},
    identity::IdentityId,
};

/// Story: a phishing page, or another app on the same machine, relays what it was given.
#[tokio::test]
async fn an_answer_of_another_origin_or_for_another_host_is_refused() {
    let app = App::new().await;
    let (_, mut key) = with_passkey(&app, "alice").await;
    for origin in ["https://localhost:8501", "http://localhost:8502", "https://evil.example.org"] {
        key.origin = origin.into();
        rejected(app.browser().by_passkey(&mut key).await);
    }
    key.origin = ORIGIN.into();
    key.rp_id = Some("evil.example.org".into());
    rejected(app.browser().by_passkey(&mut key).await);
    key.rp_id = None;
    key.framed = true;
    rejected(app.browser().by_passkey(&mut key).await);
    key.framed = false;
    app.browser().by_passkey(&mut key).await.unwrap();
}

/// Story: what a passkey signed is read on its way, and sent once more. (Its counter counts nothing.)
#[tokio::test]
async fn a_replayed_answer_signs_nobody_in() {
    let app = App::new().await;
    app.add("alice").await;
    let (mut owner, mut key) = (app.browser(), key("alice"));
    key.counter = 0;
    owner.signs_in("alice", PASSWORD).await;
    owner.adds(&mut key).await.unwrap();
    let mut browser = app.browser();
    let (flow, options) = browser.asks(None).await.unwrap();
    let answer = key.get(&options);
    browser.answers(&flow, answer.clone()).await.unwrap();
    let mut thief = app.browser();
    assert_eq!(thief.answers(&flow, answer.clone()).await.unwrap_err().code, ErrorCode::FlowExpired);
    let (other, _) = thief.asks(None).await.unwrap();
    rejected(thief.answers(&other, answer).await);
    let flow = browser.asked_for_passkey("alice").await;
    let (_, options) = browser.asks(Some(&flow)).await.unwrap();
    let answer = key.get(&options);
    browser.answers(&flow, answer.clone()).await.unwrap();
    assert_eq!(thief.answers(&flow, answer).await.unwrap_err().code, ErrorCode::FlowExpired);
}

#[tokio::test]
async fn one_answer_in_parallel_signs_in_once() {
    let app = App::new().await;
    app.add("alice").await;
    let (mut owner, mut key) = (app.browser(), key("alice"));
    key.counter = 0;
    owner.signs_in("alice", PASSWORD).await;
    owner.adds(&mut key).await.unwrap();
    let (flow, options) = owner.asks(None).await.unwrap();
    let answer = key.get(&options);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut browser, flow, answer) = (app.browser(), flow.clone(), answer.clone());
        tries.spawn(async move { browser.answers(&flow, answer).await.is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|let_in| *let_in).count(), 1);
}

/// Story: Mallory has a passkey of her own, and Alice's password.
#[tokio::test]
async fn a_challenge_of_another_flow_or_person_is_not_answered_by_ones_own_passkey() {
    let app = App::new().await;
    let (_, mut alices) = with_passkey(&app, "alice").await;
    let (_, mut mallorys) = with_passkey(&app, "mallory").await;
    let mut mallory = app.browser();
    let at_alice = mallory.asked_for_passkey("alice").await;
    let (_, options) = mallory.asks(Some(&at_alice)).await.unwrap();
    assert!(options.contains("YWxpY2U") && !options.contains("bWFsbG9yeQ"), "only hers are asked for");
    rejected(mallory.answers(&at_alice, mallorys.get(&options)).await);
    // Her own challenge, signed by herself, does not open Alice's flow; nor does Alice's answer to another of hers.
    let own = mallory.asked_for_passkey("mallory").await;
    let (_, others) = mallory.asks(Some(&own)).await.unwrap();
    rejected(mallory.answers(&at_alice, mallorys.get(&others)).await);
    rejected(mallory.answers(&at_alice, alices.get(&others)).await);
    let (alone, asked) = mallory.asks(None).await.unwrap();
    rejected(mallory.answers(&at_alice, alices.get(&asked)).await);
    rejected(mallory.answers(&alone, alices.get(&options)).await);
    // The controls: either flow is open to who it is for.
    mallory.answers(&alone, mallorys.get(&asked)).await.unwrap();
    mallory.answers(&at_alice, alices.get(&options)).await.unwrap();
}

/// Story: a relay takes an answer to a second factor, for which nobody had to be verified, for a sign-in of its own.
#[tokio::test]
async fn where_it_is_the_only_factor_its_person_is_verified() {
    let app = App::new().await;
    app.add("alice").await;
    let (mut owner, mut key) = (app.browser(), key("alice"));
    // One that verified its person when it was made is asked for that always.
    key.verifies = false;
    owner.signs_in("alice", PASSWORD).await;
    owner.adds(&mut key).await.unwrap();
    let (mut browser, mut relay) = (app.browser(), app.browser());
    let flow = browser.asked_for_passkey("alice").await;
    let (_, options) = browser.asks(Some(&flow)).await.unwrap();
    let (alone, asked) = relay.asks(None).await.unwrap();
    rejected(relay.answers(&alone, key.get(&options)).await);
    rejected(relay.answers(&alone, key.get(&asked)).await);
    assert!(relay.ctx.session.is_none());
    browser.answers(&flow, key.get(&options)).await.unwrap();
    assert!(browser.ctx.session.is_some());
}

/// Story: somebody copied the private key out of a broken device.
#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_noted() {
    let app = App::new().await;
    let (_, mut key) = with_passkey(&app, "alice").await;
    app.browser().by_passkey(&mut key).await.unwrap();
    app.browser().by_passkey(&mut key).await.unwrap();
    key.counter = 1;
    rejected(app.browser().by_passkey(&mut key).await);
    app.endpoint.flush_records().await.unwrap();
    let noted = app.storage().latest_audit(Event::PasskeyCounter.name()).await.unwrap().unwrap();
    assert_eq!(noted.identity_id, Some(IdentityId("id_alice".into())));
    key.counter = 3;
    app.browser().by_passkey(&mut key).await.unwrap();
}

/// Story: a browser left open is used by somebody else to add a passkey of his own.
#[tokio::test]
async fn adding_a_passkey_needs_a_fresh_proof() {
    let app = App::with(|settings| settings.session.idle_ttl = 86_400).await;
    let (mut browser, mut alices) = with_passkey(&app, "alice").await;
    app.pass(11 * 60);
    let refused = browser.adds(&mut key("thief")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ReauthenticationRequired);
    let mut nobody = app.browser();
    assert_eq!(nobody.adds(&mut key("thief")).await.unwrap_err().code, ErrorCode::SignedOut);
    // Who has the password alone gets no further either.
    let flow = nobody.asked_for_passkey("alice").await;
    let begin = EnrollmentStep::BeginPasskey { flow: Some(flow.clone()) };
    assert_eq!(nobody.enroll(begin).await.unwrap_err().code, ErrorCode::FlowExpired);
    let confirm = nobody.hands(&flow, key("thief").create(&nobody.creation_like(&flow))).await;
    assert_eq!(confirm.unwrap_err().code, ErrorCode::FlowExpired);
    let again = browser.proves_again(PASSWORD).await.unwrap();
    let LoginState::Challenge { flow, .. } = again else { panic!("{again:?}") };
    let (_, options) = browser.asks(Some(&flow)).await.unwrap();
    browser.answers(&flow, alices.get(&options)).await.unwrap();
    browser.adds(&mut key("second")).await.unwrap();
    assert_eq!(browser.overview().await.factors.len(), 2);
}

impl Browser {
    /// Options as the endpoint would make them for this flow, if it did.
    fn creation_like(&self, flow: &FlowToken) -> String {
        let party = self.endpoint.relying_party().unwrap();
        party.creation(&self.endpoint.to_be_signed(flow), b"user", "alice", &[])
    }
}

#[tokio::test]
async fn a_disabled_person_is_answered_like_nobody() {
    let app = App::new().await;
    let (_, mut alices) = with_passkey(&app, "alice").await;
    let mut browser = app.browser();
    let (flow, options) = browser.asks(None).await.unwrap();
    let answer = alices.get(&options);
    app.storage().set_disabled(&IdentityId("id_alice".into()), true, app.endpoint.now()).await.unwrap();
    rejected(browser.answers(&flow, answer).await);
    rejected(browser.by_passkey(&mut key("unknown")).await);
}

/// Story: guesses at one passkey, and at many.
#[tokio::test]
async fn a_thousand_guesses_are_limited() {
    let app = App::new().await;
    let (_, mut alices) = with_passkey(&app, "alice").await;
    let mut forged = key("alice");
    let mut looked_at = 0;
    for _ in 0..1000 {
        match app.browser().by_passkey(&mut forged).await.unwrap_err().code {
            ErrorCode::PasskeyRejected => looked_at += 1,
            ErrorCode::TooManyAttempts => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(looked_at <= 20, "{looked_at} guesses at one passkey were looked at");
    app.pass(4 * 3600);
    app.browser().by_passkey(&mut alices).await.unwrap();
    let (mut one, mut looked_at) = (app.browser(), 0);
    for n in 0..1000 {
        if n % 50 == 0 {
            app.pass(60);
        }
        match one.by_passkey(&mut key(&format!("unknown-{n}"))).await.unwrap_err().code {
            ErrorCode::PasskeyRejected => looked_at += 1,
            ErrorCode::TooManyAttempts => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(looked_at <= 200, "{looked_at} guesses of one address were looked at");
}

/// Story: guesses at the second factor, with a new login for each.
#[tokio::test]
async fn guesses_at_a_second_factor_share_its_limiter() {
    let app = App::new().await;
    let (mut owner, _) = with_passkey(&app, "alice").await;
    let (_, codes) = owner.sets_up(&app, None).await;
    assert!(codes.is_empty(), "they were made with the first factor");
    let mut forged = key("alice");
    for _ in 0..30 {
        let mut browser = app.browser();
        let flow = browser.asked_for_passkey("alice").await;
        let (_, options) = browser.asks(Some(&flow)).await.unwrap();
        browser.answers(&flow, forged.get(&options)).await.unwrap_err();
    }
    let mut browser = app.browser();
    let flow = browser.asked_for_passkey("alice").await;
    let refused = browser.totp(&flow, Code::new("123456")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooManyAttempts);
}

/// Story: whoever reads the mailbox resets the password.
#[tokio::test]
async fn a_reset_never_goes_around_a_passkey() {
    let app = App::new().await;
    let (_, mut alices) = with_passkey(&app, "alice").await;
    let token = app.recovery_token("alice").await;
    let mut browser = app.browser();
    let password = Password::new(OTHER);
    app.endpoint.recovery(&browser.ctx, RecoveryStep::Reset { token, password }).await.unwrap();
    let asked = browser.login("alice", OTHER).await.unwrap();
    let LoginState::Challenge { flow, factors } = asked else {
        panic!("let in by the password alone: {asked:?}")
    };
    assert_eq!(factors, [SecondFactor::Passkey, SecondFactor::RecoveryCode]);
    let (_, options) = browser.asks(Some(&flow)).await.unwrap();
    browser.answers(&flow, alices.get(&options)).await.unwrap();
}

/// Story: somebody hands over, as his own, a passkey that belongs to somebody else.
#[tokio::test]
async fn a_passkey_belongs_to_one_person_and_is_added_once() {
    let app = App::new().await;
    let (mut alice, mut alices) = with_passkey(&app, "alice").await;
    assert_eq!(alice.adds(&mut alices).await.unwrap_err().code, ErrorCode::PasskeyExists);
    app.add("mallory").await;
    let mut mallory = app.browser();
    mallory.signs_in("mallory", PASSWORD).await;
    let mut same_id = key("alice");
    assert_eq!(mallory.adds(&mut same_id).await.unwrap_err().code, ErrorCode::PasskeyExists);
    rejected(app.browser().by_passkey(&mut same_id).await);
    app.browser().by_passkey(&mut alices).await.unwrap();
}

#[tokio::test]
async fn a_flow_of_ten_minutes_or_made_up_or_changed_is_none() {
    let app = App::new().await;
    let (_, mut alices) = with_passkey(&app, "alice").await;
    let mut browser = app.browser();
    let (flow, options) = browser.asks(None).await.unwrap();
    let answer = alices.get(&options);
    app.pass(601);
    assert_eq!(browser.answers(&flow, answer).await.unwrap_err().code, ErrorCode::FlowExpired);
    let (flow, options) = browser.asks(None).await.unwrap();
    let answer = alices.get(&options);
    let (start, last) = flow.expose().split_at(flow.expose().len() - 1);
    for other in [format!("{start}{}", if last == "A" { "B" } else { "A" }), "made-up".into(), String::new()]
    {
        let other = FlowToken::new(other);
        assert!(browser.answers(&other, answer.clone()).await.is_err());
    }
    browser.answers(&flow, answer).await.unwrap();
}

/// Story: a stolen copy of the database.
#[tokio::test]
async fn a_stolen_database_names_no_passkey_and_a_sign_in_that_proves_nothing_leaves_no_row() {
    let app = App::new().await;
    let (_, alices) = with_passkey(&app, "alice").await;
    let before: Vec<u8> = app.files().concat();
    let mut browser = app.browser();
    for _ in 0..20 {
        browser.asks(None).await.unwrap();
    }
    assert_eq!(app.files().concat(), before, "asking costs the database nothing");
    let holds = |needle: &[u8]| before.windows(needle.len()).any(|window| window == needle);
    assert!(holds(alices.id()), "the search finds what is there");
    assert!(!holds(b"registration_policy"), "what is kept is sealed");
}
