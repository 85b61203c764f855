//! How long a job that reads may go on: until its deadline, as long as somebody waits for it, and until it has read
//! more than it may.

use crate::error::{Result, StoreError};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// What a job and its caller share.
pub(crate) struct Lease {
    time: Option<Duration>,
    /// When the time is over; set when the job begins.
    until: OnceLock<Option<Instant>>,
    is_left: AtomicBool,
    left: Notify,
    /// How many bytes of records it may still read.
    rest: AtomicUsize,
    /// Whether the job was told to stop: what it answers then is not all there is.
    is_told: AtomicBool,
}

/// The caller's end: when it is dropped, nobody waits for the job any more.
pub(crate) struct Caller(Arc<Lease>);

impl Lease {
    /// A lease of some time, or for as long as somebody waits.
    pub fn new(time: Option<Duration>) -> (Arc<Lease>, Caller) {
        let lease = Arc::new(Lease {
            time,
            until: OnceLock::new(),
            is_left: AtomicBool::new(false),
            left: Notify::new(),
            rest: AtomicUsize::new(usize::MAX),
            is_told: AtomicBool::new(false),
        });
        (Arc::clone(&lease), Caller(lease))
    }

    /// When the time is over. It begins with the first call, which is when the job begins.
    fn until(&self) -> Option<Instant> {
        *self.until.get_or_init(|| self.time.and_then(|time| Instant::now().checked_add(time)))
    }

    /// Fails once the job has to stop.
    ///
    /// # Errors
    /// [`StoreError::Deadline`] past the deadline; [`StoreError::Abandoned`] if nobody waits any more.
    pub fn check(&self) -> Result<()> {
        let error = if self.is_left.load(Ordering::Acquire) {
            StoreError::Abandoned
        } else if self.until().is_some_and(|until| until <= Instant::now()) {
            StoreError::Deadline
        } else {
            return Ok(());
        };
        self.is_told.store(true, Ordering::Release);
        Err(error)
    }

    /// Bounds the bytes of records that the job may read from now on.
    pub fn at_most(&self, bytes: usize) {
        self.rest.store(bytes, Ordering::Relaxed);
    }

    /// Counts bytes of records that the job has read; they are not measured while it has no bound. Only the thread of the
    /// job calls this.
    ///
    /// # Errors
    /// [`StoreError::TooMuch`] if they are more than it may read.
    pub fn take(&self, bytes: impl FnOnce() -> usize) -> Result<()> {
        let rest = self.rest.load(Ordering::Relaxed);
        if rest < usize::MAX {
            let rest = rest.checked_sub(bytes()).ok_or(StoreError::TooMuch)?;
            self.rest.store(rest, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits until the job has to stop, and says why.
    pub async fn over(&self) -> StoreError {
        loop {
            // From here on it notices that the caller leaves.
            let left = self.left.notified();
            if let Err(error) = self.check() {
                return error;
            }
            match self.until() {
                // Either way the next check says which.
                Some(until) => drop(tokio::time::timeout_at(until.into(), left).await),
                None => left.await,
            }
        }
    }

    /// What came of the job: its answer, unless it was told to stop.
    ///
    /// # Errors
    /// Those of the job, and of [`Lease::check`].
    pub fn judge<T>(&self, answer: Result<T>) -> Result<T> {
        if self.is_told.load(Ordering::Acquire) { self.check().and(answer) } else { answer }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.is_left.store(true, Ordering::Release);
        self.0.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_stops_when_its_time_is_over() {
        let (lease, _caller) = Lease::new(Some(Duration::ZERO));
        assert_eq!(lease.judge(Ok(1)), Ok(1), "it had its answer before it was told");
        assert_eq!(lease.check(), Err(StoreError::Deadline));
        assert_eq!(lease.judge(Ok(1)), Err(StoreError::Deadline));
    }

    #[test]
    fn a_job_stops_when_nobody_waits_for_it() {
        let (lease, caller) = Lease::new(None);
        assert_eq!(lease.check(), Ok(()));
        drop(caller);
        assert_eq!(lease.check(), Err(StoreError::Abandoned));
    }

    #[test]
    fn a_job_reads_no_more_than_it_may() {
        let (lease, _caller) = Lease::new(None);
        assert_eq!(lease.take(|| 1 << 40), Ok(()));
        lease.at_most(10);
        assert_eq!(lease.take(|| 10), Ok(()));
        assert_eq!(lease.take(|| 1), Err(StoreError::TooMuch));
    }

    #[tokio::test]
    async fn its_end_can_be_waited_for() {
        let (lease, caller) = Lease::new(None);
        let shared = Arc::clone(&lease);
        let waiting = tokio::spawn(async move { shared.over().await });
        drop(caller);
        assert_eq!(waiting.await.unwrap(), StoreError::Abandoned);
        let (lease, _caller) = Lease::new(Some(Duration::ZERO));
        assert_eq!(lease.over().await, StoreError::Deadline);
    }
}
