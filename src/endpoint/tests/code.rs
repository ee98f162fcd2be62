//! Codes and links by mail in place of a password: the way in, and the attacks on it.

use gatehouse_protocol::{
    Code, CodeChannel, ErrorCode, FlowToken, LoginState, LoginStep, MailToken, Problem,
};
use sha2::Digest as _;

use super::{
    authenticator::alice,
    kit::{App, Browser, PASSWORD},
};
use crate::{
    session::{AssuranceLevel, Methods},
    storage::MailTemplate,
};

/// What a mail brings.
pub(super) struct Mailed {
    pub(super) code: Code,
    pub(super) link: MailToken,
    /// Seconds that the mail says it holds.
    pub(super) rest: u64,
}

pub(super) async fn app() -> App {
    App::with(|settings| settings.codes.mail = true).await
}

/// The next mail with a code, drawn as it is when it is sent; `None` where nothing more waits.
pub(super) async fn mailed(app: &App) -> Option<Mailed> {
    let lease = std::time::Duration::from_mins(2);
    while let Some(queued) = app.storage().claim_mail(app.endpoint.now(), lease).await.unwrap() {
        if queued.mail.template != MailTemplate::SignInCode {
            continue;
        }
        let home = app.endpoint.home();
        let minted = app.endpoint.mint_code(&queued.mail, home.as_deref()).await.unwrap()?;
        let link = minted.link.unwrap();
        let (page, token) = link.split_once("#sign-in=").unwrap();
        assert_eq!(page, "http://localhost:8501/_gatehouse/");
        let (code, link, rest) = (Code::new(minted.code), MailToken::new(token), minted.rest.as_secs());
        return Some(Mailed { code, link, rest });
    }
    None
}

impl Browser {
    pub(super) async fn asks_by(
        &mut self,
        identifier: &str,
        channel: CodeChannel,
    ) -> Result<FlowToken, Problem> {
        match self.step(LoginStep::SendCode { identifier: identifier.into(), channel }).await? {
            LoginState::CodeSent { flow, .. } => Ok(flow),
            other => panic!("{other:?}"),
        }
    }

    /// Asks for a code by mail.
    pub(super) async fn asks_for_code(&mut self, identifier: &str) -> FlowToken {
        self.asks_by(identifier, CodeChannel::Mail).await.unwrap()
    }

    pub(super) async fn code(&mut self, flow: &FlowToken, code: &Code) -> Result<LoginState, Problem> {
        let (flow, code) = (flow.clone(), code.clone());
        self.step(LoginStep::Code { flow, code, keep: false, challenge: None }).await
    }

    pub(super) async fn link(&mut self, token: &MailToken) -> Result<LoginState, Problem> {
        self.step(LoginStep::CodeLink { token: token.clone(), keep: false, challenge: None }).await
    }

    pub(super) async fn methods(&self) -> String {
        self.session().await.unwrap().session.methods.to_text()
    }
}

/// A code that was not sent.
pub(super) fn wrong(code: &Code) -> Code {
    let first = if code.expose().starts_with('7') { "8" } else { "7" };
    Code::new([first, &code.expose()[1..]].concat())
}

pub(super) fn complete(state: &LoginState) -> bool {
    matches!(state, LoginState::Complete { .. })
}

#[tokio::test]
async fn somebody_signs_in_with_a_mailed_code_and_is_known_by_one_factor() {
    let app = app().await;
    app.add("alice").await;
    for identifier in ["alice", "Alice@Example.org"] {
        let mut browser = app.browser();
        let flow = browser.asks_for_code(identifier).await;
        let mail = mailed(&app).await.unwrap();
        assert_eq!(mail.code.expose().len(), 9, "two groups of four digits");
        assert!(complete(&browser.code(&flow, &mail.code).await.unwrap()));
        assert_eq!(browser.methods().await, "mail_code");
        assert_eq!(browser.session().await.unwrap().session.aal(), AssuranceLevel::Aal1);
    }
}

#[tokio::test]
async fn the_link_of_the_mail_signs_in_where_it_was_asked_for() {
    let app = app().await;
    app.add("alice").await;
    let mut browser = app.browser();
    let flow = browser.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    assert!(complete(&browser.link(&mail.link).await.unwrap()));
    assert_eq!(browser.link(&mail.link).await.unwrap_err().code, ErrorCode::LinkExpired, "once");
    assert_eq!(
        browser.code(&flow, &mail.code).await.unwrap_err().code,
        ErrorCode::FlowExpired,
        "nor its code"
    );
}

#[tokio::test]
async fn what_is_off_is_not_offered_and_not_there() {
    let app = App::new().await;
    app.add("alice").await;
    assert!(app.endpoint.client_config().codes.is_empty());
    for channel in [CodeChannel::Mail, CodeChannel::Sms] {
        let refused = app.browser().asks_by("alice", channel).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::NotFound);
    }
}

/// Story: the code is read over a shoulder, or by a relay that is fast.
#[tokio::test]
async fn one_code_twice_is_accepted_once() {
    let app = app().await;
    app.add("alice").await;
    let mut owner = app.browser();
    let flow = owner.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    owner.code(&flow, &mail.code).await.unwrap();
    let mut thief = app.browser();
    assert_eq!(thief.code(&flow, &mail.code).await.unwrap_err().code, ErrorCode::FlowExpired);
}

#[tokio::test]
async fn one_code_in_parallel_is_accepted_once() {
    let app = app().await;
    app.add("alice").await;
    let mut owner = app.browser();
    let flow = owner.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (mut browser, flow, code) = (app.browser(), flow.clone(), mail.code.clone());
        tries.spawn(async move { browser.code(&flow, &code).await.is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|let_in| *let_in).count(), 1);
}

/// Story: eight digits are few. A code is tried five times, whoever tries, and then it is none.
#[tokio::test]
async fn a_code_is_none_after_five_tries() {
    let app = App::with(|settings| {
        settings.codes.mail = true;
        settings.limits.account_attempts = 100;
    })
    .await;
    app.add("alice").await;
    let mut browser = app.browser();
    let flow = browser.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    for _ in 0..5 {
        let refused = browser.code(&flow, &wrong(&mail.code)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::CodeRejected);
    }
    assert_eq!(browser.code(&flow, &mail.code).await.unwrap_err().code, ErrorCode::FlowExpired);
}

/// Story: the attacker asks for code after code, to begin with fresh tries each time.
#[tokio::test]
async fn a_thousand_guesses_over_many_codes_meet_a_limiter_that_no_new_code_resets() {
    let app = App::with(|settings| {
        settings.codes.mail = true;
        settings.limits.mails_per_address = 1_000_000;
    })
    .await;
    app.add("alice").await;
    let mut looked_at = 0;
    for _ in 0..200 {
        let mut browser = app.browser();
        let flow = browser.asks_for_code("alice").await;
        let mail = mailed(&app).await.unwrap();
        for _ in 0..5 {
            match browser.code(&flow, &wrong(&mail.code)).await.unwrap_err().code {
                ErrorCode::CodeRejected => looked_at += 1,
                ErrorCode::TooManyAttempts => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(looked_at <= 20, "{looked_at} guesses were looked at");
    // The password has a count of its own: nobody is locked out by it.
    app.browser().signs_in("alice", PASSWORD).await;
}

/// Story: the attacker asks for a code for an account of the own, and tries it in the flow of somebody else.
#[tokio::test]
async fn a_code_of_another_flow_opens_nothing() {
    let app = app().await;
    app.add("alice").await;
    app.add("mallory").await;
    let (mut browser, mut own) = (app.browser(), app.browser());
    let flow = own.asks_for_code("mallory").await;
    let mail = mailed(&app).await.unwrap();
    let foreign = browser.asks_for_code("alice").await;
    mailed(&app).await.unwrap();
    assert_eq!(browser.code(&foreign, &mail.code).await.unwrap_err().code, ErrorCode::CodeRejected);
    assert!(complete(&own.code(&flow, &mail.code).await.unwrap()), "control");
}

/// Story: the attacker can write into the database, and puts what is kept of the own code into the flow of somebody else.
#[tokio::test]
async fn what_is_kept_of_a_code_is_good_for_no_other_flow() {
    let app = app().await;
    app.add("alice").await;
    app.add("mallory").await;
    let (mut browser, mut own) = (app.browser(), app.browser());
    let own_flow = own.asks_for_code("mallory").await;
    let mail = mailed(&app).await.unwrap();
    let foreign = browser.asks_for_code("alice").await;
    mailed(&app).await.unwrap();
    let swap = "UPDATE login_code SET mac = (SELECT mac FROM login_code WHERE identity_id = 'id_mallory') \
                WHERE identity_id = 'id_alice'";
    let done = sqlx::query(swap).execute(&mut app.sql().await).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
    assert_eq!(browser.code(&foreign, &mail.code).await.unwrap_err().code, ErrorCode::CodeRejected);
    assert!(complete(&own.code(&own_flow, &mail.code).await.unwrap()), "in its own it is one");
}

/// Story: an address that nobody confirmed may be anybody's: whoever registered with it is not whoever reads there.
#[tokio::test]
async fn nobody_is_mailed_a_code_but_the_owner_of_a_confirmed_address() {
    let app = app().await;
    app.add_with("bob", |new| new.email.as_mut().unwrap().verified_at = None).await;
    app.add_with("carol", |new| new.email = None).await;
    let dave = app.add("dave").await;
    app.storage().set_disabled(&dave.id, true, app.endpoint.now()).await.unwrap();
    for identifier in
        ["bob", "bob@example.org", "carol", "dave", "nobody", "nobody@example.org", "no such name!"]
    {
        let mut browser = app.browser();
        let flow = browser.asks_for_code(identifier).await;
        assert!(mailed(&app).await.is_none(), "{identifier} was mailed a code");
        let refused = browser.code(&flow, &Code::new("1234 5678")).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::CodeRejected, "{identifier} is answered as everybody");
    }
}

/// Story: who is an account here? Whoever asks for codes and guesses at them learns nothing.
#[tokio::test]
async fn guesses_at_nobodys_code_end_as_those_at_somebodys() {
    let mut seen = Vec::new();
    for identifier in ["alice", "nobody"] {
        let app = app().await;
        app.add("alice").await;
        let mut answers = Vec::new();
        for _ in 0..3 {
            let mut browser = app.browser();
            let flow = browser.asks_for_code(identifier).await;
            let mail = mailed(&app).await;
            let guess = mail.map_or_else(|| Code::new("7000 0000"), |mail| wrong(&mail.code));
            for _ in 0..6 {
                let refused = browser.code(&flow, &guess).await.unwrap_err();
                answers.push((refused.code, refused.field, refused.retry_after));
            }
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(
        seen[0].iter().any(|(code, ..)| *code == ErrorCode::TooManyAttempts),
        "control: there is a limit"
    );
}

/// Story: somebody asks for a code in the victim's name and talks the victim into opening the link: the victim would sign
/// nobody in but the attacker. Or a link is forwarded.
#[tokio::test]
async fn a_link_opened_in_another_browser_signs_nobody_in_and_is_not_used_up() {
    let app = app().await;
    app.add("alice").await;
    let mut asked = app.browser();
    asked.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    let mut other = app.browser();
    assert_eq!(other.link(&mail.link).await.unwrap_err().code, ErrorCode::OtherBrowser, "no cookie");
    other.asks_for_code("alice").await;
    assert_eq!(other.link(&mail.link).await.unwrap_err().code, ErrorCode::OtherBrowser, "another cookie");
    assert!(other.ctx.session.is_none());
    assert!(complete(&asked.link(&mail.link).await.unwrap()), "control");
}

#[tokio::test]
async fn a_code_holds_ten_minutes_from_when_it_was_asked_for() {
    let app = app().await;
    app.add("alice").await;
    let mut browser = app.browser();
    let flow = browser.asks_for_code("alice").await;
    app.pass(300);
    let mail = mailed(&app).await.unwrap();
    assert_eq!(mail.rest, 300, "the mail says what is left");
    app.pass(299);
    assert_eq!(browser.code(&flow, &wrong(&mail.code)).await.unwrap_err().code, ErrorCode::CodeRejected);
    app.pass(1);
    assert_eq!(browser.code(&flow, &mail.code).await.unwrap_err().code, ErrorCode::FlowExpired);
    assert_eq!(browser.link(&mail.link).await.unwrap_err().code, ErrorCode::LinkExpired);
    browser.asks_for_code("alice").await;
    app.pass(600);
    assert!(mailed(&app).await.is_none(), "a mail that is late has nothing to say");
}

/// Story: a stolen copy of the database.
#[tokio::test]
async fn a_stolen_database_holds_no_usable_code_or_link() {
    let app = app().await;
    app.add("alice").await;
    let mut browser = app.browser();
    let flow = browser.asks_for_code("alice").await;
    let mail = mailed(&app).await.unwrap();
    let files: Vec<u8> = app.files().concat();
    let holds = |needle: &[u8]| files.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"alice@example.org"), "the search finds what is there");
    let digits = mail.code.expose().replace(' ', "");
    assert!(!holds(digits.as_bytes()) && !holds(mail.code.expose().as_bytes()));
    assert!(!holds(mail.link.expose().as_bytes()) && !holds(flow.expose().as_bytes()));
    assert!(!holds(browser.ctx.browser.as_ref().unwrap().expose().as_bytes()));
    // A bare hash of eight digits is guessed in a second.
    let hash = crate::session::Secret::received(flow.expose()).hash();
    for guess in [digits.clone(), [flow.expose(), &digits].concat()] {
        assert!(!holds(&sha2::Sha256::digest(guess.as_bytes())));
    }
    assert!(!holds(&sha2::Sha256::digest([hash.0.as_slice(), digits.as_bytes()].concat())));
}

/// Story: the mailbox is the attacker's, the phone with the authenticator app is not.
#[tokio::test]
async fn a_mailed_code_does_not_stand_for_the_second_factor() {
    let app = app().await;
    let (_, authenticator, _) = alice(&app).await;
    for by_link in [false, true] {
        let mut browser = app.browser();
        let flow = browser.asks_for_code("alice").await;
        let mail = mailed(&app).await.unwrap();
        let state =
            if by_link { browser.link(&mail.link).await } else { browser.code(&flow, &mail.code).await };
        let LoginState::Challenge { flow, .. } = state.unwrap() else {
            panic!("no second factor is asked for")
        };
        assert!(browser.ctx.session.is_none());
        assert_eq!(browser.code(&flow, &mail.code).await.unwrap_err().code, ErrorCode::CodeRejected);
        browser.totp(&flow, authenticator.code(&app)).await.unwrap();
        let methods = Methods::from_text(&browser.methods().await).unwrap();
        assert_eq!(methods.assurance(), AssuranceLevel::Aal2);
        app.pass(60);
    }
}
