use super::*;

fn parts(template: MailTemplate) -> LetterParts<'static> {
    LetterParts {
        template,
        locale: "en",
        app_name: "Weather",
        username: "alice",
        address: "new@example.org",
        link: "https://app.example.org/_gatehouse/#reset=abc",
        ttl: Duration::from_mins(30),
        code: "1234 5678",
    }
}

fn headers(message: &Message) -> String {
    let raw = String::from_utf8(message.formatted()).unwrap();
    raw.split_once("\r\n\r\n").unwrap().0.to_owned()
}

#[test]
fn every_mail_names_the_app_and_carries_its_link_in_both_languages() {
    for template in MailTemplate::all() {
        let mut subjects = Vec::new();
        for locale in ["en", "de-AT"] {
            let letter = Letter::write(LetterParts { locale, ..parts(template) });
            assert!(letter.subject.contains("Weather"), "{}", letter.subject);
            for body in [&letter.text, &letter.html] {
                assert!(body.contains("https://app.example.org/_gatehouse/#reset=abc"), "{body}");
                assert!(body.contains("Weather"), "{body}");
            }
            assert!(!letter.html.contains("{{"), "{}", letter.html);
            subjects.push(letter.subject);
        }
        assert_ne!(subjects[0], subjects[1]);
    }
}

/// Where there is nothing to open, nothing is said of it.
#[test]
fn a_code_without_a_link_has_no_button_in_either_language() {
    for locale in ["en", "de"] {
        let code = LetterParts { locale, ..parts(MailTemplate::SignInCode) };
        let (linked, alone) = (Letter::write(code), Letter::write(LetterParts { link: "", ..code }));
        for (linked, alone) in [(&linked.text, &alone.text), (&linked.html, &alone.html)] {
            assert!(linked.contains("ink") && alone.contains("1234 5678"), "{alone}");
            assert!(!alone.contains("ink") && !alone.contains("href") && !alone.contains("{{"), "{alone}");
        }
        assert!(!alone.text.contains("\n\n\n"), "{}", alone.text);
    }
}

#[test]
fn spans_are_said_as_people_say_them() {
    let said = |locale, seconds| {
        let ttl = Duration::from_secs(seconds);
        Letter::write(LetterParts { locale, ttl, ..parts(MailTemplate::Invitation) }).text
    };
    assert!(said("en", 1800).contains("once, for 30 minutes."));
    assert!(said("en", 3600).contains("once, for 1 hour."));
    assert!(said("en", 599).contains("once, for 10 minutes."), "to the minute");
    assert!(said("de", 7 * 86_400).contains("einmal und 7 Tage lang."));
}

#[test]
fn an_unknown_language_gets_english() {
    for locale in ["", "fr", "x-klingon", "../../etc"] {
        assert_eq!(
            Letter::write(LetterParts { locale, ..parts(MailTemplate::Recovery) }),
            Letter::write(parts(MailTemplate::Recovery))
        );
    }
}

/// A person registers as `<img src=x onerror=…>` and hopes that the mail's reader runs it.
#[test]
fn html_in_a_name_is_escaped() {
    let name = "<img src=x onerror=\"alert('1')\">{{link}}";
    let letter =
        Letter::write(LetterParts { app_name: name, username: name, ..parts(MailTemplate::Recovery) });
    assert!(!letter.html.contains("<img"), "{}", letter.html);
    assert!(
        letter.html.contains("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&#123;&#123;link}}")
    );
}

/// A person puts a line break and a header of their own into a name, so that the mail goes to others too.
#[test]
fn cr_lf_in_a_name_adds_no_header() {
    let evil = "x\r\nBcc: victim@example.org\r\n\r\nbody\u{85}\u{0}";
    let letter =
        Letter::write(LetterParts { app_name: evil, username: evil, ..parts(MailTemplate::Recovery) });
    let message = letter.address("Weather <noreply@example.org>", "alice@example.org", "mail_1").unwrap();
    assert!(!headers(&message).contains("\r\nBcc:"), "{}", headers(&message));
    assert_eq!(message.envelope().to().len(), 1);
}

/// The same with the address itself: it is refused, not cleaned.
#[test]
fn cr_lf_in_an_address_is_refused() {
    let letter = Letter::write(parts(MailTemplate::Recovery));
    for evil in ["a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org", "a b@example.org", ""]
    {
        assert!(letter.address("noreply@example.org", evil, "mail_1").is_err(), "{evil:?}");
        assert!(letter.address(evil, "a@example.org", "mail_1").is_err(), "{evil:?}");
    }
}

#[test]
fn the_headers_say_who_sends_and_that_no_person_wrote_it() {
    let letter =
        Letter::write(LetterParts { app_name: "Wetter für Köln", ..parts(MailTemplate::Verification) });
    let message =
        letter.address("\"Wetter, Köln\" <noreply@example.org>", "alice@example.org", "mail_1").unwrap();
    let headers = headers(&message);
    for line in [
        "Auto-Submitted: auto-generated",
        "Message-ID: <mail_1@example.org>",
        "To: alice@example.org",
        "<noreply@example.org>",
        "Content-Type: multipart/alternative",
    ] {
        assert!(headers.contains(line), "{line} is not in {headers}");
    }
    assert!(headers.is_ascii());
}

#[test]
fn debug_shows_no_link() {
    let shown = format!("{:?}", Letter::write(parts(MailTemplate::Recovery)));
    assert!(!shown.contains("abc"), "{shown}");
}

/// Whoever is asked to approve must see of what.
#[test]
fn the_mail_that_asks_for_approval_names_the_new_address() {
    for locale in ["en", "de"] {
        let letter = Letter::write(LetterParts { locale, ..parts(MailTemplate::ApproveAddress) });
        for body in [&letter.text, &letter.html] {
            assert!(body.contains("new@example.org") && body.contains("alice"), "{body}");
        }
        let crooked = Letter::write(LetterParts {
            locale,
            address: "\"<b>\r\nBcc: x\"@example.org",
            ..parts(MailTemplate::ApproveAddress)
        });
        assert!(!crooked.html.contains("<b>") && !crooked.text.contains("\r\nBcc"));
    }
}
