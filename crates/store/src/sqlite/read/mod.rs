//! Verbs that read.

mod accounts;
mod changes;
mod compare;
mod links;
mod mail;
mod objects;
mod search;

pub use links::Linked;

use super::schema::Schema;
use rusqlite::Connection;

/// What a job may ask. Answers stand in the order of the questions, or in creation order.
pub struct Reader<'a> {
    pub(super) connection: &'a Connection,
    pub(super) schema: &'a Schema,
}

impl<'a> Reader<'a> {
    pub(in crate::sqlite) fn new(connection: &'a Connection, schema: &'a Schema) -> Reader<'a> {
        Reader { connection, schema }
    }
}
