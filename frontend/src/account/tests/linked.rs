//! Accounts at providers, and people without a password.

use gatehouse_protocol::{AccountOverview, AccountState, AccountStep, ErrorCode, Linkable, LinkedSummary};

use super::{
    super::{Account, Act, Came, Effect, Event, Own, Request, Section},
    asks, config, focus, overview, refused, remove, said,
};
use crate::machine::{Gap, Opening, Text};

fn linked(name: Option<&str>) -> LinkedSummary {
    LinkedSummary {
        id: "a1".to_owned(),
        name: name.map(str::to_owned),
        label: "Example".to_owned(),
        created_at: 0,
        last_used_at: 0,
    }
}

fn without_password() -> AccountState {
    let linkable = vec![Linkable { name: "github".to_owned(), label: "GitHub".to_owned() }];
    let linked = vec![linked(Some("company")), linked(Some("company")), linked(None)];
    let account = AccountOverview { has_password: false, linked, linkable, ..overview() };
    AccountState::Overview { account: Box::new(account) }
}

fn page(here: Option<&str>, came: Came) -> Account {
    let mut page = Account::new(here.is_some()).at(here.map(str::to_owned), came);
    page.apply(Event::Loaded(Ok(config()), Ok(without_password())));
    page
}

fn leave() -> AccountState {
    AccountState::Leave { location: "https://id.example.org/auth".to_owned() }
}

#[test]
fn linking_leaves_the_page_and_comes_back_to_it() {
    for here in [None, Some("/reports?page=2")] {
        let mut page = page(here, Came::Anywhere);
        let request = asks(page.apply(Event::Pressed(Act::Link("github".to_owned()))));
        let Request::Account(AccountStep::LinkProvider { name, return_to }) = request else {
            panic!("{request:?}")
        };
        assert_eq!((name.as_str(), return_to.as_deref()), ("github", here));
        let effects = page.apply(Event::Answered(Ok(leave())));
        assert!(matches!(&effects[..], [Effect::Leave(Some(to))] if to == "https://id.example.org/auth"));
        assert!(page.busy(), "until it is gone");
    }
}

#[test]
fn what_became_of_it_is_said_where_it_was_asked_for() {
    for (hash, section, text, good) in [
        ("#linked", Section::Linked, Own::LinkedDone.key(), true),
        ("#proven", Section::Profile, Own::Proven.key(), true),
        ("#refused=provider_taken", Section::Linked, Text::ErrorProviderTaken.key(), false),
        ("#refused=provider_cancelled", Section::Linked, Text::ErrorProviderCancelled.key(), false),
        ("#refused=<b>", Section::Linked, Text::ErrorProviderRefused.key(), false),
    ] {
        let page = page(None, Came::parse(hash));
        let (line, kind) = said(&page, section).unwrap();
        assert_eq!((line.key, kind), (text, good), "{hash}");
    }
    for hash in ["", "#", "#reset=token", "#somewhere"] {
        let page = page(None, Came::parse(hash));
        assert!(Section::ALL.iter().all(|section| said(&page, *section).is_none()), "{hash}");
    }
}

#[test]
fn an_account_is_unlinked_after_a_question_and_the_last_one_stays() {
    let mut page = page(None, Came::Anywhere);
    let unlink = Act::Unlink("a1".to_owned());
    assert_eq!(focus(&page.apply(Event::Pressed(unlink))), "gh-asked");
    let request = asks(page.apply(Event::Confirmed(String::new())));
    assert!(matches!(request, Request::Account(AccountStep::UnlinkProvider { id }) if id == "a1"));
    page.apply(Event::Answered(refused(ErrorCode::LastWayIn)));
    assert_eq!(said(&page, Section::Linked), Some((Text::ErrorLastWayIn.into(), false)));
}

#[test]
fn who_has_no_password_is_led_to_the_providers_for_a_fresh_proof() {
    let mut page = page(Some("/app"), Came::Anywhere);
    page.apply(Event::Pressed(remove()));
    page.apply(Event::Confirmed(String::new()));
    let effects = page.apply(Event::Answered(refused(ErrorCode::ReauthenticationRequired)));
    assert_eq!(focus(&effects), "gh-proving");
    assert!(page.inside(Section::Factors).is_none(), "no password is asked for");
    let able = page.proving(Section::Factors).unwrap();
    assert_eq!(able.len(), 1, "each provider once, and none that can't be reached from here");
    assert_eq!(page.proving(Section::Data), None);
    assert_eq!(focus(&page.apply(Event::Cancelled)), Section::Factors.id());
    assert_eq!(page.proving(Section::Factors), None);
    let prove = Act::Prove(Section::Factors, "company".to_owned());
    let request = asks(page.apply(Event::Pressed(prove)));
    let Request::Account(AccountStep::ProveAgain { name, return_to }) = request else {
        panic!("{request:?}")
    };
    assert_eq!((name.as_str(), return_to.as_deref()), ("company", Some("/app")));
}

#[test]
fn who_has_a_password_is_asked_for_it() {
    let mut page = super::page();
    page.apply(Event::Pressed(Act::Export));
    page.apply(Event::Answered(refused(ErrorCode::ReauthenticationRequired)));
    assert!(matches!(page.inside(Section::Data).unwrap().opening, Opening::Reauthenticate));
    assert_eq!(page.proving(Section::Data), None);
}

#[test]
fn a_first_password_is_chosen_in_its_place_and_never_printed() {
    let mut page = page(None, Came::Anywhere);
    assert_eq!(focus(&page.apply(Event::Pressed(Act::SetPassword))), "gh-asked");
    let request = asks(page.apply(Event::Confirmed("s3cr3t".to_owned())));
    assert!(
        matches!(&request, Request::Account(AccountStep::SetPassword { password }) if password.expose() == "s3cr3t")
    );
    assert!(!format!("{page:?} {request:?}").contains("s3cr3t"));
    page.apply(Event::Answered(refused(ErrorCode::PasswordTooShort)));
    assert_eq!(page.asked(), Some(&Act::SetPassword), "the input stays");
    let (line, _) = said(&page, Section::Password).unwrap();
    assert_eq!(line.gaps, [("min", Gap::Number(8))]);
    page.apply(Event::Confirmed("s3cr3t and longer".to_owned()));
    page.apply(Event::Answered(Ok(without_password())));
    assert_eq!(said(&page, Section::Password), Some((Own::PasswordSet.into(), true)));
}
