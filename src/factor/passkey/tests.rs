use super::{authenticator::Authenticator, *};

const ORIGIN: &str = "https://app.example.org";
const ASKED: Challenge = [7; 32];

fn party() -> RelyingParty {
    RelyingParty::at(ORIGIN, "Weather").unwrap()
}

/// A key, and the passkey that is kept of it.
fn made(change: impl FnOnce(&mut Authenticator)) -> (Authenticator, Passkey) {
    let mut key = Authenticator::new(ORIGIN, b"credential-1");
    change(&mut key);
    let options = party().creation(&ASKED, b"user", "alice", &[]);
    let passkey = party().registered(&ASKED, &key.create(&options)).unwrap();
    let kept = Passkey::from_bytes(&passkey.to_bytes().unwrap()).unwrap();
    assert_eq!((kept.id(), kept.made()), (key.id(), passkey.made()));
    (key, kept)
}

fn prove(key: &mut Authenticator, passkey: &Passkey, must_verify: bool) -> Result<Proof, Rejected> {
    let counter = passkey.made().counter;
    let answer = Assertion::read(&key.get(&party().request(&ASKED, &[]))).unwrap();
    party().proof(&ASKED, &answer, passkey.clone(), counter, must_verify)
}

#[test]
fn passkeys_belong_to_a_name_under_https_or_to_this_machine() {
    for (origin, host) in [
        ("https://app.example.org", "app.example.org"),
        ("https://app.example.org:8443", "app.example.org"),
        ("http://localhost:8501", "localhost"),
    ] {
        assert_eq!(RelyingParty::at(origin, "Weather").unwrap().id(), host);
    }
    for origin in
        ["http://app.example.org", "https://192.0.2.1", "http://127.0.0.1:8501", "https://[::1]", "nothing"]
    {
        assert!(RelyingParty::at(origin, "Weather").is_none(), "{origin}");
    }
}

#[test]
fn a_passkey_that_verifies_proves_two_things_and_one_that_is_touched_one() {
    let (mut key, passkey) = made(|_| ());
    assert_eq!(prove(&mut key, &passkey, true), Ok(Proof { counter: 2, verified: true }));
    assert_eq!(passkey.made().method(), Method::Passkey);
    let (mut key, touched) = made(|key| key.verifies = false);
    assert_eq!(prove(&mut key, &touched, false), Ok(Proof { counter: 2, verified: false }));
    assert_eq!(touched.made().method(), Method::SecurityKey);
    assert_eq!(prove(&mut key, &touched, true), Err(Rejected::Wrong));
}

/// Story: a security key without a PIN is found or stolen, and its finder gives it a PIN of his own.
#[test]
fn a_stolen_security_key_that_was_given_a_pin_is_still_only_touched() {
    let (mut key, passkey) = made(|key| key.verifies = false);
    key.verifies = true;
    assert_eq!(prove(&mut key, &passkey, true), Err(Rejected::Wrong));
    assert_eq!(prove(&mut key, &passkey, false).unwrap().method(), Method::SecurityKey);
}

/// Story: a key that asks for a fingerprint is used without one, through a client that says "discouraged".
#[test]
fn a_passkey_that_verified_once_has_to_verify_always() {
    let (mut key, passkey) = made(|_| ());
    key.verifies = false;
    assert_eq!(prove(&mut key, &passkey, false), Err(Rejected::Wrong));
}

#[test]
fn another_origin_another_port_a_frame_and_another_host_are_refused() {
    let changes: [fn(&mut Authenticator); 5] = [
        |key| key.origin = "https://evil.example.org".into(),
        |key| key.origin = "https://app.example.org:8443".into(),
        |key| key.origin = "https://sub.app.example.org".into(),
        |key| key.framed = true,
        |key| key.rp_id = Some("example.org".into()),
    ];
    for change in changes {
        let (mut key, passkey) = made(|_| ());
        change(&mut key);
        assert_eq!(prove(&mut key, &passkey, false), Err(Rejected::Wrong));
        let options = party().creation(&ASKED, b"user", "alice", &[]);
        assert!(party().registered(&ASKED, &key.create(&options)).is_none());
    }
}

#[test]
fn a_counter_that_goes_back_or_stands_still_says_that_there_is_a_copy() {
    let (mut key, passkey) = made(|key| key.counter = 5);
    key.counter = 4;
    assert_eq!(prove(&mut key, &passkey, true), Err(Rejected::Copied));
    key.counter = 2;
    assert_eq!(prove(&mut key, &passkey, true), Err(Rejected::Copied));
    key.counter = 5;
    assert!(prove(&mut key, &passkey, true).is_ok());
    let (mut key, passkey) = made(|key| key.counter = 0);
    assert_eq!(prove(&mut key, &passkey, true).unwrap().counter, 0, "many count nothing");
}

#[test]
fn another_challenge_another_key_and_another_kind_of_answer_are_refused() {
    let (mut key, passkey) = made(|_| ());
    let answer = Assertion::read(&key.get(&party().request(&[8; 32], &[]))).unwrap();
    assert_eq!(party().proof(&ASKED, &answer, passkey.clone(), 0, false), Err(Rejected::Wrong));
    let mut other = Authenticator::new(ORIGIN, key.id());
    assert_eq!(prove(&mut other, &passkey, false), Err(Rejected::Wrong));
    let creation = party().creation(&ASKED, b"user", "alice", &[]);
    assert!(Assertion::read(&key.create(&creation)).is_none());
    assert!(party().registered(&ASKED, &key.get(&party().request(&ASKED, &[]))).is_none());
}

#[test]
fn what_is_no_answer_is_refused_before_it_is_looked_at() {
    for text in ["", "{}", "null", "[]", "{\"id\":1}", &"x".repeat(ANSWER_MAX + 1)] {
        assert!(Assertion::read(text).is_none(), "{text}");
        assert!(party().registered(&ASKED, text).is_none(), "{text}");
    }
    let (mut key, _) = made(|_| ());
    let padded = format!("{}{}", key.get(&party().request(&ASKED, &[])), " ".repeat(ANSWER_MAX));
    assert!(Assertion::read(&padded).is_none());
}

#[test]
fn a_browser_is_told_what_is_there_and_that_it_must_verify_where_nothing_else_is_asked() {
    let (_, passkey) = made(|_| ());
    let read = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
    let alone = read(party().request(&ASKED, &[]));
    assert_eq!((&alone["userVerification"], &alone["rpId"]), (&json!("required"), &json!("app.example.org")));
    assert_eq!(alone["allowCredentials"], json!([]));
    let second = read(party().request(&ASKED, std::slice::from_ref(&passkey)));
    assert_eq!(second["userVerification"], "preferred");
    assert_eq!(second["allowCredentials"][0]["id"], text(passkey.id()));
    let creation = read(party().creation(&ASKED, b"user", "alice", &[passkey]));
    assert_eq!(creation["excludeCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(creation["rp"], json!({"id": "app.example.org", "name": "Weather"}));
}
