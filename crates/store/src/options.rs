//! How a store is opened.

use std::time::Duration;

/// What may be done to have an open database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Make one where there is none.
    pub create: bool,
    /// Bring one of an earlier version up to date. Of a file a copy is made before, beside it.
    pub update: bool,
}

impl Opening {
    /// Whatever it takes, as a server does.
    pub const ANY: Opening = Opening { create: true, update: true };
    /// It may be a new one, as for a command that brings data.
    pub const CREATE: Opening = Opening { create: true, update: false };
    /// It is there and up to date, or it is not opened.
    pub const EXISTING: Opening = Opening { create: false, update: false };
    /// It is there, and is brought up to date.
    pub const UPDATE: Opening = Opening { create: false, update: true };
}

/// How a database was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// As it was.
    Found,
    /// It was made.
    Made,
    /// It was of an earlier version, and was brought up to date.
    Updated,
}

/// What a store may take: time for a read, and memory. The memory is that of the embedded database; a
/// PostgreSQL server has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What may be done to have an open database.
    pub opening: Opening,
    /// How long a job of [`crate::Store::read`] or [`crate::Store::look_up`] may run; none for as long as it takes.
    pub read_deadline: Option<Duration>,
    /// Bytes of changes that wait in memory to be brought into the tables, with what finds them.
    pub journal_bytes: usize,
    /// Bytes of objects that are kept in memory as they were written last, with what finds them.
    pub row_cache_bytes: usize,
    /// Bytes of pages that all connections together keep in memory.
    pub page_cache_bytes: usize,
}

impl Default for Options {
    /// Any opening; 20 seconds; 20 MiB for changes, 44 MiB for objects, 32 MiB for pages.
    fn default() -> Options {
        Options {
            opening: Opening::ANY,
            read_deadline: Some(Duration::from_secs(20)),
            journal_bytes: 20 << 20,
            row_cache_bytes: 44 << 20,
            page_cache_bytes: 32 << 20,
        }
    }
}
