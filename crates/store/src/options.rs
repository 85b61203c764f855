//! How a store is opened.

use std::time::Duration;

/// What a store may take: time for a read, and memory. The memory is that of the embedded database; a
/// PostgreSQL server has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
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
    /// 20 seconds; 20 MiB for changes, 44 MiB for objects, 32 MiB for pages.
    fn default() -> Options {
        Options {
            read_deadline: Some(Duration::from_secs(20)),
            journal_bytes: 20 << 20,
            row_cache_bytes: 44 << 20,
            page_cache_bytes: 32 << 20,
        }
    }
}
