//! What is refused, and that it says what to do.

use crate::kit::{Place, errors, said};

#[test]
fn only_a_start_makes_a_database() {
    let place = Place::empty();
    for command in [&["users", "list"][..], &["invite"], &["backup", "x.db"]] {
        let sentence = place.refused(command, "");
        assert!(
            sentence.contains("there is no database") && sentence.contains("gatehouse run"),
            "{sentence}"
        );
    }
    assert!(!place.path().join(".gatehouse").exists(), "nothing was made");
}

#[tokio::test]
async fn a_password_is_never_an_argument() {
    let place = Place::started().await;
    for more in [&["--password", "x"][..], &["seven quiet herons"]] {
        let mut arguments = vec!["users", "add", "alice"];
        arguments.extend(more);
        assert_eq!(place.run(&arguments).status.code(), Some(2));
    }
    assert!(place.refused(&["users", "add", "alice"], "").contains("--password-stdin"));
}

#[tokio::test]
async fn weak_passwords_wrong_names_and_roles_are_refused_with_a_sentence() {
    let place = Place::started().await;
    let add = ["users", "add", "alice", "--password-stdin"];
    assert!(place.refused(&add, "short\n").contains("too short"));
    assert!(place.refused(&add, "password1\n").contains("attackers"));
    assert!(
        place
            .refused(&["users", "add", "a@b", "--password-stdin"], "seven quiet herons\n")
            .contains("letters")
    );
    let role = ["users", "add", "alice", "--password-stdin", "--role", "two words"];
    assert!(place.refused(&role, "seven quiet herons\n").contains("role"));
    place.add("alice", &[]);
    assert!(
        place
            .refused(&["users", "add", "ALICE", "--password-stdin"], "seven quiet herons\n")
            .contains("taken")
    );
}

#[tokio::test]
async fn unsafe_settings_do_not_start_and_say_what_to_write() {
    let place = Place::started().await;
    for (text, hint) in [
        ("public_url = \"http://weather.example.org\"", "https"),
        ("public_url = \"https://*.example.org\"", "public_url"),
        ("unheard_of = 1", "unheard_of"),
        ("[session]\nidle_ttl = 0", "idle_ttl"),
        ("[mail]\nsmtp_host = \"smtp.example.org\"", "from"),
    ] {
        place.set(text);
        for command in [&["serve"][..], &["users", "list"]] {
            let sentence = place.refused(command, "");
            assert!(sentence.contains(hint), "{text}: {sentence}");
        }
    }
}

#[test]
fn serving_others_needs_a_public_url() {
    let place = Place::empty();
    assert!(place.refused(&["serve", "--listen", "0.0.0.0:0"], "").contains("public_url"));
}

#[tokio::test]
async fn the_doctor_says_what_to_mend() {
    let place = Place::started().await;
    let good = place.run(&["doctor"]);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    assert!(said(&good).contains("Nothing to mend."));
    let findings = place.json(&["doctor", "--json"]);
    for about in ["settings", "database", "mail", "cookies", "clock", "addresses", "gate"] {
        assert!(findings.as_array().unwrap().iter().any(|found| found["about"] == about), "{about}");
    }
    assert!(said(&good).contains("nothing of the app is served before sign-in"));
    place.set("gate = \"script\"\n");
    assert!(said(&place.run(&["doctor"])).contains("the app's script decides"));
    place.set("public_url = \"https://weather.example.org\"\n");
    let bad = place.run(&["doctor"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(said(&bad).contains("mail.smtp_host"), "{}", said(&bad));
    place.set("public_url = \"nonsense\"\n");
    let worse = place.run(&["doctor"]);
    assert_eq!(worse.status.code(), Some(1), "{}", errors(&worse));
}

#[test]
fn run_needs_python_and_says_so() {
    assert!(Place::empty().refused(&["run", "app.py"], "").contains("pip install"));
}
