//! Opens a connection as every connection here is opened, and says why it cannot be.

use super::functions;
use crate::error::{OpenError, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The first SQLite that does not lose committed data when a checkpoint meets a write
/// (<https://sqlite.org/wal.html#the_wal_reset_bug>).
const LEAST_LIBRARY: i32 = 3_051_003;

/// How long a statement waits for another process, such as a command-line tool.
const PATIENCE: Duration = Duration::from_secs(5);

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
            Refusal::Foreign | Refusal::Newer { .. } | Refusal::System(_) => false,
        }
    }

    /// As the error of opening the file at `path`.
    pub fn at(self, path: &Path) -> OpenError {
        let (path, place) = (path.to_owned(), path.display().to_string());
        match self {
            Refusal::Foreign => OpenError::Foreign { place },
            Refusal::Newer { found, known } => OpenError::Newer { place, found, known },
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

/// The database file of a data folder, which is made if it is not there.
pub(crate) fn file_in(folder: &Path) -> Result<PathBuf, OpenError> {
    make(folder).map_err(|source| OpenError::Folder { path: folder.to_owned(), source })?;
    let file = folder.join("understudy.db");
    let unwritable =
        |error: io::Error| OpenError::Unwritable { path: file.clone(), reason: error.to_string() };
    keep_private(&file).map_err(unwritable)?;
    Ok(file)
}

/// Makes a folder that is its user's alone.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the file if it is not there, and takes others' rights to it and to the files that SQLite has beside it, which get
/// the rights of the file: people's data is in them.
fn keep_private(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        // A file that is there is not opened: to close it would give up the locks that this process has on it.
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        for ending in ["", "-wal", "-shm"] {
            let mut path = file.as_os_str().to_owned();
            path.push(ending);
            let path = PathBuf::from(path);
            let Ok(found) = std::fs::metadata(&path) else { continue };
            if !found.is_file() || found.permissions().mode() & 0o077 == 0 {
                continue;
            }
            let file = path.display();
            match std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)) {
                Ok(()) => tracing::warn!(%file, "others could read the file; now only its owner can"),
                Err(error) => {
                    tracing::warn!(%file, %error, "others can read the file, and its mode can't be changed")
                }
            }
        }
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
