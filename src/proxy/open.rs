//! What is open for whom: websockets, event streams, long downloads and uploads. It ends with its session.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use tokio::sync::oneshot;

use crate::{
    gate::{Gate, Verdict},
    session::SessionId,
};

/// Why something that is open has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Its session is over.
    SignedOut,
    /// The server stops.
    Stopping,
}

/// Everything that is open, by its handle in the gate.
#[derive(Debug)]
pub(super) struct Open {
    gate: Arc<Gate>,
    endings: Mutex<HashMap<String, oneshot::Sender<Ending>>>,
}

/// Something that is open. Forgotten when dropped.
#[derive(Debug)]
pub(super) struct Held {
    open: Arc<Open>,
    handle: String,
}

/// Completes when what is held has to end.
#[derive(Debug)]
pub(super) struct Ended(oneshot::Receiver<Ending>);

impl Open {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        Self { gate, endings: Mutex::default() }
    }

    /// Ends what is open for sessions that are over, for ever.
    pub(super) async fn watch(&self) {
        self.gate
            .watch(|handles| {
                for handle in handles {
                    self.end(&handle, Ending::SignedOut);
                }
            })
            .await;
    }

    /// The server stops: says so to everything.
    pub(super) fn stop(&self) {
        for (_, ending) in self.endings().drain() {
            // Whoever is gone already needs no telling.
            let _ = ending.send(Ending::Stopping);
        }
    }

    /// Holds what the gate knows under this handle.
    pub(super) fn hold(self: &Arc<Self>, handle: String) -> (Held, Ended) {
        let (sender, ended) = oneshot::channel();
        self.endings().insert(handle.clone(), sender);
        (Held { open: Arc::clone(self), handle }, Ended(ended))
    }

    /// Holds something that is no websocket.
    pub(super) fn hold_for(self: &Arc<Self>, session: &SessionId) -> (Held, Ended) {
        self.hold(self.gate.hold(session))
    }

    fn end(&self, handle: &str, ending: Ending) {
        if let Some(sender) = self.endings().remove(handle) {
            let _ = sender.send(ending);
        }
    }

    fn endings(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Ending>>> {
        self.endings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Whether its session lives: from the cache, or from storage where that can't say.
    pub(super) async fn lives(&self) -> bool {
        match self.open.gate.check(&self.handle) {
            Verdict::Pass => true,
            Verdict::Gone => false,
            Verdict::Unknown(_) => matches!(self.open.gate.recheck(&self.handle).await, Ok(true)),
        }
    }

    /// A person caused something.
    pub(super) fn note_activity(&self) {
        self.open.gate.note_activity(&self.handle);
    }
}

impl Future for Ended {
    type Output = Ending;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ending> {
        // The sender is gone without a word only where the gate is, too.
        Pin::new(&mut self.0).poll(cx).map(|ending| ending.unwrap_or(Ending::SignedOut))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.open.endings().remove(&self.handle);
        self.open.gate.close(&self.handle);
    }
}
