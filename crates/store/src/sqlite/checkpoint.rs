//! Moves what the write-ahead log holds into the database file.
//!
//! SQLite would do it within whichever commit passes a limit. Here the writer does it when no job
//! waits, and once the log has grown past a bound, whatever waits.

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

/// Pages of 4 KiB in the log that are worth moving when there is nothing else to do: 4 MiB.
const WORTHWHILE: i32 = 1_024;

/// Pages at which the log has to be emptied: 64 MiB.
const BOUND: i32 = 16_384;

/// Moves pages if the writer is idle and it is worthwhile, or if the log is too long.
pub(crate) fn checkpoint(connection: &Connection, idle: bool) {
    let run = |mode| connection.wal_checkpoint_v2(Some(MAIN_DB), mode);
    let outcome = match run(CheckpointMode::NOOP) {
        // Waits for the readers that still need the log, so that the next write starts it anew.
        Ok((pages, _)) if pages > BOUND => run(CheckpointMode::RESTART),
        Ok((pages, moved)) if idle && pages - moved > WORTHWHILE => run(CheckpointMode::PASSIVE),
        other => other,
    };
    if let Err(error) = outcome {
        tracing::warn!(error = %crate::StoreError::from(error), "checkpoint put off");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::open::{Role, connect, use_wal};

    /// A file with that many pages in its log.
    fn with_log(folder: &tempfile::TempDir, pages: i32) -> Connection {
        let connection = connect(Some(&folder.path().join("a.db")), Role::Writer).unwrap();
        use_wal(&connection).unwrap();
        connection.execute_batch("CREATE TABLE IF NOT EXISTS a (b)").unwrap();
        connection.execute("INSERT INTO a VALUES (zeroblob(?1))", [pages * 4096]).unwrap();
        connection
    }

    /// The pages in the log, and those of them that the file has.
    fn log(connection: &Connection) -> (i32, i32) {
        connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::NOOP).unwrap()
    }

    #[test]
    fn pages_are_moved_when_no_job_waits() {
        let folder = tempfile::TempDir::new().unwrap();
        let connection = with_log(&folder, WORTHWHILE);
        checkpoint(&connection, false);
        assert_eq!(log(&connection).1, 0);
        checkpoint(&connection, true);
        let (pages, moved) = log(&connection);
        assert!(pages > WORTHWHILE && moved == pages, "{moved} of {pages}");
    }

    #[test]
    fn a_few_pages_are_left_for_later() {
        let folder = tempfile::TempDir::new().unwrap();
        let connection = with_log(&folder, WORTHWHILE / 2);
        checkpoint(&connection, true);
        assert_eq!(log(&connection).1, 0);
    }

    #[test]
    fn the_log_begins_anew_past_its_bound_whatever_waits() {
        let folder = tempfile::TempDir::new().unwrap();
        let connection = with_log(&folder, BOUND);
        checkpoint(&connection, false);
        connection.execute("INSERT INTO a VALUES (1)", []).unwrap();
        let (pages, _) = log(&connection);
        assert!(pages < 10, "{pages}");
    }
}
