//! Whether the client of a call is still there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Whether the client of a call has gone away: told by who talks to the client, asked by who works for it.
/// Clones are about the same client.
#[derive(Debug, Clone, Default)]
pub struct Gone {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    gone: AtomicBool,
    left: Notify,
}

impl Gone {
    /// A client that is there.
    pub fn new() -> Gone {
        Gone::default()
    }

    /// The client has gone away, for good.
    pub fn leave(&self) {
        self.inner.gone.store(true, Ordering::Release);
        self.inner.left.notify_waiters();
    }

    /// Whether it has.
    pub fn is_gone(&self) -> bool {
        self.inner.gone.load(Ordering::Acquire)
    }

    /// Waits until it has.
    pub async fn left(&self) {
        let left = self.inner.left.notified();
        tokio::pin!(left);
        // Listening comes first, so that a client that leaves meanwhile is noticed.
        left.as_mut().enable();
        if !self.is_gone() {
            left.await;
        }
    }

    /// Does the work while the client is there; none once it has gone, and the work is dropped.
    pub async fn unless_left<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.left() => None,
            done = work => Some(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_it_is_told_before_and_after() {
        let gone = Gone::new();
        let waiting = tokio::spawn({
            let gone = gone.clone();
            async move { gone.left().await }
        });
        tokio::task::yield_now().await;
        assert!(!gone.is_gone());
        gone.leave();
        waiting.await.unwrap();
        gone.left().await;
        assert!(gone.is_gone());
    }
}
