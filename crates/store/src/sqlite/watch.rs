//! Interrupts what a connection does for a job that has to stop.

use super::pool::lock;
use crate::error::{Result, attempt};
use crate::lease::Lease;
use rusqlite::Connection;
use std::sync::{Arc, Mutex};

/// Steps of SQLite's machine between two looks at the lease: some tens of microseconds.
const STEPS: i32 = 4_000;

/// The lease of the job that a connection is running.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Option<Arc<Lease>>>>);

impl Watch {
    /// Has a connection look at the lease while it runs statements.
    pub fn over(connection: &mut Connection) -> rusqlite::Result<Watch> {
        let watch = Watch::default();
        let seen = watch.clone();
        let is_over = move || lock(&seen.0).as_ref().is_some_and(|lease| lease.check().is_err());
        connection.progress_handler(STEPS, Some(is_over))?;
        Ok(watch)
    }

    /// Runs a job under a lease. What ends the job's transaction comes after it, and is not interrupted.
    pub fn run<T>(&self, lease: &Arc<Lease>, job: impl FnOnce() -> Result<T>) -> Result<T> {
        *lock(&self.0) = Some(Arc::clone(lease));
        let answer = lease.check().and_then(|()| attempt(job));
        *lock(&self.0) = None;
        lease.judge(answer)
    }
}
