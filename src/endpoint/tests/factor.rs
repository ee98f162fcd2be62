//! Second factors: the way in, and the attacks on it.

use gatehouse_protocol::{
    AccountStep, ChangePassword, Code, EnrollmentState, EnrollmentStep, ErrorCode, LoginState, LoginStep,
    Password, RecoveryStep,
};

use super::{
    authenticator::{Authenticator, alice},
    kit::{App, OTHER, PASSWORD},
};
use crate::{config::Mfa, factor::recovery_code, session::AssuranceLevel};

#[tokio::test]
async fn who_has_a_second_factor_signs_in_with_both() {
    let app = App::new().await;
    let (first, authenticator, codes) = alice(&app).await;
    assert_eq!(codes.len(), recovery_code::COUNT);
    assert_eq!(first.session().await.unwrap().session.aal(), AssuranceLevel::Aal2, "set up is proven, too");
    let mut browser = app.browser();
    let flow = browser.challenged("alice").await;
    assert!(browser.ctx.session.is_none(), "no cookie before the second factor");
    let state = browser.totp(&flow, authenticator.code(&app)).await.unwrap();
    assert!(matches!(state, LoginState::Complete { ticket: None }));
    assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
}

/// Story: the phone is lost; a code from the sheet opens, and is crossed out.
#[tokio::test]
async fn a_recovery_code_opens_once_and_what_is_left_is_shown() {
    let app = App::new().await;
    let (_, _, codes) = alice(&app).await;
    let mut browser = app.browser();
    let flow = browser.challenged("alice").await;
    browser.recovery(&flow, &codes[3]).await.unwrap();
    assert_eq!(browser.overview().await.recovery_codes, 9);
    let flow = browser.challenged("alice").await;
    assert_eq!(browser.recovery(&flow, &codes[3]).await.unwrap_err().code, ErrorCode::CodeRejected);
    browser.recovery(&flow, &codes[4]).await.unwrap();
}

/// Story: somebody reads the six digits over a shoulder, or from a relay, and is fast.
#[tokio::test]
async fn one_totp_code_twice_is_accepted_once() {
    let app = App::new().await;
    let (_, authenticator, _) = alice(&app).await;
    let code = authenticator.code(&app);
    let (mut owner, mut thief) = (app.browser(), app.browser());
    let (flow, other) = (owner.challenged("alice").await, thief.challenged("alice").await);
    owner.totp(&flow, code.clone()).await.unwrap();
    assert_eq!(thief.totp(&other, code).await.unwrap_err().code, ErrorCode::CodeRejected);
}

#[tokio::test]
async fn one_totp_code_in_parallel_is_accepted_once() {
    let app = App::new().await;
    let (_, authenticator, _) = alice(&app).await;
    let code = authenticator.code(&app);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut browser, code) = (app.browser(), code.clone());
        let flow = browser.challenged("alice").await;
        tries.spawn(async move { browser.totp(&flow, code).await.is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|let_in| *let_in).count(), 1);
}

#[tokio::test]
async fn one_recovery_code_in_parallel_is_accepted_once() {
    let app = App::new().await;
    let (_, _, codes) = alice(&app).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut browser, code) = (app.browser(), codes[0].clone());
        let flow = browser.challenged("alice").await;
        tries.spawn(async move { browser.recovery(&flow, &code).await.is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|let_in| *let_in).count(), 1);
}

/// Story: the attacker has the password, and signs in again and again to begin with a fresh count.
#[tokio::test]
async fn a_thousand_guesses_meet_a_limiter_that_no_new_login_resets() {
    let app = App::new().await;
    let (_, authenticator, codes) = alice(&app).await;
    let mut looked_at = 0;
    for _ in 0..1000 {
        let mut browser = app.browser();
        let flow = browser.challenged("alice").await;
        match browser.totp(&flow, authenticator.wrong(&app)).await.unwrap_err().code {
            ErrorCode::CodeRejected => looked_at += 1,
            ErrorCode::TooManyAttempts => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(looked_at <= 20, "{looked_at} guesses were looked at");
    let mut browser = app.browser();
    let flow = browser.challenged("alice").await;
    let refused = browser.recovery(&flow, &codes[0]).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooManyAttempts, "the other factor shares the count");
    app.pass(4 * 3600);
    let flow = browser.challenged("alice").await;
    browser.totp(&flow, authenticator.code(&app)).await.unwrap();
}

/// Story: the attacker has the password alone, and tries everything that the unfinished login could open.
#[tokio::test]
async fn a_session_before_the_second_factor_is_denied_everything() {
    let app = App::new().await;
    alice(&app).await;
    let mut browser = app.browser();
    let flow = browser.challenged("alice").await;
    assert!(browser.session().await.is_none());
    let out = ErrorCode::SignedOut;
    assert_eq!(browser.account(AccountStep::Overview {}).await.unwrap_err().code, out);
    assert_eq!(browser.step(LoginStep::StepUp {}).await.unwrap_err().code, out);
    // To enroll another authenticator would be the way around the owner's.
    let begin = EnrollmentStep::BeginTotp { flow: Some(flow.clone()) };
    assert_eq!(browser.enroll(begin).await.unwrap_err().code, ErrorCode::FlowExpired);
    let confirm = EnrollmentStep::ConfirmTotp { flow: flow.clone(), code: Code::new("000000"), keep: false };
    assert_eq!(browser.enroll(confirm).await.unwrap_err().code, ErrorCode::FlowExpired);
    let renewal =
        LoginStep::NewPassword { flow, password: Password::new(OTHER), keep: false, challenge: None };
    assert_eq!(browser.step(renewal).await.unwrap_err().code, ErrorCode::FlowExpired);
}

#[tokio::test]
async fn an_unfinished_login_ends_after_ten_minutes_with_its_use_and_with_the_password() {
    let app = App::new().await;
    let (mut owner, authenticator, codes) = alice(&app).await;
    let mut browser = app.browser();
    let old = browser.challenged("alice").await;
    app.pass(601);
    let code = authenticator.code(&app);
    assert_eq!(browser.totp(&old, code.clone()).await.unwrap_err().code, ErrorCode::FlowExpired);
    let used = browser.challenged("alice").await;
    browser.totp(&used, code).await.unwrap();
    assert_eq!(browser.recovery(&used, &codes[0]).await.unwrap_err().code, ErrorCode::FlowExpired);
    // Whoever knew the old password stands before the second step when the owner replaces it.
    let waiting = app.browser().challenged("alice").await;
    let change = ChangePassword { current: Password::new(PASSWORD), new: Password::new(OTHER) };
    owner.endpoint.change_password(&owner.ctx, change).await.unwrap();
    assert_eq!(browser.recovery(&waiting, &codes[1]).await.unwrap_err().code, ErrorCode::FlowExpired);
    assert_eq!(owner.overview().await.recovery_codes, 10, "a flow that is gone uses no code up");
}

/// Story: a reset proves that somebody reads the mailbox, and nothing more.
#[tokio::test]
async fn a_reset_on_an_account_with_a_second_factor_still_asks_for_it() {
    let app = App::new().await;
    let (_, authenticator, _) = alice(&app).await;
    let token = app.recovery_token("alice").await;
    let mut browser = app.browser();
    let password = Password::new(OTHER);
    app.endpoint.recovery(&browser.ctx, RecoveryStep::Reset { token, password }).await.unwrap();
    let LoginState::Challenge { flow, .. } = browser.login("alice", OTHER).await.unwrap() else {
        panic!("let in by the password alone")
    };
    browser.totp(&flow, authenticator.code(&app)).await.unwrap();
}

/// Story: a browser left open is used by somebody else to take the factor away.
#[tokio::test]
async fn disabling_a_factor_with_an_old_session_asks_again_and_that_is_limited_too() {
    let app = App::with(|settings| settings.session.idle_ttl = 86_400).await;
    let (mut browser, authenticator, _) = alice(&app).await;
    let id = browser.overview().await.factors[0].id.clone();
    app.pass(11 * 60);
    let remove = AccountStep::RemoveFactor { id };
    let again = ErrorCode::ReauthenticationRequired;
    assert_eq!(browser.account(remove.clone()).await.unwrap_err().code, again);
    assert_eq!(browser.account(AccountStep::Export {}).await.unwrap_err().code, again);
    assert_eq!(browser.account(AccountStep::Delete {}).await.unwrap_err().code, again);
    assert_eq!(browser.enroll(EnrollmentStep::BeginTotp { flow: None }).await.unwrap_err().code, again);
    assert_eq!(browser.enroll(EnrollmentStep::RecoveryCodes {}).await.unwrap_err().code, again);
    let mut refused = ErrorCode::CurrentPasswordWrong;
    for _ in 0..200 {
        refused = browser.proves_again("not the one").await.unwrap_err().code;
    }
    assert_eq!(refused, ErrorCode::TooManyAttempts);
    app.pass(4 * 3600);
    // The password alone is not everything that there is to prove.
    let asked = browser.proves_again(PASSWORD).await;
    let Ok(LoginState::Challenge { flow, .. }) = asked else { panic!("{asked:?}") };
    assert_eq!(browser.account(remove.clone()).await.unwrap_err().code, again);
    browser.totp(&flow, authenticator.code(&app)).await.unwrap();
    browser.account(remove).await.unwrap();
    assert!(browser.overview().await.factors.is_empty());
    app.browser().signs_in("alice", PASSWORD).await;
}

/// Story: fixation. Who planted or read the cookie before the second factor must not hold it afterwards.
#[tokio::test]
async fn a_raised_session_has_another_token_and_the_old_one_is_refused() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let (before, session) = (browser.ctx.session.clone().unwrap(), browser.session().await.unwrap());
    browser.sets_up(&app, None).await;
    assert!(app.endpoint.session_by_token(&before).await.unwrap().is_none());
    let raised = browser.session().await.unwrap();
    assert_eq!(raised.session.id, session.session.id, "sockets that are bound to it stay");
    assert_eq!(raised.session.aal(), AssuranceLevel::Aal2);
}

/// Story: the flow of a step-up is carried to another browser, whose session it would raise.
#[tokio::test]
async fn a_step_up_is_for_the_session_that_asked_for_it() {
    let app = App::with(|settings| settings.session.idle_ttl = 86_400).await;
    app.add("alice").await;
    let (mut one, mut two) = (app.browser(), app.browser());
    one.signs_in("alice", PASSWORD).await;
    two.signs_in("alice", PASSWORD).await;
    let (authenticator, _) = two.sets_up(&app, None).await;
    app.pass(60);
    let asked = one.step(LoginStep::StepUp {}).await.unwrap();
    let LoginState::Challenge { flow, .. } = asked else { panic!("{asked:?}") };
    let mut nobody = app.browser();
    let code = authenticator.code(&app);
    assert_eq!(nobody.totp(&flow, code.clone()).await.unwrap_err().code, ErrorCode::SignedOut);
    assert_eq!(two.totp(&flow, code.clone()).await.unwrap_err().code, ErrorCode::FlowExpired);
    one.totp(&flow, code).await.unwrap();
    assert_eq!(one.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
}

#[tokio::test]
async fn where_a_factor_is_required_it_is_set_up_before_there_is_a_session() {
    let app = App::with(|settings| settings.mfa = Mfa::Required).await;
    app.add("alice").await;
    let mut browser = app.browser();
    let state = browser.login("alice", PASSWORD).await.unwrap();
    let LoginState::Enroll { flow } = state else { panic!("{state:?}") };
    assert!(browser.ctx.session.is_none());
    let (_, codes) = browser.sets_up(&app, Some(flow.clone())).await;
    assert_eq!(codes.len(), recovery_code::COUNT);
    assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
    // Its flow is worth nothing beside the factor that is there now.
    let again = browser.enroll(EnrollmentStep::BeginTotp { flow: Some(flow.clone()) }).await;
    if let Ok(EnrollmentState::Totp { flow, key, .. }) = again {
        let code = Authenticator::with(&key).code(&app);
        let confirm = EnrollmentStep::ConfirmTotp { flow, code, keep: false };
        assert_eq!(browser.enroll(confirm).await.unwrap_err().code, ErrorCode::FlowExpired);
    }
    assert_eq!(browser.overview().await.factors.len(), 1);
}

/// Story: the operator turns the policy on while people are signed in with a password alone.
#[tokio::test]
async fn a_session_that_proves_less_than_the_policy_asks_is_none_any_more() {
    let app = App::new().await;
    app.add_with("alice", |new| new.roles = vec![crate::identity::Role::parse("admin").unwrap()]).await;
    app.add("bob").await;
    let (mut alice, mut bob) = (app.browser(), app.browser());
    alice.signs_in("alice", PASSWORD).await;
    bob.signs_in("bob", PASSWORD).await;
    let stricter = app.restarted(|settings| settings.mfa_roles = vec!["admin".into()]).await;
    let live = |token| {
        let stricter = stricter.clone();
        async move { stricter.session_by_token(&token).await.unwrap() }
    };
    assert!(live(alice.ctx.session.clone().unwrap()).await.is_none());
    assert!(live(bob.ctx.session.clone().unwrap()).await.is_some());
}

#[tokio::test]
async fn unlinking_the_last_factor_is_refused_where_one_is_required() {
    let app = App::with(|settings| settings.mfa = Mfa::Required).await;
    app.add("alice").await;
    let mut browser = app.browser();
    let Ok(LoginState::Enroll { flow }) = browser.login("alice", PASSWORD).await else { panic!() };
    browser.sets_up(&app, Some(flow)).await;
    let id = browser.overview().await.factors[0].id.clone();
    let refused = browser.account(AccountStep::RemoveFactor { id }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::FactorRequired);
    assert_eq!(browser.overview().await.factors.len(), 1);
}

#[tokio::test]
async fn where_factors_are_off_nobody_sets_one_up_and_those_that_are_there_are_asked_for() {
    let app = App::new().await;
    let (mut browser, authenticator, _) = alice(&app).await;
    let off = app.restarted(|settings| settings.mfa = Mfa::Off).await;
    browser.endpoint = off;
    let begin = browser.enroll(EnrollmentStep::BeginTotp { flow: None }).await.unwrap_err();
    assert_eq!(begin.code, ErrorCode::FactorUnavailable);
    let flow = browser.challenged("alice").await;
    browser.totp(&flow, authenticator.code(&app)).await.unwrap();
}

/// Story: a stolen copy of the database.
#[tokio::test]
async fn a_stolen_database_holds_no_usable_key_code_or_flow() {
    let app = App::new().await;
    let (_, authenticator, codes) = alice(&app).await;
    let flow = app.browser().challenged("alice").await;
    let files: Vec<u8> = app.files().concat();
    let holds = |needle: &[u8]| files.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"alice@example.org"), "the search finds what is there");
    assert!(!holds(authenticator.bytes()));
    assert!(!holds(flow.expose().as_bytes()));
    for code in codes {
        assert!(!holds(code.expose().as_bytes()));
        assert!(!holds(code.expose().replace('-', "").as_bytes()));
    }
}
