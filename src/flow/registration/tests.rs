use super::*;
use crate::session::TokenHash;

fn settings(registration: RegistrationMode) -> Settings {
    Settings { registration, registration_domains: vec!["example.org".into()], ..Settings::default() }
}

fn code(settings: &Settings, mail: bool, email: &str) -> Option<ErrorCode> {
    permitted(settings, mail, Some(&EmailAddress::parse(email).unwrap())).err().map(|problem| problem.code)
}

#[test]
fn who_may_register_follows_the_setting() {
    use RegistrationMode::{Closed, Domains, Invite, Open};
    assert_eq!(code(&settings(Closed), true, "a@example.org"), Some(ErrorCode::RegistrationClosed));
    assert_eq!(code(&settings(Invite), true, "a@example.org"), Some(ErrorCode::InvitationRequired));
    assert_eq!(code(&settings(Open), true, "a@example.com"), None);
    assert_eq!(code(&settings(Domains), true, "a@EXAMPLE.org"), None);
    assert_eq!(
        code(&settings(Domains), true, "a@example.org.example.com"),
        Some(ErrorCode::DomainNotAllowed)
    );
    assert_eq!(code(&settings(Domains), true, "a@sub.example.org"), Some(ErrorCode::DomainNotAllowed));
    assert_eq!(
        code(&settings(Open), false, "a@example.org"),
        Some(ErrorCode::RegistrationClosed),
        "no mail, no proof"
    );
}

#[test]
fn single_addresses_may_register_beside_the_domains_and_under_no_other_mode() {
    use RegistrationMode::{Closed, Domains, Invite};
    let with = |mode| Settings { registration_addresses: vec!["ann@example.com".into()], ..settings(mode) };
    assert_eq!(code(&with(Domains), true, "Ann@Example.com"), None);
    assert_eq!(code(&with(Domains), true, "a@example.org"), None, "the domains hold as before");
    for other in ["bob@example.com", "ann+x@example.com", "ann@example.com.example.net"] {
        assert_eq!(code(&with(Domains), true, other), Some(ErrorCode::DomainNotAllowed), "{other}");
    }
    assert_eq!(code(&with(Domains), false, "ann@example.com"), Some(ErrorCode::RegistrationClosed));
    assert_eq!(code(&with(Closed), true, "ann@example.com"), Some(ErrorCode::RegistrationClosed));
    assert_eq!(code(&with(Invite), true, "ann@example.com"), Some(ErrorCode::InvitationRequired));
}

#[test]
fn only_the_first_administrator_may_be_called_admin() {
    assert_eq!(username("Admin", "App", false).unwrap_err().code, ErrorCode::UsernameReserved);
    assert!(username("admin", "App", true).is_ok());
    assert_eq!(username("a@b", "App", true).unwrap_err().code, ErrorCode::UsernameInvalid);
}

#[test]
fn the_address_of_an_invitation_cannot_be_changed_and_is_confirmed_only_if_the_link_came_there() {
    let link = |email: Option<&str>, mailed| StoredLink {
        hash: TokenHash([0; 32]),
        kind: LinkKind::Invitation,
        identity_id: None,
        email: email.map(|email| EmailAddress::parse(email).unwrap()),
        mailed,
        roles: vec![Role::parse("editor").unwrap()],
        created_at: Timestamp(0),
        expires_at: Timestamp(1),
    };
    let made = |link| {
        let typed = EmailAddress::parse("typed@example.org").ok();
        let name = Username::parse("bob").unwrap();
        Offer::found(link).unwrap().identity(
            IdentityId("id".into()),
            name,
            typed,
            PasswordHash(String::new()),
            Timestamp(7),
        )
    };
    let mailed = made(link(Some("own@example.org"), true));
    assert_eq!(mailed.email.unwrap().verified_at, Some(Timestamp(7)));
    assert_eq!(
        mailed.roles,
        [Role::parse("editor").unwrap()],
        "an invitation gives its own roles and no more"
    );
    let handed_over = made(link(Some("own@example.org"), false)).email.unwrap();
    assert_eq!((handed_over.address.as_str(), handed_over.verified_at), ("own@example.org", None));
    let open = made(link(None, true)).email.unwrap();
    assert_eq!((open.address.as_str(), open.verified_at), ("typed@example.org", None));
}
