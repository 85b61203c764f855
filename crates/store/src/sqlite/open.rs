//! Opens a connection as every connection here is opened, and says why it cannot be.

use super::functions;
use crate::error::{OpenError, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::{Duration, Instant};

/// The first SQLite that does not lose committed data when a checkpoint meets a write
/// (<https://sqlite.org/wal.html#the_wal_reset_bug>).
const LEAST_LIBRARY: i32 = 3_051_003;

/// How long a statement waits for another process, such as a command-line tool.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long opening a file is tried again while other processes open it, too: each may have tables to make.
const OPENING: Duration = Duration::from_secs(30);

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// Statements that a connection keeps compiled.
const STATEMENTS: usize = 128;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one that writes.
    Writer,
    /// One of those that read.
    Reader,
}

/// Why a file is not opened, before its path is known.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is another program's.
    Foreign,
    /// It is a later version's.
    Newer { found: i64, known: i64 },
    /// It is an earlier version's, and may not be brought up to date.
    Older,
    /// There is no room for a copy of it.
    Room { needed: u64, free: u64 },
    /// The system gives no thread, or does not open the log.
    System(std::io::Error),
    /// What waits in the journal cannot be brought in.
    Journal(StoreError),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Refusal {
        Refusal::Sqlite(error)
    }
}

impl Refusal {
    /// Whether the file was locked by another connection.
    fn is_busy(&self) -> bool {
        match self {
            Refusal::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy),
            Refusal::Journal(error) => matches!(error, StoreError::Busy),
            Refusal::Foreign
            | Refusal::Newer { .. }
            | Refusal::Older
            | Refusal::Room { .. }
            | Refusal::System(_) => false,
        }
    }

    /// As the error of opening the file at `path`.
    pub fn at(self, path: &Path) -> OpenError {
        let (path, place) = (path.to_owned(), path.display().to_string());
        match self {
            Refusal::Foreign => OpenError::Foreign { place },
            Refusal::Newer { found, known } => OpenError::Newer { place, found, known },
            Refusal::Older => OpenError::Older { place },
            Refusal::Room { needed, free } => OpenError::Room { place, needed, free },
            Refusal::System(error) => {
                OpenError::Database { place, source: StoreError::Database(error.to_string()) }
            }
            Refusal::Journal(source) => OpenError::Database { place, source },
            Refusal::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    OpenError::NotADatabase { path }
                }
                Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                    OpenError::Unwritable { path, reason: StoreError::from(error).to_string() }
                }
                _ => OpenError::Database { place, source: error.into() },
            },
        }
    }
}

/// Fails if the SQLite that the program was built with is one that loses data.
pub(crate) fn check_library() -> Result<(), OpenError> {
    if rusqlite::version_number() < LEAST_LIBRARY {
        return Err(OpenError::Library(rusqlite::version().to_owned()));
    }
    Ok(())
}

/// Opens a file with `attempt`, and again while others keep it busy. SQLite does not wait where two
/// processes that switch a file to its write-ahead log could wait for each other: one of them is refused at once.
pub(crate) fn when_free<T>(attempt: impl Fn() -> Result<T, Refusal>) -> Result<T, Refusal> {
    let last = Instant::now() + OPENING;
    loop {
        match attempt() {
            Err(refusal) if refusal.is_busy() && Instant::now() < last => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
}

/// A connection to a file, or to a memory database of its own where there is none.
pub(crate) fn connect(file: Option<&Path>, role: Role) -> Result<Connection, Refusal> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match file {
        Some(file) if role == Role::Writer => {
            Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_CREATE)?
        }
        Some(file) => Connection::open_with_flags(file, flags)?,
        None => Connection::open_in_memory()?,
    };
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    functions::register(&connection)?;
    // One plan per statement: without this, SQLite compiles a kept statement anew whenever a value is
    // bound that its plan might have looked at, which took a third of a Retrieve's time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Statement journals and sorts stay in memory: a savepoint must not cost a file.
    connection.execute_batch(
        "PRAGMA page_size = 4096; PRAGMA foreign_keys = OFF; PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    match role {
        Role::Writer => prepare_writer(&connection, file.is_some())?,
        Role::Reader => connection.execute_batch("PRAGMA query_only = ON;")?,
    }
    Ok(connection)
}

/// Has a connection keep so many pages in memory.
pub(crate) fn keep(connection: &Connection, pages: usize) -> Result<(), Refusal> {
    connection.execute_batch(&format!("PRAGMA cache_size = {pages};"))?;
    Ok(())
}

/// The journal is switched only after the file is known to be ours, by [`use_wal`].
fn prepare_writer(connection: &Connection, file: bool) -> Result<(), Refusal> {
    connection.execute_batch("PRAGMA synchronous = FULL;")?;
    if file && connection.is_readonly(rusqlite::MAIN_DB)? {
        let read_only = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(rusqlite::Error::SqliteFailure(read_only, None).into());
    }
    Ok(())
}

/// Switches the file to a write-ahead log, if the file system has what it takes. Its checkpoints are the
/// store's business, and so is having commits on disk.
pub(crate) fn use_wal(connection: &Connection) -> Result<bool, Refusal> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    let wal = mode == "wal";
    if wal {
        // The first reading makes the log's file.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        connection.execute_batch(
            "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = 134217728;",
        )?;
    } else {
        tracing::warn!(mode, "the file system offers no write-ahead log; readers will wait for writes");
    }
    Ok(wal)
}
