//! SQLite's errors as the store's.
//!
//! SQLite's own messages name tables, columns and constraints, and repeat no value: every value is
//! a parameter. The library's wrappers around conversions do repeat them, so those are left out.

use crate::error::StoreError;
use rusqlite::{Error, ErrorCode};

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        match &error {
            Error::SqliteFailure(failure, message) => match failure.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
                // Nothing but a lease that is over interrupts.
                ErrorCode::OperationInterrupted => StoreError::Deadline,
                ErrorCode::DiskFull => StoreError::Full,
                ErrorCode::ConstraintViolation => match message.as_deref().and_then(unique_table) {
                    Some(table) => StoreError::Duplicate { table: table.to_owned() },
                    None => StoreError::Database(failure.to_string()),
                },
                _ => StoreError::Database(match message {
                    Some(message) => format!("{failure}: {message}"),
                    None => failure.to_string(),
                }),
            },
            Error::InvalidColumnType(_, column, found) => {
                StoreError::Database(format!("column {column} holds a {found}"))
            }
            Error::FromSqlConversionFailure(index, found, _) => {
                StoreError::Database(format!("result {index} is a {found} of the wrong kind"))
            }
            Error::SqlInputError { error, msg, .. } => StoreError::Database(format!("{error}: {msg}")),
            Error::InvalidParameterCount(..) | Error::InvalidColumnIndex(_) | Error::QueryReturnedNoRows => {
                StoreError::Database(error.to_string())
            }
            _ => StoreError::Database("unexpected answer of the library".to_owned()),
        }
    }
}

/// `UNIQUE constraint failed: contact.account_id, contact.id`
fn unique_table(message: &str) -> Option<&str> {
    let (table, _) = message.strip_prefix("UNIQUE constraint failed: ")?.split_once('.')?;
    Some(table)
}
