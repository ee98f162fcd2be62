//! Bodies on their way through: never gathered, moved as fast as the slower side takes them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Full, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming, SizeHint};

use super::open::{Ended, Ending, Held};

pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;
/// A body in either direction.
pub(super) type Body = UnsyncBoxBody<Bytes, Error>;

/// What is longer, or as long as it likes, ends with its session; the rest is over before anything could end it.
const SHORT: u64 = 64 * 1024;

pub(super) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

pub(super) fn whole(bytes: Full<Bytes>) -> Body {
    bytes.map_err(|never| match never {}).boxed_unsync()
}

pub(super) fn streamed(body: Incoming) -> Body {
    if hyper::body::Body::is_end_stream(&body) { empty() } else { body.map_err(Into::into).boxed_unsync() }
}

/// Whether the body may still be moving when its session ends.
pub(super) fn is_long(body: &Body) -> bool {
    hyper::body::Body::size_hint(body).upper().is_none_or(|size| size > SHORT)
}

/// A body that is cut when its session ends. One that `stops` also ends, in good order, when the server does.
pub(super) fn held(inner: Body, held: (Held, Ended), stops: bool) -> Body {
    Kept { inner, held: Some(held), stops }.boxed_unsync()
}

struct Kept {
    inner: Body,
    held: Option<(Held, Ended)>,
    stops: bool,
}

impl hyper::body::Body for Kept {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some((_, ended)) = &mut self.held
            && let Poll::Ready(ending) = Pin::new(ended).poll(cx)
        {
            self.held = None;
            if ending == Ending::SignedOut {
                return Poll::Ready(Some(Err("the session has ended".into())));
            }
            if self.stops {
                return Poll::Ready(None);
            }
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if frame.is_none() {
            self.held = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
