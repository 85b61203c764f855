//! Runs jobs on a connection that reads: each within a transaction, so that all it reads is of one state.

use super::access::{Access, execute};
use super::journal::{Journal, Part, Plan};
use super::schema::Schema;
use crate::error::{Result, attempt};
use crate::store::Reading;
use rusqlite::Connection;

/// What came of a job that reads.
pub(crate) enum Outcome<T> {
    /// Its answer.
    Answer(Result<T>),
    /// It needs the tables whole, or the journal is not what this process knows of it: all that waits has
    /// to be folded, and the job run again.
    Unfolded,
}

/// Runs a job that reads.
pub(crate) fn read<T>(
    connection: &Connection,
    schema: &Schema,
    journal: Option<&Journal>,
    reading: Reading,
    job: impl FnOnce(&Access<'_>) -> Result<T>,
) -> Outcome<T> {
    let Some(journal) = journal else {
        let answer =
            execute(connection, "BEGIN").and_then(|()| attempt(|| job(&Access::plain(connection, schema))));
        return Outcome::Answer(end(connection, answer));
    };
    let view = match journal.begin(connection) {
        Ok(Some(view)) if reading == Reading::Repeatable || view.is_empty() => view,
        Ok(_) => {
            return match end(connection, Ok(())) {
                Ok(()) => Outcome::Unfolded,
                Err(error) => Outcome::Answer(Err(error)),
            };
        }
        Err(error) => return Outcome::Answer(end(connection, Err(error))),
    };
    let part = Part::of_reader(journal, view);
    let access = Access { connection, schema, part: Some(part) };
    let answer = end(connection, attempt(|| job(&access)));
    match access.part.is_some_and(|part| part.lacks_whole()) {
        true => Outcome::Unfolded,
        false => Outcome::Answer(answer),
    }
}

/// Runs a job that writes as far as it can be run here: gives its answer and what it would write. None if the
/// writer has to run it.
pub(crate) fn plan<T>(
    connection: &Connection,
    schema: &Schema,
    journal: &Journal,
    job: impl FnOnce(&mut Access<'_>) -> Result<T>,
) -> Option<(T, Plan)> {
    let Ok(Some(view)) = journal.begin(connection) else {
        let _ = end(connection, Ok(()));
        return None;
    };
    let mut access = Access { connection, schema, part: Some(Part::of_planner(journal, view)) };
    let answer = end(connection, attempt(|| job(&mut access))).ok()?;
    Some((answer, access.part?.into_plan()?))
}

fn end<T>(connection: &Connection, answer: Result<T>) -> Result<T> {
    if !connection.is_autocommit() {
        execute(connection, "ROLLBACK")?;
    }
    answer
}
