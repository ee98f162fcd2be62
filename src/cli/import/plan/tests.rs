use super::*;
use crate::cli::import::read::text_of;

const HASH: &str = "$2b$12$jZ5UuNaV.4ldy0E1rFH2W.yRYl4cb2ekjPz4yHzGzE7j8Pm0TJEFO";

fn plan_with(people: &str, choices: &Choices) -> Vec<Step> {
    let text = format!("credentials:\n  usernames:\n{people}");
    super::people(&text_of(&text).unwrap(), choices)
}

fn plan(people: &str) -> Vec<Step> {
    plan_with(people, &Choices::default())
}

#[track_caller]
fn take(step: &Step) -> (&Newcomer, &[String]) {
    match &step.act {
        Act::Take { newcomer, without } => (newcomer, without),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn skipped(step: &Step) -> &str {
    match &step.act {
        Act::Skip(sentence) => sentence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_fits_is_taken_whole() {
    let steps = plan(&format!(
        "    Alice: {{email: A@Example.org, password: '{HASH}', roles: [viewer, editor, viewer]}}\n"
    ));
    let (alice, without) = take(&steps[0]);
    assert_eq!((alice.username.as_str(), alice.email.as_ref().unwrap().as_str()), ("alice", "A@example.org"));
    assert!(!alice.verified && without.is_empty());
    assert_eq!(alice.roles.iter().map(Role::as_str).collect::<Vec<_>>(), ["editor", "viewer"]);
    assert!(matches!(&alice.password, Brought::Bcrypt(hash) if hash.cost().get() == 12));
}

#[test]
fn names_that_do_not_fit_are_left_to_the_operator() {
    let steps = plan("    john smith: {password: p}\n    _x: {password: p}\n    a@b.org: {password: p}\n");
    assert!(skipped(&steps[0]).contains("--rename 'john smith=NEW'"));
    assert!(skipped(&steps[1]).contains("between them"));
    assert!(skipped(&steps[2]).contains("--before-at"));
    let choices = Choices {
        before_at: true,
        verified: true,
        rename: [
            ("john smith".to_owned(), "john.smith".to_owned()),
            ("_x".to_owned(), "still wrong!".to_owned()),
        ]
        .into(),
    };
    let steps = plan_with(
        "    John Smith: {password: p}\n    _x: {password: p}\n    a@b.org: {password: p}\n",
        &choices,
    );
    assert_eq!(take(&steps[0]).0.username.as_str(), "john.smith");
    assert!(skipped(&steps[1]).contains("still wrong!"));
    let (merged, _) = take(&steps[2]);
    assert_eq!((merged.username.as_str(), merged.email.as_ref().unwrap().as_str()), ("a", "a@b.org"));
    assert!(merged.verified);
}

#[test]
fn of_two_alike_the_later_counts_where_the_package_says_so_and_the_first_otherwise() {
    let steps = plan(
        "    Bob: {password: p}\n    bob: {password: q}\n    b0b: {password: r}\n    bOb: {password: s}\n",
    );
    assert!(matches!(&steps[0].act, Act::Leave(sentence) if sentence.contains("line 6")));
    assert!(matches!(&steps[1].act, Act::Leave(_)));
    assert!(skipped(&steps[3]).contains("looks like"), "0 is an o");
    take(&steps[2]);
}

#[test]
fn an_address_that_two_have_goes_to_the_first() {
    let steps = plan(
        "    a: {email: x@y.org, password: p}\n    b: {email: X@Y.org, password: p}\n    c: {email: nonsense, password: p}\n",
    );
    assert!(take(&steps[0]).0.email.is_some());
    for (step, says) in [(&steps[1], "which a has in line 3"), (&steps[2], "is no address")] {
        let (newcomer, without) = take(step);
        assert!(newcomer.email.is_none() && without[0].contains(says), "{without:?}");
    }
}

#[test]
fn hashes_that_cannot_be_verified_are_left_behind_and_their_people_are_not() {
    let costly = HASH.replacen("$12$", "$31$", 1);
    let people = format!(
        "    a: {{password: '{costly}'}}\n    b: {{password: '{}'}}\n    c: {{password: '$argon2id$v=19$x'}}\n    d: {{password: $ecret-and-$illy}}\n    e: {{email: e@x.org}}\n    f@x.org: {{picture: x}}\n",
        &HASH[..50]
    );
    let steps = plan(&people);
    for (step, says) in steps.iter().zip(["cost 31", "damaged", "no bcrypt", "", "has none"]) {
        let (newcomer, without) = take(step);
        if says.is_empty() {
            assert!(matches!(newcomer.password, Brought::Plain(_)) && without.is_empty());
        } else {
            assert!(matches!(newcomer.password, Brought::Nothing));
            assert!(without[0].contains(says) && without[0].contains("set-password"), "{without:?}");
        }
    }
    assert!(matches!(&steps[5].act, Act::Leave(sentence) if sentence.contains("st.login")));
}

#[test]
fn a_role_without_a_right_name_is_said_and_not_changed() {
    let steps = plan("    a: {password: p, roles: [data team, admin, '']}\n");
    let (newcomer, without) = take(&steps[0]);
    assert_eq!(newcomer.roles.len(), 1);
    assert_eq!(without.len(), 2);
    assert!(without[0].contains("\"data team\""));
}

#[test]
fn nothing_of_a_password_is_printed() {
    let steps = plan("    a: {password: hunter2-hunter2}\n");
    assert!(!format!("{steps:?}").contains("hunter2"));
}
