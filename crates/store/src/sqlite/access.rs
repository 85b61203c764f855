//! What the verbs stand on.

use super::schema::Schema;
use rusqlite::Connection;

/// A connection within a transaction, and the tables it knows.
pub(crate) struct Access<'a> {
    pub(super) connection: &'a Connection,
    pub(super) schema: &'a Schema,
}
