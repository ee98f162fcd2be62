use super::*;

/// As release 0.4 writes it, `pre-authorized` after its first registration.
const NEW: &str = "\
cookie:
  expiry_days: 7
  key: 'some_signature_key'
  name: some_cookie_name
credentials:
  usernames:
    JSmith:
      email: jsmith@gmail.com
      failed_login_attempts: 0
      first_name: John
      last_name: Smith
      logged_in: false
      password: abc
      roles: &id001
      - admin
      - editor
    guest@gmail.com:
      email: guest@gmail.com
      logged_in: true
      picture: https://example.org/a.png
      roles: *id001
api_key: secret
oauth2:
  google:
    client_id: id
    client_secret: key
    redirect_uri: http://localhost:8501
pre-authorized:
- melsby@gmail.com
";

/// As release 0.2 asked for it.
const OLD: &str = "\
credentials:
  usernames:
    rbriggs: {email: rbriggs@gmail.com, name: Rebecca Briggs, password: 12345, role: viewer}
preauthorized:
  emails: [a@example.org, b@example.org]
";

#[test]
fn the_new_shape_is_read() {
    let config = text_of(NEW).unwrap();
    let [smith, guest] = &config.people[..] else { panic!("two people") };
    assert_eq!((smith.line, smith.username.as_str()), (7, "jsmith"));
    assert_eq!(smith.email.as_deref(), Some("jsmith@gmail.com"));
    assert_eq!(smith.password.as_ref().map(Password::expose), Some("abc"));
    assert_eq!(smith.roles, ["admin", "editor"]);
    assert_eq!(smith.left, [Left::Failures, Left::Name, Left::Name, Left::LoggedIn]);
    assert_eq!((guest.password.is_none(), &guest.roles), (true, &smith.roles));
    assert_eq!(config.preauthorized, [Listed { line: 29, text: "melsby@gmail.com".into() }]);
    assert_eq!(config.cookie.as_ref().unwrap().days, Some(7.0));
    assert_eq!(config.api_key, Some(22));
    assert_eq!((config.providers.len(), config.providers[0].line), (1, 24));
}

#[test]
fn the_old_shape_is_read() {
    let config = text_of(OLD).unwrap();
    let [briggs] = &config.people[..] else { panic!("one person") };
    assert_eq!(briggs.password.as_ref().map(Password::expose), Some("12345"), "a number is what is typed");
    assert_eq!(briggs.roles, ["viewer"]);
    let addresses: Vec<_> = config.preauthorized.iter().map(|listed| listed.text.as_str()).collect();
    assert_eq!(addresses, ["a@example.org", "b@example.org"]);
}

#[test]
fn somebody_who_is_wrong_does_not_stop_the_others() {
    let config = text_of(
        "credentials:\n  usernames:\n    a: 5\n    b: {password: [x]}\n    c: {roles: {x: y}, password: p}\n    d:\n    e: {password: p, roles: null}\n",
    )
    .unwrap();
    let faults: Vec<_> = config.people.iter().map(|person| person.faults.len()).collect();
    assert_eq!(faults, [1, 1, 1, 1, 0]);
}

#[test]
fn other_files_are_refused_with_a_sentence() {
    for (text, says) in [
        ("a: b", "no `credentials`"),
        ("[1, 2]", "no `credentials`"),
        ("credentials: {}", "nobody under"),
        ("credentials: {names: [A], usernames: [a], passwords: [b]}", "before release 0.2"),
    ] {
        let Fault { sentence, .. } = text_of(text).err().unwrap();
        assert!(sentence.contains(says), "{text}: {sentence}");
    }
}

#[test]
fn a_file_that_is_too_large_or_no_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    let says = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        file(&path).err().unwrap().sentence
    };
    assert!(says(&vec![b'a'; (16 << 20) + 1]).contains("16 MiB"));
    assert!(says(b"\xff\xfea\0").contains("UTF-8"));
    assert!(file(&folder.path().join("absent")).err().unwrap().sentence.contains("can't be opened"));
}
