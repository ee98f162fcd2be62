use std::sync::Arc;

use super::*;
use crate::{
    clock::{Clock as _, ManualClock, Timestamp},
    config::{Settings, SmtpSecurity},
    endpoint::{Endpoint, Parts},
    entropy::{Entropy as _, OsEntropy},
    factor::password::PasswordHash,
    identity::{Username, VerifiableAddress},
    keys::Key,
    session::{Lifetime, Method, Methods, Session, SessionId},
    storage::{
        AddressChange, AddressRepository as _, IdentityRepository as _, LinkRepository as _, MailId,
        MailRepository as _, NewIdentity, NewSession, SessionRepository as _, sqlite::SqliteStorage,
    },
};

const NOON: Timestamp = Timestamp(1_800_000_000_000);

struct House {
    folder: tempfile::TempDir,
    storage: Arc<SqliteStorage>,
    clock: Arc<ManualClock>,
    endpoint: Arc<Endpoint>,
    transport: Transport,
}

impl House {
    async fn open(transport: Transport) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage =
            SqliteStorage::open(&folder.path().join("gatehouse.db"), NOON, &OsEntropy).await.unwrap();
        let (storage, clock) = (Arc::new(storage), Arc::new(ManualClock::at(NOON)));
        let endpoint = assemble(&storage, &clock).await;
        Self { folder, storage, clock, endpoint, transport }
    }

    fn courier(&self) -> Courier<'_> {
        Courier { endpoint: &self.endpoint, transport: &self.transport }
    }

    async fn alice(&self) -> IdentityId {
        let new = NewIdentity {
            id: IdentityId("identity_1".to_owned()),
            username: Username::parse("alice").unwrap(),
            email: Some(VerifiableAddress {
                address: EmailAddress::parse("alice@example.org").unwrap(),
                verified_at: None,
            }),
            roles: Vec::new(),
            password: PasswordHash("$argon2id$x".to_owned()),
            must_change: false,
            created_at: NOON,
        };
        self.storage.add_identity(new).await.unwrap().id
    }

    async fn queue(&self, template: MailTemplate, identity_id: Option<IdentityId>, context: &str) {
        let mail = NewMail {
            id: MailId(OsEntropy.id("mail")),
            template,
            to: "alice@example.org".to_owned(),
            to_folded: "alice@example.org".to_owned(),
            identity_id,
            context: context.to_owned(),
            locale: "en".to_owned(),
            queued_at: NOON,
            app: None,
        };
        assert!(self.storage.enqueue_mail(mail, 5, Duration::from_hours(1)).await.unwrap());
    }

    async fn waiting(&self) -> u64 {
        self.storage.mail_backlog().await.unwrap().0
    }

    /// The token of the link that `mail` would carry, drawn as `step` draws it.
    async fn token(&self, mail: &NewMail) -> Secret {
        let opened = self.courier().link(mail, self.endpoint.home().as_deref()).await.unwrap().unwrap();
        Secret::received(opened.link.split_once('=').unwrap().1)
    }
}

async fn assemble(storage: &Arc<SqliteStorage>, clock: &Arc<ManualClock>) -> Arc<Endpoint> {
    let parts = Parts {
        settings: Settings { app_name: "Weather".to_owned(), ..Settings::default() },
        storage: Arc::<SqliteStorage>::clone(storage),
        clock: Arc::<ManualClock>::clone(clock),
        entropy: Arc::new(OsEntropy),
        key: Key::draw(&OsEntropy),
    };
    let endpoint = Endpoint::assemble(parts).await.unwrap();
    endpoint.set_local_url("http://localhost:8501");
    endpoint
}

/// An SMTP server that is not there.
fn nowhere() -> Transport {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut settings = Settings::default();
    settings.mail.smtp_host = Some("127.0.0.1".to_owned());
    settings.mail.smtp_port = Some(port);
    settings.mail.smtp_security = SmtpSecurity::None;
    settings.mail.from = Some("noreply@example.org".to_owned());
    drop(taken);
    Transport::open(&settings).unwrap().unwrap()
}

#[tokio::test]
async fn what_is_due_is_sent_once() {
    let house = House::open(Transport::Console).await;
    let alice = house.alice().await;
    house.queue(MailTemplate::Recovery, Some(alice.clone()), &alice.0).await;
    assert!(house.courier().step().await.unwrap());
    assert!(!house.courier().step().await.unwrap());
    assert_eq!(house.waiting().await, 0);
}

#[tokio::test]
async fn a_link_is_drawn_at_sending_and_holds_thirty_minutes() {
    let house = House::open(Transport::Console).await;
    let alice = house.alice().await;
    house.queue(MailTemplate::Recovery, Some(alice.clone()), &alice.0).await;
    house.clock.advance(Duration::from_hours(5));
    let queued = house.storage.claim_mail(house.clock.now(), LEASE).await.unwrap().unwrap();
    let hash = house.token(&queued.mail).await.hash();
    let peek = async |after| {
        let at = house.clock.now().plus(Duration::from_secs(after));
        house.storage.peek_link(hash, LinkKind::Recovery, at).await.unwrap()
    };
    assert_eq!(peek(1799).await.unwrap().identity_id, Some(alice));
    assert!(peek(1799).await.unwrap().mailed);
    assert!(peek(1800).await.is_none());
}

#[tokio::test]
async fn an_invitation_carries_its_roles_and_its_own_span() {
    let house = House::open(Transport::Console).await;
    let context = r#"{"roles":["editor"],"email":"alice@example.org","ttl":3600}"#;
    house.queue(MailTemplate::Invitation, None, context).await;
    let queued = house.storage.claim_mail(NOON, LEASE).await.unwrap().unwrap();
    let hash = house.token(&queued.mail).await.hash();
    let link = house.storage.peek_link(hash, LinkKind::Invitation, NOON).await.unwrap().unwrap();
    assert_eq!(link.roles, [Role::parse("editor").unwrap()]);
    assert_eq!(link.expires_at, NOON.plus(Duration::from_hours(1)));
    assert_eq!(link.email.unwrap().as_str(), "alice@example.org");
}

/// The process dies between taking a mail and sending it. After a restart the mail is sent.
#[tokio::test]
async fn a_mail_that_was_taken_before_a_crash_is_sent_after_it() {
    let house = House::open(Transport::Console).await;
    let alice = house.alice().await;
    house.queue(MailTemplate::PasswordChanged, Some(alice), "").await;
    assert!(house.storage.claim_mail(NOON, LEASE).await.unwrap().is_some());
    house.storage.close().await;

    let storage = SqliteStorage::open_existing(&house.folder.path().join("gatehouse.db")).await.unwrap();
    let storage = Arc::new(storage);
    let endpoint = assemble(&storage, &house.clock).await;
    let house = House { storage, endpoint, ..house };
    assert!(!house.courier().step().await.unwrap(), "another process may still be sending it");
    house.clock.advance(LEASE);
    assert!(house.courier().step().await.unwrap());
    assert_eq!(house.waiting().await, 0);
}

#[tokio::test]
async fn a_server_that_is_down_delays_a_mail_and_loses_none() {
    let mut house = House::open(nowhere()).await;
    let alice = house.alice().await;
    house.queue(MailTemplate::PasswordChanged, Some(alice), "").await;
    assert!(house.courier().step().await.unwrap());
    assert!(!house.courier().step().await.unwrap(), "not at once again");
    house.clock.advance(Duration::from_secs(15));
    assert!(house.courier().step().await.unwrap());
    house.clock.advance(Duration::from_secs(15));
    assert!(!house.courier().step().await.unwrap(), "the second pause is longer");
    assert_eq!(house.waiting().await, 1);
    house.transport = Transport::Console;
    house.clock.advance(Duration::from_secs(15));
    assert!(house.courier().step().await.unwrap());
    assert_eq!(house.waiting().await, 0);
}

#[tokio::test]
async fn a_server_that_stays_down_is_given_up() {
    let house = House::open(nowhere()).await;
    let alice = house.alice().await;
    house.queue(MailTemplate::PasswordChanged, Some(alice), "").await;
    let mut tries = 0;
    while house.waiting().await > 0 {
        assert!(house.courier().step().await.unwrap());
        house.clock.advance(Duration::from_hours(1));
        tries += 1;
        assert!(tries < 100);
    }
    assert_eq!(tries, 15);
}

#[tokio::test]
async fn a_mail_about_nobody_is_dropped() {
    let house = House::open(Transport::Console).await;
    let alice = house.alice().await;
    house.queue(MailTemplate::Recovery, Some(alice.clone()), &alice.0).await;
    house.storage.set_disabled(&alice, true, NOON).await.unwrap();
    house.queue(MailTemplate::Verification, None, "identity_gone").await;
    assert!(house.courier().step().await.unwrap());
    assert!(house.courier().step().await.unwrap());
    assert_eq!(house.waiting().await, 0);
}

/// A stolen copy of the database must hold no token that works.
#[tokio::test]
async fn the_queue_and_the_links_hold_no_token() {
    let house = House::open(Transport::Console).await;
    let alice = house.alice().await;
    house.queue(MailTemplate::Recovery, Some(alice.clone()), &alice.0).await;
    let queued = house.storage.claim_mail(NOON, LEASE).await.unwrap().unwrap();
    let token = house.token(&queued.mail).await;
    house.storage.mail_sent(&queued.mail.id, NOON).await.unwrap();
    house.storage.close().await;
    for file in std::fs::read_dir(house.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(43).any(|window| window == token.expose().as_bytes()));
    }
}

/// The mail of a change that was replaced or cancelled is about nothing; that of one that waits names the new address.
#[tokio::test]
async fn a_link_of_a_change_of_an_address_is_drawn_at_sending_while_that_waits() {
    let house = House::open(Transport::Console).await;
    let alice = house.alice().await;
    let (token, session) = (Secret::received("session"), SessionId("ses_1".to_owned()));
    house.storage.add_session(signed_in(&alice, &session, &token)).await.unwrap();
    let change = |id: &str| AddressChange {
        id: id.to_owned(),
        identity_id: alice.clone(),
        email: EmailAddress::parse("new@example.org").unwrap(),
        former: None,
        approved_at: None,
        confirmed_at: None,
        created_at: NOON,
        expires_at: NOON.plus(Duration::from_hours(24)),
    };
    house.storage.add_address_change(change("first"), &session, Vec::new()).await.unwrap();
    house.queue(MailTemplate::ConfirmAddress, Some(alice.clone()), "first").await;
    let queued = house.storage.claim_mail(NOON, LEASE).await.unwrap().unwrap();
    let home = house.endpoint.home();
    let opened = house.courier().link(&queued.mail, home.as_deref()).await.unwrap().unwrap();
    let (page, token) = opened.link.split_once("#confirm-address=").unwrap();
    assert_eq!(page, "http://localhost:8501/_gatehouse/account");
    assert_eq!((opened.username.as_str(), opened.address.as_str()), ("alice", "new@example.org"));
    let hash = Secret::received(token).hash();
    house.clock.set(NOON.plus(Duration::from_mins(24 * 60 - 10)));
    let late = house.courier().link(&queued.mail, home.as_deref()).await.unwrap().unwrap();
    assert_eq!(
        (opened.ttl, late.ttl),
        (LINK_TTL, Duration::from_mins(10)),
        "no longer than the change waits"
    );
    house.clock.set(NOON);
    house.storage.add_address_change(change("second"), &session, Vec::new()).await.unwrap();
    let followed = house.storage.follow_address_link(hash, AddressSide::New, NOON).await.unwrap();
    assert_eq!(followed, None, "another change does not take the links of an earlier one");
    assert!(house.courier().link(&queued.mail, home.as_deref()).await.unwrap().is_none());
    // Nobody is asked to approve who confirmed no address before.
    let approve = NewMail { template: MailTemplate::ApproveAddress, context: "second".into(), ..queued.mail };
    assert!(house.courier().link(&approve, home.as_deref()).await.unwrap().is_none());
}

fn signed_in(id: &IdentityId, session: &SessionId, token: &Secret) -> NewSession {
    let span = Duration::from_hours(1);
    let session = Session {
        id: session.clone(),
        identity_id: id.clone(),
        token_hash: token.hash(),
        created_at: NOON,
        authenticated_at: NOON,
        last_used_at: NOON,
        lifetime: Lifetime { idle_ttl: span, absolute_ttl: span, persistent: false },
        methods: Methods::only(Method::Password),
        user_agent: String::new(),
        address: String::new(),
        app: None,
        parent_id: None,
    };
    let (ticket, replaces, verified, flow) = (None, None, None, None);
    NewSession { session, ticket, replaces, verified, flow, clear: Vec::new(), cap: 5 }
}
