//! Work that would keep a connection's thread for long: inflating and decoding of long bodies, and writing of long
//! answers. As much of it at once as there are cores, 8 at most; the rest waits.

use super::budget::PATIENCE;
use crate::environment::cores;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Why work was not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undone {
    /// Others kept the threads for too long.
    Busy,
    /// It panicked.
    Panicked,
}

/// A thread that has had no work for so long ends.
const IDLE: Duration = Duration::from_secs(3);

/// Each thread keeps some memory of its own.
const MOST: usize = 8;

/// Threads for work that takes long, and for nothing else. What a thread has allocated and others have freed stays with it
/// until it allocates again; spread over the many threads of the runtime that may block, that was 100 MiB.
pub struct Work {
    turns: Arc<Semaphore>,
    /// There until it is dropped.
    threads: Option<Runtime>,
}

impl Work {
    /// As many threads as there are cores, [`MOST`] at most.
    ///
    /// # Errors
    /// The system has no more of what a thread pool takes.
    pub fn new() -> io::Result<Work> {
        let count = cores().min(MOST);
        let mut threads = Builder::new_current_thread();
        threads.max_blocking_threads(count).thread_keep_alive(IDLE).thread_name("work");
        Ok(Work { turns: Arc::new(Semaphore::new(count)), threads: Some(threads.build()?) })
    }

    /// Does work of a call as [`Work::run`]; none if others kept the threads for too long. A panic in it is one in the
    /// call, whose task ends.
    pub async fn run_for_call<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        match self.run(work).await {
            Ok(done) => Some(done),
            Err(Undone::Busy) => None,
            Err(Undone::Panicked) => std::panic::resume_unwind(Box::new("work of a call panicked")),
        }
    }

    /// Does it when its turn comes.
    ///
    /// # Errors
    /// See [`Undone`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        // The semaphore is never closed.
        let Ok(Ok(turn)) = turn else { return Err(Undone::Busy) };
        let Some(threads) = &self.threads else { return Err(Undone::Busy) };
        let work = move || {
            let _turn = turn;
            work()
        };
        threads.spawn_blocking(work).await.map_err(|_| Undone::Panicked)
    }
}

impl Drop for Work {
    /// Waits for nobody, since it is dropped by a thread that serves.
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}
