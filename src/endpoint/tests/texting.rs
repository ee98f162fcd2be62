//! SMS on their way: who plays the sender, and the attacks on what they cost.

use std::time::Duration;

use gatehouse_protocol::{Code, CodeChannel, ErrorCode, Password};

use super::{
    code::complete,
    kit::{App, PASSWORD},
    phone::{E164, NUMBER, alice, app, by_webhook, challenged},
    telephone::{Telephone, ok},
};

/// Story: who earns on a range of numbers has codes sent there. 200 requests for one number; then over many numbers from
/// one address; then from everywhere.
#[tokio::test]
async fn toll_fraud_meets_a_cap_for_a_number_an_address_and_the_day() {
    let telephone = Telephone::open().await;
    let app = App::with(|settings| {
        by_webhook(settings, &telephone);
        settings.codes.sms = true;
        settings.sms.per_day = 30;
        settings.limits.questions_per_address = 1_000_000;
    })
    .await;
    alice(&app, &telephone).await;
    for _ in 0..200 {
        app.browser().asks_by("alice", CodeChannel::Sms).await.unwrap();
    }
    assert_eq!(telephone.rang().await, 3, "one number");
    telephone.rings().await;

    let mut mallory = app.browser();
    let (mut begun, mut refused) = (0, 0);
    for n in 0..40 {
        let name = format!("mallory{n}");
        app.add(&name).await;
        mallory.ctx.session = None;
        mallory.signs_in(&name, PASSWORD).await;
        match mallory.begins_phone(&format!("+37060000{n:03}")).await {
            Ok(_) => begun += 1,
            Err(problem) => {
                assert_eq!(problem.code, ErrorCode::TooManyAttempts);
                refused += 1;
            }
        }
    }
    assert_eq!((begun, refused), (20, 20), "one address");

    for n in 40..80 {
        let name = format!("mallory{n}");
        app.add(&name).await;
        let mut other = app.browser();
        other.signs_in(&name, PASSWORD).await;
        let _ = other.begins_phone(&format!("+37060000{n:03}")).await;
    }
    assert_eq!(telephone.rang().await + 1, 30, "a day");
}

/// Story: somebody who knows nothing but a name asks for code after code, so that its owner, who has the password, is sent
/// none any more.
#[tokio::test]
async fn who_asks_without_a_password_leaves_codes_for_who_has_one() {
    let telephone = Telephone::open().await;
    let app = App::with(|settings| {
        by_webhook(settings, &telephone);
        settings.codes.sms = true;
        settings.sms.per_day = 12;
    })
    .await;
    alice(&app, &telephone).await;
    for (n, name) in ["bob", "cem"].into_iter().enumerate() {
        app.add(name).await;
        let mut browser = app.browser();
        browser.signs_in(name, PASSWORD).await;
        let flow = browser.begins_phone(&format!("+491512345670{n}")).await.unwrap();
        browser.confirms_phone(&flow, &telephone.rings().await.code()).await.unwrap();
    }
    for (name, sent, why) in
        [("alice", 3, "an hour's five"), ("bob", 3, "the day's twelve"), ("cem", 0, "it")]
    {
        for _ in 0..20 {
            app.browser().asks_by(name, CodeChannel::Sms).await.unwrap();
        }
        assert_eq!(telephone.rang().await, sent, "half of {why}");
        for _ in 0..sent {
            telephone.rings().await;
        }
    }
    for _ in 0..2 {
        let mut browser = app.browser();
        let flow = challenged(&mut browser).await;
        browser.sms_is_sent(&flow).await.unwrap();
        let code = Code::new(telephone.rings().await.code());
        assert!(complete(&browser.code(&flow, &code).await.unwrap()));
    }
}

/// Story: somebody asks for codes in nobody's name until the day's are used up.
#[tokio::test]
async fn asking_in_vain_uses_nothing_up() {
    let telephone = Telephone::open().await;
    let app = App::with(|settings| {
        by_webhook(settings, &telephone);
        settings.codes.sms = true;
        settings.sms.per_day = 10;
    })
    .await;
    alice(&app, &telephone).await;
    for n in 0..50 {
        app.browser().asks_by(&format!("nobody{n}"), CodeChannel::Sms).await.unwrap();
    }
    assert_eq!(telephone.rang().await, 0);
    app.browser().asks_by("alice", CodeChannel::Sms).await.unwrap();
    telephone.rings().await;
}

/// Story: the webhook fails, is slow, or points elsewhere. The answer is the same and at once, and nobody is led into the
/// operator's network.
#[tokio::test]
async fn a_webhook_that_fails_is_slow_or_redirects_changes_no_answer() {
    let (telephone, inside) = (Telephone::open().await, Telephone::open().await);
    let app = App::with(|settings| {
        by_webhook(settings, &telephone);
        settings.codes.sms = true;
        settings.sms.per_number_per_hour = 100;
    })
    .await;
    alice(&app, &telephone).await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}/inside\r\ncontent-length: 0\r\n\r\n",
        inside.url()
    );
    for answer in ["HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "", &redirect] {
        telephone.answers(answer);
        let mut browser = app.browser();
        let asked = tokio::time::timeout(Duration::from_secs(5), browser.asks_by("alice", CodeChannel::Sms));
        asked.await.unwrap_or_else(|_| panic!("the answer waited for {answer:?}")).unwrap();
        telephone.rings().await;
    }
    // What failed for now is tried once more, with the same id.
    telephone.answers(&ok());
    let again = telephone.rings().await;
    assert!(again.line.starts_with("POST /send"), "{again:?}");
    assert_eq!(inside.rang().await, 0, "nobody is followed");
}

#[tokio::test]
async fn who_plays_twilio_gets_a_form_with_the_accounts_credentials() {
    let telephone = Telephone::open().await;
    let app = App::with(|settings| {
        settings.sms.twilio_account_sid = Some("AC123".into());
        settings.sms.twilio_auth_token = Some(Password::new("token"));
        settings.sms.twilio_from = Some("+15550100".into());
        settings.sms.twilio_base_url = telephone.url();
    })
    .await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.ctx.locale = "de-AT".into();
    browser.signs_in("alice", PASSWORD).await;
    let flow = browser.begins_phone(NUMBER).await.unwrap();
    let call = telephone.rings().await;
    assert!(call.line.starts_with("POST /2010-04-01/Accounts/AC123/Messages.json "), "{call:?}");
    assert_eq!(call.header("authorization"), "Basic QUMxMjM6dG9rZW4=");
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(call.body.as_bytes()).into_owned().collect();
    let field = |name: &str| form.iter().find(|(there, _)| there == name).unwrap().1.as_str();
    assert_eq!((field("To"), field("From")), (E164, "+15550100"));
    assert!(field("Body").contains("ist Ihr Code für This app"), "{}", field("Body"));
    let code = field("Body").rsplit('#').next().unwrap();
    browser.confirms_phone(&flow, code).await.unwrap();
}

/// Story: a number with a line break, to write a header or another number behind it.
#[tokio::test]
async fn cr_lf_in_a_number_is_refused() {
    let telephone = Telephone::open().await;
    let app = app(&telephone).await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    for number in ["+4915123456789\r\nX-To: +1", "+49151\n23456789", "0151 23456789", "&To=+1"] {
        let refused = browser.begins_phone(number).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::PhoneInvalid, "{number:?}");
    }
    assert_eq!(telephone.rang().await, 0);
}
