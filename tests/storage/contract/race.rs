//! The same thing asked twice at once, by two processes: one gets it.

use gatehouse::{
    identity::Role,
    storage::{LinkKind, MailTemplate, NewIdentity, NewLink, StorageError},
};

use crate::kit::{
    Db, START, each_backend, new_link, new_mail, new_person, new_registration, new_session, new_ticket,
    password, role, token,
};

each_backend!(
    a_reset_link_used_twice_at_once_sets_one_password,
    a_verification_link_used_twice_at_once_makes_one_identity,
    an_invitation_used_twice_at_once_makes_one_identity,
    two_setup_links_make_one_administrator,
    a_ticket_redeemed_twice_at_once_goes_to_one,
    a_name_registered_twice_at_once_goes_to_one,
    a_mail_claimed_twice_at_once_goes_to_one,
    a_login_beside_a_password_change_never_survives_it,
    a_login_beside_disabling_never_survives_it,
);

/// How often each race is run: who wins depends on the machine.
const ROUNDS: usize = 12;

async fn a_reset_link_used_twice_at_once_sets_one_password(db: Db) {
    let other = db.another_process().await;
    let ann = db.person("ann").await;
    for round in 0..ROUNDS {
        let text = format!("reset {round}");
        db.link(&text, LinkKind::Recovery, Some(&ann.id)).await;
        let (left, right) = (password("left"), password("right"));
        let (a, b) = tokio::join!(
            db.consume_for_password(token(&text), LinkKind::Recovery, &left, START),
            other.consume_for_password(token(&text), LinkKind::Recovery, &right, START),
        );
        let (a, b) = (a.unwrap().is_some(), b.unwrap().is_some());
        assert!(a ^ b);
        let now = db.find_by_username("ann").await.unwrap().unwrap().password;
        assert_eq!(now, Some(if a { left } else { right }));
    }
}

async fn a_verification_link_used_twice_at_once_makes_one_identity(db: Db) {
    let other = db.another_process().await;
    for round in 0..ROUNDS {
        let (pending, mail) = new_registration(&format!("ann{round}"), &format!("a{round}@example.org"));
        db.add_registration(pending.clone(), mail).await.unwrap();
        let text = format!("link {round}");
        db.add_link(new_link(&text, LinkKind::Verification, Some(&pending.id))).await.unwrap();
        let (a, b) = tokio::join!(
            db.complete_registration(token(&text), START),
            other.complete_registration(token(&text), START),
        );
        assert!(a.unwrap().is_some() ^ b.unwrap().is_some());
    }
}

async fn an_invitation_used_twice_at_once_makes_one_identity(db: Db) {
    let other = db.another_process().await;
    for round in 0..ROUNDS {
        let text = format!("link {round}");
        db.link(&text, LinkKind::Invitation, None).await;
        let (ann, bob) = (new_person(&format!("ann{round}")), new_person(&format!("bob{round}")));
        let (a, b) = tokio::join!(
            db.consume_for_identity(token(&text), LinkKind::Invitation, ann, START),
            other.consume_for_identity(token(&text), LinkKind::Invitation, bob, START),
        );
        assert!(a.unwrap().is_some() ^ b.unwrap().is_some());
    }
}

/// Two servers start at once on one empty database and print a link each: the later replaced the earlier.
async fn two_setup_links_make_one_administrator(db: Db) {
    let other = db.another_process().await;
    let (a, b) = tokio::join!(
        db.add_link(new_link("one", LinkKind::Setup, None)),
        other.add_link(new_link("two", LinkKind::Setup, None)),
    );
    a.unwrap();
    b.unwrap();
    let admin = |name: &str| NewIdentity { roles: vec![role(Role::ADMIN)], ..new_person(name) };
    let (a, b) = tokio::join!(
        db.consume_for_identity(token("one"), LinkKind::Setup, admin("ann"), START),
        other.consume_for_identity(token("two"), LinkKind::Setup, admin("bob"), START),
    );
    assert!(a.unwrap().is_some() ^ b.unwrap().is_some());
}

async fn a_ticket_redeemed_twice_at_once_goes_to_one(db: Db) {
    let other = db.another_process().await;
    let ann = db.person("ann").await;
    let session = db.sign_in(&ann, "t", START).await;
    for round in 0..ROUNDS {
        let text = format!("ticket {round}");
        db.add_ticket(new_ticket(&text, &session, START)).await.unwrap();
        let (a, b) = tokio::join!(
            db.redeem_ticket(token(&text), token("left"), START),
            other.redeem_ticket(token(&text), token("right"), START),
        );
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a ^ b);
        let by = db.find_ticket(token(&text)).await.unwrap().unwrap().redeemed.unwrap().0;
        assert_eq!(by, token(if a { "left" } else { "right" }));
    }
}

async fn a_name_registered_twice_at_once_goes_to_one(db: Db) {
    let other = db.another_process().await;
    for round in 0..ROUNDS {
        let (pending, mail) = new_registration(&format!("ann{round}"), "ann@example.org");
        let person = new_person(&format!("ANN{round}"));
        let (a, b) = tokio::join!(db.add_registration(pending, mail), other.add_identity(person));
        let taken = |error: &StorageError| matches!(error, StorageError::UsernameTaken);
        assert!(a.as_ref().is_err_and(taken) ^ b.as_ref().is_err_and(taken));
        assert!(a.is_ok() ^ b.is_ok());
    }
}

async fn a_mail_claimed_twice_at_once_goes_to_one(db: Db) {
    let other = db.another_process().await;
    let lease = std::time::Duration::from_mins(1);
    for _ in 0..ROUNDS {
        let mail = new_mail("a@example.org", MailTemplate::Recovery, "");
        db.enqueue_mail(mail, 100, lease).await.unwrap();
        let (a, b) = tokio::join!(db.claim_mail(START, lease), other.claim_mail(START, lease));
        assert!(a.unwrap().is_some() ^ b.unwrap().is_some());
    }
}

/// The password was right when it was verified, and another by the time the session is written.
async fn a_login_beside_a_password_change_never_survives_it(db: Db) {
    let other = db.another_process().await;
    let ann = db.person("ann").await;
    for round in 0..ROUNDS {
        let old = db.find_by_username("ann").await.unwrap().unwrap().password;
        let mut new = new_session(&ann, &format!("t{round}"), START);
        new.verified = old;
        let hash = password(&format!("p{round}"));
        let (_, changed) =
            tokio::join!(db.add_session(new), other.set_password(&ann.id, &hash, false, None, START),);
        changed.unwrap();
        assert!(db.list_sessions(&ann.id).await.unwrap().is_empty());
    }
}

async fn a_login_beside_disabling_never_survives_it(db: Db) {
    let other = db.another_process().await;
    let ann = db.person("ann").await;
    for round in 0..ROUNDS {
        db.set_disabled(&ann.id, false, START).await.unwrap();
        let reset = format!("reset {round}");
        db.add_link(NewLink { ..new_link(&reset, LinkKind::Recovery, Some(&ann.id)) }).await.unwrap();
        let (_, disabled) = tokio::join!(
            db.add_session(new_session(&ann, &format!("t{round}"), START)),
            other.set_disabled(&ann.id, true, START),
        );
        assert!(disabled.unwrap());
        assert!(db.list_sessions(&ann.id).await.unwrap().is_empty());
    }
}
