//! The connections that read.

use super::open::{Refusal, Role, connect, keep};
use super::watch::Watch;
use crate::error::{Result, StoreError};
use crate::lease::Lease;
use crate::store::Reading;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// How many jobs read at once.
pub(crate) const READERS: usize = 4;

/// How many of them may be others than look-ups: one connection is left free for those.
const GENERAL: usize = READERS - 1;

/// The connections that read, or the one that does everything where the database is in memory:
/// a memory database belongs to one connection, and those that can be shared lock whole tables.
pub(crate) struct Pool {
    connections: Connections,
    permits: Arc<Semaphore>,
    general: Arc<Semaphore>,
}

enum Connections {
    Own(Mutex<Vec<Seat<Connection>>>),
    Writers(Seat<Arc<Mutex<Connection>>>),
}

/// A connection and what watches it.
pub(crate) struct Seat<C> {
    pub connection: C,
    pub watch: Watch,
}

impl Seat<Connection> {
    fn open(file: &Path, pages: usize) -> std::result::Result<Seat<Connection>, Refusal> {
        let mut connection = connect(Some(file), Role::Reader)?;
        keep(&connection, pages)?;
        let watch = Watch::over(&mut connection)?;
        Ok(Seat { connection, watch })
    }

    fn borrowed(&self) -> Seat<&Connection> {
        Seat { connection: &self.connection, watch: self.watch.clone() }
    }
}

impl Pool {
    /// Read connections to a file, each of which keeps so many pages.
    pub fn open(file: &Path, pages: usize) -> std::result::Result<Pool, Refusal> {
        let connections = (0..READERS).map(|_| Seat::open(file, pages));
        let connections = connections.collect::<std::result::Result<_, _>>()?;
        Ok(Pool::new(Connections::Own(Mutex::new(connections))))
    }

    /// Takes turns with the writer.
    pub fn share(writer: Arc<Mutex<Connection>>) -> std::result::Result<Pool, Refusal> {
        let watch = Watch::over(&mut lock(&writer))?;
        Ok(Pool::new(Connections::Writers(Seat { connection: writer, watch })))
    }

    fn new(connections: Connections) -> Pool {
        let (permits, general) = (Semaphore::new(READERS), Semaphore::new(GENERAL));
        Pool { connections, permits: Arc::new(permits), general: Arc::new(general) }
    }

    /// Runs a job on a free connection, in a thread that may block, unless its lease is over before.
    pub async fn run<T, F>(self: &Arc<Self>, reading: Reading, lease: &Arc<Lease>, job: F) -> Result<T>
    where
        F: FnOnce(Seat<&Connection>) -> T + Send + 'static,
        T: Send + 'static,
    {
        let permit =
            async |of: &Arc<Semaphore>| Arc::clone(of).acquire_owned().await.map_err(|_| StoreError::Closed);
        let general = match reading {
            Reading::LookUp => None,
            Reading::General | Reading::Out => Some(permit(&self.general).await?),
        };
        let permits = (permit(&self.permits).await?, general);
        let (pool, lease) = (Arc::clone(self), Arc::clone(lease));
        let task = tokio::task::spawn_blocking(move || {
            let answer = lease.check().and_then(|()| pool.lend(job));
            drop(permits);
            answer
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    fn lend<T>(&self, job: impl FnOnce(Seat<&Connection>) -> T) -> Result<T> {
        match &self.connections {
            Connections::Writers(Seat { connection, watch }) => {
                Ok(job(Seat { connection: &lock(connection), watch: watch.clone() }))
            }
            Connections::Own(seats) => {
                // A permit stands for a connection, so that there is one.
                let seat = lock(seats).pop().ok_or(StoreError::Closed)?;
                let answer = job(seat.borrowed());
                lock(seats).push(seat);
                Ok(answer)
            }
        }
    }

    /// Waits for the jobs that are running and closes the connections.
    pub async fn close(&self) {
        let general = self.general.acquire_many(GENERAL as u32).await;
        let all = self.permits.acquire_many(READERS as u32).await;
        self.general.close();
        self.permits.close();
        if let (Ok(_), Ok(_), Connections::Own(seats)) = (general, all, &self.connections) {
            lock(seats).clear();
        }
    }
}

/// What a panic leaves behind is a connection outside any transaction, which is as good as new.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
