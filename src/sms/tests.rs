use gatehouse_protocol::Password;

use super::*;
use crate::config::SmsSettings;

fn message() -> Message {
    Message { id: "sms_1".into(), to: "+4915123456789".into(), text: "12345678 is your code.".into() }
}

#[test]
fn what_a_webhook_gets_is_signed_with_its_time() {
    let sms = SmsSettings {
        webhook: Some("https://sms.example.org/send?key=hidden".into()),
        webhook_secret: Some(Password::new("a secret of the webhook")),
        ..SmsSettings::default()
    };
    let post = Webhook::of(&sms).unwrap().post(&message(), Timestamp(1_800_000_000_123)).unwrap();
    assert_eq!(post.body, r#"{"id":"sms_1","text":"12345678 is your code.","to":"+4915123456789"}"#);
    let header = |name: &str| {
        post.headers.iter().find(|(there, _)| there == name).unwrap().1.to_str().unwrap().to_owned()
    };
    assert_eq!(header("x-gatehouse-timestamp"), "1800000000");
    // printf '1800000000.{…}' | openssl dgst -sha256 -hmac 'a secret of the webhook'
    assert_eq!(
        header("x-gatehouse-signature"),
        "sha256=582a3a24d8705ae6ba26924692e9e1da418aaa1026c3d2ae61222de9fa7d1485"
    );
}

#[test]
fn twilio_gets_a_form_and_a_messaging_service_no_number() {
    let sms = |from: &str| SmsSettings {
        twilio_account_sid: Some("AC123".into()),
        twilio_auth_token: Some(Password::new("token")),
        twilio_from: Some(from.into()),
        twilio_base_url: "https://sms.example.org/".into(),
        ..SmsSettings::default()
    };
    let post = Twilio::of(&sms("+15550100")).unwrap().post(&message()).unwrap();
    assert_eq!(post.address, "https://sms.example.org/2010-04-01/Accounts/AC123/Messages.json");
    assert_eq!(post.body, "To=%2B4915123456789&From=%2B15550100&Body=12345678+is+your+code.");
    let post = Twilio::of(&sms("MG123")).unwrap().post(&message()).unwrap();
    assert!(post.body.contains("MessagingServiceSid=MG123"), "{}", post.body);
}

/// Story: the log goes to many people, and the webhook's address has a key in it.
#[test]
fn neither_number_nor_text_nor_address_is_logged() {
    let shown = format!("{:?}", message());
    assert!(shown.contains("\"89\""), "{shown}");
    assert!(!shown.contains("4915") && !shown.contains("12345678"), "{shown}");
    let address = "https://sms.example.org/send?key=hidden";
    let failure = Failure::Away(format!("{address:?} answered 500"));
    assert!(!reason(&failure, address).to_string().contains("hidden"));
}
