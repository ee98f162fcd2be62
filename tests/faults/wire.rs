//! A wire between a replica and the database that can be cut, stalled, made to lose what it carries, or notices alone.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::Runtime,
    sync::watch,
};

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It carries everything.
    Carry,
    /// It carries everything but notices from the server.
    Deafen,
    /// Nothing moves, and nobody is told.
    Stall,
    /// Everything is lost, and nobody is told.
    Lose,
    /// Every connection ends, and every new one.
    Cut,
}

pub(crate) struct Wire {
    pub(crate) port: u16,
    mode: watch::Sender<Mode>,
    _runtime: Runtime,
}

impl Wire {
    pub(crate) fn to(port: u16) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let own = listener.local_addr().unwrap().port();
        let (mode, seen) = watch::channel(Mode::Carry);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, ([127, 0, 0, 1], port).into(), seen.clone()));
            }
        });
        Self { port: own, mode, _runtime: runtime }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn carry(client: TcpStream, to: SocketAddr, mode: watch::Receiver<Mode>) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // When one direction ends, so does the other.
    tokio::select! {
        () = pump(from_client, to_server, mode.clone(), false) => {}
        () = pump(from_server, to_client, mode, true) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<Mode>,
    answers: bool,
) {
    let (mut buffer, mut frames) = (vec![0; 16 * 1024], Frames::default());
    let mut lost = false;
    loop {
        let now = *mode.borrow_and_update();
        if now == Mode::Cut || (lost && now != Mode::Lose) {
            return;
        }
        let read = tokio::select! {
            changed = mode.changed() => {
                if changed.is_err() {
                    return;
                }
                continue;
            }
            read = from.read(&mut buffer), if now != Mode::Stall => read,
        };
        let Ok(length @ 1..) = read else { return };
        let bytes = buffer.get(..length).unwrap();
        let carried = match (now, answers) {
            (Mode::Lose, _) => {
                lost = true;
                continue;
            }
            (mode, true) => frames.take(bytes, mode == Mode::Deafen),
            (_, false) => bytes.to_vec(),
        };
        if to.write_all(&carried).await.is_err() {
            return;
        }
    }
}

/// The messages of a server: a letter, a length that counts itself, and the rest. A notice is an `A`.
#[derive(Default)]
struct Frames {
    waiting: Vec<u8>,
}

impl Frames {
    /// The whole messages that came, without notices where those are not wanted.
    fn take(&mut self, bytes: &[u8], deaf: bool) -> Vec<u8> {
        self.waiting.extend_from_slice(bytes);
        let mut carried = Vec::new();
        while let Some(head) = self.waiting.get(1..5) {
            let length = usize::try_from(u32::from_be_bytes(head.try_into().unwrap())).unwrap() + 1;
            if self.waiting.len() < length {
                break;
            }
            let message: Vec<u8> = self.waiting.drain(..length).collect();
            if !(deaf && message.first() == Some(&b'A')) {
                carried.extend(message);
            }
        }
        carried
    }
}
