//! Three replicas of `gatehouse serve` on one database, each in a folder of its own, and a person's browser.

use std::{
    cell::Cell,
    net::{Ipv4Addr, SocketAddr},
};

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::net::TcpListener;

use crate::{
    kit::Place,
    postgres::Database,
    server::Server,
    socket::{Socket, frame, read_frame},
};

pub(crate) const PASSWORD: &str = "seven quiet herons";
/// How long anything of an ended session may stay open: a second, and what a busy machine takes.
pub(crate) const SOON: std::time::Duration = std::time::Duration::from_secs(3);

/// The key of every replica.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// The replicas, and whose turn it is.
pub(crate) struct House {
    pub(crate) replicas: Vec<Server>,
    turn: Cell<usize>,
    places: Vec<Place>,
    pub(crate) database: Database,
}

impl House {
    /// Replicas that answer alone.
    pub(crate) async fn open(more: &str) -> Self {
        Self::build(more, Server::start).await
    }

    /// Replicas in front of an app with a websocket.
    pub(crate) async fn in_front() -> Self {
        let app = echo().await;
        Self::build("assets = \".\"\n", |place| {
            for page in ["index.html", "account.html"] {
                std::fs::write(place.path().join(page), "<div data-endpoint=\".\"></div>").unwrap();
            }
            Server::start_before(place, &format!("http://{app}"))
        })
        .await
    }

    async fn build(more: &str, start: impl Fn(&Place) -> Server) -> Self {
        let database = Database::make().await;
        let places: Vec<_> = (0..3).map(|_| place(database.url(), KEY, more)).collect();
        let replicas = places.iter().map(start).collect();
        Self { replicas, turn: Cell::new(0), places, database }
    }

    /// Another machine: the command line there.
    pub(crate) fn operator(&self) -> &Place {
        &self.places[0]
    }

    /// A command that must be done.
    pub(crate) fn command(&self, arguments: &[&str]) {
        let output = self.operator().run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", crate::kit::errors(&output));
    }

    pub(crate) fn add(&self, name: &str, more: &[&str]) {
        let mut arguments = vec!["--no-must-change"];
        arguments.extend(more);
        let output = self.operator().add(name, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", crate::kit::errors(&output));
    }

    /// Whoever is next.
    pub(crate) fn next(&self) -> &Server {
        let turn = self.turn.get();
        self.turn.set(turn + 1);
        &self.replicas[turn % self.replicas.len()]
    }

    /// A connection beside the replicas.
    pub(crate) async fn look(&self) -> PgConnection {
        PgConnection::connect(self.database.url()).await.unwrap()
    }

    pub(crate) fn login(&self, name: &str, password: &str) -> String {
        self.next().post("/_gatehouse/login", "", &step(name, password))
    }

    /// Somebody's session, as a header line.
    pub(crate) fn sign_in(&self, name: &str) -> String {
        session_of(&self.login(name, PASSWORD))
    }

    /// At every replica.
    pub(crate) fn is_signed_in(&self, session: &str) -> Vec<bool> {
        let asked = self.replicas.iter().map(|replica| replica.get_with("/_gatehouse/session", session));
        asked
            .map(|answer| {
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                answer.contains("signed_in")
            })
            .collect()
    }

    /// A websocket to the app through each replica, open and in use.
    pub(crate) async fn sockets(&self, session: &str) -> Vec<Socket> {
        let mut sockets = Vec::new();
        for replica in &self.replicas {
            let (address, port) = (SocketAddr::from((Ipv4Addr::LOCALHOST, replica.port())), replica.port());
            let lines = format!("Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n{session}");
            let mut socket =
                Socket::open(address, "/echo", &lines).await.unwrap_or_else(|answer| panic!("{answer}"));
            socket.echo(b"here").await;
            sockets.push(socket);
        }
        sockets
    }
}

/// Every one of them is closed as an ended session's.
pub(crate) async fn closed(sockets: Vec<Socket>) {
    for mut socket in sockets {
        let closing = tokio::time::timeout(SOON, socket.expect_close(4401)).await;
        closing.expect("it stays open");
    }
}

/// A folder with the settings of a replica.
pub(crate) fn place(url: &str, key: &str, more: &str) -> Place {
    let place = Place::empty();
    place.set(&format!("database = \"{url}\"\nkey = \"{key}\"\n{more}"));
    place
}

pub(crate) fn step(name: &str, password: &str) -> Value {
    json!({"step": "password", "identifier": name, "password": password, "keep": false, "challenge": null})
}

/// The session cookie of an answer, as a header line.
pub(crate) fn session_of(answer: &str) -> String {
    let cookie = answer
        .split("set-cookie: ")
        .find(|rest| !rest.starts_with("gatehouse-device-") && rest.starts_with("gatehouse-"));
    format!("Cookie: {}\r\n", cookie.unwrap_or_else(|| panic!("{answer}")).split(';').next().unwrap())
}

/// An app that sends back what comes on a websocket.
async fn echo() -> SocketAddr {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
                stream.write_all(answer.as_bytes()).await?;
                while let Some((opcode, payload)) = read_frame(&mut stream).await {
                    stream.write_all(&frame(opcode, &payload, None)).await?;
                }
                Ok::<_, std::io::Error>(())
            });
        }
    });
    address
}
