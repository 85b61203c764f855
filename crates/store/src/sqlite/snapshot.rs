//! Runs jobs on a connection that reads: each within a transaction, so that all it reads is of one state.

use super::access::{Access, execute};
use super::journal::{Journal, Part, Plan};
use super::pool::Seat;
use super::schema::Schema;
use crate::error::Result;
use crate::lease::Lease;
use crate::store::Reading;
use rusqlite::Connection;
use std::sync::Arc;

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
    Seat { connection, watch }: Seat<&Connection>,
    schema: &Schema,
    journal: Option<&Journal>,
    (reading, lease): (Reading, &Arc<Lease>),
    job: impl FnOnce(&Access<'_>) -> Result<T>,
) -> Outcome<T> {
    let Some(journal) = journal else {
        let access = Access { lease: Some(lease), ..Access::plain(connection, schema) };
        let answer = execute(connection, "BEGIN").and_then(|()| watch.run(lease, || job(&access)));
        return Outcome::Answer(end(connection, answer));
    };
    let view = match journal.begin(connection) {
        Ok(Some(view)) if reading != Reading::Out || view.is_empty() => view,
        Ok(_) => {
            return match end(connection, Ok(())) {
                Ok(()) => Outcome::Unfolded,
                Err(error) => Outcome::Answer(Err(error)),
            };
        }
        Err(error) => return Outcome::Answer(end(connection, Err(error))),
    };
    let part = Part::of_reader(journal, view);
    let access = Access { connection, schema, part: Some(part), lease: Some(lease) };
    let answer = end(connection, watch.run(lease, || job(&access)));
    match access.part.is_some_and(|part| part.lacks_whole()) {
        true => Outcome::Unfolded,
        false => Outcome::Answer(answer),
    }
}

/// Runs a job that writes as far as it can be run here: gives its answer and what it would write. None if the
/// writer has to run it.
pub(crate) fn plan<T>(
    Seat { connection, watch }: Seat<&Connection>,
    schema: &Schema,
    journal: &Journal,
    lease: &Arc<Lease>,
    job: impl FnOnce(&mut Access<'_>) -> Result<T>,
) -> Option<(T, Plan)> {
    let Ok(Some(view)) = journal.begin(connection) else {
        let _ = end(connection, Ok(()));
        return None;
    };
    let part = Some(Part::of_planner(journal, view));
    let mut access = Access { connection, schema, part, lease: Some(lease) };
    let answer = end(connection, watch.run(lease, || job(&mut access))).ok()?;
    Some((answer, access.part?.into_plan()?))
}

fn end<T>(connection: &Connection, answer: Result<T>) -> Result<T> {
    if !connection.is_autocommit() {
        execute(connection, "ROLLBACK")?;
    }
    answer
}
