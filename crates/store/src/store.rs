//! The handle that the rest of the server holds.

use crate::error::{DistributeError, OpenError, Result, StoreError};
use crate::layout::Layout;
use crate::lease::Lease;
use crate::options::{Opened, Options};
use crate::postgres::{Postgres, Server};
use crate::sqlite::Sqlite;
use crate::verbs::{Reader, Writer};
use contract::Contract;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In memory, gone when the last handle is.
    Memory,
    /// In the file `understudy.db` of a folder, which is made if it is not there.
    Folder(PathBuf),
    /// In a PostgreSQL database, which exists and is empty or this program's.
    Postgres(Postgres),
}

/// As people are told: the folder, or the URL without its password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Memory => f.write_str("memory"),
            Location::Folder(folder) => folder.display().fmt(f),
            Location::Postgres(place) => place.url.fmt(f),
        }
    }
}

/// A handle to the database. Clones share it.
#[derive(Clone)]
pub struct Store {
    layout: Arc<Layout>,
    backend: Arc<Backend>,
    opened: Opened,
    read_deadline: Option<Duration>,
}

/// What kind of job reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Any. It may be run as often as it takes: only its last answer counts.
    General,
    /// One that is short, by key, which may use the connection that the others leave free.
    LookUp,
    /// One that gives out what it reads, so that it is run once, however long it takes.
    Out,
}

enum Backend {
    Sqlite(Sqlite),
    Postgres(Server),
}

impl Store {
    /// Opens the database and brings it up to date.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        contract: &'static Contract,
        location: &Location,
        options: &Options,
    ) -> std::result::Result<Store, OpenError> {
        let layout = Arc::new(Layout::new(contract));
        let own = Arc::clone(&layout);
        let (backend, opened) = match location {
            Location::Memory | Location::Folder(_) => {
                let folder = if let Location::Folder(folder) = location { Some(&**folder) } else { None };
                let (sqlite, opened) = Sqlite::open(own, folder, options)?;
                (Backend::Sqlite(sqlite), opened)
            }
            Location::Postgres(place) => {
                let (server, opened) = Server::open(own, place, options).await?;
                (Backend::Postgres(server), opened)
            }
        };
        Ok(Store { layout, backend: Arc::new(backend), opened, read_deadline: options.read_deadline })
    }

    /// How it was opened.
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// Waits until nothing more can be written for good, because the disk of an embedded database has failed or its file
    /// is lost: calls fail from then on. Only opening it anew tells what is on disk.
    pub async fn failed(&self) -> StoreError {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.failed().await,
            // Its server knows; calls are served again when it is.
            Backend::Postgres(_) => std::future::pending().await,
        }
    }

    /// The tables.
    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Runs a job that reads. It sees one state of the database from beginning to end. It may be run
    /// again, when only its last answer counts.
    ///
    /// It has a deadline, from when it begins. If the future is dropped, the job does not begin, or is
    /// interrupted. One connection is left free for [`Store::look_up`].
    ///
    /// # Errors
    /// Those of the job, and those of the database; [`crate::StoreError::Deadline`] past the deadline.
    pub async fn read<T, F>(&self, job: F) -> Result<T>
    where
        F: Fn(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.read_as(Reading::General, job).await
    }

    /// Runs a job that reads a few rows by key, as [`Store::read`] does, on whichever connection is free.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn look_up<T, F>(&self, job: F) -> Result<T>
    where
        F: Fn(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.read_as(Reading::LookUp, job).await
    }

    /// Runs a job that gives out what it reads while it reads, as [`Store::read`] does, but once and without
    /// a deadline.
    ///
    /// # Errors
    /// Those of the job, and those of the database.
    pub async fn read_out<T, F>(&self, job: F) -> Result<T>
    where
        F: FnMut(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.read_as(Reading::Out, job).await
    }

    async fn read_as<T, F>(&self, reading: Reading, job: F) -> Result<T>
    where
        F: FnMut(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let time = self.read_deadline.filter(|_| reading != Reading::Out);
        let (lease, _caller) = Lease::new(time);
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(reading, lease, job).await,
            Backend::Postgres(server) => server.read(reading, lease, job).await,
        }
    }

    /// Runs a job that writes: all that it wrote is on disk when this returns `Ok`, and none of it
    /// is kept when this returns `Err`, but for two errors that say that nobody knows: a commit that the
    /// connection did not outlive, and a disk that failed.
    ///
    /// The job sees its own changes. It may be run again after a conflict, so that it must not
    /// change anything but the database and the answer it returns. If the future is dropped before the job
    /// is queued, it does not begin; once queued it runs, even if nobody waits for the answer any more.
    ///
    /// # Errors
    /// Those of the job, and those of the database.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        F: FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.write(job).await,
            Backend::Postgres(server) => server.write(job).await,
        }
    }

    /// Runs a job that writes about `count` objects, as [`Store::write`] does. Where that takes load off the
    /// thread that writes, the job is run ahead of it on a state which others may change meanwhile, and
    /// run again if they have changed what it read. Objects that it updates it has to have read itself. It is
    /// not worth it for a job that adds objects.
    ///
    /// # Errors
    /// Those of the job, and those of the database.
    pub async fn write_many<T, F>(&self, count: usize, job: F) -> Result<T>
    where
        F: FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.write_many(count, job).await,
            Backend::Postgres(server) => server.write(job).await,
        }
    }

    /// Spreads the tables over the machines of a Citus cluster, by account; gives the names of those
    /// that were not spread before.
    ///
    /// # Errors
    /// See [`DistributeError`].
    pub async fn distribute(&self) -> std::result::Result<Vec<String>, DistributeError> {
        match &*self.backend {
            Backend::Sqlite(_) => Err(DistributeError::Embedded),
            Backend::Postgres(server) => server.distribute().await,
        }
    }

    /// Finishes every job that has begun or is queued, then closes the connections, and leaves a file
    /// whole without the files next to it. Later jobs get [`crate::StoreError::Closed`].
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(server) => server.close().await,
        }
    }
}
