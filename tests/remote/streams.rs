//! The stream of changes, and who asks for too many.

use http_body_util::{BodyExt as _, Empty};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;

use crate::kit::{House, Process, until};

/// A stream that is open for as long as this lives.
struct Stream {
    status: u16,
    _body: Incoming,
    connection: tokio::task::JoinHandle<()>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

async fn open(house: &House, app: &Process) -> Stream {
    let stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(async move { drop(connection.await) });
    let request = house
        .request("GET", "/_gatehouse/app/changes")
        .header("authorization", format!("Bearer {}", app.key.expose()))
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let mut answer = sender.send_request(request).await.unwrap();
    assert!(answer.body_mut().frame().await.is_some(), "the first line, or why there is none");
    Stream { status: answer.status().as_u16(), _body: answer.into_body(), connection }
}

/// A process of an app, or whoever has its key, opens streams and keeps them, until the endpoint has no place for anybody.
#[tokio::test]
async fn streams_without_end() {
    let house = House::open().await;
    let (greedy, other) = (house.app("ledger").await, house.app("maps").await);
    let mut streams = Vec::new();
    let refused = loop {
        let stream = open(&house, &greedy).await;
        if stream.status != 200 || streams.len() > 100 {
            break stream;
        }
        streams.push(stream);
    };
    assert_eq!(refused.status, 429, "{} were opened", streams.len());
    // Its own process has one as well.
    assert!((60..=64).contains(&streams.len()), "{}", streams.len());
    assert_eq!(open(&house, &other).await.status, 200, "others have places of their own");
    assert!(other.lets_in(&other.sign_in("alice").await).await);
    streams.clear();
    until("there is a place again", async || open(&house, &greedy).await.status == 200).await;
}
