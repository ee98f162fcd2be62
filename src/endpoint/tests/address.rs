//! Changing the address: both addresses agree, and nothing else changes it.

use gatehouse_protocol::{
    AccountState, AccountStep, ErrorCode, Field, MailToken, Password, PendingAddress, RecoveryStep,
    RegistrationMode,
};

use super::kit::{App, Browser, OTHER, PASSWORD, user};
use crate::{
    identity::{EmailAddress, IdentityId},
    session::Secret,
    storage::{AccountChange, AddressSide, MailTemplate},
};

const NEW: &str = "new@example.com";

impl App {
    /// The token of a link of somebody's change, as it stands in the mail.
    async fn address_token(&self, name: &str, side: AddressSide) -> MailToken {
        let (token, now) = (Secret::draw(&**self.endpoint.entropy()), self.endpoint.now());
        let id = IdentityId(format!("id_{name}"));
        let change = self.storage().find_address_change(&id, now).await.unwrap().expect("nothing waits");
        let until = now.plus(std::time::Duration::from_mins(30));
        assert!(
            self.storage().add_address_link(&change.id, side, token.hash(), until, now).await.unwrap(),
            "{side:?} is not asked"
        );
        MailToken::new(token.expose())
    }

    /// The address, and whether it is confirmed.
    async fn address_of(&self, name: &str) -> Option<(String, bool)> {
        let found = self.storage().lookup_identity(&IdentityId(format!("id_{name}"))).await.unwrap();
        found.unwrap().email.map(|email| (email.address.as_str().to_owned(), email.verified_at.is_some()))
    }

    /// What waits to be mailed, and to whom.
    async fn letters(&self) -> Vec<(MailTemplate, String)> {
        let (now, lease) = (self.endpoint.now(), std::time::Duration::from_hours(1));
        let mut letters = Vec::new();
        while let Some(queued) = self.storage().claim_mail(now, lease).await.unwrap() {
            letters.push((queued.mail.template, queued.mail.to));
        }
        letters
    }
}

impl Browser {
    async fn wants(&mut self, email: &str) -> Result<Option<PendingAddress>, gatehouse_protocol::Problem> {
        match self.account(AccountStep::ChangeAddress { email: email.into() }).await? {
            AccountState::Overview { account } => Ok(account.pending_address),
            other => panic!("{other:?}"),
        }
    }

    async fn approves(&mut self, token: &MailToken) -> Result<AccountState, ErrorCode> {
        let step = AccountStep::ApproveAddress { token: token.clone() };
        self.account(step).await.map_err(|problem| problem.code)
    }

    async fn confirms(&mut self, token: &MailToken) -> Result<AccountState, ErrorCode> {
        let step = AccountStep::ConfirmAddress { token: token.clone() };
        self.account(step).await.map_err(|problem| problem.code)
    }
}

async fn signed_in(app: &App, name: &str) -> Browser {
    app.add(name).await;
    let mut browser = app.browser();
    browser.signs_in(name, PASSWORD).await;
    browser
}

fn confirmed(address: &str) -> (String, bool) {
    (address.to_owned(), true)
}

#[tokio::test]
async fn an_address_changes_when_both_addresses_agree_in_any_order() {
    for new_first in [true, false] {
        let app = App::new().await;
        let mut alice = signed_in(&app, "alice").await;
        let pending = alice.wants(NEW).await.unwrap().unwrap();
        assert_eq!(pending, PendingAddress { email: NEW.into(), approval: true, confirmation: true });
        let asked = [
            (MailTemplate::ApproveAddress, "alice@example.org".to_owned()),
            (MailTemplate::ConfirmAddress, NEW.to_owned()),
        ];
        assert_eq!(app.letters().await, asked);
        let approve = app.address_token("alice", AddressSide::Present).await;
        let confirm = app.address_token("alice", AddressSide::New).await;
        // Whoever reads the mail need not be signed in.
        let mut mailbox = app.browser();
        let first =
            if new_first { mailbox.confirms(&confirm).await } else { mailbox.approves(&approve).await };
        assert_eq!(first.unwrap(), AccountState::AddressWaits { approval: new_first });
        assert_eq!(app.address_of("alice").await, Some(confirmed("alice@example.org")));
        let pending = alice.overview().await.pending_address.unwrap();
        assert_eq!((pending.approval, pending.confirmation), (new_first, !new_first));
        let second =
            if new_first { mailbox.approves(&approve).await } else { mailbox.confirms(&confirm).await };
        assert_eq!(second.unwrap(), AccountState::AddressChanged);
        assert_eq!(app.address_of("alice").await, Some(confirmed(NEW)));
        let told = (MailTemplate::AccountChanged(AccountChange::AddressChanged), "alice@example.org".into());
        assert_eq!(app.letters().await, [told], "the old address is told");
        let account = alice.overview().await;
        assert_eq!((account.email.as_deref(), account.email_verified), (Some(NEW), true));
        assert_eq!((account.pending_address, account.roles), (None, vec!["viewer".to_owned()]));
        app.browser().signs_in(NEW, PASSWORD).await;
        let refused = app.browser().refused("alice@example.org", PASSWORD).await;
        assert_eq!(refused, ErrorCode::CredentialsRejected);
    }
}

#[tokio::test]
async fn where_no_address_is_confirmed_the_new_one_decides() {
    let app = App::new().await;
    app.add_with("alice", |new| new.email = None).await;
    app.add_with("bob", |new| new.email.as_mut().unwrap().verified_at = None).await;
    for (name, new) in [("alice", "alice@example.com"), ("bob", "bob@example.org")] {
        let mut browser = app.browser();
        browser.signs_in(name, PASSWORD).await;
        let pending = browser.wants(new).await.unwrap().unwrap();
        assert!(!pending.approval);
        assert_eq!(app.letters().await, [(MailTemplate::ConfirmAddress, new.to_owned())]);
        let token = app.address_token(name, AddressSide::New).await;
        assert_eq!(app.browser().confirms(&token).await.unwrap(), AccountState::AddressChanged);
        assert_eq!(app.address_of(name).await, Some(confirmed(new)));
    }
}

/// Story: a browser left open on somebody's desk, or a stolen cookie.
#[tokio::test]
async fn changing_the_address_with_a_session_that_is_not_fresh() {
    let app = App::new().await;
    let mut alice = signed_in(&app, "alice").await;
    app.pass(11 * 60);
    let refused = alice.wants(NEW).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ReauthenticationRequired);
    assert_eq!(app.letters().await, []);
    alice.proves_again(PASSWORD).await.unwrap();
    assert!(alice.wants(NEW).await.unwrap().is_some());
}

/// Story: the attacker has a fresh session, wants the mail to go to himself, and reads his own mailbox alone.
#[tokio::test]
async fn a_thief_with_a_fresh_session_reads_the_new_address_alone() {
    let app = App::new().await;
    let mut thief = signed_in(&app, "alice").await;
    thief.wants("thief@example.com").await.unwrap();
    let confirm = app.address_token("alice", AddressSide::New).await;
    let waits = AccountState::AddressWaits { approval: true };
    assert_eq!(thief.confirms(&confirm).await.unwrap(), waits);
    // What he has is good for one side, and once.
    assert_eq!(thief.approves(&confirm).await.unwrap_err(), ErrorCode::LinkExpired);
    assert_eq!(thief.confirms(&confirm).await.unwrap_err(), ErrorCode::LinkExpired);
    // Nor does another change bring the approval of an earlier one along.
    let approve = app.address_token("alice", AddressSide::Present).await;
    thief.wants("thief2@example.com").await.unwrap();
    assert_eq!(thief.approves(&approve).await.unwrap_err(), ErrorCode::LinkExpired);
    assert_eq!(app.address_of("alice").await, Some(confirmed("alice@example.org")));
}

/// Story: Mallory begins a change of her own, and tries her links on Alice's.
#[tokio::test]
async fn a_link_of_somebody_elses_change() {
    let app = App::new().await;
    let (mut alice, mut mallory) = (signed_in(&app, "alice").await, signed_in(&app, "mallory").await);
    alice.wants(NEW).await.unwrap();
    mallory.wants("mallory@example.com").await.unwrap();
    let hers = app.address_token("mallory", AddressSide::Present).await;
    // In Alice's browser it is about Mallory all the same.
    assert_eq!(alice.confirms(&hers).await.unwrap_err(), ErrorCode::LinkExpired);
    assert_eq!(alice.approves(&hers).await.unwrap(), AccountState::AddressWaits { approval: false });
    let pending = alice.overview().await.pending_address.unwrap();
    assert!(pending.approval && pending.confirmation);
    for junk in ["", "x", "' OR 1=1 --"] {
        assert_eq!(alice.approves(&MailToken::new(junk)).await.unwrap_err(), ErrorCode::LinkExpired);
    }
    assert_eq!(app.address_of("alice").await, Some(confirmed("alice@example.org")));
}

#[tokio::test]
async fn an_approval_used_twice_also_in_parallel() {
    let app = App::new().await;
    let mut alice = signed_in(&app, "alice").await;
    alice.wants(NEW).await.unwrap();
    let approve = app.address_token("alice", AddressSide::Present).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut browser, approve) = (app.browser(), approve.clone());
        tries.spawn(async move { browser.approves(&approve).await.is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|followed| *followed).count(), 1);
    assert_eq!(app.address_of("alice").await, Some(confirmed("alice@example.org")));
}

#[tokio::test]
async fn a_link_that_is_too_old() {
    let app = App::with(|settings| settings.session.idle_ttl = 86_400).await;
    let mut alice = signed_in(&app, "alice").await;
    alice.wants(NEW).await.unwrap();
    let approve = app.address_token("alice", AddressSide::Present).await;
    app.pass(30 * 60);
    assert_eq!(alice.approves(&approve).await.unwrap_err(), ErrorCode::LinkExpired);
    assert!(alice.overview().await.pending_address.is_some(), "a mail may be late");
    app.pass(24 * 3600);
    let id = IdentityId("id_alice".into());
    assert_eq!(app.storage().find_address_change(&id, app.endpoint.now()).await.unwrap(), None);
}

/// Story: the owner notices and takes the account back; what the attacker began must not be finished after that.
#[tokio::test]
async fn a_change_that_waits_through_a_reset_or_signing_out_everywhere() {
    for way in ["reset", "sign out", "change", "operator", "cancel", "disable"] {
        let app = App::new().await;
        let mut thief = signed_in(&app, "alice").await;
        thief.wants("thief@example.com").await.unwrap();
        let confirm = app.address_token("alice", AddressSide::New).await;
        let approve = app.address_token("alice", AddressSide::Present).await;
        thief.confirms(&confirm).await.unwrap();
        let mut owner = app.browser();
        owner.signs_in("alice", PASSWORD).await;
        let id = IdentityId("id_alice".into());
        match way {
            "reset" => {
                let (token, password) = (app.recovery_token("alice").await, Password::new(OTHER));
                let step = RecoveryStep::Reset { token, password };
                app.endpoint.recovery(&owner.ctx, step).await.unwrap();
            }
            "sign out" => drop(owner.account(AccountStep::EndOtherSessions {}).await.unwrap()),
            "cancel" => drop(owner.account(AccountStep::CancelAddress {}).await.unwrap()),
            "change" => {
                let change = gatehouse_protocol::ChangePassword {
                    current: Password::new(PASSWORD),
                    new: Password::new(OTHER),
                };
                app.endpoint.change_password(&owner.ctx, change).await.unwrap();
            }
            "disable" => {
                app.storage().set_disabled(&id, true, app.endpoint.now()).await.unwrap();
                app.storage().set_disabled(&id, false, app.endpoint.now()).await.unwrap();
            }
            _ => drop(app.storage().revoke_sessions(&id, None, app.endpoint.now()).await.unwrap()),
        }
        assert_eq!(owner.approves(&approve).await.unwrap_err(), ErrorCode::LinkExpired, "{way}");
        assert_eq!(app.address_of("alice").await, Some(confirmed("alice@example.org")), "{way}");
    }
}

/// Story: the attacker asks for addresses to learn which have an account.
#[tokio::test]
async fn an_address_that_has_an_account_is_told_from_a_free_one_by_nothing() {
    let app = App::new().await;
    app.add("bob").await;
    let mut alice = signed_in(&app, "alice").await;
    let taken = alice.wants("bob@example.org").await.unwrap().unwrap();
    assert_eq!(taken, PendingAddress { email: "bob@example.org".into(), approval: true, confirmation: true });
    let asked = [
        (MailTemplate::ApproveAddress, "alice@example.org".to_owned()),
        (MailTemplate::AddressTaken, "bob@example.org".to_owned()),
    ];
    assert_eq!(app.letters().await, asked);
    let free = alice.wants(NEW).await.unwrap().unwrap();
    assert_eq!((free.approval, free.confirmation), (taken.approval, taken.confirmation));
    assert_eq!(app.letters().await.len(), 2, "as many mails");
}

/// Story: two people want the same address, and both can read it.
#[tokio::test]
async fn two_who_confirm_the_same_address_at_once() {
    let app = App::new().await;
    let (mut alice, mut bob) = (signed_in(&app, "alice").await, signed_in(&app, "bob").await);
    let mut tokens = Vec::new();
    for (name, browser) in [("alice", &mut alice), ("bob", &mut bob)] {
        browser.wants(NEW).await.unwrap();
        let approve = app.address_token(name, AddressSide::Present).await;
        browser.approves(&approve).await.unwrap();
        tokens.push(app.address_token(name, AddressSide::New).await);
    }
    let (one, two) = tokio::join!(alice.confirms(&tokens[0]), bob.confirms(&tokens[1]));
    let changed = [one, two].into_iter().filter(|answer| *answer == Ok(AccountState::AddressChanged));
    assert_eq!(changed.count(), 1);
    let owner = app.storage().find_by_email(EmailAddress::parse(NEW).unwrap().folded()).await.unwrap();
    assert!(owner.is_some());
    assert!(alice.overview().await.pending_address.is_none());
    assert!(bob.overview().await.pending_address.is_none());
}

/// Story: only addresses of the company may register; somebody registers with one and takes the account elsewhere.
#[tokio::test]
async fn an_address_outside_of_the_domains_that_may_register() {
    let app = App::with(|settings| {
        settings.registration = RegistrationMode::Domains;
        settings.registration_domains = vec!["example.org".into()];
    })
    .await;
    let mut alice = signed_in(&app, "alice").await;
    let refused = alice.wants(NEW).await.unwrap_err();
    assert_eq!((refused.code, refused.field), (ErrorCode::DomainNotAllowed, Some(Field::Email)));
    assert!(alice.wants("alice.cooper@example.org").await.unwrap().is_some());
}

/// Story: somebody floods a mailbox, or many, through the account page.
#[tokio::test]
async fn flooding_mailboxes_with_links_of_changes() {
    let app = App::new().await;
    let mut alice = signed_in(&app, "alice").await;
    let mut refused = 0;
    for number in 0..20 {
        let wanted = alice.wants(&format!("victim{number}@example.com")).await;
        refused += usize::from(wanted.is_err_and(|problem| problem.code == ErrorCode::TooManyAttempts));
    }
    assert_eq!(refused, 15);
    // Many accounts, one victim: the answer is the same, and the mails stop.
    let mut mails = 0;
    for number in 0..8 {
        let mut one = signed_in(&app, &format!("sock{number}")).await;
        app.letters().await;
        assert!(one.wants("victim@example.com").await.unwrap().is_some());
        mails += app.letters().await.iter().filter(|(_, to)| to == "victim@example.com").count();
    }
    assert_eq!(mails, 5);
}

/// People of settings and of proxies are who those say.
#[tokio::test]
async fn the_address_of_somebody_whom_the_settings_declare() {
    let app = App::new().await;
    app.declares(|settings| user(settings, "dora", PASSWORD, &[])).await.unwrap();
    let mut dora = app.browser();
    dora.signs_in("dora", PASSWORD).await;
    assert_eq!(dora.wants(NEW).await.unwrap_err().code, ErrorCode::ManagedElsewhere);
}

/// What came in between counts: the operator gave the account another address.
#[tokio::test]
async fn a_change_whose_present_address_is_not_the_present_one_any_more() {
    let app = App::new().await;
    app.add_with("alice", |new| new.email.as_mut().unwrap().verified_at = None).await;
    let mut alice = app.browser();
    alice.signs_in("alice", PASSWORD).await;
    alice.wants(NEW).await.unwrap();
    let confirm = app.address_token("alice", AddressSide::New).await;
    sqlx::query("UPDATE identity SET email_verified_at = 1").execute(&mut app.sql().await).await.unwrap();
    assert_eq!(alice.confirms(&confirm).await.unwrap_err(), ErrorCode::LinkExpired);
    assert_eq!(app.address_of("alice").await, Some(confirmed("alice@example.org")));
}
