//! The stream of changes, followed for ever.

use std::{sync::Arc, time::Duration};

use bytes::{Buf as _, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::{RemoteEndpoint, SILENCE, client::Failure};
use crate::peer::{Line, blind};

/// How long to wait before the stream is opened anew.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest line.
const LINE_MAX: usize = 64 * 1024;

pub(super) async fn follow(remote: Arc<RemoteEndpoint>) {
    let mut broken = false;
    loop {
        let end = match remote.client.open("changes").await {
            Ok(stream) => {
                if broken {
                    tracing::info!(endpoint = remote.client.origin(), "the endpoint is back");
                }
                broken = false;
                listen(&remote, stream).await
            }
            Err(failure) => failure,
        };
        if !broken {
            tracing::warn!(%end, "changes are not heard of: what is known is believed for a second, and then nobody is let in");
        }
        broken = true;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Listens until the stream ends, and says why it did.
async fn listen(remote: &RemoteEndpoint, mut stream: Incoming) -> Failure {
    // Nothing was heard between the streams.
    remote.sessions.start_over();
    let mut pace = Pace::default();
    let mut waiting = BytesMut::new();
    loop {
        let frame = match tokio::time::timeout(SILENCE, stream.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => return remote.client.wrong(&error),
            Ok(None) => return remote.client.wrong(&"the end of the stream of changes"),
            Err(_) => return remote.client.wrong(&"nothing on the stream of changes"),
        };
        let Ok(bytes) = frame.into_data() else { continue };
        waiting.extend_from_slice(&bytes);
        while let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
            let line = waiting.split_to(end);
            waiting.advance(1);
            match serde_json::from_slice(&line) {
                Ok(line) => remote.hear(line, &mut pace),
                // Of a later release: whatever it says, looking again at everything is right.
                Err(_) => remote.sessions.start_over(),
            }
        }
        if waiting.len() > LINE_MAX {
            return remote.client.wrong(&"a line without an end");
        }
    }
}

/// How far beats lag behind: a way that holds them back makes them older than they seem.
#[derive(Debug, Default)]
struct Pace {
    begun: Option<Instant>,
    /// The least milliseconds between a beat's own time and its arrival.
    least: i64,
}

impl Pace {
    /// How many milliseconds later a beat arrived than the fastest one did.
    fn lag(&mut self, at: u64) -> u64 {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let Some(begun) = self.begun else {
            (self.begun, self.least) = (Some(Instant::now()), at.saturating_neg());
            return 0;
        };
        let passed = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX).saturating_sub(at);
        self.least = self.least.min(passed);
        u64::try_from(passed.saturating_sub(self.least)).unwrap_or(0)
    }
}

impl RemoteEndpoint {
    fn hear(&self, line: Line, pace: &mut Pace) {
        match line {
            Line::Hello { config } => self.set_config(*config),
            Line::Session(id) => self.sessions.ended(&id),
            Line::Identity(name) => self.sessions.changed_where(|id| blind(id) == name),
            Line::Everything => self.sessions.start_over(),
            Line::Beat { at, silence, now } => {
                let lag = pace.lag(at);
                if lag == 0 {
                    self.clock.told(now);
                }
                let tick = self.sessions.tick().saturating_sub(lag.saturating_add(silence));
                self.sessions.heard(tick.max(1));
            }
        }
    }
}
