//! Changing the address, and the links that do it.

use gatehouse_protocol::{AccountOverview, AccountState, AccountStep, ErrorCode, PendingAddress};

use super::{
    super::{Account, Act, Came, Effect, Event, On, Own, Request, Section, View},
    asks, config, focus, known, overview, page, refused, said,
};
use crate::machine::{Failure, Text};

fn with_address() -> AccountState {
    let email = Some("bob@example.org".to_owned());
    let account = AccountOverview { email, email_verified: true, ..overview() };
    AccountState::Overview { account: Box::new(account) }
}

#[test]
fn an_address_is_typed_in_its_place_and_waits_for_its_links() {
    let mut page = page();
    assert_eq!(focus(&page.apply(Event::Pressed(Act::ChangeAddress))), "gh-asked");
    let request = asks(page.apply(Event::Confirmed(" new@example.org ".to_owned())));
    assert!(
        matches!(request, Request::Account(AccountStep::ChangeAddress { email }) if email == "new@example.org")
    );
    page.apply(Event::Answered(refused(ErrorCode::EmailInvalid)));
    assert_eq!(page.asked(), Some(&Act::ChangeAddress), "the input stays");
    assert_eq!(said(&page, Section::Profile), Some((Text::ErrorEmailInvalid.into(), false)));
    asks(page.apply(Event::Confirmed("new@example.org".to_owned())));
    let pending =
        Some(PendingAddress { email: "new@example.org".to_owned(), approval: true, confirmation: true });
    let account = Box::new(AccountOverview { pending_address: pending, ..overview() });
    page.apply(Event::Answered(Ok(AccountState::Overview { account })));
    assert_eq!(said(&page, Section::Profile), Some((Own::AddressAsked.into(), true)));
    let request = asks(page.apply(Event::Pressed(Act::CancelAddress)));
    assert!(matches!(request, Request::Account(AccountStep::CancelAddress {})));
    page.apply(Event::Answered(Ok(known())));
    assert_eq!(said(&page, Section::Profile), Some((Own::AddressCancelled.into(), true)));
}

#[test]
fn the_address_that_is_there_already_asks_for_nothing() {
    let mut page = Account::new(false);
    page.apply(Event::Loaded(Ok(config()), Ok(with_address())));
    page.apply(Event::Pressed(Act::ChangeAddress));
    assert_eq!(focus(&page.apply(Event::Confirmed("Bob@example.org".to_owned()))), "gh-asked");
    assert_eq!(said(&page, Section::Profile), Some((Own::AddressSame.into(), false)));
}

fn opened(hash: &str, signed_in: bool) -> Account {
    let mut page = Account::new(false).at(None, Came::parse(hash));
    let account = if signed_in { Ok(with_address()) } else { refused(ErrorCode::SignedOut) };
    assert_eq!(focus(&page.apply(Event::Loaded(Ok(config()), account))), "gh-account");
    page
}

fn shown(page: &Account) -> (&'static str, Option<On>) {
    match page.view() {
        View::Only { title, on, .. } => (title.key, *on),
        other => panic!("{other:?}"),
    }
}

/// Scanners of mail open every link: that must change nothing.
#[test]
fn a_link_does_nothing_before_its_button_is_pressed() {
    for signed_in in [true, false] {
        let mut page = opened("#approve=s3cr3t", signed_in);
        assert_eq!(shown(&page), (Own::ApproveTitle.key(), Some(On::Follow(Own::ApproveYes))));
        assert!(!format!("{page:?}").contains("s3cr3t"));
        let request = asks(page.apply(Event::Leave));
        assert!(
            matches!(&request, Request::Account(AccountStep::ApproveAddress { token }) if token.expose() == "s3cr3t")
        );
        assert!(page.apply(Event::Leave).is_empty(), "once");
        page.apply(Event::Answered(Ok(AccountState::AddressWaits { approval: false })));
        assert_eq!(shown(&page), (Own::AddressWaitsTitle.key(), Some(On::Account)));
        assert!(matches!(page.apply(Event::Leave)[..], [Effect::Load]));
    }
}

#[test]
fn the_second_link_changes_the_address() {
    let mut page = opened("#confirm-address=token", false);
    let request = asks(page.apply(Event::Leave));
    assert!(matches!(request, Request::Account(AccountStep::ConfirmAddress { .. })));
    page.apply(Event::Answered(Err(Failure::Unreachable)));
    assert_eq!(shown(&page).1, Some(On::Follow(Own::ConfirmYes)), "it can be tried again");
    asks(page.apply(Event::Leave));
    page.apply(Event::Answered(Ok(AccountState::AddressChanged)));
    assert_eq!(shown(&page), (Own::AddressDoneTitle.key(), Some(On::Account)));
    page.apply(Event::Leave);
    page.apply(Event::Loaded(Ok(config()), Ok(with_address())));
    assert_eq!(*page.view(), View::Account);
}

#[test]
fn a_link_that_is_no_good_says_so() {
    let mut page = opened("#confirm-address=token", true);
    page.apply(Event::Leave);
    page.apply(Event::Answered(refused(ErrorCode::LinkExpired)));
    assert_eq!(shown(&page), (Own::AddressBrokenTitle.key(), Some(On::Account)));
}
