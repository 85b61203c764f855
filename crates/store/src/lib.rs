//! Records in, records out: the database.
//!
//! [`Store::open`] gives a handle that any number of tasks may clone. [`Store::read`] runs a job
//! that sees one snapshot, and has a deadline; [`Store::write`] runs a job in a transaction and returns when what it
//! wrote is on disk. Jobs are closures over a [`Reader`] or a [`Writer`], whose verbs take whole
//! batches: an operation is one job. `verbs/` says what each verb does, whichever database it is.
//!
//! The tables derive from the contract (see `layout.rs`), so a verb names an object type, a member
//! or a link by its handle, and never a table or a column. Every verb takes the account first and
//! sees nothing of another.
//!
//! What a database is told lives in its folder: `sqlite/`, `postgres/`.

mod account;
mod asked;
mod comparison;
mod copy;
mod error;
mod filter;
mod form;
mod json;
mod layout;
mod lease;
mod mail;
mod options;
mod parts;
mod postgres;
mod room;
mod sqlite;
mod store;
mod verbs;

pub use account::{Account, AccountId, ApiUser, ContactKey, ContactType, Session, Sessions};
pub use asked::Asked;
pub use copy::{Copied, CopyError, Progress, copy};
pub use error::{DistributeError, OpenError, Result, StoreError};
pub use filter::{Column, Filter, Operator, Test};
pub use form::{Held, link_value};
pub use mail::{CustomMail, Mail, MailMark, MailState};
pub use options::{Opened, Opening, Options};
pub use postgres::{Postgres, PostgresUrl, PostgresUrlError};
pub use room::room;
pub use store::{Location, Store};
pub use verbs::*;
