//! Puts commits on disk beside the thread that writes.
//!
//! The writer commits without waiting for the disk. A thread of its own syncs the write-ahead log and
//! then answers the jobs that were committed before the sync began; meanwhile the writer runs the next
//! ones. Nobody is shown what is not on disk: those who read wait for the commits they may have seen.

use super::commit::Ran;
use super::file::{Watched, with_ending};
use super::open::Refusal;
use crate::error::{Result, StoreError};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use tokio::sync::watch;

/// Commits that the writer may be ahead of the disk.
const AHEAD: usize = 4;

/// How far commits are on disk.
pub(crate) struct Progress {
    begun: AtomicU64,
    synced: watch::Sender<u64>,
    failure: OnceLock<StoreError>,
}

impl Progress {
    pub fn new() -> Arc<Progress> {
        let (begun, synced, failure) = (AtomicU64::new(0), watch::Sender::new(0), OnceLock::new());
        Arc::new(Progress { begun, synced, failure })
    }

    /// Waits until every commit that has begun is on disk.
    ///
    /// # Errors
    /// The disk's, if it has failed.
    pub async fn settled(&self) -> Result<()> {
        let begun = self.begun.load(Ordering::SeqCst);
        let mut synced = self.synced.subscribe();
        let waited = synced.wait_for(|synced| *synced >= begun).await.map(|_| ());
        self.check()?;
        waited.map_err(|_| StoreError::Closed)
    }

    /// Waits until the disk has failed.
    pub async fn failed(&self) -> StoreError {
        let mut synced = self.synced.subscribe();
        loop {
            if let Some(error) = self.failure.get() {
                return error.clone();
            }
            if synced.changed().await.is_err() {
                return StoreError::Closed;
            }
        }
    }

    /// Fails once the disk has failed: what is in the database then is not known to last.
    pub fn check(&self) -> Result<()> {
        self.failure.get().map_or(Ok(()), |error| Err(error.clone()))
    }
}

/// The writer's end.
pub(crate) struct Durable {
    progress: Arc<Progress>,
    disk: Arc<Disk>,
    commits: SyncSender<(u64, Ran)>,
    thread: JoinHandle<()>,
}

/// What is synced, and looked at then.
struct Disk {
    log: File,
    watched: Option<Watched>,
}

impl Durable {
    /// Starts the thread for a database file that has a write-ahead log.
    pub fn start(file: &Path, progress: Arc<Progress>) -> std::result::Result<Durable, Refusal> {
        let log = with_ending(file, "-wal");
        let log = File::options().write(true).open(log).map_err(Refusal::System)?;
        let watched = Some(Watched::over(file).map_err(Refusal::System)?);
        Durable::over(log, watched, progress)
    }

    /// Starts the thread for a log, and for the file that is watched, if there is one.
    pub fn over(
        log: File,
        watched: Option<Watched>,
        progress: Arc<Progress>,
    ) -> std::result::Result<Durable, Refusal> {
        let disk = Arc::new(Disk { log, watched });
        let (commits, waiting) = sync_channel(AHEAD);
        let (own, shared) = (Arc::clone(&disk), Arc::clone(&progress));
        let thread = std::thread::Builder::new().name("store-sync".to_owned());
        let thread = thread.spawn(move || run(&own, &shared, &waiting)).map_err(Refusal::System)?;
        Ok(Durable { progress, disk, commits, thread })
    }

    /// Fails once the disk has failed.
    pub fn check(&self) -> Result<()> {
        self.progress.check()
    }

    /// Notes that a commit begins, which others may see from now on.
    pub fn begin(&self) {
        self.progress.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// Answers jobs once every commit that has begun is on disk: `here`, in this thread, if that is but
    /// the last one.
    pub fn answer(&self, ran: Ran, here: bool) {
        let (begun, synced) = (self.progress.begun.load(Ordering::SeqCst), *self.progress.synced.borrow());
        if here && begun == synced + 1 {
            sync(&self.disk, &self.progress, begun);
        } else if begun > synced {
            if let Err(error) = self.commits.send((begun, ran)) {
                finish(&self.progress, error.0.1);
            }
            return;
        }
        finish(&self.progress, ran);
    }

    /// Waits until all is answered.
    pub fn close(self) {
        drop(self.commits);
        // It does not panic.
        let _ = self.thread.join();
    }
}

fn run(disk: &Disk, progress: &Progress, waiting: &Receiver<(u64, Ran)>) {
    while let Ok(first) = waiting.recv() {
        let mut commits = vec![first];
        commits.extend(waiting.try_iter());
        let last = commits.iter().map(|(number, _)| *number).max().unwrap_or_default();
        sync(disk, progress, last);
        commits.into_iter().for_each(|(_, ran)| finish(progress, ran));
    }
}

fn sync(disk: &Disk, progress: &Progress, number: u64) {
    let synced = disk.log.sync_data();
    let synced = synced.map_err(|error| StoreError::Database(format!("the log is not on disk: {error}")));
    let done = synced.and_then(|()| disk.watched.as_ref().map_or(Ok(()), Watched::check));
    if let Err(error) = done {
        tracing::error!(%error, "nothing more is written");
        let _ = progress.failure.set(error);
    }
    progress.synced.send_replace(number);
}

fn finish(progress: &Progress, ran: Ran) {
    let failure = progress.check();
    ran.into_iter().for_each(|(job, outcome)| job.finish(outcome.and(failure.clone())));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::access::Access;
    use crate::sqlite::commit::{Call, Job};
    use crate::sqlite::schema::Schema;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use tokio::sync::oneshot;

    /// A job that has run, and its answer.
    fn ran() -> (Ran, oneshot::Receiver<Result<()>>) {
        let (caller, answer) = oneshot::channel();
        let mut job = Call::new(|_: &mut Access<'_>| Ok(()), caller);
        let (connection, schema) = (rusqlite::Connection::open_in_memory().unwrap(), Schema::of_contract());
        job.run(&mut Access::plain(&connection, &schema)).unwrap();
        (vec![(Box::new(job), Ok(()))], answer)
    }

    fn poll(future: impl Future<Output = Result<()>>) -> Poll<Result<()>> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_a_reader_may_have_seen_is_waited_for() {
        for here in [true, false] {
            let progress = Progress::new();
            let durable = Durable::over(tempfile::tempfile().unwrap(), None, Arc::clone(&progress)).unwrap();
            assert_eq!(poll(progress.settled()), Poll::Ready(Ok(())));
            durable.begin();
            assert_eq!(poll(progress.settled()), Poll::Pending);
            let (ran, answer) = ran();
            durable.answer(ran, here);
            assert_eq!(answer.blocking_recv().unwrap(), Ok(()));
            assert_eq!(poll(progress.settled()), Poll::Ready(Ok(())));
            durable.close();
        }
    }

    #[test]
    fn a_disk_that_fails_fails_all_calls_from_then_on() {
        for here in [true, false] {
            let progress = Progress::new();
            // A device that cannot be synced.
            let device = File::open("/dev/null").unwrap();
            let durable = Durable::over(device, None, Arc::clone(&progress)).unwrap();
            let (ran, answer) = ran();
            durable.begin();
            durable.answer(ran, here);
            assert!(matches!(answer.blocking_recv().unwrap(), Err(StoreError::Database(_))));
            assert!(durable.check().is_err());
            assert!(matches!(
                pin!(progress.failed()).poll(&mut Context::from_waker(Waker::noop())),
                Poll::Ready(_)
            ));
            assert!(matches!(poll(progress.settled()), Poll::Ready(Err(StoreError::Database(_)))));
            durable.close();
        }
    }
}
