//! Verbs that write.

mod accounts;
mod links;
mod mail;
mod objects;

use super::read::Reader;
use super::schema::Schema;
use rusqlite::Connection;
use std::ops::Deref;

/// What a job may do. It reads as a [`Reader`] and sees its own changes.
pub struct Writer<'a> {
    reader: Reader<'a>,
}

impl<'a> Writer<'a> {
    pub(in crate::sqlite) fn new(connection: &'a Connection, schema: &'a Schema) -> Writer<'a> {
        Writer { reader: Reader::new(connection, schema) }
    }
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}
