//! What may go wrong. No text here holds a value of a row, so that all of it may be logged.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use thiserror::Error;

/// The result of a verb.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Runs a job, whose panic is an error like any other.
pub(crate) fn attempt<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or(Err(StoreError::Panicked))
}

/// Why a job failed. Nothing it wrote is kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A row with the same key exists.
    #[error("{table}: a row with that key exists already")]
    Duplicate {
        /// The table.
        table: String,
    },
    /// The row to change does not exist.
    #[error("{table}: there is no such row")]
    Missing {
        /// The table.
        table: String,
    },
    /// A record cannot be a row of the table.
    #[error("{table}.{column}: the record does not fit")]
    Record {
        /// The table.
        table: String,
        /// The member's column.
        column: String,
    },
    /// Something other than this program wrote to the table.
    #[error("{table}.{column}: a stored value is not of the column's form")]
    Stored {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A test compares a column with what cannot be compared to it.
    #[error("{table}.{column}: cannot be searched with such a value")]
    Filter {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A filter has more values than the database takes.
    #[error("a filter has too many values")]
    FilterSize,
    /// The job gave up; a job returns this to have its changes undone.
    #[error("the job gave up")]
    Abandoned,
    /// A job that reads took longer than it may.
    #[error("the read took longer than it may")]
    Deadline,
    /// A job that reads was given more than it wants, see [`crate::ObjectReader::at_most`].
    #[error("the records take more memory than the read may")]
    TooMuch,
    /// The job panicked.
    #[error("the job panicked")]
    Panicked,
    /// Another process kept the database for itself for too long.
    #[error("another process holds the database")]
    Busy,
    /// The database is on another machine or in another process, and does not answer.
    #[error("the database cannot be reached")]
    Unreachable,
    /// The connection broke while the changes were being committed: they may be kept or not.
    #[error("the connection to the database broke during a commit, whose outcome is unknown")]
    Unknown,
    /// The file of the database is gone, is another one, or was emptied while it was open.
    #[error("the database is lost: {0}")]
    Lost(String),
    /// There is no space left for the database.
    #[error("the disk is full")]
    Full,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database reports.
    #[error("database: {0}")]
    Database(String),
}

/// Why a database cannot be opened. The texts say what to do about it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The data folder is not there and cannot be made.
    #[error("cannot create the data folder {}: {source}; choose a folder this user may write to", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be opened for writing.
    #[error("cannot write to {}: {reason}; check who owns the file and its folder", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the database said.
        reason: String,
    },
    /// The file is something else.
    #[error("{} is not a database, or is damaged; move it away or restore a backup", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and has nothing in it.
    #[error("{} is empty: what was in it is lost; restore a backup, or remove the file to begin anew", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// There is no database, and it may not be made.
    #[error(
        "there is no database in {place}; check where it should be, or make one with `understudy serve` or \
         `understudy account add`"
    )]
    Missing {
        /// The folder, or the URL without its password.
        place: String,
    },
    /// It was written by an earlier version, and may not be changed.
    #[error(
        "{place} was written by an earlier version; bring it up to date with `understudy database migrate`"
    )]
    Older {
        /// The file, or the URL without its password.
        place: String,
    },
    /// There is no room for the copy that is made before a database is brought up to date.
    #[error(
        "{place} has to be copied before it is brought up to date: {needed} bytes are needed and {free} are free"
    )]
    Room {
        /// The file.
        place: String,
        /// Bytes that it takes.
        needed: u64,
        /// Bytes that the disk has.
        free: u64,
    },
    /// It is the database of another program.
    #[error("{place} is the database of another program; choose another data folder or database")]
    Foreign {
        /// The file, or the URL without its password.
        place: String,
    },
    /// It was written by a later version of this program.
    #[error("{place} has version {found} and this program knows up to {known}; use a newer program")]
    Newer {
        /// The file, or the URL without its password.
        place: String,
        /// Its version.
        found: i64,
        /// The version this program writes.
        known: i64,
    },
    /// The SQLite that this program was built with loses committed data.
    #[error("SQLite {0} can lose data that was written; build with 3.51.3 or later")]
    Library(String),
    /// It was made by a program whose steps are not those of this one.
    #[error(
        "{place} was made by another build of this program: its step {step} is a different one; use that build"
    )]
    Changed {
        /// The URL without its password.
        place: String,
        /// The number of the step.
        step: i64,
    },
    /// It keeps text in an encoding that has not all letters.
    #[error("{place} keeps text as {found}; create it with ENCODING 'UTF8' TEMPLATE template0")]
    Encoding {
        /// The URL without its password.
        place: String,
        /// The encoding.
        found: String,
    },
    /// No server answers, or it refuses the login.
    #[error(
        "cannot connect to {place}: {reason}; check the URL, and that the server runs and lets this user in"
    )]
    Unreachable {
        /// The URL without its password.
        place: String,
        /// What the system or the server said.
        reason: String,
    },
    /// Anything else.
    #[error("cannot open {place}: {source}")]
    Database {
        /// The file, or the URL without its password.
        place: String,
        /// What the database reported.
        source: StoreError,
    },
}

/// Why tables cannot be spread over machines.
#[derive(Debug, Error)]
pub enum DistributeError {
    /// The database is one file.
    #[error("an embedded database lives on one machine; copy it to a PostgreSQL database with Citus first")]
    Embedded,
    /// The extension is not there.
    #[error("the database has no Citus: as its administrator, run CREATE EXTENSION citus")]
    NoCitus,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
