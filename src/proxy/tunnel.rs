//! Bytes between a browser and the app, both ways, after a websocket was opened. A side that takes nothing stops the
//! other from being read: nothing piles up. While nothing moves, nothing runs and no buffer is held.

use std::{future::poll_fn, io, mem::MaybeUninit, pin::Pin, pin::pin, task::ready, time::Duration};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf};

use super::{
    frame::{self, Frames},
    open::{Ended, Ending, Held},
};

/// The most that is read at once.
const CHUNK: usize = 16 * 1024;
/// How long one side may go on after the other has ended, and how long a browser may take to hear why it was closed.
const LINGER: Duration = Duration::from_secs(5);

/// One side of a tunnel.
pub(super) type Side = TokioIo<Upgraded>;

/// The way to the browser, and how far it is within a frame.
struct Downward {
    to: WriteHalf<Side>,
    frames: Frames,
    /// Nothing is on its way of which only a part may have been taken.
    settled: bool,
}

/// How the way to the app ended.
enum Upward {
    /// The browser said nothing more.
    Silent,
    /// Its session is over.
    SignedOut,
}

/// Moves bytes until one side ends, or the session does.
pub(super) async fn run(browser: Side, app: Side, held: Held, ended: Ended) {
    let (mut from_browser, to_browser) = tokio::io::split(browser);
    let mut downward = Downward { to: to_browser, frames: Frames::default(), settled: true };
    if let Some(ending) = carry(&mut from_browser, &mut downward, app, &held, ended).await {
        let code = match ending {
            Ending::SignedOut => frame::SIGNED_OUT,
            Ending::Stopping => frame::GOING_AWAY,
        };
        // In the middle of a frame nothing can be said: the connection is cut.
        if downward.settled && downward.frames.between() {
            farewell(&mut from_browser, &mut downward.to, code).await;
        }
    }
}

/// Opens nothing: tells a browser why it is closed.
pub(super) async fn refuse(browser: Side) {
    let (mut from, mut to) = tokio::io::split(browser);
    farewell(&mut from, &mut to, frame::SIGNED_OUT).await;
}

/// Why it has to be closed, if not one of the sides ended it. The app's side is dropped in any case.
async fn carry(
    from_browser: &mut ReadHalf<Side>,
    downward: &mut Downward,
    app: Side,
    held: &Held,
    ended: Ended,
) -> Option<Ending> {
    let (from_app, to_app) = tokio::io::split(app);
    let mut down = pin!(descend(from_app, downward));
    let mut up = pin!(ascend(from_browser, to_app, held));
    tokio::select! {
        ending = ended => return Some(ending),
        _ = &mut down => {
            // The browser answers the close frame that it got.
            let _ = tokio::time::timeout(LINGER, up).await;
        }
        end = &mut up => match end {
            Ok(Upward::SignedOut) => return Some(Ending::SignedOut),
            Ok(Upward::Silent) | Err(_) => {
                let _ = tokio::time::timeout(LINGER, down).await;
            }
        },
    }
    None
}

async fn ascend(from: &mut ReadHalf<Side>, mut to: WriteHalf<Side>, held: &Held) -> io::Result<Upward> {
    let mut frames = Frames::default();
    loop {
        let part = read(from).await?;
        if part.is_empty() {
            to.shutdown().await?;
            return Ok(Upward::Silent);
        }
        if !held.lives().await {
            return Ok(Upward::SignedOut);
        }
        if frames.follow(&part) {
            held.note_activity();
        }
        to.write_all(&part).await?;
    }
}

async fn descend(mut from: ReadHalf<Side>, downward: &mut Downward) -> io::Result<()> {
    loop {
        let part = read(&mut from).await?;
        if part.is_empty() {
            return downward.to.shutdown().await;
        }
        downward.settled = false;
        downward.to.write_all(&part).await?;
        downward.frames.follow(&part);
        downward.settled = true;
    }
}

/// Says why, and waits for the browser to close: what it still sends is thrown away, as a connection that is closed
/// with bytes unread takes the last words with it.
async fn farewell(from: &mut ReadHalf<Side>, to: &mut WriteHalf<Side>, code: u16) {
    let said = async {
        to.write_all(&frame::close(code)).await?;
        to.shutdown().await?;
        while !read(from).await?.is_empty() {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(LINGER, said).await;
}

/// What is there to be read; empty at the end. The buffer is there only while something is.
async fn read(from: &mut ReadHalf<Side>) -> io::Result<Bytes> {
    poll_fn(|cx| {
        let mut space = [MaybeUninit::<u8>::uninit(); CHUNK];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *from).poll_read(cx, &mut buffer))?;
        Ok(Bytes::copy_from_slice(buffer.filled())).into()
    })
    .await
}
