use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{
    cli::import::read::text_of,
    config::{LoadFrom, load},
};

const PEOPLE: &str = "credentials: {usernames: {a: {password: p}}}\n";

fn draft(rest: &str) -> Draft {
    Draft::of(&text_of(&format!("{PEOPLE}{rest}")).unwrap(), "config.yaml")
}

const WHOLE: &str = "\
pre-authorized: {emails: [Ann@Example.org, nonsense]}
oauth2:
  google: {client_id: g-id, client_secret: 'g \"key\\', redirect_uri: 'https://app.example.org/'}
  microsoft: {client_id: m-id, client_secret: m-key, redirect_uri: 'https://app.example.org/', tenant_id: 1a-2b}
  github: {client_id: x}
";

/// The draft is a piece of Streamlit's secrets that Gatehouse starts with.
#[test]
fn the_draft_is_what_streamlit_and_gatehouse_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".streamlit/secrets.toml");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let draft = draft(WHOLE);
    draft.write(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(draft.write(&path).is_err(), "it is never overwritten");
    let from = LoadFrom {
        app_path: None,
        cwd: folder.path().into(),
        environment: Vec::new(),
        arguments: Vec::new(),
    };
    let settings = load(&from).unwrap().settings;
    assert_eq!(settings.registration, gatehouse_protocol::RegistrationMode::Domains);
    assert_eq!(settings.registration_addresses, ["ann@example.org"]);

    let text = std::fs::read_to_string(&path).unwrap();
    for line in [
        "redirect_uri = \"https://app.example.org/oauth2callback\"",
        "[auth.google]\nclient_id = \"g-id\"\nclient_secret = \"g \\\"key\\\\\"",
        "server_metadata_url = \"https://accounts.google.com/.well-known/openid-configuration\"",
        "server_metadata_url = \"https://login.microsoftonline.com/1a-2b/v2.0/.well-known/openid-configuration\"",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("github"));
}

#[test]
fn nothing_secret_is_said() {
    let said: String =
        draft(WHOLE).remarks.iter().map(|remark| remark.sentence.clone() + &remark.about).collect();
    assert!(!said.contains("key"), "{said}");
    assert!(said.contains("https://app.example.org/oauth2callback"));
}

#[test]
fn without_anything_there_is_nothing_to_write() {
    for rest in [
        "",
        "pre-authorized:\n",
        "pre-authorized: {emails: []}\n",
        "oauth2:\n  google: {}\n",
        "oauth2: {microsoft: {client_id: x}}\n",
    ] {
        assert!(draft(rest).is_empty(), "{rest}");
    }
}

/// A value that ends its text and writes a setting of its own.
#[test]
fn no_value_breaks_out_of_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    draft("oauth2: {google: {client_id: \"x\\\"\\n[gatehouse]\\nallow_insecure_http = true\\n#\\x7f\", redirect_uri: 'https://a.org'}}\n")
        .write(&path)
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.lines().any(|line| line == "[gatehouse]"), "{text}");
}
