//! Whom an account of somebody else opens.

use std::{collections::BTreeMap, fs};

use gatehouse::{config::ProviderSettings, endpoint::Assertion, identity::Role, storage::ProviderAccount};
use serde_json::json;

use crate::{
    kit::{App, app, app_with, provider},
    rogue::Rogue,
};

async fn started(change: impl FnOnce(&mut ProviderSettings)) -> (Rogue, App) {
    let rogue = Rogue::up().await;
    let mut one = provider(&rogue.issuer);
    change(&mut one);
    (rogue, app(one).await)
}

/// Somebody makes an account at the provider under another's address, which it does not verify.
#[tokio::test]
async fn an_unverified_address_of_somebody_else() {
    let (rogue, app) = started(|one| one.link_verified_email = true).await;
    let jane = app.add("jane").await;
    for verified in [json!(false), json!(null), json!("false"), json!("yes"), json!(1)] {
        let reply = rogue.signs_in(&app, |claims| claims["email_verified"] = verified).await;
        let Some(session) = reply.session() else { continue };
        let who = app.who(&session).await.unwrap();
        assert_ne!(who, "jane");
        assert_eq!(app.identity(&who).await.unwrap().email, None);
    }
    assert!(app.endpoint.storage().list_linked_accounts(&jane.id).await.unwrap().is_empty());
}

/// A verified one links nothing by itself, either: the provider may be wrong, or bought.
#[tokio::test]
async fn a_verified_address_of_somebody_else() {
    let (rogue, app) = started(|_| ()).await;
    app.add("jane").await;
    rogue.signs_in(&app, |_| ()).await.expect_refused("provider_unlinked");
    let (rogue, app) = started(|one| one.link_verified_email = true).await;
    let jane = app.add("jane").await;
    let session = rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("jane"));
    // From then on the address plays no part.
    let session = rogue.signs_in(&app, |claims| claims["email"] = json!("other@example.org")).await;
    assert_eq!(app.who(&session.expect_signed_in("/")).await.as_deref(), Some("jane"));
    assert_eq!(app.endpoint.storage().list_linked_accounts(&jane.id).await.unwrap().len(), 1);
}

/// The second time the same person comes, also under another name.
#[tokio::test]
async fn the_subject_decides_and_nothing_else() {
    let (rogue, app) = started(|_| ()).await;
    let first = rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    assert_eq!(app.who(&first).await.as_deref(), Some("jane"));
    let renamed = rogue.signs_in(&app, |claims| claims["preferred_username"] = json!("boss")).await;
    assert_eq!(app.who(&renamed.expect_signed_in("/")).await.as_deref(), Some("jane"));
    let other = rogue
        .signs_in(&app, |claims| {
            claims["sub"] = json!("2");
            claims["email"] = json!("j2@example.org");
        })
        .await;
    assert_eq!(app.who(&other.expect_signed_in("/")).await.as_deref(), Some("j2"));
}

/// A name at the provider that is the operator's here.
#[tokio::test]
async fn a_reserved_or_taken_name() {
    let (rogue, app) = started(|_| ()).await;
    app.add("boss").await;
    for (number, name) in ["admin", "boss", "B0SS", "root"].into_iter().enumerate() {
        let reply = rogue
            .signs_in(&app, |claims| {
                claims["sub"] = json!(format!("person {number}"));
                claims["preferred_username"] = json!(name);
                claims["email_verified"] = json!(false);
            })
            .await;
        let who = app.who(&reply.expect_signed_in("/")).await.unwrap();
        assert!(!["admin", "boss", "root"].contains(&who.as_str()), "{who}");
    }
}

#[tokio::test]
async fn somebody_unknown_where_nobody_is_added() {
    let (rogue, app) = started(|one| one.register = false).await;
    rogue.signs_in(&app, |_| ()).await.expect_refused("provider_unknown");
    assert!(app.identity("jane").await.is_none());
    let (rogue, app) = started(|one| one.domains = vec!["example.com".into()]).await;
    rogue.signs_in(&app, |_| ()).await.expect_refused("domain_not_allowed");
    rogue
        .signs_in(&app, |claims| {
            claims["email"] = json!("jane@example.com");
            claims["email_verified"] = json!(false);
        })
        .await
        .expect_refused("domain_not_allowed");
    rogue.signs_in(&app, |claims| claims["email"] = json!("jane@example.com")).await.expect_signed_in("/");
}

#[tokio::test]
async fn somebody_who_is_disabled() {
    let (rogue, app) = started(|_| ()).await;
    let session = rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    let jane = app.identity("jane").await.unwrap();
    app.endpoint.storage().set_disabled(&jane.id, true, app.endpoint.now()).await.unwrap();
    rogue.signs_in(&app, |_| ()).await.expect_refused("provider_unknown");
    app.endpoint.storage().set_disabled(&jane.id, false, app.endpoint.now()).await.unwrap();
    rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    drop(session);
}

/// People of proxies, as those of settings, are who those say.
#[tokio::test]
async fn somebody_whom_a_proxy_names() {
    let (rogue, app) = started(|one| one.link_verified_email = true).await;
    let said = Assertion { name: "jane".into(), email: Some("jane@example.org".into()), groups: None };
    let live = app.endpoint.asserted(&said).await.unwrap().unwrap();
    rogue.signs_in(&app, |_| ()).await.expect_refused("provider_unknown");
    let account = ProviderAccount {
        provider: "company".into(),
        issuer: rogue.issuer.clone(),
        subject: "248289761001".into(),
    };
    // Even if the account was linked before a proxy named the person.
    let now = app.endpoint.now();
    assert!(app.endpoint.storage().add_linked_account(&live.identity.id, &account, now).await.unwrap());
    rogue.signs_in(&app, |_| ()).await.expect_refused("provider_unknown");
}

/// Groups give roles at every sign-in, and take them away; what the operator gave stays.
#[tokio::test]
async fn groups_that_give_roles() {
    let lists = BTreeMap::from([
        ("staff".to_owned(), vec!["reader".to_owned()]),
        ("chiefs".to_owned(), vec!["boss".to_owned()]),
    ]);
    let (rogue, app) = started(|one| {
        one.groups_claim = Some("realm.roles".into());
        one.roles = lists;
    })
    .await;
    let roles = async || {
        let jane = app.identity("jane").await.unwrap();
        jane.roles.iter().map(|role| role.as_str().to_owned()).collect::<Vec<_>>()
    };
    let in_groups = |groups: serde_json::Value| {
        rogue.signs_in(&app, move |claims| claims["realm"] = json!({"roles": groups}))
    };
    in_groups(json!(["staff", "admin"])).await.expect_signed_in("/");
    assert_eq!(roles().await, ["reader"]);
    let jane = app.identity("jane").await.unwrap();
    let both = [Role::parse("admin").unwrap(), Role::parse("reader").unwrap()];
    app.endpoint.storage().set_roles(&jane.id, &both, app.endpoint.now()).await.unwrap();
    let session = in_groups(json!(["chiefs"])).await.expect_signed_in("/");
    assert_eq!(roles().await, ["admin", "boss"]);
    assert!(app.who(&session).await.is_some());
    rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    assert_eq!(roles().await, ["admin"], "who is in no group any more");
    in_groups(json!({"chiefs": true})).await.expect_signed_in("/");
    assert_eq!(roles().await, ["admin"]);
}

/// Who registers is counted, wherever from.
#[tokio::test]
async fn very_many_new_people() {
    let rogue = Rogue::up().await;
    let few = |settings: &mut gatehouse::config::Settings| settings.limits.registrations_per_address = 3;
    let app = app_with([("company", provider(&rogue.issuer))], few).await;
    let mut refused = 0;
    for number in 0..6 {
        let reply = rogue
            .signs_in(&app, |claims| {
                claims["sub"] = json!(format!("person {number}"));
                claims["email_verified"] = json!(false);
            })
            .await;
        refused += usize::from(reply.location().ends_with("#refused=too_many_attempts"));
    }
    assert_eq!(refused, 3);
}

/// Somebody who is signed in links an account: only this person's own session comes back with it.
#[tokio::test]
async fn an_account_that_is_linked_to_somebody_else() {
    let (rogue, app) = started(|_| ()).await;
    let hers = rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    let other = |claims: &mut serde_json::Value| {
        claims["sub"] = json!("2");
        claims["email"] = json!("john@example.org");
        claims["preferred_username"] = json!("john");
    };
    let his = rogue.signs_in(&app, other).await.expect_signed_in("/");
    let jane = app.identity("jane").await.unwrap();
    let third = |claims: &mut serde_json::Value| {
        claims["sub"] = json!("3");
        claims["email"] = json!("third@example.org");
    };
    let accounts = async || app.endpoint.storage().list_linked_accounts(&jane.id).await.unwrap().len();
    app.links(&rogue, &hers, &[&his], third).await.expect_refused("signed_out");
    app.links(&rogue, &hers, &[], third).await.expect_refused("signed_out");
    app.links(&rogue, &hers, &[&hers], other).await.expect_refused("provider_taken");
    assert_eq!(accounts().await, 1);
    let reply = app.links(&rogue, &hers, &[&hers], third).await;
    let linked = "/_gatehouse/account#linked";
    assert_eq!((reply.location(), reply.session()), (linked, None), "the session stays as it is");
    assert_eq!(accounts().await, 2);
    let session = rogue.signs_in(&app, third).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("jane"));
}

/// The address is no identity: two providers may have the same person, and two people the same subject.
#[tokio::test]
async fn the_same_subject_at_another_provider() {
    let (one, other) = (Rogue::up().await, Rogue::up().await);
    let both = [("company", provider(&one.issuer)), ("other", provider(&other.issuer))];
    let app = app_with(both, |_| ()).await;
    one.signs_in(&app, |_| ()).await.expect_signed_in("/");
    let left = app.leave("other", "/").await;
    let mut claims = other.claims(&app, &left);
    claims["email_verified"] = json!(false);
    other.hands_out(&other.key.sign(&other.header(), &claims));
    let session = app.back_with("other", &left, "code").await.expect_signed_in("/");
    assert_ne!(app.who(&session).await.as_deref(), Some("jane"));
}

/// The secret stands in a file, with a line break at its end.
#[tokio::test]
async fn a_secret_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "from a file+\n").unwrap();
    let (rogue, app) = started(|one| {
        one.client_secret = None;
        one.client_secret_file = Some(file);
    })
    .await;
    rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    let shown = rogue.asked("/token").pop().unwrap().authorization.unwrap();
    // gatehouse:from+a+file%2B
    assert_eq!(shown, "Basic Z2F0ZWhvdXNlOmZyb20rYStmaWxlJTJC");
}
