//! Work that would keep a connection's thread for long: inflating and decoding of long bodies. As much of it at once
//! as there are cores; the rest waits.

use super::budget::PATIENCE;
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Why work was not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undone {
    /// Others kept the threads for too long.
    Busy,
    /// It panicked.
    Panicked,
}

/// Threads for work that takes long.
pub struct Work {
    turns: Arc<Semaphore>,
}

impl Work {
    /// As many threads as there are cores.
    pub fn new() -> Work {
        let cores = available_parallelism().map_or(1, usize::from);
        Work { turns: Arc::new(Semaphore::new(cores)) }
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
        let work = move || {
            let _turn = turn;
            work()
        };
        spawn_blocking(work).await.map_err(|_| Undone::Panicked)
    }
}
