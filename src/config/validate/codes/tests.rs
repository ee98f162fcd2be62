use gatehouse_protocol::Password;

use super::super::validate;
use super::*;

fn refused(change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let mut settings = Settings::default();
    change(&mut settings);
    validate(&mut settings, &|path| format!("`{path}`"))
}

#[track_caller]
fn says(change: impl FnOnce(&mut Settings), path: &str, instead: &str) {
    let wrong = refused(change);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with(&format!("`{path}`")) && wrong[0].contains(instead), "{}", wrong[0]);
}

fn webhook(settings: &mut Settings, url: &str) {
    settings.sms.webhook = Some(url.into());
    settings.sms.webhook_secret = Some(Password::new("a secret of the webhook"));
}

fn twilio(settings: &mut Settings) {
    settings.sms.twilio_account_sid = Some("AC123".into());
    settings.sms.twilio_auth_token = Some(Password::new("token"));
    settings.sms.twilio_from = Some("+15550100".into());
}

#[test]
fn a_section_that_is_whole_is_taken() {
    assert_eq!(refused(|s| webhook(s, "https://sms.example.org/send?team=7")), Vec::<String>::new());
    assert_eq!(refused(|s| webhook(s, "http://127.0.0.1:9000/send")), Vec::<String>::new());
    assert_eq!(refused(twilio), Vec::<String>::new());
    let all = |settings: &mut Settings| {
        twilio(settings);
        settings.codes.sms = true;
        settings.codes.mail = true;
    };
    assert_eq!(refused(all), Vec::<String>::new());
}

#[test]
fn a_section_that_is_half_filled_is_not() {
    says(|s| s.codes.sms = true, "codes.sms", "`webhook`");
    says(|s| s.sms.webhook = Some("https://sms.example.org".into()), "sms.webhook", "`webhook_secret`");
    says(
        |s| s.sms.webhook_secret = Some(Password::new("sixteen letters!")),
        "sms.webhook_secret",
        "`webhook`",
    );
    says(|s| s.sms.twilio_from = Some("+15550100".into()), "sms.twilio_from", "`twilio_account_sid`");
    let without_token = |s: &mut Settings| {
        twilio(s);
        s.sms.twilio_auth_token = None;
    };
    says(without_token, "sms.twilio_account_sid", "`twilio_auth_token`");
    let both = |s: &mut Settings| {
        twilio(s);
        webhook(s, "https://sms.example.org");
    };
    says(both, "sms.webhook", "`twilio_account_sid`");
    let without_mail = |s: &mut Settings| {
        s.codes.mail = true;
        s.public_url = Some("https://app.example.org".into());
    };
    says(without_mail, "codes.mail", "`smtp_host");
}

#[test]
fn what_would_be_read_on_the_way_is_refused() {
    for url in [
        "http://sms.example.org",
        "https://user:word@sms.example.org",
        "ftp://sms.example.org",
        "sms.example.org",
    ] {
        says(|s| webhook(s, url), "sms.webhook", "https");
        says(|s| s.sms.twilio_base_url = url.into(), "sms.twilio_base_url", "https");
    }
    let short = |s: &mut Settings| {
        webhook(s, "https://sms.example.org");
        s.sms.webhook_secret = Some(Password::new("short"));
    };
    says(short, "sms.webhook_secret", "16");
    let path = |s: &mut Settings| {
        twilio(s);
        s.sms.twilio_account_sid = Some("../AC123".into());
    };
    says(path, "sms.twilio_account_sid", "letters and digits");
    says(|s| s.sms.per_day = 0, "sms.per_day", "from 1");
}
