//! A connection that is lost while a transaction ends, by a wire that is cut where the test says.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use gatehouse::{
    entropy::OsEntropy,
    storage::{
        AuditRecord, MetaRepository as _, StorageError,
        postgres::{DatabaseUrl, PostgresStorage},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::server::{self, Database};
use crate::kit::START;

/// Between a backend and the server. Once it sees the word that it waits for on the way to the server, it lets that
/// through, and nothing that the server answers.
struct Wire {
    port: u16,
    word: Arc<Mutex<Option<&'static str>>>,
}

impl Wire {
    async fn to(database: &Database) -> Self {
        let server = url::Url::parse(&database.url).unwrap().port().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let word = Arc::new(Mutex::new(None));
        let waited = Arc::clone(&word);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&waited)));
            }
        });
        Self { port, word }
    }

    fn cut_at(&self, word: &'static str) {
        *self.word.lock().unwrap() = Some(word);
    }

    fn was_cut(&self) -> bool {
        self.word.lock().unwrap().is_none()
    }
}

async fn carry(client: TcpStream, server: TcpStream, word: Arc<Mutex<Option<&'static str>>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let cut = AtomicBool::new(false);
    let asking = async {
        while let Some(bytes) = read(&mut from_client).await {
            let seen = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            if word.lock().unwrap().take_if(|word| seen(word)).is_some() {
                cut.store(true, Ordering::SeqCst);
            }
            write(&mut to_server, &bytes).await;
        }
    };
    let answering = async {
        while let Some(bytes) = read(&mut from_server).await {
            if cut.load(Ordering::SeqCst) {
                // The server did it, and nobody hears that.
                return;
            }
            write(&mut to_client, &bytes).await;
        }
    };
    // Whichever ends first takes the whole wire with it.
    tokio::select! {
        () = asking => (),
        () = answering => (),
    }
}

async fn read(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 65_536];
    let length = from.read(&mut bytes).await.ok().filter(|length| *length > 0)?;
    bytes.truncate(length);
    Some(bytes)
}

async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    // Whoever went away needs no answer.
    drop(to.write_all(bytes).await);
}

async fn through(wire: &Wire, database: &Database) -> PostgresStorage {
    let mut url = url::Url::parse(&database.url).unwrap();
    url.set_port(Some(wire.port)).unwrap();
    let url = DatabaseUrl::parse(&format!("{url}?sslmode=disable")).unwrap();
    PostgresStorage::open(&url, 1, Some(START), &OsEntropy).await.unwrap()
}

fn event(name: &str) -> AuditRecord {
    let (address, detail) = (String::new(), String::new());
    AuditRecord { at: START, event: name.into(), identity_id: None, session_id: None, address, detail }
}

/// The answer to the commit is lost. It happened, and doing it again would do it twice: the caller hears that nobody knows.
#[tokio::test]
async fn a_commit_that_nobody_answered_is_not_done_again() {
    let database = server::filled().await;
    let wire = Wire::to(&database).await;
    let storage = through(&wire, &database).await;
    wire.cut_at("COMMIT");
    let refused = storage.add_audit(event("once")).await.unwrap_err();
    assert!(wire.was_cut());
    assert!(matches!(refused, StorageError::Unavailable(_)), "{refused}");
    assert!(refused.to_string().contains("before the database acknowledged"), "{refused}");
    assert_eq!(storage.list_audit(9).await.unwrap().len(), 1, "it had happened");
}

/// Lost before the commit: nothing happened, so it is done again, and the caller hears of nothing.
#[tokio::test]
async fn a_transaction_that_was_lost_before_its_commit_is_done_again() {
    let database = server::filled().await;
    let wire = Wire::to(&database).await;
    let storage = through(&wire, &database).await;
    for word in ["BEGIN", "INSERT INTO audit"] {
        wire.cut_at(word);
        storage.add_audit(event(word)).await.unwrap();
        assert!(wire.was_cut(), "{word}");
    }
    assert_eq!(storage.list_audit(9).await.unwrap().len(), 2);
}
