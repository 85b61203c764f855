//! Notices connections on which nothing moves any more.
//!
//! hyper times out a slow head, and [`super::body`] a slow body. What is left are clients that connect
//! and say nothing, that stop reading an answer, or that keep an HTTP/2 connection open for nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

/// When bytes last moved on a connection, and how many of its requests are being worked on.
pub struct Progress {
    start: Instant,
    moved: AtomicU64,
    working: AtomicUsize,
    heard: AtomicBool,
}

impl Progress {
    /// A connection that has just been made.
    pub fn new() -> Arc<Progress> {
        Arc::new(Progress {
            start: Instant::now(),
            moved: AtomicU64::new(0),
            working: AtomicUsize::new(0),
            heard: AtomicBool::new(false),
        })
    }

    /// True if the client has sent something since its last answer was made: a connection that falls
    /// silent then is not merely idle.
    pub fn heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    fn move_on(&self) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(elapsed, Ordering::Relaxed);
    }

    /// Says that a request is being worked on, until the answer is there.
    pub fn work(self: &Arc<Progress>) -> Working {
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(Arc::clone(self))
    }

    /// Comes back when nothing has moved for `limit` and no request is being worked on.
    pub async fn stalled(&self, limit: Duration) {
        loop {
            let deadline = self.start + Duration::from_millis(self.moved.load(Ordering::Relaxed)) + limit;
            if Instant::now() < deadline {
                sleep_until(deadline).await;
            } else if self.working.load(Ordering::Relaxed) > 0 {
                self.move_on();
            } else {
                return;
            }
        }
    }
}

/// A request that is being worked on.
pub struct Working(Arc<Progress>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.move_on();
        self.0.heard.store(false, Ordering::Relaxed);
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection whose progress is noted.
pub struct Watched<T> {
    inner: T,
    progress: Arc<Progress>,
}

impl<T> Watched<T> {
    /// Notes the progress of a connection.
    pub fn new(inner: T, progress: Arc<Progress>) -> Watched<T> {
        Watched { inner, progress }
    }

    fn note<R>(&self, poll: Poll<R>) -> Poll<R> {
        if poll.is_ready() {
            self.progress.move_on();
        }
        poll
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.progress.heard.store(true, Ordering::Relaxed);
        }
        self.note(poll)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.note(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.note(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
