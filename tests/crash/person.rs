//! The life of a person in the database, step by step: how it is done, and how it looks after each step.
//!
//! Everything is derived from the name, so that the parent knows what the child made without being told.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gatehouse::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{EmailAddress, IdentityId, Role, Username},
    session::{Lifetime, Method, Methods, NewTicket, Secret, Session, SessionId, TokenHash},
    storage::{
        LimitKey, LinkKind, MailId, MailTemplate, NewIdentity, NewLink, NewMail, NewSession,
        PendingRegistration, Storage,
    },
};

/// When everything happens.
pub(crate) const START: Timestamp = Timestamp(1_800_000_000_000);
const HOUR: Duration = Duration::from_hours(1);
/// How many steps a whole life has; see [`perform`].
pub(crate) const STEPS: usize = 14;

/// What the database holds of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is seen in the database by itself")]
pub(crate) struct Person {
    pub(crate) waiting: bool,
    verifiable: bool,
    password: Option<String>,
    roles: usize,
    disabled: bool,
    sessions: BTreeSet<u8>,
    /// Whether the ticket of the first login was redeemed, while there is one.
    ticket: Option<bool>,
    resettable: bool,
    /// How often the feed speaks of each of their sessions, and of themselves.
    changes: BTreeMap<String, usize>,
}

/// Takes one step, in one transaction.
pub(crate) async fn perform(storage: &dyn Storage, name: &str, step: usize) {
    let id = identity(name);
    match step {
        0 => storage.add_registration(registration(name), mail(name)).await.unwrap(),
        1 => storage.add_link(link(name, LinkKind::Verification)).await.unwrap(),
        2 => drop(storage.complete_registration(token(name, "verify"), START).await.unwrap().unwrap()),
        3 => storage.add_session(session(name, 1, "chosen")).await.unwrap(),
        4 => {
            let handle = token(name, "handle");
            assert!(storage.redeem_ticket(token(name, "ticket"), handle, START).await.unwrap());
        }
        5 => storage.add_session(session(name, 2, "chosen")).await.unwrap(),
        6 => assert!(storage.revoke_session(&session_id(name, 2), START).await.unwrap()),
        7 => storage.add_session(session(name, 3, "chosen")).await.unwrap(),
        8 => storage.add_link(link(name, LinkKind::Recovery)).await.unwrap(),
        9 => {
            let reset = token(name, "reset");
            let done = storage.consume_for_password(reset, LinkKind::Recovery, &hash("reset"), START).await;
            assert!(done.unwrap().is_some());
        }
        10 => assert!(storage.set_roles(&id, &[role("a"), role("b")], START).await.unwrap()),
        11 => storage.add_session(session(name, 4, "reset")).await.unwrap(),
        12 => assert!(storage.set_disabled(&id, true, START).await.unwrap()),
        13 => assert!(storage.delete_identity(&id, START).await.unwrap()),
        other => panic!("no step {other}"),
    }
}

impl Person {
    /// How it looks after the first `steps` steps.
    pub(crate) fn after(steps: usize) -> Self {
        let mut person = Self::default();
        (0..steps).for_each(|step| person.step(step));
        person
    }

    fn step(&mut self, step: usize) {
        match step {
            0 => self.waiting = true,
            1 => self.verifiable = true,
            2 => {
                (self.waiting, self.verifiable, self.roles) = (false, false, 1);
                self.password = Some("chosen".into());
            }
            3 => {
                self.sessions.insert(1);
                self.ticket = Some(false);
            }
            4 => self.ticket = Some(true),
            5 => {
                self.sessions = BTreeSet::from([2]);
                self.ticket = None;
                self.changed("1");
            }
            6 => {
                self.sessions.clear();
                self.changed("2");
            }
            7 => self.sessions = BTreeSet::from([3]),
            8 => self.resettable = true,
            9 => {
                self.sessions.clear();
                self.resettable = false;
                self.password = Some("reset".into());
                self.changed("self");
            }
            10 => {
                self.roles = 2;
                self.changed("self");
            }
            11 => self.sessions = BTreeSet::from([4]),
            12 => {
                self.disabled = true;
                self.sessions.clear();
                self.changed("self");
            }
            _ => {
                let changes = std::mem::take(&mut self.changes);
                *self = Self { changes, ..Self::default() };
                self.changed("self");
            }
        }
    }

    fn changed(&mut self, whose: &str) {
        *self.changes.entry(whose.to_owned()).or_default() += 1;
    }

    /// What the database says.
    pub(crate) async fn observe(storage: &dyn Storage, name: &str, feed: &BTreeMap<String, usize>) -> Self {
        let record = storage.find_by_username(Username::parse(name).unwrap().folded()).await.unwrap();
        let peek =
            async |what, kind| storage.peek_link(token(name, what), kind, START).await.unwrap().is_some();
        let mut sessions = BTreeSet::new();
        let mut changes = BTreeMap::new();
        for number in 1..=4_u8 {
            if storage.find_session(token(name, &number.to_string())).await.unwrap().is_some() {
                sessions.insert(number);
            }
            if let Some(times) = feed.get(&session_id(name, number).0) {
                changes.insert(number.to_string(), *times);
            }
        }
        if let Some(times) = feed.get(&identity(name).0) {
            changes.insert("self".into(), *times);
        }
        let ticket = storage.find_ticket(token(name, "ticket")).await.unwrap();
        let password = record.as_ref().and_then(|record| record.password.as_ref());
        Self {
            waiting: storage.find_registration(email(name).folded(), START).await.unwrap().is_some(),
            verifiable: peek("verify", LinkKind::Verification).await,
            password: password.map(|hash| hash.0.clone()),
            roles: record.as_ref().map_or(0, |record| record.identity.roles.len()),
            disabled: record.is_some_and(|record| record.identity.disabled),
            sessions,
            ticket: ticket.map(|ticket| ticket.redeemed.is_some()),
            resettable: peek("reset", LinkKind::Recovery).await,
            changes,
        }
    }
}

/// Adds somebody who is in no journal.
pub(crate) async fn add_anyone(storage: &dyn Storage) {
    let new = NewIdentity {
        id: identity("anyone"),
        username: Username::parse("anyone").unwrap(),
        email: None,
        roles: vec![role("a")],
        password: hash("chosen"),
        must_change: false,
        created_at: START,
    };
    storage.add_identity(new).await.unwrap();
}

pub(crate) fn counter() -> LimitKey {
    LimitKey("account:crash".into())
}

fn token(name: &str, what: &str) -> TokenHash {
    Secret::received(format!("{name} {what}")).hash()
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash(text.into())
}

fn role(name: &str) -> Role {
    Role::parse(name).unwrap()
}

fn email(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.org")).unwrap()
}

fn identity(name: &str) -> IdentityId {
    IdentityId(format!("idn_{name}"))
}

fn session_id(name: &str, number: u8) -> SessionId {
    SessionId(format!("ses_{name}_{number}"))
}

fn registration(name: &str) -> PendingRegistration {
    PendingRegistration {
        id: identity(name),
        username: Username::parse(name).unwrap(),
        email: email(name),
        password: hash("chosen"),
        roles: vec![role("member")],
        created_at: START,
        expires_at: START.plus(HOUR),
    }
}

fn mail(name: &str) -> NewMail {
    NewMail {
        id: MailId(format!("mail_{name}")),
        template: MailTemplate::Verification,
        to: email(name).as_str().into(),
        to_folded: email(name).folded().into(),
        identity_id: None,
        context: identity(name).0,
        locale: "en".into(),
        queued_at: START,
        app: None,
    }
}

fn link(name: &str, kind: LinkKind) -> NewLink {
    NewLink {
        hash: token(name, if kind == LinkKind::Recovery { "reset" } else { "verify" }),
        kind,
        identity_id: Some(identity(name)),
        email: Some(email(name)),
        mailed: true,
        roles: Vec::new(),
        created_at: START,
        expires_at: START.plus(HOUR),
    }
}

/// The first login brings a ticket, the second replaces the first.
fn session(name: &str, number: u8, verified: &str) -> NewSession {
    let id = session_id(name, number);
    let session = Session {
        id: id.clone(),
        identity_id: identity(name),
        token_hash: token(name, &number.to_string()),
        created_at: START,
        authenticated_at: START,
        last_used_at: START,
        lifetime: Lifetime { idle_ttl: HOUR, absolute_ttl: HOUR, persistent: false },
        methods: Methods::only(Method::Password),
        user_agent: String::new(),
        address: String::new(),
        app: None,
        parent_id: None,
    };
    let challenge = "c".repeat(43);
    let ticket = NewTicket { hash: token(name, "ticket"), session_id: id, challenge, issued_at: START };
    NewSession {
        session,
        ticket: (number == 1).then_some(ticket),
        replaces: (number == 2).then(|| session_id(name, 1)),
        verified: Some(hash(verified)),
        flow: None,
        clear: Vec::new(),
        cap: 5,
    }
}
