//! Accounts of somebody else that open an identity, and sign-ins on their way through a provider.

use gatehouse::storage::{
    ChangeKind, Handover, NewProviderFlow, ProviderAccount, ProviderFlow, Removal, StorageError, WaysIn,
};

use crate::kit::{Db, START, after, each_backend, new_person, new_person_with, password, token};

each_backend!(
    a_sign_in_on_its_way_is_taken_once_and_by_its_own_browser,
    one_that_expired_is_nothing_and_swept,
    one_that_links_goes_with_its_identity,
    an_account_opens_one_identity,
    an_account_is_told_from_others_letter_for_letter,
    a_removed_account_opens_nothing,
    one_that_proves_who_asks_knows_the_session,
    the_last_way_in_is_not_removed,
    two_that_remove_the_last_two_ways_in_at_once_leave_one,
    an_identity_that_an_account_brought_has_no_password,
    nobody_is_added_where_something_is_taken,
    one_account_brings_one_identity_whoever_races,
    what_a_window_left_is_taken_once,
    what_a_window_left_goes_with_its_identity,
);

fn account(subject: &str) -> ProviderAccount {
    ProviderAccount {
        provider: "company".into(),
        issuer: "https://id.example.org".into(),
        subject: subject.into(),
    }
}

fn flow(state: &str, browser: &str) -> NewProviderFlow {
    NewProviderFlow {
        state: token(state),
        browser: token(browser),
        flow: ProviderFlow {
            provider: "company".into(),
            return_to: "/reports?page=2".into(),
            identity_id: None,
            session_id: None,
            begun_at: START,
            keep: false,
            collect: None,
        },
        expires_at: after(600),
    }
}

async fn a_sign_in_on_its_way_is_taken_once_and_by_its_own_browser(db: Db) {
    let mut new = flow("state", "browser");
    new.flow.keep = true;
    new.flow.collect = Some(token("challenge"));
    db.add_provider_flow(new.clone()).await.unwrap();
    let take = async |state: &str, browser: &str| {
        db.consume_provider_flow(token(state), token(browser), after(1)).await.unwrap()
    };
    assert_eq!(take("state", "other").await, None);
    assert_eq!(take("other", "browser").await, None);
    assert_eq!(take("state", "browser").await, Some(new.flow));
    assert_eq!(take("state", "browser").await, None);
}

async fn one_that_expired_is_nothing_and_swept(db: Db) {
    db.add_provider_flow(flow("state", "browser")).await.unwrap();
    db.add_provider_flow(NewProviderFlow { expires_at: after(900), ..flow("later", "browser") })
        .await
        .unwrap();
    let late = db.consume_provider_flow(token("state"), token("browser"), after(600)).await.unwrap();
    assert_eq!(late, None);
    assert_eq!(db.sweep(after(600)).await.unwrap(), 1);
    let later = db.consume_provider_flow(token("later"), token("browser"), after(600)).await.unwrap();
    assert!(later.is_some());
}

async fn one_that_links_goes_with_its_identity(db: Db) {
    let ann = db.person("ann").await;
    let mut new = flow("state", "browser");
    new.flow.identity_id = Some(ann.id.clone());
    db.add_provider_flow(new.clone()).await.unwrap();
    db.delete_identity(&ann.id, START).await.unwrap();
    assert_eq!(db.consume_provider_flow(token("state"), token("browser"), START).await.unwrap(), None);
    assert!(matches!(db.add_provider_flow(new).await, Err(StorageError::IdentityChanged)));
}

async fn an_account_opens_one_identity(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    assert!(db.add_linked_account(&ann.id, &account("1"), after(1)).await.unwrap());
    assert!(!db.add_linked_account(&bob.id, &account("1"), after(2)).await.unwrap());
    assert!(!db.add_linked_account(&ann.id, &account("1"), after(2)).await.unwrap());
    assert!(db.add_linked_account(&ann.id, &account("2"), after(3)).await.unwrap());
    let found = db.find_by_account("https://id.example.org", "1").await.unwrap().unwrap();
    assert_eq!(found, ann);
    let listed = db.list_linked_accounts(&ann.id).await.unwrap();
    assert_eq!(
        listed.iter().map(|linked| &linked.account).collect::<Vec<_>>(),
        [&account("1"), &account("2")]
    );
    assert_eq!((listed[0].created_at, listed[0].last_used_at), (after(1), after(1)));
    assert_eq!(db.list_linked_accounts(&bob.id).await.unwrap(), []);
    db.touch_linked_account("https://id.example.org", "1", after(9)).await.unwrap();
    db.touch_linked_account("https://id.example.org", "1", after(8)).await.unwrap();
    assert_eq!(db.list_linked_accounts(&ann.id).await.unwrap()[0].last_used_at, after(9));
    let changed = ChangeKind::IdentityChanged(ann.id.clone());
    assert_eq!(db.changes().await, [changed.clone(), changed]);
    db.delete_identity(&ann.id, after(10)).await.unwrap();
    assert_eq!(db.find_by_account("https://id.example.org", "1").await.unwrap(), None);
    let gone = db.add_linked_account(&ann.id, &account("3"), after(11)).await;
    assert!(matches!(gone, Err(StorageError::IdentityChanged)));
}

/// Folding anything would make two people of a provider one.
async fn an_account_is_told_from_others_letter_for_letter(db: Db) {
    let ann = db.person("ann").await;
    db.add_linked_account(&ann.id, &account("Jane"), START).await.unwrap();
    for (issuer, subject) in [
        ("https://id.example.org", "jane"),
        ("https://id.example.org", "Jane "),
        ("https://id.example.org/", "Jane"),
        ("https://ID.example.org", "Jane"),
    ] {
        assert_eq!(db.find_by_account(issuer, subject).await.unwrap(), None, "{issuer} {subject}");
    }
}

async fn a_removed_account_opens_nothing(db: Db) {
    let (ann, bob) = (db.person("ann").await, db.person("bob").await);
    db.add_linked_account(&ann.id, &account("1"), START).await.unwrap();
    let remove = async |id| db.remove_linked_account(id, &account("1"), &ways(), after(1)).await.unwrap();
    assert_eq!(remove(&bob.id).await, Removal::Unknown, "it is not his");
    assert_eq!(remove(&ann.id).await, Removal::Done);
    assert_eq!(remove(&ann.id).await, Removal::Unknown);
    assert_eq!(db.find_by_account("https://id.example.org", "1").await.unwrap(), None);
    assert_eq!(db.changes().await.len(), 2);
}

fn ways() -> WaysIn {
    let issuers = vec!["https://id.example.org".to_owned(), "https://other.example.org".to_owned()];
    WaysIn { issuers, passkeys: true }
}

async fn one_that_proves_who_asks_knows_the_session(db: Db) {
    let ann = db.person("ann").await;
    let mut new = flow("state", "browser");
    new.flow.identity_id = Some(ann.id.clone());
    new.flow.session_id = Some(db.sign_in(&ann, "token", START).await);
    db.add_provider_flow(new.clone()).await.unwrap();
    let taken = db.consume_provider_flow(token("state"), token("browser"), after(9)).await.unwrap();
    assert_eq!(taken, Some(new.flow));
}

/// Somebody without a password would be locked out.
async fn the_last_way_in_is_not_removed(db: Db) {
    let ann = db.add_linked_identity(new_person("ann"), &account("1")).await.unwrap().unwrap();
    let gone = ProviderAccount { issuer: "https://gone.example.org".into(), ..account("2") };
    db.add_linked_account(&ann.id, &gone, START).await.unwrap();
    let before = db.changes().await.len();
    let remove =
        async |of: &ProviderAccount| db.remove_linked_account(&ann.id, of, &ways(), after(1)).await.unwrap();
    assert_eq!(remove(&account("1")).await, Removal::LastWayIn, "nobody signs in at the other any more");
    assert_eq!(db.list_linked_accounts(&ann.id).await.unwrap().len(), 2);
    assert_eq!(db.changes().await.len(), before, "nothing was changed");
    assert_eq!(remove(&gone).await, Removal::Done);
    assert_eq!(remove(&account("1")).await, Removal::LastWayIn);
    db.set_password(&ann.id, &password("chosen"), false, None, after(2)).await.unwrap();
    assert_eq!(remove(&account("1")).await, Removal::Done);
}

/// Each of two browsers counts on the account that the other takes away.
async fn two_that_remove_the_last_two_ways_in_at_once_leave_one(db: Db) {
    for round in 0..8 {
        let (one, other) = (account(&format!("{round} 1")), account(&format!("{round} 2")));
        let ann = new_person(&format!("ann{round}"));
        let ann = db.add_linked_identity(ann, &one).await.unwrap().unwrap();
        db.add_linked_account(&ann.id, &other, START).await.unwrap();
        let ways = ways();
        let (first, second) = tokio::join!(
            db.remove_linked_account(&ann.id, &one, &ways, after(1)),
            db.remove_linked_account(&ann.id, &other, &ways, after(1))
        );
        let mut both = [first.unwrap(), second.unwrap()];
        both.sort_by_key(|unlinked| *unlinked == Removal::LastWayIn);
        assert_eq!(both, [Removal::Done, Removal::LastWayIn]);
        assert_eq!(db.list_linked_accounts(&ann.id).await.unwrap().len(), 1);
    }
}

async fn an_identity_that_an_account_brought_has_no_password(db: Db) {
    let new = new_person_with("ann", "ann@example.org", true);
    let ann = db.add_linked_identity(new, &account("1")).await.unwrap().unwrap();
    assert_eq!(db.find_by_account("https://id.example.org", "1").await.unwrap(), Some(ann.clone()));
    let record = db.find_by_username(ann.username.folded()).await.unwrap().unwrap();
    assert_eq!((record.identity, record.password), (ann, None));
}

async fn nobody_is_added_where_something_is_taken(db: Db) {
    db.add_linked_identity(new_person_with("ann", "ann@example.org", true), &account("1")).await.unwrap();
    let same_name = db.add_linked_identity(new_person("Ann"), &account("2")).await;
    assert!(matches!(same_name, Err(StorageError::UsernameTaken)));
    let same_address = new_person_with("bob", "ann@example.org", true);
    assert!(matches!(
        db.add_linked_identity(same_address, &account("2")).await,
        Err(StorageError::EmailTaken)
    ));
    assert!(db.add_linked_identity(new_person("carol"), &account("1")).await.unwrap().is_none());
    assert!(db.find_by_username("carol").await.unwrap().is_none());
    assert!(db.find_by_account("https://id.example.org", "2").await.unwrap().is_none());
}

/// Two tabs come back from the provider at once.
async fn one_account_brings_one_identity_whoever_races(db: Db) {
    let (one, other) = (account("1"), account("1"));
    let (first, second) = tokio::join!(
        db.add_linked_identity(new_person("ann"), &one),
        db.add_linked_identity(new_person("ann-2"), &other)
    );
    let added = [first.unwrap(), second.unwrap()];
    assert_eq!(added.iter().flatten().count(), 1);
}

async fn what_a_window_left_is_taken_once(db: Db) {
    let ann = db.person("ann").await;
    let take = async |text: &str, at| db.consume_handover(token(text), at).await.unwrap();
    assert_eq!(take("a", START).await, None);
    let (proven, refused) = (Handover::Proven(ann.id), Handover::Refused("provider_unknown".into()));
    db.add_handover(token("a"), &refused, START, after(120)).await.unwrap();
    // Who tries again in the same window leaves another result.
    db.add_handover(token("a"), &proven, after(1), after(121)).await.unwrap();
    db.add_handover(token("b"), &refused, START, after(120)).await.unwrap();
    assert_eq!(take("A", after(2)).await, None);
    let both = tokio::join!(take("a", after(2)), take("a", after(2)));
    assert!(matches!(both, (Some(_), None) | (None, Some(_))), "{both:?}");
    assert_eq!(both.0.or(both.1), Some(proven.clone()));
    assert_eq!(take("b", after(2)).await, Some(refused));
    db.add_handover(token("late"), &proven, START, after(120)).await.unwrap();
    assert_eq!(take("late", after(120)).await, None);
    assert_eq!(db.sweep(after(120)).await.unwrap(), 1);
}

async fn what_a_window_left_goes_with_its_identity(db: Db) {
    let ann = db.person("ann").await;
    let proven = Handover::Proven(ann.id.clone());
    db.add_handover(token("a"), &proven, START, after(120)).await.unwrap();
    db.delete_identity(&ann.id, START).await.unwrap();
    assert_eq!(db.consume_handover(token("a"), START).await.unwrap(), None);
    let gone = db.add_handover(token("a"), &proven, START, after(120)).await;
    assert!(matches!(gone, Err(StorageError::IdentityChanged)));
}
