use super::*;
use crate::{mail::letter::LetterParts, storage::MailTemplate};

fn letter() -> Letter {
    Letter::write(LetterParts {
        template: MailTemplate::Recovery,
        locale: "en",
        app_name: "Weather\u{1b}[31m",
        username: "alice",
        address: "",
        link: "http://localhost:8501/_gatehouse/#reset=abc",
        ttl: Duration::from_mins(30),
        code: "1234 5678",
    })
}

#[test]
fn the_console_shows_the_link_on_one_line_and_no_escape_codes() {
    let shown = on_console(&letter(), "alice@example.org\u{1b}[2J");
    assert!(
        shown.lines().any(|line| line.ends_with("http://localhost:8501/_gatehouse/#reset=abc")),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

/// A link that resets a password must not land in the log of a server that others read.
#[test]
fn the_console_is_for_this_machine_only() {
    let mut settings = Settings::default();
    assert!(matches!(Transport::open(&settings), Ok(Some(Transport::Console))));
    settings.public_url = Some("http://127.0.0.1:8501".to_owned());
    assert!(matches!(Transport::open(&settings), Ok(Some(Transport::Console))));
    settings.public_url = Some("https://app.example.org".to_owned());
    assert!(matches!(Transport::open(&settings), Ok(None)));
}

#[tokio::test]
async fn an_address_that_is_none_never_leaves() {
    let refused = Transport::Console.send(&letter(), "nobody", "mail_1").await;
    assert!(matches!(refused, Err(SendError::Never(_))), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_is_down_is_tried_again() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let mut settings = Settings::default();
    settings.mail.smtp_host = Some("127.0.0.1".to_owned());
    settings.mail.smtp_port = Some(port);
    settings.mail.smtp_security = SmtpSecurity::None;
    settings.mail.from = Some("noreply@example.org".to_owned());
    let transport = Transport::open(&settings).unwrap().unwrap();
    let refused = transport.send(&letter(), "alice@example.org", "mail_1").await;
    assert!(matches!(refused, Err(SendError::Later(_))), "{refused:?}");
}
