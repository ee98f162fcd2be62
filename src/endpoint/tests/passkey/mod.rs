//! Passkeys: the ways in. The attacks on them are in `attacks`.

mod attacks;

use gatehouse_protocol::{
    AccountStep, EnrollmentState, EnrollmentStep, ErrorCode, FlowToken, LoginState, LoginStep, Problem,
    SecondFactor,
};

use super::{
    authenticator,
    kit::{App, Browser, PASSWORD},
};
use crate::{
    config::{Mfa, Settings},
    factor::passkey::authenticator::Authenticator,
    session::AssuranceLevel,
};

const ORIGIN: &str = "http://localhost:8501";

fn key(id: &str) -> Authenticator {
    Authenticator::new(ORIGIN, id.as_bytes())
}

impl Browser {
    /// Asks for what a passkey is to sign.
    async fn asks(&mut self, flow: Option<&FlowToken>) -> Result<(FlowToken, String), Problem> {
        match self.step(LoginStep::BeginPasskey { flow: flow.cloned() }).await? {
            LoginState::Passkey { flow, options } => Ok((flow, options)),
            other => panic!("{other:?}"),
        }
    }

    async fn answers(&mut self, flow: &FlowToken, credential: String) -> Result<LoginState, Problem> {
        self.step(LoginStep::Passkey { flow: flow.clone(), credential, keep: false, challenge: None }).await
    }

    /// A whole sign-in by a passkey alone.
    async fn by_passkey(&mut self, key: &mut Authenticator) -> Result<LoginState, Problem> {
        let (flow, options) = self.asks(None).await?;
        self.answers(&flow, key.get(&options)).await
    }

    async fn adds(&mut self, key: &mut Authenticator) -> Result<EnrollmentState, Problem> {
        let begun = self.enroll(EnrollmentStep::BeginPasskey { flow: None }).await?;
        let EnrollmentState::Passkey { flow, options } = begun else { panic!("{begun:?}") };
        self.hands(&flow, key.create(&options)).await
    }

    async fn hands(&mut self, flow: &FlowToken, credential: String) -> Result<EnrollmentState, Problem> {
        let (flow, name) = (flow.clone(), "Laptop".to_owned());
        self.enroll(EnrollmentStep::ConfirmPasskey { flow, credential, name, keep: false }).await
    }

    /// The first step of a login of who has a passkey.
    async fn asked_for_passkey(&mut self, name: &str) -> FlowToken {
        match self.login(name, PASSWORD).await.unwrap() {
            LoginState::Challenge { flow, factors } => {
                assert_eq!(factors.first(), Some(&SecondFactor::Passkey));
                flow
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Somebody with a passkey, signed in.
async fn with_passkey(app: &App, name: &str) -> (Browser, Authenticator) {
    app.add(name).await;
    let (mut browser, mut key) = (app.browser(), key(name));
    browser.signs_in(name, PASSWORD).await;
    browser.adds(&mut key).await.unwrap();
    (browser, key)
}

fn rejected(answer: Result<LoginState, Problem>) {
    assert_eq!(answer.unwrap_err(), Problem::new(ErrorCode::PasskeyRejected));
}

#[tokio::test]
async fn a_passkey_is_set_up_named_and_signs_in_with_nothing_else() {
    let app = App::new().await;
    app.add("alice").await;
    let (mut browser, mut key) = (app.browser(), key("alice"));
    browser.signs_in("alice", PASSWORD).await;
    let EnrollmentState::Complete { codes } = browser.adds(&mut key).await.unwrap() else { panic!() };
    assert_eq!(codes.len(), 10, "recovery codes are made with the first factor");
    assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
    app.pass(60);
    let mut other = app.browser();
    assert!(matches!(other.by_passkey(&mut key).await.unwrap(), LoginState::Complete { .. }));
    let session = other.session().await.unwrap();
    assert_eq!((session.identity.username.as_str(), session.session.aal()), ("alice", AssuranceLevel::Aal2));
    let [factor] = other.overview().await.factors.try_into().unwrap();
    assert_eq!((factor.kind, factor.name.as_str()), (SecondFactor::Passkey, "Laptop"));
    assert_eq!(factor.last_used_at, Some(app.endpoint.now().0));
    assert_eq!(other.asks(None).await.unwrap().1.matches("\"userVerification\":\"required\"").count(), 1);
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_after_the_password_and_preferred() {
    let app = App::new().await;
    let (mut owner, mut key) = with_passkey(&app, "alice").await;
    owner.sets_up(&app, None).await;
    let mut browser = app.browser();
    let asked = browser.login("alice", PASSWORD).await.unwrap();
    let LoginState::Challenge { flow, factors } = asked else { panic!("{asked:?}") };
    assert_eq!(factors, [SecondFactor::Passkey, SecondFactor::Totp, SecondFactor::RecoveryCode]);
    assert!(browser.ctx.session.is_none());
    let (same, options) = browser.asks(Some(&flow)).await.unwrap();
    assert_eq!(same.expose(), flow.expose());
    browser.answers(&flow, key.get(&options)).await.unwrap();
    assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
}

/// A security key that verifies nobody: it stands beside the password, and never alone.
#[tokio::test]
async fn a_key_that_is_touched_is_a_second_factor_and_never_the_only_one() {
    let app = App::new().await;
    app.add("alice").await;
    let (mut browser, mut key) = (app.browser(), key("touched"));
    key.verifies = false;
    browser.signs_in("alice", PASSWORD).await;
    browser.adds(&mut key).await.unwrap();
    rejected(app.browser().by_passkey(&mut key).await);
    // Its finder gave it a PIN.
    key.verifies = true;
    rejected(app.browser().by_passkey(&mut key).await);
    key.verifies = false;
    let mut other = app.browser();
    let flow = other.asked_for_passkey("alice").await;
    let (_, options) = other.asks(Some(&flow)).await.unwrap();
    other.answers(&flow, key.get(&options)).await.unwrap();
    assert_eq!(other.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
}

#[tokio::test]
async fn one_person_has_ten_at_most() {
    let app = App::new().await;
    let (mut browser, _) = with_passkey(&app, "alice").await;
    for n in 1..10 {
        browser.adds(&mut key(&format!("key-{n}"))).await.unwrap();
    }
    assert_eq!(browser.adds(&mut key("one more")).await.unwrap_err().code, ErrorCode::TooManyPasskeys);
    assert_eq!(browser.overview().await.factors.len(), 10);
}

#[tokio::test]
async fn a_removed_passkey_opens_nothing() {
    let app = App::new().await;
    let (mut browser, mut alices) = with_passkey(&app, "alice").await;
    let id = browser.overview().await.factors[0].id.clone();
    let mut other = app.browser();
    let (flow, options) = other.asks(None).await.unwrap();
    let answer = alices.get(&options);
    browser.account(AccountStep::RemoveFactor { id }).await.unwrap();
    rejected(other.answers(&flow, answer).await);
    other.signs_in("alice", PASSWORD).await;
}

#[tokio::test]
async fn where_second_factors_are_off_a_passkey_may_be_the_only_one_and_off_is_off() {
    for change in [
        |settings: &mut Settings| settings.passkeys = false,
        |settings: &mut Settings| settings.public_url = Some("https://192.0.2.1".into()),
    ] {
        let app = App::with(|settings| settings.mfa = Mfa::Off).await;
        assert_eq!(app.endpoint.client_config().passkeys.as_deref(), Some("localhost"));
        let (_, mut alices) = with_passkey(&app, "alice").await;
        app.browser().by_passkey(&mut alices).await.unwrap();
        let off = app.restarted(change).await;
        assert_eq!(off.client_config().passkeys, None);
        let mut browser = app.browser();
        browser.endpoint = off;
        assert_eq!(browser.asks(None).await.unwrap_err().code, ErrorCode::PasskeyUnavailable);
        let asked = browser.login("alice", PASSWORD).await.unwrap();
        let LoginState::Challenge { factors, .. } = asked else { panic!("{asked:?}") };
        assert_eq!(factors, [SecondFactor::RecoveryCode], "it is a factor that is there");
    }
}

#[tokio::test]
async fn where_a_factor_is_required_a_passkey_is_one() {
    let app = App::with(|settings| settings.mfa = Mfa::Required).await;
    app.add("alice").await;
    let (mut browser, mut key) = (app.browser(), key("alice"));
    let state = browser.login("alice", PASSWORD).await.unwrap();
    let LoginState::Enroll { flow } = state else { panic!("{state:?}") };
    // The form begins with an authenticator app, and offers the passkey beside it.
    let app_key = browser.enroll(EnrollmentStep::BeginTotp { flow: Some(flow.clone()) }).await.unwrap();
    let EnrollmentState::Totp { flow: other, key: text, .. } = app_key else { panic!("{app_key:?}") };
    let begun = browser.enroll(EnrollmentStep::BeginPasskey { flow: Some(flow) }).await.unwrap();
    let EnrollmentState::Passkey { flow, options } = begun else { panic!("{begun:?}") };
    browser.hands(&flow, key.create(&options)).await.unwrap();
    assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
    let code = authenticator::Authenticator::with(&text).code(&app);
    let late = EnrollmentStep::ConfirmTotp { flow: other, code, keep: false };
    assert_eq!(
        app.browser().enroll(late).await.unwrap_err().code,
        ErrorCode::FlowExpired,
        "one is the first"
    );
    app.browser().by_passkey(&mut key).await.unwrap();
}

/// The other factors of the kit work beside a passkey: the key is replaced, and everything is sealed anew.
#[tokio::test]
async fn an_authenticator_app_and_a_passkey_stand_side_by_side() {
    let app = App::new().await;
    let (mut browser, totp, _) = authenticator::alice(&app).await;
    let mut second = key("second");
    browser.adds(&mut second).await.unwrap();
    let mut other = app.browser();
    let flow = other.asked_for_passkey("alice").await;
    other.totp(&flow, totp.code(&app)).await.unwrap();
    app.browser().by_passkey(&mut second).await.unwrap();
}
