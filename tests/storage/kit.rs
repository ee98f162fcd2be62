//! Databases to try things on, and people, sessions and links to put into them.

use std::{
    collections::BTreeSet, future::Future, ops::Deref, path::Path, pin::Pin, sync::Arc, time::Duration,
};

use gatehouse::{
    clock::Timestamp,
    entropy::{Entropy as _, OsEntropy},
    factor::password::PasswordHash,
    identity::{EmailAddress, Identity, IdentityId, Role, Source, Username, VerifiableAddress},
    session::{Lifetime, Method, Methods, NewTicket, Secret, Session, SessionId, TokenHash},
    storage::{
        Change, ChangeKind, Declaration, Fingerprint, LinkKind, MailId, MailTemplate, NewDeclared,
        NewIdentity, NewLink, NewMail, NewSession, PendingRegistration, Storage,
        postgres::{DatabaseUrl, PostgresStorage},
        sqlite::SqliteStorage,
    },
};

use sqlx::Connection as _;

use crate::postgres::server::{self, Database};

/// Runs each function once per backend, as a test of its own.
macro_rules! each_backend {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[tokio::test]
            async fn sqlite() {
                super::$name($crate::kit::sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                super::$name($crate::kit::postgres("").await).await;
            }

            /// As CockroachDB would run it, and whoever sets PostgreSQL so.
            #[tokio::test]
            async fn serializable() {
                let settings = "options[default_transaction_isolation]=serializable";
                super::$name($crate::kit::postgres(settings).await).await;
            }
        })+
    };
}
pub(crate) use each_backend;

type Opening = Pin<Box<dyn Future<Output = Arc<dyn Storage>> + Send>>;

/// An empty database of its own, through a handle as one process would have it.
pub(crate) struct Db {
    store: Arc<dyn Storage>,
    open_again: Box<dyn Fn() -> Opening>,
    /// Where SQLite's file is.
    pub(crate) folder: tempfile::TempDir,
    /// What PostgreSQL deletes afterwards.
    database: Option<Database>,
}

impl Db {
    /// The same database as another process would have it: nothing is shared but the database.
    pub(crate) async fn another_process(&self) -> Arc<dyn Storage> {
        (self.open_again)().await
    }

    /// Leaves a copy of everything in the folder, as a backup would.
    pub(crate) async fn copy_into(&self, folder: &Path) {
        let to = folder.join("backup");
        match &self.database {
            None => self.backup(&to).await.unwrap(),
            Some(database) => database.dump(&to).await,
        }
    }

    /// Every `table.column` of the schema, but what the backend keeps for itself.
    pub(crate) async fn columns(&self) -> BTreeSet<String> {
        const OWN: [&str; 3] = ["_sqlx_migrations", "change_head", "held"];
        let found: Vec<(String, String)> = match &self.database {
            None => {
                let file = format!("sqlite:{}", self.folder.path().join("gatehouse.db").display());
                let mut connection = sqlx::SqliteConnection::connect(&file).await.unwrap();
                let columns = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c \
                               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
                sqlx::query_as(columns).fetch_all(&mut connection).await.unwrap()
            }
            Some(database) => {
                let columns = "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns \
                               WHERE table_schema = 'public'";
                sqlx::query_as(columns).fetch_all(&mut database.connect().await).await.unwrap()
            }
        };
        let ours = found.into_iter().filter(|(table, _)| !OWN.contains(&table.as_str()));
        ours.map(|(table, column)| format!("{table}.{column}")).collect()
    }

    /// Adds a person without an address, with the password hash `"first"`.
    pub(crate) async fn person(&self, name: &str) -> Identity {
        self.add_identity(new_person(name)).await.unwrap()
    }

    /// Adds a session with its token hashed from `token`.
    pub(crate) async fn sign_in(&self, of: &Identity, token: &str, now: Timestamp) -> SessionId {
        let new = new_session(of, token, now);
        let id = new.session.id.clone();
        self.add_session(new).await.unwrap();
        id
    }

    /// Adds a link to the identity.
    pub(crate) async fn link(&self, token: &str, kind: LinkKind, whose: Option<&IdentityId>) {
        self.add_link(new_link(token, kind, whose)).await.unwrap();
    }

    /// What happened since the beginning.
    pub(crate) async fn changes(&self) -> Vec<ChangeKind> {
        let all = self.changes_since(gatehouse::storage::ChangeSeq(0)).await.unwrap();
        all.into_iter().map(|Change { kind, .. }| kind).collect()
    }
}

impl Deref for Db {
    type Target = dyn Storage;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// A SQLite file in a directory of its own.
pub(crate) async fn sqlite() -> Db {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatehouse.db");
    let store = Arc::new(SqliteStorage::open(&path, START, &OsEntropy).await.unwrap());
    let open_again = Box::new(move || -> Opening {
        let path = path.clone();
        Box::pin(
            async move { Arc::new(SqliteStorage::open_existing(&path).await.unwrap()) as Arc<dyn Storage> },
        )
    });
    Db { store, open_again, folder, database: None }
}

/// A PostgreSQL database of its own, with parameters for its URL.
pub(crate) async fn postgres(parameters: &str) -> Db {
    let database = server::filled().await;
    let url = DatabaseUrl::parse(&format!("{}?sslmode=disable&{parameters}", database.url)).unwrap();
    let store = Arc::new(PostgresStorage::open(&url, 4, Some(START), &OsEntropy).await.unwrap());
    let open_again = Box::new(move || -> Opening {
        let url = url.clone();
        Box::pin(async move {
            Arc::new(PostgresStorage::open_existing(&url, 4).await.unwrap()) as Arc<dyn Storage>
        })
    });
    Db { store, open_again, folder: tempfile::tempdir().unwrap(), database: Some(database) }
}

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp(1_800_000_000_000);

pub(crate) fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

pub(crate) fn token(text: &str) -> TokenHash {
    Secret::received(text).hash()
}

pub(crate) fn password(text: &str) -> PasswordHash {
    PasswordHash(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ${text}"))
}

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn role(name: &str) -> Role {
    Role::parse(name).unwrap()
}

pub(crate) fn new_person(name: &str) -> NewIdentity {
    NewIdentity {
        id: IdentityId(OsEntropy.id("idn")),
        username: Username::parse(name).unwrap(),
        email: None,
        roles: Vec::new(),
        password: password("first"),
        must_change: false,
        created_at: START,
    }
}

pub(crate) fn new_person_with(name: &str, email: &str, verified: bool) -> NewIdentity {
    let email = VerifiableAddress { address: address(email), verified_at: verified.then_some(START) };
    NewIdentity { email: Some(email), ..new_person(name) }
}

/// Somebody whom settings declare, with a password that is written like this and hashed to the same.
pub(crate) fn new_declared(name: &str, written: &str) -> NewDeclared {
    let mut fingerprint = [0; 32];
    fingerprint[..written.len()].copy_from_slice(written.as_bytes());
    NewDeclared {
        id: IdentityId(OsEntropy.id("idn")),
        username: Username::parse(name).unwrap(),
        email: None,
        roles: Vec::new(),
        password: password(written),
        fingerprint: Fingerprint(fingerprint),
    }
}

/// What the settings of an app say of people, all of them or none.
pub(crate) fn declaration(app: &str, people: Vec<NewDeclared>) -> Declaration {
    Declaration { source: Source(format!("settings:{app}")), people, all_or_nothing: true }
}

pub(crate) fn new_session(of: &Identity, text: &str, now: Timestamp) -> NewSession {
    let session = Session {
        id: SessionId(OsEntropy.id("ses")),
        identity_id: of.id.clone(),
        token_hash: token(text),
        created_at: now,
        authenticated_at: now,
        last_used_at: now,
        lifetime: Lifetime {
            idle_ttl: Duration::from_hours(1),
            absolute_ttl: Duration::from_hours(24),
            persistent: true,
        },
        methods: Methods::only(Method::Password),
        user_agent: "Mozilla/5.0 (X11; Linux)".into(),
        address: "192.0.2.7".into(),
        app: None,
        parent_id: None,
    };
    NewSession {
        session,
        ticket: None,
        replaces: None,
        verified: None,
        flow: None,
        clear: Vec::new(),
        cap: 50,
    }
}

pub(crate) fn new_ticket(text: &str, session: &SessionId, now: Timestamp) -> NewTicket {
    NewTicket { hash: token(text), session_id: session.clone(), challenge: "c".repeat(43), issued_at: now }
}

pub(crate) fn new_link(text: &str, kind: LinkKind, whose: Option<&IdentityId>) -> NewLink {
    NewLink {
        hash: token(text),
        kind,
        identity_id: whose.cloned(),
        email: None,
        mailed: false,
        roles: Vec::new(),
        created_at: START,
        expires_at: after(1800),
    }
}

pub(crate) fn new_mail(to: &str, template: MailTemplate, context: &str) -> NewMail {
    NewMail {
        id: MailId(OsEntropy.id("mail")),
        template,
        to: to.into(),
        to_folded: to.to_lowercase(),
        identity_id: None,
        context: context.into(),
        locale: "de".into(),
        queued_at: START,
        app: None,
    }
}

pub(crate) fn new_registration(name: &str, email: &str) -> (PendingRegistration, NewMail) {
    let id = IdentityId(OsEntropy.id("idn"));
    let mail = new_mail(email, MailTemplate::Verification, &id.0);
    let pending = PendingRegistration {
        id,
        username: Username::parse(name).unwrap(),
        email: address(email),
        password: password("chosen"),
        roles: vec![role("member")],
        created_at: START,
        expires_at: after(3600),
    };
    (pending, mail)
}
