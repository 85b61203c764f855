//! PostgreSQL's errors as the store's, and what is to be done about them.
//!
//! A message or a detail of PostgreSQL may repeat a value of a row, so that neither goes any further,
//! but for those kinds of error whose messages speak of the statement or of the server.

use crate::error::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

/// What an error means for the transaction it happened in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// It lost against another transaction: all of it may be run again.
    Conflict,
    /// The connection is gone, or its server no longer takes writes.
    Lost,
    /// Running it again would fail again.
    Final,
    /// The job had to stop while a statement ran, which is still running.
    Over,
}

/// What an error means.
pub(crate) fn class(error: &Error) -> Class {
    match error.as_db_error() {
        Some(error) => class_of_code(error.code().code()),
        // Errors of the system come from the connection; all others are made by values.
        None if error.is_closed() || has_io_source(error) => Class::Lost,
        None => Class::Final,
    }
}

fn class_of_code(code: &str) -> Class {
    match code {
        // Serialization failure, deadlock.
        "40001" | "40P01" => Class::Conflict,
        // Read only: the server was replaced by another and follows it now. Idle too long; shut down.
        "25006" | "25P03" | "57P01" | "57P02" | "57P03" => Class::Lost,
        code if code.starts_with("08") => Class::Lost,
        _ => Class::Final,
    }
}

fn has_io_source(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        match (class(&error), error.as_db_error()) {
            (Class::Conflict, _) => StoreError::Busy,
            (Class::Lost, _) => StoreError::Unreachable,
            (Class::Final | Class::Over, Some(error)) => of_server(error),
            // Names the result's column by its number, or says what of the protocol was broken.
            (Class::Final | Class::Over, None) => StoreError::Database(error.to_string()),
        }
    }
}

fn of_server(error: &DbError) -> StoreError {
    let code = error.code().code();
    match code {
        "23505" => {
            StoreError::Duplicate { table: error.table().map(table_name).unwrap_or_default().to_owned() }
        }
        // No lock, or no connection, within the time that there is.
        "55P03" | "53300" => StoreError::Busy,
        // A statement that took longer than it may.
        "57014" => StoreError::Deadline,
        "53100" | "53200" => StoreError::Full,
        _ => StoreError::Database(text(error)),
    }
}

/// What may be told: the code and the names that it is about, and the message where it cannot hold a
/// value: refused logins, names that do not exist, wrong statements, want of resources, operators.
fn text(error: &DbError) -> String {
    let code = error.code().code();
    let message = match code.get(..2) {
        Some("28" | "3D" | "3F" | "42" | "53" | "57" | "58") => error.message(),
        _ => "",
    };
    let names = [error.table().map(table_name), error.column(), error.constraint(), Some(message)];
    let names = names.into_iter().flatten().filter(|name| !name.is_empty());
    std::iter::once(format!("SQLSTATE {code}")).chain(names.map(str::to_owned)).collect::<Vec<_>>().join(", ")
}

/// Why a connection cannot be made, when no row can be in it yet.
pub(crate) fn reason(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", error.message(), error.code().code());
    }
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        reason = format!("{reason}: {error}");
        source = error.source();
    }
    reason
}

/// The name of a table by that of one of its parts, which has a number at its end.
fn table_name(part: &str) -> &str {
    let name = part.trim_end_matches(|c: char| c.is_ascii_digit());
    match name.strip_suffix('_') {
        Some(name) if name.len() + 1 < part.len() => name,
        _ => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_classes() {
        assert_eq!(class_of_code("40001"), Class::Conflict);
        assert_eq!(class_of_code("08006"), Class::Lost);
        assert_eq!(class_of_code("57P01"), Class::Lost);
        assert_eq!(class_of_code("23505"), Class::Final);
    }

    #[test]
    fn a_part_has_the_name_of_its_table() {
        for (part, table) in
            [("contact_102008", "contact"), ("contact", "contact"), ("a_b", "a_b"), ("a_", "a_")]
        {
            assert_eq!(table_name(part), table);
        }
    }
}
