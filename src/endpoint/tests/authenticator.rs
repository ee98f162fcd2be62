//! Somebody with an authenticator app and a sheet of recovery codes.

use gatehouse_protocol::{
    AccountOverview, AccountState, AccountStep, Code, EnrollmentState, EnrollmentStep, FlowToken, LoginState,
    LoginStep, Password, Problem, SecondFactor,
};

use super::kit::{App, Browser, PASSWORD};
use crate::{clock::Clock as _, factor::totp::TotpKey};

/// The app, with the key that it was given.
pub(super) struct Authenticator(TotpKey);

impl Authenticator {
    /// Reads the key as people type it.
    pub(super) fn with(key: &Code) -> Self {
        let text: String = key.expose().split(' ').collect();
        let bytes = totp_rs::Secret::try_from_base32(&text).unwrap();
        Self(TotpKey::from_bytes(bytes.as_ref()).unwrap())
    }

    /// What it shows now.
    pub(super) fn code(&self, app: &App) -> Code {
        self.0.code_at(app.clock.now()).unwrap()
    }

    /// A code that it does not show now, nor a step before or after.
    pub(super) fn wrong(&self, app: &App) -> Code {
        let now = app.clock.now();
        let near = |code: &str| [-30, 0, 30].iter().any(|by| self.at(now.0 + by * 1000) == code);
        Code::new((0..1_000_000).map(|n| format!("{n:06}")).find(|code| !near(code)).unwrap())
    }

    /// The key itself.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    fn at(&self, millis: i64) -> String {
        self.0.code_at(crate::clock::Timestamp(millis)).unwrap().expose().to_owned()
    }
}

impl Browser {
    pub(super) async fn enroll(&mut self, step: EnrollmentStep) -> Result<EnrollmentState, Problem> {
        let answer = self.endpoint.enroll(&self.ctx, step).await?;
        Ok(self.keep(answer))
    }

    pub(super) async fn account(&mut self, step: AccountStep) -> Result<AccountState, Problem> {
        let answer = self.endpoint.account(&self.ctx, step).await?;
        Ok(self.keep(answer))
    }

    pub(super) async fn overview(&mut self) -> AccountOverview {
        match self.account(AccountStep::Overview {}).await.unwrap() {
            AccountState::Overview { account } => *account,
            other => panic!("{other:?}"),
        }
    }

    /// Sets an authenticator app up, in a login that asks for it or in a session; gives it and the recovery codes.
    pub(super) async fn sets_up(&mut self, app: &App, flow: Option<FlowToken>) -> (Authenticator, Vec<Code>) {
        let begun = self.enroll(EnrollmentStep::BeginTotp { flow }).await.unwrap();
        let EnrollmentState::Totp { flow, key, picture } = begun else { panic!("{begun:?}") };
        assert!(picture.contains("<svg"));
        let authenticator = Authenticator::with(&key);
        let code = authenticator.code(app);
        let done = self.enroll(EnrollmentStep::ConfirmTotp { flow, code, keep: false }).await.unwrap();
        let EnrollmentState::Complete { codes } = done else { panic!("{done:?}") };
        (authenticator, codes)
    }

    /// The first step of a login of who has a second factor.
    pub(super) async fn challenged(&mut self, identifier: &str) -> FlowToken {
        match self.login(identifier, PASSWORD).await.unwrap() {
            LoginState::Challenge { flow, factors } => {
                assert_eq!(factors.first(), Some(&SecondFactor::Totp));
                flow
            }
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn totp(&mut self, flow: &FlowToken, code: Code) -> Result<LoginState, Problem> {
        self.step(LoginStep::Totp { flow: flow.clone(), code, keep: false, challenge: None }).await
    }

    pub(super) async fn recovery(&mut self, flow: &FlowToken, code: &Code) -> Result<LoginState, Problem> {
        let (flow, code) = (flow.clone(), code.clone());
        self.step(LoginStep::RecoveryCode { flow, code, keep: false, challenge: None }).await
    }

    pub(super) async fn proves_again(&mut self, password: &str) -> Result<LoginState, Problem> {
        self.step(LoginStep::Reauthenticate { password: Password::new(password) }).await
    }
}

/// Alice, signed in, with an authenticator app that was set up a while ago.
pub(super) async fn alice(app: &App) -> (Browser, Authenticator, Vec<Code>) {
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let (authenticator, codes) = browser.sets_up(app, None).await;
    app.pass(60);
    (browser, authenticator, codes)
}
