//! What a job may ask of the database and have it do: one set of verbs, whichever database it is.
//!
//! Answers stand in the order of the questions, or in creation order. A backend implements each
//! trait in its own file; what a job sees is [`Reader`] or [`Writer`], which have all of them.

mod accounts;
mod changes;
mod counts;
mod links;
mod mail;
mod objects;
mod rows;
mod search;

pub use accounts::{AccountReader, AccountWriter};
pub use changes::ChangeReader;
pub use counts::{Counts, Group};
pub use links::{LinkReader, LinkWriter, Linked};
pub use mail::{MailReader, MailWriter};
pub use objects::{ObjectReader, ObjectWriter, PartialRecord};
pub use rows::{Cells, RowReader, RowWriter, TableId};
pub use search::ObjectSearch;

/// All that a job may ask.
pub trait Read:
    AccountReader + ChangeReader + Counts + LinkReader + MailReader + ObjectReader + ObjectSearch + RowReader
{
}

/// All that a job may do. It reads too, and sees its own changes.
pub trait Write: Read + AccountWriter + LinkWriter + MailWriter + ObjectWriter + RowWriter {}

impl<T> Read for T where
    T: AccountReader
        + ChangeReader
        + Counts
        + LinkReader
        + MailReader
        + ObjectReader
        + ObjectSearch
        + RowReader
{
}

impl<T> Write for T where T: Read + AccountWriter + LinkWriter + MailWriter + ObjectWriter + RowWriter {}

/// What a job that reads is given.
pub type Reader<'a> = dyn Read + 'a;

/// What a job that writes is given.
pub type Writer<'a> = dyn Write + 'a;
