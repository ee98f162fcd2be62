//! `GET /_gatehouse/app/changes`: what ended of an app's sessions, pushed line by line for as long as the app listens.
//!
//! A beat says that everything was told; it is left out while the endpoint does not know. The stream ends with the key
//! that it was opened with. A process of an app needs one; an app has a bounded number at a time.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{
        HeaderValue, Method, Request, Response, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
};
use gatehouse_protocol::{ErrorCode, Problem};
use hyper::body::{Body, Frame};
use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        broadcast::{self, error::TryRecvError},
        mpsc, watch,
    },
    time::Instant,
};

use super::{apps, headers, responder::Responder};
use crate::{
    endpoint::{Ended, Endpoint},
    peer::{Line, blind},
    session::{AppName, Secret},
    storage::App,
};

/// How often an app is told that it knows everything.
const BEAT: Duration = Duration::from_millis(200);
/// How long an app is told of endings whose key was taken away: until those that go with it are heard of.
const LAST_WORDS: Duration = Duration::from_millis(600);
/// How many lines wait for an app that does not read; one that lags more is cut off.
const BACKLOG: usize = 256;
/// How many streams one app has at a time: one for each of its processes, and those that are not known to be gone yet.
const STREAMS_MAX: usize = 64;
/// The seconds after which one more may be opened.
const RETRY: u32 = 1;

/// The streams that each app may still open, so that one app can't keep the others from theirs.
#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<HashMap<AppName, Arc<Semaphore>>>);

impl Streams {
    fn take(&self, app: &AppName) -> Option<OwnedSemaphorePermit> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let places = all.entry(app.clone()).or_insert_with(|| Arc::new(Semaphore::new(STREAMS_MAX)));
        Arc::clone(places).try_acquire_owned().ok()
    }
}

/// The lines, as they come.
#[derive(Debug)]
pub struct Lines(mpsc::Receiver<Bytes>);

impl Body for Lines {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}

impl Responder {
    /// Opens the stream, where this is what is asked for and the key is right.
    pub(super) async fn open_changes<B>(&self, request: &Request<B>) -> Option<Response<Lines>> {
        let here = self.app()?;
        let path = request.uri().path().strip_prefix(apps::OWN)?;
        if !apps::is_own(request) || path != "changes" || *request.method() != Method::GET {
            return None;
        }
        let key = apps::key(&self.shell().surface, request.headers())?;
        let app = here.endpoint.app_by_key(&key).await.ok().flatten()?;
        let (sender, lines) = mpsc::channel(BACKLOG);
        let Some(place) = here.streams.take(&app.name) else {
            tracing::warn!(
                app = app.name.as_str(),
                most = STREAMS_MAX,
                "an app has too many streams of changes"
            );
            return Some(refused(&sender, lines));
        };
        let teller = Teller { endpoint: Arc::clone(&here.endpoint), app, key, sender, _place: place };
        tokio::spawn(teller.tell(here.stopping()));
        let mut response = Response::new(Lines(lines));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        headers::secure(response.headers_mut(), None);
        Some(response)
    }
}

/// The answer to one stream too many.
fn refused(sender: &mpsc::Sender<Bytes>, lines: mpsc::Receiver<Bytes>) -> Response<Lines> {
    let problem = Problem::new(ErrorCode::TooManyAttempts).retry_after(RETRY);
    let text = serde_json::to_vec(&problem).unwrap_or_default();
    let _ = sender.try_send(Bytes::from(text));
    let mut response = Response::new(Lines(lines));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(RETRY_AFTER, RETRY.into());
    headers::secure(headers, None);
    response
}

/// Tells one app.
struct Teller {
    endpoint: Arc<Endpoint>,
    app: Arc<App>,
    key: Secret,
    sender: mpsc::Sender<Bytes>,
    /// Given back when the stream ends.
    _place: OwnedSemaphorePermit,
}

impl Teller {
    async fn tell(self, mut stopping: watch::Receiver<bool>) {
        let mut events = self.endpoint.subscribe();
        let begun = Instant::now();
        let config = Box::new(self.endpoint.client_config_for(Some(&self.app)));
        if !self.say(&Line::Hello { config }) {
            return;
        }
        let mut beat = tokio::time::interval(BEAT);
        let mut lost: Option<Instant> = None;
        loop {
            let goes_on = tokio::select! {
                biased;
                _ = stopping.changed() => false,
                event = events.recv() => match event {
                    Ok(ended) => self.pass_on(ended),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.say(&Line::Everything),
                    Err(broadcast::error::RecvError::Closed) => false,
                },
                _ = beat.tick() => match self.endpoint.app_by_key(&self.key).await {
                    Ok(Some(app)) if app == self.app => self.beat(&mut events, begun),
                    // The key was taken away, or the app is another by now. What ended with it is told still.
                    Ok(_) => lost.get_or_insert_with(Instant::now).elapsed() < LAST_WORDS,
                    // Whoever hears no beat believes nothing after a second.
                    Err(_) => !self.sender.is_closed(),
                },
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Says that everything was told, if it was.
    fn beat(&self, events: &mut broadcast::Receiver<Ended>, begun: Instant) -> bool {
        let Some(silence) = self.endpoint.sessions().silence().filter(|_| self.endpoint.sessions().trusted())
        else {
            return !self.sender.is_closed();
        };
        // What was heard until then is among the events by now, and goes first.
        loop {
            match events.try_recv() {
                Ok(ended) => {
                    if !self.pass_on(ended) {
                        return false;
                    }
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Lagged(_)) => {
                    if !self.say(&Line::Everything) {
                        return false;
                    }
                }
                Err(TryRecvError::Closed) => return false,
            }
        }
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let (at, silence) = (millis(begun.elapsed()), millis(silence));
        self.say(&Line::Beat { at, silence, now: self.endpoint.now() })
    }

    fn pass_on(&self, ended: Ended) -> bool {
        match ended {
            Ended::Session(id) if self.app.name.began(&id) => self.say(&Line::Session(id)),
            Ended::Session(_) => true,
            Ended::Identity(id) => self.say(&Line::Identity(blind(&id))),
            Ended::Everything => self.say(&Line::Everything),
        }
    }

    fn say(&self, line: &Line) -> bool {
        let Ok(mut text) = serde_json::to_vec(line) else { return false };
        text.push(b'\n');
        self.sender.try_send(Bytes::from(text)).is_ok()
    }
}
