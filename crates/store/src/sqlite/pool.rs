//! The connections that read.

use super::open::{Refusal, Role, connect};
use crate::error::{Result, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// How many jobs read at once.
const READERS: usize = 4;

/// The connections that read, or the one that does everything where the database is in memory:
/// a memory database belongs to one connection, and those that can be shared lock whole tables.
pub(crate) struct Pool {
    connections: Connections,
    permits: Arc<Semaphore>,
}

enum Connections {
    Own(Mutex<Vec<Connection>>),
    Writers(Arc<Mutex<Connection>>),
}

impl Pool {
    /// Read connections to a file.
    pub fn open(file: &Path) -> std::result::Result<Pool, Refusal> {
        let connections = (0..READERS).map(|_| connect(Some(file), Role::Reader));
        let connections = connections.collect::<std::result::Result<_, _>>()?;
        Ok(Pool::new(Connections::Own(Mutex::new(connections))))
    }

    /// Takes turns with the writer.
    pub fn share(writer: Arc<Mutex<Connection>>) -> Pool {
        Pool::new(Connections::Writers(writer))
    }

    fn new(connections: Connections) -> Pool {
        Pool { connections, permits: Arc::new(Semaphore::new(READERS)) }
    }

    /// Runs a job on a free connection, in a thread that may block.
    pub async fn run<T, F>(self: &Arc<Self>, job: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> T + Send + 'static,
        T: Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let pool = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let answer = pool.lend(job);
            drop(permit);
            answer
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }

    fn lend<T>(&self, job: impl FnOnce(&Connection) -> T) -> Result<T> {
        match &self.connections {
            Connections::Writers(connection) => Ok(job(&lock(connection))),
            Connections::Own(connections) => {
                // A permit stands for a connection, so that there is one.
                let connection = lock(connections).pop().ok_or(StoreError::Closed)?;
                let answer = job(&connection);
                lock(connections).push(connection);
                Ok(answer)
            }
        }
    }

    /// Waits for the jobs that are running and closes the connections.
    pub async fn close(&self) {
        let all = self.permits.acquire_many(READERS as u32).await;
        self.permits.close();
        if let (Ok(_), Connections::Own(connections)) = (all, &self.connections) {
            lock(connections).clear();
        }
    }
}

/// What a panic leaves behind is a connection outside any transaction, which is as good as new.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
