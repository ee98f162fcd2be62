//! Codes by SMS, as a second factor and in place of a password: the way in, and the attacks on it.

use gatehouse_protocol::{
    AccountStep, Code, CodeChannel, EnrollmentState, EnrollmentStep, ErrorCode, FlowToken, LoginState,
    LoginStep, Password, Problem, SecondFactor,
};

use super::{
    code::{complete, mailed, wrong},
    kit::{App, Browser, PASSWORD},
    telephone::Telephone,
};
use crate::{
    config::{Mfa, Settings},
    endpoint::code::LOGIN_CODE,
    flow::login::Identifier,
    identity::IdentityId,
    session::{AssuranceLevel, Secret},
    storage::NewLoginCode,
};

pub(super) const NUMBER: &str = "+49 (0) 151 / 234-567.89";
pub(super) const E164: &str = "+4915123456789";
const SECRET: &str = "a secret of the webhook";

pub(super) fn by_webhook(settings: &mut Settings, telephone: &Telephone) {
    settings.sms.webhook = Some(format!("{}/send", telephone.url()));
    settings.sms.webhook_secret = Some(Password::new(SECRET));
}

pub(super) async fn app(telephone: &Telephone) -> App {
    App::with(|settings| {
        by_webhook(settings, telephone);
        settings.codes.sms = true;
    })
    .await
}

impl Browser {
    pub(super) async fn sms_is_sent(&mut self, flow: &FlowToken) -> Result<(), Problem> {
        let state = self.step(LoginStep::SendSms { flow: flow.clone() }).await?;
        assert!(matches!(state, LoginState::CodeSent { channel: CodeChannel::Sms, .. }), "{state:?}");
        Ok(())
    }

    pub(super) async fn begins_phone(&mut self, number: &str) -> Result<FlowToken, Problem> {
        match self.enroll(EnrollmentStep::BeginPhone { number: number.into() }).await? {
            EnrollmentState::CodeSent { flow } => Ok(flow),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn confirms_phone(
        &mut self,
        flow: &FlowToken,
        code: &str,
    ) -> Result<Vec<Code>, Problem> {
        let step = EnrollmentStep::ConfirmPhone { flow: flow.clone(), code: Code::new(code) };
        match self.enroll(step).await? {
            EnrollmentState::Complete { codes } => Ok(codes),
            other => panic!("{other:?}"),
        }
    }
}

/// Alice, signed in, with a phone that was set up a while ago.
pub(super) async fn alice(app: &App, telephone: &Telephone) -> (Browser, Vec<Code>) {
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let flow = browser.begins_phone(NUMBER).await.unwrap();
    let call = telephone.rings().await;
    assert_eq!(call.to(), E164);
    let codes = browser.confirms_phone(&flow, &call.code()).await.unwrap();
    app.pass(3500);
    (browser, codes)
}

/// The challenge of somebody with a phone; nothing is sent by it.
pub(super) async fn challenged(browser: &mut Browser) -> FlowToken {
    match browser.login("alice", PASSWORD).await.unwrap() {
        LoginState::Challenge { flow, factors } => {
            assert_eq!(factors, [SecondFactor::Sms, SecondFactor::RecoveryCode]);
            flow
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_phone_is_set_up_and_asked_for_a_code_when_its_owner_wants_it() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    let (mut first, codes) = alice(&app, &telephone).await;
    assert_eq!(codes.len(), 10, "who loses the phone gets in");
    assert_eq!(first.session().await.unwrap().session.methods.to_text(), "password sms");
    let overview = first.overview().await;
    assert_eq!((overview.factors[0].kind, overview.factors[0].name.as_str()), (SecondFactor::Sms, "… 89"));
    let mut browser = app.browser();
    let flow = challenged(&mut browser).await;
    assert_eq!(telephone.rang().await, 0, "nothing is sent before it is asked for");
    browser.sms_is_sent(&flow).await.unwrap();
    let code = Code::new(telephone.rings().await.code());
    let refused = browser.code(&flow, &wrong(&code)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::CodeRejected);
    assert!(complete(&browser.code(&flow, &code).await.unwrap()));
    assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
    let refused = app.browser().code(&flow, &code).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::FlowExpired, "once");
}

#[tokio::test]
async fn a_second_code_replaces_the_first() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    alice(&app, &telephone).await;
    let mut browser = app.browser();
    let flow = challenged(&mut browser).await;
    browser.sms_is_sent(&flow).await.unwrap();
    let first = Code::new(telephone.rings().await.code());
    browser.sms_is_sent(&flow).await.unwrap();
    let second = Code::new(telephone.rings().await.code());
    assert_eq!(browser.code(&flow, &first).await.unwrap_err().code, ErrorCode::CodeRejected);
    assert!(complete(&browser.code(&flow, &second).await.unwrap()));
}

/// Story: the attacker has the password, and asks for code after code to begin with fresh tries each time.
#[tokio::test]
async fn guesses_at_codes_by_sms_are_counted_with_the_other_second_factors() {
    let telephone = Telephone::open().await;
    let app = App::with(|settings| {
        by_webhook(settings, &telephone);
        settings.sms.per_number_per_hour = 100;
    })
    .await;
    let (_, codes) = alice(&app, &telephone).await;
    let mut looked_at = 0;
    for _ in 0..20 {
        let mut browser = app.browser();
        let flow = challenged(&mut browser).await;
        browser.sms_is_sent(&flow).await.unwrap();
        let code = wrong(&Code::new(telephone.rings().await.code()));
        for _ in 0..5 {
            match browser.code(&flow, &code).await.unwrap_err().code {
                ErrorCode::CodeRejected => looked_at += 1,
                ErrorCode::TooManyAttempts => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(looked_at <= 20, "{looked_at} guesses were looked at");
    let mut browser = app.browser();
    let flow = challenged(&mut browser).await;
    let refused = browser.recovery(&flow, &codes[0]).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooManyAttempts, "the other factor shares the count");
}

#[tokio::test]
async fn somebody_signs_in_with_a_code_by_sms_where_the_settings_say_so() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    assert_eq!(app.endpoint.client_config().codes, [CodeChannel::Sms]);
    alice(&app, &telephone).await;
    let mut browser = app.browser();
    let flow = browser.asks_by("alice", CodeChannel::Sms).await.unwrap();
    let code = Code::new(telephone.rings().await.code());
    assert!(complete(&browser.code(&flow, &code).await.unwrap()));
    assert_eq!(browser.methods().await, "sms_code");
    let off = app.restarted(|settings| settings.codes.sms = false).await;
    let mut browser = Browser::on(off, [10, 9, 9, 9].into());
    assert_eq!(browser.asks_by("alice", CodeChannel::Sms).await.unwrap_err().code, ErrorCode::NotFound);
}

/// Story: somebody has taken over the number, and nothing else of the person.
#[tokio::test]
async fn one_phone_never_counts_twice_and_sets_nothing_else_up() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    alice(&app, &telephone).await;
    let mut thief = app.browser();
    let flow = thief.asks_by("alice", CodeChannel::Sms).await.unwrap();
    let code = Code::new(telephone.rings().await.code());
    thief.code(&flow, &code).await.unwrap();
    assert_eq!(thief.session().await.unwrap().session.aal(), AssuranceLevel::Aal1);
    let state = thief.step(LoginStep::StepUp {}).await.unwrap();
    let LoginState::Challenge { flow, factors } = state else { panic!("{state:?}") };
    assert_eq!(factors, [SecondFactor::RecoveryCode]);
    assert_eq!(thief.sms_is_sent(&flow).await.unwrap_err().code, ErrorCode::FactorUnavailable);
    let id = thief.overview().await.factors[0].id.clone();
    for refused in [
        thief.enroll(EnrollmentStep::BeginTotp { flow: None }).await.map(drop),
        thief.account(AccountStep::RemoveFactor { id }).await.map(drop),
        thief.account(AccountStep::Delete {}).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code, ErrorCode::ReauthenticationRequired);
    }
    // Where everybody needs two factors, it is one, and none is set up beside it.
    let strict = app.restarted(|settings| settings.mfa = Mfa::Required).await;
    let mut thief = Browser::on(strict, [10, 9, 9, 8].into());
    let flow = thief.asks_by("alice", CodeChannel::Sms).await.unwrap();
    let code = Code::new(telephone.rings().await.code());
    let state = thief.code(&flow, &code).await.unwrap();
    assert!(matches!(state, LoginState::Challenge { .. }), "{state:?}");
}

#[tokio::test]
async fn a_mailed_code_and_a_phone_are_two_factors() {
    let telephone = Telephone::open().await;
    let app = App::with(|settings| {
        by_webhook(settings, &telephone);
        settings.codes.mail = true;
    })
    .await;
    alice(&app, &telephone).await;
    let mut browser = app.browser();
    let flow = browser.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    let state = browser.code(&flow, &mail.code).await.unwrap();
    let LoginState::Challenge { flow, .. } = state else { panic!("{state:?}") };
    browser.sms_is_sent(&flow).await.unwrap();
    let code = Code::new(telephone.rings().await.code());
    browser.code(&flow, &code).await.unwrap();
    assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal2);
}

/// Story: a stolen copy of the database.
#[tokio::test]
async fn a_stolen_database_holds_no_number_and_no_code() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    alice(&app, &telephone).await;
    let mut browser = app.browser();
    let flow = challenged(&mut browser).await;
    browser.sms_is_sent(&flow).await.unwrap();
    let code = telephone.rings().await.code();
    let files: Vec<u8> = app.files().concat();
    let holds = |needle: &[u8]| files.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"alice@example.org"), "the search finds what is there");
    assert!(!holds(E164.as_bytes()) && !holds(b"15123456789"));
    assert!(!holds(code.as_bytes()));
}

/// Story: an old session is found open on the desk, and a phone of somebody else is to be set up in it.
#[tokio::test]
async fn a_phone_is_set_up_by_a_fresh_proof_alone_and_one_is_enough() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    app.pass(1200);
    let refused = browser.begins_phone(NUMBER).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ReauthenticationRequired);
    browser.proves_again(PASSWORD).await.unwrap();
    let flow = browser.begins_phone(NUMBER).await.unwrap();
    let code = telephone.rings().await.code();
    let refused = browser.confirms_phone(&flow, wrong(&Code::new(code.clone())).expose()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::CodeRejected);
    browser.confirms_phone(&flow, &code).await.unwrap();
    let refused = browser.begins_phone("+49 30 123456").await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::FactorUnavailable);
    assert!(browser.overview().await.phone);
}

#[tokio::test]
async fn without_anybody_who_sends_there_is_no_phone() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    assert!(!browser.overview().await.phone);
    assert_eq!(browser.begins_phone(NUMBER).await.unwrap_err().code, ErrorCode::FactorUnavailable);
}

/// Story: at an unlocked machine somebody has a code sent to a phone of his own, keeps the flow, and signs in by it when the
/// owner has ended every session.
#[tokio::test]
async fn a_code_of_a_phone_that_was_never_set_up() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    app.add("alice").await;
    let mut hers = app.browser();
    hers.signs_in("alice", PASSWORD).await;
    let flow = hers.begins_phone(NUMBER).await.unwrap();
    let code = Code::new(telephone.rings().await.code());
    app.endpoint.logout(&hers.ctx).await.unwrap();
    let mut his = app.browser();
    assert_eq!(his.code(&flow, &code).await.unwrap_err().code, ErrorCode::CodeRejected);
    assert!(his.session().await.is_none());
}

/// Story: a stolen phone is removed on the account page while a code for it is drawn: the code is kept after the removal has
/// looked for codes.
#[tokio::test]
async fn a_code_that_is_kept_after_its_phone_was_removed() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    app.add("alice").await;
    let mut hers = app.browser();
    hers.signs_in("alice", PASSWORD).await;
    let setup = hers.begins_phone(NUMBER).await.unwrap();
    hers.confirms_phone(&setup, &telephone.rings().await.code()).await.unwrap();
    let (mut thief, id) = (app.browser(), IdentityId("id_alice".into()));
    let flow = thief.asks_by("alice", CodeChannel::Sms).await.unwrap();
    let code = Code::new(telephone.rings().await.code());
    let kept = async || {
        let (hash, alice) = (Secret::received(flow.expose()).hash(), Identifier::parse("alice"));
        let mac = Some(app.endpoint.code_mac(LOGIN_CODE, hash, code.expose()));
        let asked = app.endpoint.asked(&alice, Some(&id), CodeChannel::Sms, hash);
        app.storage().add_login_code(NewLoginCode { mac, ..asked }).await.unwrap();
    };
    kept().await;
    assert!(complete(&app.browser().code(&flow, &code).await.unwrap()), "control: while the phone is there");
    let phone = hers.overview().await.factors[0].id.clone();
    hers.account(AccountStep::RemoveFactor { id: phone }).await.unwrap();
    kept().await;
    assert_eq!(thief.code(&flow, &code).await.unwrap_err().code, ErrorCode::FlowExpired);
    assert!(thief.session().await.is_none());
}

/// Two tabs set up two phones: the second one would be shown, and never be called.
#[tokio::test]
async fn two_phones_at_once() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let one = browser.begins_phone(NUMBER).await.unwrap();
    let first = telephone.rings().await.code();
    let other = browser.begins_phone("+49 151 99999999").await.unwrap();
    let second = telephone.rings().await.code();
    browser.confirms_phone(&one, &first).await.unwrap();
    let refused = browser.confirms_phone(&other, &second).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::FactorUnavailable);
    assert_eq!(browser.overview().await.factors.len(), 1);
}
