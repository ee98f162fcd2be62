//! Changes of an address that wait for two links.

use gatehouse::{
    clock::Timestamp,
    identity::{Identity, IdentityId},
    session::SessionId,
    storage::{
        AddressChange, AddressSide, ChangeKind, Followed, LinkKind, MailTemplate, NewLink, StorageError,
    },
};

use crate::kit::{
    Db, START, address, after, each_backend, new_link, new_mail, new_person_with, new_registration, password,
    token,
};

each_backend!(
    a_change_comes_back_as_it_was_added_with_its_mails,
    a_new_change_replaces_the_earlier_one,
    a_change_is_refused_after_the_session_that_asked_for_it,
    two_links_change_the_address_in_any_order,
    without_a_confirmed_address_one_link_is_enough,
    a_link_is_followed_once_and_by_its_own_side,
    a_link_that_expired_is_nothing_and_the_change_is_swept,
    a_newer_link_replaces_the_earlier_one_of_its_side,
    an_address_that_somebody_else_confirmed_meanwhile_is_taken,
    two_changes_to_one_address_at_once_make_one_owner,
    whoever_only_claimed_the_address_loses_it,
    ending_every_session_ends_the_change,
    a_change_goes_with_its_identity,
    a_change_about_another_address_than_the_present_one_is_over,
    the_operator_gives_somebody_another_address,
);

fn change(of: &Identity, email: &str) -> AddressChange {
    let confirmed = of.email.as_ref().filter(|email| email.verified_at.is_some());
    AddressChange {
        id: format!("adr_{email}"),
        identity_id: of.id.clone(),
        email: address(email),
        former: confirmed.map(|email| email.address.clone()),
        approved_at: None,
        confirmed_at: None,
        created_at: START,
        expires_at: after(86_400),
    }
}

async fn person(db: &Db, name: &str) -> (Identity, SessionId) {
    let new = new_person_with(name, &format!("{name}@example.org"), true);
    let identity = db.add_identity(new).await.unwrap();
    let session = db.sign_in(&identity, &format!("{name}'s"), START).await;
    (identity, session)
}

/// Ann, and a change of her address with both links.
async fn waiting(db: &Db) -> (Identity, SessionId) {
    let (ann, session) = person(db, "ann").await;
    begin(db, &ann, &session, "new@example.org", "").await;
    (ann, session)
}

async fn begin(db: &Db, who: &Identity, session: &SessionId, email: &str, tokens: &str) {
    let change = change(who, email);
    db.add_address_change(change.clone(), session, Vec::new()).await.unwrap();
    let noted = link(db, &change.id, AddressSide::Present, &format!("{tokens}approve")).await;
    assert_eq!(noted, change.former.is_some());
    assert!(link(db, &change.id, AddressSide::New, &format!("{tokens}confirm")).await);
}

async fn link(db: &Db, change: &str, side: AddressSide, text: &str) -> bool {
    db.add_address_link(change, side, token(text), after(1800), START).await.unwrap()
}

async fn follow(db: &Db, side: AddressSide, text: &str, at: Timestamp) -> Option<Followed> {
    db.follow_address_link(token(text), side, at).await.unwrap()
}

async fn email(db: &Db, id: &IdentityId) -> Option<(String, bool)> {
    let found = db.lookup_identity(id).await.unwrap().unwrap().email?;
    Some((found.address.as_str().to_owned(), found.verified_at.is_some()))
}

fn confirmed(address: &str) -> (String, bool) {
    (address.to_owned(), true)
}

async fn a_change_comes_back_as_it_was_added_with_its_mails(db: Db) {
    let (ann, session) = person(&db, "ann").await;
    let new = change(&ann, "New@example.org");
    let mails = [MailTemplate::ApproveAddress, MailTemplate::ConfirmAddress, MailTemplate::AddressTaken];
    let mails = mails.map(|template| new_mail("new@example.org", template, &new.id));
    db.add_address_change(new.clone(), &session, mails.to_vec()).await.unwrap();
    assert_eq!(db.find_address_change(&ann.id, START).await.unwrap(), Some(new));
    assert_eq!(db.find_address_change(&ann.id, after(86_400)).await.unwrap(), None);
    for _ in 0..3 {
        let lease = std::time::Duration::from_mins(2);
        let queued = db.claim_mail(START, lease).await.unwrap().unwrap();
        assert!(mails.iter().any(|mail| mail.id == queued.mail.id && mail.template == queued.mail.template));
    }
    assert_eq!(db.changes().await, [], "nothing of the identity is changed yet");
}

async fn a_new_change_replaces_the_earlier_one(db: Db) {
    let (ann, session) = waiting(&db).await;
    follow(&db, AddressSide::Present, "approve", after(1)).await.unwrap();
    begin(&db, &ann, &session, "other@example.org", "2").await;
    assert_eq!(follow(&db, AddressSide::New, "confirm", after(2)).await, None);
    let waits = follow(&db, AddressSide::New, "2confirm", after(2)).await;
    assert!(matches!(waits, Some(Followed::Waits(change)) if change.approved_at.is_none()));
    assert_eq!(email(&db, &ann.id).await, Some(confirmed("ann@example.org")));
}

async fn a_change_is_refused_after_the_session_that_asked_for_it(db: Db) {
    let (ann, session) = person(&db, "ann").await;
    let (_, his) = person(&db, "bob").await;
    let new = change(&ann, "new@example.org");
    let refused = db.add_address_change(new.clone(), &his, Vec::new()).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)), "it is somebody else's");
    db.revoke_session(&session, after(1)).await.unwrap();
    let mail = new_mail("new@example.org", MailTemplate::ConfirmAddress, &new.id);
    let refused = db.add_address_change(new, &session, vec![mail]).await;
    assert!(matches!(refused, Err(StorageError::IdentityChanged)));
    assert_eq!(db.mail_backlog().await.unwrap().0, 0);
}

async fn two_links_change_the_address_in_any_order(db: Db) {
    let both = [(AddressSide::Present, "approve"), (AddressSide::New, "confirm")];
    for (name, [first, second]) in [("ann", both), ("bob", [both[1], both[0]])] {
        let (who, session) = person(&db, name).await;
        let (new, before) = (format!("{name}.new@example.org"), db.changes().await.len());
        begin(&db, &who, &session, &new, name).await;
        let text = |side: &str| format!("{name}{side}");
        let waits = follow(&db, first.0, &text(first.1), after(1)).await.unwrap();
        let Followed::Waits(waiting) = waits else { panic!("{waits:?}") };
        assert!(!waiting.waits_for(first.0) && waiting.waits_for(second.0));
        assert_eq!(db.find_address_change(&who.id, after(1)).await.unwrap(), Some(waiting));
        assert_eq!(db.changes().await.len(), before);
        let done = follow(&db, second.0, &text(second.1), after(2)).await.unwrap();
        let Followed::Done { identity, former } = done else { panic!("{done:?}") };
        assert_eq!(former, who.email.clone().map(|email| email.address));
        assert_eq!(identity.email.as_ref().and_then(|email| email.verified_at), Some(after(2)));
        assert_eq!(email(&db, &who.id).await, Some(confirmed(&new)));
        assert_eq!(db.find_address_change(&who.id, after(2)).await.unwrap(), None);
        assert_eq!(db.changes().await.last(), Some(&ChangeKind::IdentityChanged(who.id.clone())));
        assert!(db.lookup_session(&session).await.unwrap().is_some(), "sessions stay");
    }
}

async fn without_a_confirmed_address_one_link_is_enough(db: Db) {
    let ann = db.person("ann").await;
    let bob = db.add_identity(new_person_with("bob", "bob@example.org", false)).await.unwrap();
    for (who, new) in [(ann, "ann@example.org"), (bob, "bob@example.org")] {
        let session = db.sign_in(&who, new, START).await;
        begin(&db, &who, &session, new, new).await;
        let done = follow(&db, AddressSide::New, &format!("{new}confirm"), after(1)).await;
        assert!(matches!(done, Some(Followed::Done { former: None, .. })), "{done:?}");
        assert_eq!(email(&db, &who.id).await, Some(confirmed(new)));
    }
}

async fn a_link_is_followed_once_and_by_its_own_side(db: Db) {
    let (ann, _) = waiting(&db).await;
    assert_eq!(follow(&db, AddressSide::New, "approve", after(1)).await, None);
    assert_eq!(follow(&db, AddressSide::Present, "confirm", after(1)).await, None);
    let (one, two) = tokio::join!(
        follow(&db, AddressSide::Present, "approve", after(1)),
        follow(&db, AddressSide::Present, "approve", after(1))
    );
    assert_eq!([one, two].iter().flatten().count(), 1);
    assert_eq!(follow(&db, AddressSide::Present, "approve", after(2)).await, None);
    let id = format!("adr_{}", "new@example.org");
    assert!(!link(&db, &id, AddressSide::Present, "again").await, "that side has said yes");
    assert_eq!(email(&db, &ann.id).await, Some(confirmed("ann@example.org")));
}

async fn a_link_that_expired_is_nothing_and_the_change_is_swept(db: Db) {
    let (ann, _) = waiting(&db).await;
    assert_eq!(follow(&db, AddressSide::Present, "approve", after(1800)).await, None);
    assert!(follow(&db, AddressSide::New, "confirm", after(1799)).await.is_some());
    let swept = db.sweep(after(86_400)).await.unwrap();
    assert!(swept >= 1);
    assert!(!link(&db, "adr_new@example.org", AddressSide::Present, "late").await);
    assert_eq!(db.find_address_change(&ann.id, START).await.unwrap(), None);
}

async fn a_newer_link_replaces_the_earlier_one_of_its_side(db: Db) {
    waiting(&db).await;
    assert!(link(&db, "adr_new@example.org", AddressSide::Present, "second").await);
    assert_eq!(follow(&db, AddressSide::Present, "approve", after(1)).await, None);
    assert!(follow(&db, AddressSide::Present, "second", after(1)).await.is_some());
    assert!(!link(&db, "adr_unknown", AddressSide::New, "third").await);
}

async fn an_address_that_somebody_else_confirmed_meanwhile_is_taken(db: Db) {
    let (ann, _) = waiting(&db).await;
    follow(&db, AddressSide::Present, "approve", after(1)).await.unwrap();
    db.add_identity(new_person_with("bob", "NEW@example.org", true)).await.unwrap();
    assert_eq!(follow(&db, AddressSide::New, "confirm", after(2)).await, Some(Followed::Taken));
    assert_eq!(email(&db, &ann.id).await, Some(confirmed("ann@example.org")));
    assert_eq!(db.find_address_change(&ann.id, after(2)).await.unwrap(), None);
}

async fn two_changes_to_one_address_at_once_make_one_owner(db: Db) {
    for round in 0..8 {
        let new = format!("new{round}@example.org");
        let mut people = Vec::new();
        for name in ["ann", "bob"] {
            let tokens = format!("{name}{round}");
            let (who, session) = person(&db, &tokens).await;
            let change = AddressChange { id: format!("adr_{tokens}"), ..change(&who, &new) };
            db.add_address_change(change.clone(), &session, Vec::new()).await.unwrap();
            assert!(link(&db, &change.id, AddressSide::Present, &format!("{tokens}approve")).await);
            assert!(link(&db, &change.id, AddressSide::New, &format!("{tokens}confirm")).await);
            follow(&db, AddressSide::Present, &format!("{tokens}approve"), after(1)).await.unwrap();
            people.push(who.id);
        }
        let (ann, bob) = (format!("ann{round}confirm"), format!("bob{round}confirm"));
        let (one, two) = tokio::join!(
            follow(&db, AddressSide::New, &ann, after(2)),
            follow(&db, AddressSide::New, &bob, after(2))
        );
        let done = |followed: &Option<Followed>| matches!(followed, Some(Followed::Done { .. }));
        let taken = |followed: &Option<Followed>| *followed == Some(Followed::Taken);
        assert!((done(&one) && taken(&two)) || (taken(&one) && done(&two)), "{one:?} {two:?}");
        let mut owners = 0;
        for id in &people {
            owners += usize::from(email(&db, id).await == Some(confirmed(&new)));
        }
        assert_eq!(owners, 1);
    }
}

/// A trojan registration or claim of an address that its owner confirms is over.
async fn whoever_only_claimed_the_address_loses_it(db: Db) {
    waiting(&db).await;
    let eve = db.add_identity(new_person_with("eve", "new@example.org", false)).await.unwrap();
    let (pending, mail) = new_registration("trojan", "new@example.org");
    db.add_registration(pending, mail).await.unwrap();
    follow(&db, AddressSide::Present, "approve", after(1)).await.unwrap();
    follow(&db, AddressSide::New, "confirm", after(1)).await.unwrap();
    assert_eq!(email(&db, &eve.id).await, None);
    assert!(db.find_registration("new@example.org", after(1)).await.unwrap().is_none());
    assert!(db.changes().await.contains(&ChangeKind::IdentityChanged(eve.id)));
}

async fn ending_every_session_ends_the_change(db: Db) {
    for way in ["password", "reset", "everywhere", "disabled", "roles", "factors"] {
        let (who, session) = person(&db, way).await;
        begin(&db, &who, &session, &format!("{way}.new@example.org"), way).await;
        follow(&db, AddressSide::New, &format!("{way}confirm"), after(1)).await.unwrap();
        let (id, at) = (&who.id, after(2));
        match way {
            "password" => drop(db.set_password(id, &password("x"), false, Some(&session), at).await.unwrap()),
            "reset" => {
                let link = NewLink {
                    email: who.email.clone().map(|email| email.address),
                    mailed: true,
                    ..new_link("reset link", LinkKind::Recovery, Some(id))
                };
                db.add_link(link).await.unwrap();
                let reset = db
                    .consume_for_password(token("reset link"), LinkKind::Recovery, &password("x"), at)
                    .await;
                assert!(reset.unwrap().is_some());
            }
            "everywhere" => drop(db.revoke_sessions(id, Some(&session), at).await.unwrap()),
            "disabled" => assert!(db.set_disabled(id, true, at).await.unwrap()),
            "roles" => assert!(db.set_roles(id, &[], at).await.unwrap()),
            _ => drop(db.remove_factors(id, at).await.unwrap()),
        }
        assert_eq!(db.find_address_change(id, at).await.unwrap(), None, "{way}");
        assert_eq!(follow(&db, AddressSide::Present, &format!("{way}approve"), at).await, None, "{way}");
    }
    let (ann, session) = waiting(&db).await;
    assert!(db.cancel_address_change(&ann.id, after(2)).await.unwrap());
    assert!(!db.cancel_address_change(&ann.id, after(2)).await.unwrap());
    assert!(db.lookup_session(&session).await.unwrap().is_some());
}

async fn a_change_goes_with_its_identity(db: Db) {
    let (ann, _) = waiting(&db).await;
    db.delete_identity(&ann.id, after(1)).await.unwrap();
    assert_eq!(follow(&db, AddressSide::Present, "approve", after(1)).await, None);
}

async fn a_change_about_another_address_than_the_present_one_is_over(db: Db) {
    let (ann, session) = person(&db, "ann").await;
    let stale = AddressChange { former: Some(address("old@example.org")), ..change(&ann, "new@example.org") };
    db.add_address_change(stale.clone(), &session, Vec::new()).await.unwrap();
    assert!(link(&db, &stale.id, AddressSide::Present, "approve").await);
    assert_eq!(follow(&db, AddressSide::Present, "approve", after(1)).await, None);
    assert_eq!(db.find_address_change(&ann.id, after(1)).await.unwrap(), None);
}

async fn the_operator_gives_somebody_another_address(db: Db) {
    let (ann, session) = waiting(&db).await;
    person(&db, "bob").await;
    let set =
        async |email: &str, verified| db.set_address(&ann.id, &address(email), verified, after(1)).await;
    assert!(matches!(set("BOB@example.org", true).await, Err(StorageError::EmailTaken)));
    assert!(matches!(set("bob@example.org", false).await, Err(StorageError::EmailTaken)));
    assert!(db.find_address_change(&ann.id, after(1)).await.unwrap().is_some());
    assert!(set("other@example.org", false).await.unwrap());
    assert_eq!(email(&db, &ann.id).await, Some(("other@example.org".to_owned(), false)));
    assert_eq!(db.find_address_change(&ann.id, after(1)).await.unwrap(), None);
    assert!(set("ann@example.org", true).await.unwrap());
    assert_eq!(email(&db, &ann.id).await, Some(confirmed("ann@example.org")));
    assert_eq!(db.changes().await.len(), 2);
    assert!(db.lookup_session(&session).await.unwrap().is_some());
    let nobody = IdentityId("idn_none".into());
    assert!(!db.set_address(&nobody, &address("x@example.org"), true, after(1)).await.unwrap());
}
