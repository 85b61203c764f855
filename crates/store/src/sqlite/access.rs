//! What the verbs stand on.

use super::journal::Part;
use super::schema::Schema;
use crate::error::Result;
use crate::lease::Lease;
use contract::{Record, memory};
use rusqlite::{CachedStatement, Connection};

/// A connection within a transaction, and the tables it knows.
pub(crate) struct Access<'a> {
    pub(super) connection: &'a Connection,
    pub(super) schema: &'a Schema,
    /// What the job sees and does of the journal; none where there is no journal.
    pub(super) part: Option<Part<'a>>,
    /// How long the job may go on; none if it writes.
    pub(super) lease: Option<&'a Lease>,
}

impl<'a> Access<'a> {
    /// Where there is no journal.
    pub fn plain(connection: &'a Connection, schema: &'a Schema) -> Access<'a> {
        Access { connection, schema, part: None, lease: None }
    }

    /// Fails once the job has to stop: for loops that may be long in which SQLite has little to do.
    ///
    /// # Errors
    /// As [`Lease::check`].
    pub(super) fn go_on(&self) -> Result<()> {
        self.lease.map_or(Ok(()), Lease::check)
    }

    /// Counts a record that the job is given.
    ///
    /// # Errors
    /// As [`Lease::take`].
    pub(super) fn took(&self, record: &Record) -> Result<()> {
        self.lease.map_or(Ok(()), |lease| lease.take(|| memory::whole(record)))
    }

    /// A verb's statement, which is counted.
    pub fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>> {
        self.schema.asked.statement();
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// What a verb's statement gave, with its rows counted.
    pub fn given<T>(&self, rows: Vec<T>) -> Vec<T> {
        self.schema.asked.rows(rows.len());
        rows
    }
}

/// Runs a statement without parameters that begins or ends a transaction, or a part of one.
pub(super) fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
