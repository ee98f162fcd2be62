//! Websockets and the sessions they belong to.
//!
//! A websocket gets a handle that nobody can guess. Its session is the one whose cookie came with the handshake, or
//! the one of a ticket redeemed on it. When both are there and differ, neither is believed.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{session::SessionId, telemetry::metrics};

/// How many handles plain mode remembers: Streamlit does not say when one of its sessions is gone.
const PLAIN_MAX: usize = 4096;

/// Who opened the handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The gate, which closes the websocket when its session ends.
    Gate,
    /// Plain `streamlit run`, where the handle is Streamlit's own session id and nobody closes anything.
    Plain,
}

/// How a session stands, as far as can be said without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is alive.
    Live,
    /// It has ended.
    Gone,
    /// Storage has to be asked.
    Unknown,
}

/// What becomes of a message on a websocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may reach the app.
    Pass,
    /// The session has ended: close.
    Gone,
    /// Storage has to be asked about this session.
    Unknown(SessionId),
}

/// What came of binding a session to a websocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// It is bound.
    Bound,
    /// Another session was bound already: both have to end, and the websocket is closed.
    Conflict(SessionId),
    /// There is no such websocket.
    NoSocket,
}

/// The open websockets.
#[derive(Debug, Default)]
pub struct Sockets {
    open: RwLock<HashMap<String, Socket>>,
    count: AtomicU64,
}

#[derive(Debug)]
struct Socket {
    kind: Kind,
    session: Option<SessionId>,
    dropped: bool,
    opened: u64,
}

impl Sockets {
    /// Remembers a websocket under `handle`, with the session whose cookie came with the handshake.
    pub fn open(&self, handle: &str, kind: Kind, session: Option<SessionId>) {
        let mut open = self.write();
        if kind == Kind::Plain && open.len() >= PLAIN_MAX {
            let oldest = open.iter().filter(|(_, s)| s.kind == Kind::Plain).min_by_key(|(_, s)| s.opened);
            if let Some(oldest) = oldest.map(|(handle, _)| handle.clone()) {
                open.remove(&oldest);
            }
        }
        let opened = self.count.fetch_add(1, Ordering::Relaxed);
        open.insert(handle.to_owned(), Socket { kind, session, dropped: false, opened });
        show(open.len());
    }

    /// Forgets a websocket.
    pub fn close(&self, handle: &str) {
        let mut open = self.write();
        open.remove(handle);
        show(open.len());
    }

    /// Is there such a websocket?
    pub fn knows(&self, handle: &str) -> bool {
        self.read().contains_key(handle)
    }

    /// The session that the websocket belongs to; none when it is anonymous, dropped or unknown.
    pub fn session(&self, handle: &str) -> Option<SessionId> {
        self.read().get(handle).filter(|s| !s.dropped).and_then(|s| s.session.clone())
    }

    /// Binds the session of a redeemed ticket. `previous_lives` says whether what was bound before is still alive: in
    /// plain mode a dead one may be followed by another, while the gate has closed such a websocket.
    pub fn bind(&self, handle: &str, session: &SessionId, previous_lives: bool) -> Binding {
        let mut open = self.write();
        let Some(socket) = open.get_mut(handle).filter(|s| !s.dropped) else { return Binding::NoSocket };
        match socket.session.replace(session.clone()) {
            Some(before) if before != *session && (socket.kind == Kind::Gate || previous_lives) => {
                socket.dropped = true;
                Binding::Conflict(before)
            }
            _ => Binding::Bound,
        }
    }

    /// Judges a message that came in on the websocket.
    pub fn check(&self, handle: &str, standing: impl FnOnce(&SessionId) -> Standing) -> Verdict {
        let open = self.read();
        let Some(socket) = open.get(handle).filter(|s| !s.dropped) else { return Verdict::Gone };
        let Some(session) = &socket.session else { return Verdict::Pass };
        match standing(session) {
            Standing::Live => Verdict::Pass,
            Standing::Gone => Verdict::Gone,
            Standing::Unknown => Verdict::Unknown(session.clone()),
        }
    }

    /// The gate's websockets that belong to a session, with it; dropped ones have none.
    pub fn bound(&self) -> Vec<(String, Option<SessionId>)> {
        let gate = |s: &&Socket| s.kind == Kind::Gate && (s.dropped || s.session.is_some());
        let open = self.read();
        let bound = open.iter().filter(|(_, s)| gate(s));
        bound.map(|(handle, s)| (handle.clone(), s.session.clone().filter(|_| !s.dropped))).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Socket>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Socket>> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a level is read by people")]
fn show(open: usize) {
    metrics::SOCKETS.show(&[], open as f64);
}

#[cfg(test)]
mod tests;
