//! Records in, records out: the database.
//!
//! [`Store::open`] gives a handle that any number of tasks may clone. [`Store::read`] runs a job
//! on one of a few read connections and shows it one snapshot; [`Store::write`] runs a job on the
//! only connection that writes and returns when what it wrote is on disk. Jobs are closures over a
//! [`Reader`] or a [`Writer`], whose verbs take whole batches: an operation is one job.
//!
//! The tables derive from the contract (see `sqlite/schema.rs`), so a verb names an object type, a
//! member or a link by its handle, and never a table or a column. Every verb takes the account
//! first and sees nothing of another.
//!
//! What SQLite is told lives in `sqlite/`; everything at the top of this crate would be as true of
//! another database.

mod account;
mod error;
mod filter;
mod json;
mod mail;
mod sqlite;
mod store;

pub use account::{Account, AccountId, ApiUser, ContactKey, ContactType, Session, Sessions};
pub use error::{OpenError, Result, StoreError};
pub use filter::{Column, Filter, Operator, Test};
pub use mail::{CustomMail, Mail, MailMark, MailState};
pub use sqlite::{Linked, Reader, Writer};
pub use store::{Location, Store};
