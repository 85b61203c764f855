//! Objects as rows of a table: a header that names members, then a row an object.
//!
//! This is what `understudy import` and `understudy export` are made of; files and their format are
//! the program's. A row has the object's own members with one plain value. What hangs below an object
//! (a contact's groups and custom fields) has no place in a row; [`crate::data`] carries everything.
//!
//! [`crate::Admin::import`] takes rows in by the rules of the operations that create and update such
//! objects; [`crate::Admin::export`] gives them out.

mod cell;
mod columns;
pub(crate) mod export;
mod import;
mod near;
mod recipe;

pub use columns::{Columns, HeaderError, REMARKS};
pub use export::Sheet;
pub use import::{Import, Match, Problem, Row, Seed, Verdict};

use thiserror::Error;

/// Why a table can't come in or leave as it is asked to.
#[derive(Debug, Error)]
pub enum TableError {
    /// No operation creates objects of the type.
    #[error(
        "there is no importing of {0}; types that can be imported: {1}. `understudy load` takes objects of any type"
    )]
    NotImported(String, String),
    /// The header has mistakes.
    #[error("{}{}", lines(.0), hint(.0))]
    Header(Vec<HeaderError>),
    /// Columns to give out are none.
    #[error("{}", lines(.0))]
    Chosen(Vec<HeaderError>),
    /// Rows can't be matched as was asked.
    #[error("{0} objects can't be matched by {1}; they can by id")]
    NoSuchMatch(String, &'static str),
    /// The column to match by is not in the file.
    #[error(
        "rows are matched by {0}, which is no column of the file; --match names another (email, source-id or id)"
    )]
    MatchColumn(String),
    /// None of the columns can be written.
    #[error("the file has no column that can be written")]
    NothingToWrite,
}

fn lines(mistakes: &[HeaderError]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What helps where columns are no members.
fn hint(mistakes: &[HeaderError]) -> &'static str {
    let is_about_columns = mistakes.iter().any(|mistake| mistake.column > 0);
    if is_about_columns { "\n--ignore-unknown skips columns that are no members" } else { "" }
}
