//! The handle that the rest of the server holds.

use crate::error::{OpenError, Result};
use crate::sqlite::{Reader, Sqlite, Writer};
use contract::Contract;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In memory, gone when the last handle is.
    Memory,
    /// In the file `understudy.db` of a folder, which is made if it is not there.
    Folder(PathBuf),
}

/// A handle to the database. Clones share it.
#[derive(Clone)]
pub struct Store {
    database: Arc<Sqlite>,
}

impl Store {
    /// Opens the database, brings it up to date, and starts the thread that writes to it.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(contract: &'static Contract, location: &Location) -> std::result::Result<Store, OpenError> {
        Ok(Store { database: Arc::new(Sqlite::open(contract, location)?) })
    }

    /// Runs a job that reads. It sees one state of the database from beginning to end.
    ///
    /// # Errors
    /// Those of the job, and those of the database.
    pub async fn read<T, F>(&self, job: F) -> Result<T>
    where
        F: FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.database.read(job).await
    }

    /// Runs a job that writes: all that it wrote is on disk when this returns `Ok`, and none of it
    /// is kept when this returns `Err`.
    ///
    /// The job sees its own changes. It may be run again after a conflict, so that it must not
    /// change anything but the database and the answer it returns. Once queued it runs, even if
    /// nobody waits for the answer any more.
    ///
    /// # Errors
    /// Those of the job, and those of the database.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        F: FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.database.write(job).await
    }

    /// Finishes every job that has begun or is queued, then closes the file, leaving it whole
    /// without the files next to it. Later jobs get [`crate::StoreError::Closed`].
    pub async fn close(&self) {
        self.database.close().await;
    }
}
