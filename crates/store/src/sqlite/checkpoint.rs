//! Moves what the write-ahead log holds into the database file.
//!
//! SQLite would do it within whichever commit passes a limit. Here a thread with a connection of its
//! own does it while the writer goes on; the writer itself moves only the last pages, after which the
//! log begins anew.

use super::journal::Journal;
use super::open::{PATIENCE, Refusal, Role, connect, keep, use_wal};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Pages in the log that are worth moving when there is nothing else to do.
const WORTHWHILE: i32 = 1_024;

/// Pages at which they are moved whatever waits.
const LONG: i32 = 16_384;

/// Pages that the writer moves itself to have the log begin anew. The thread goes on until half as many are
/// left, if it gets ahead of the writer at all.
const REST: i32 = 768;

/// Pages at which the writer waits for readers that still need the log, but not for long: 256 MiB.
const BOUND: i32 = 65_536;

/// How long it waits then, which is enough for calls to end, and how often at most. A dump takes longer.
const WAIT: Duration = Duration::from_millis(20);
const WAITS_EVERY: Duration = Duration::from_secs(1);

/// Pages of 4 KiB.
const PAGES_PER_MIB: i32 = 256;

/// How long nothing may be written before the file is brought up to date.
const QUIET: Duration = Duration::from_millis(100);

/// The writer's end of the thread.
pub(crate) struct Checkpoints {
    calls: SyncSender<Call>,
    shared: Arc<Shared>,
    thread: JoinHandle<File>,
}

/// What the thread is told.
enum Call {
    /// The log is long.
    Long,
    /// The log has pages worth moving once nothing is written for a while.
    Worthwhile,
}

#[derive(Default)]
struct Shared {
    /// How often the writer has looked.
    looks: AtomicU64,
    /// Whether the thread was told that pages are worth moving.
    told: AtomicBool,
    /// Whether the log was longer than [`BOUND`] at the last look.
    was_long: AtomicBool,
    /// When the writer last waited for readers.
    waited: Mutex<Option<Instant>>,
}

impl Checkpoints {
    /// Starts the thread for a database file that has a write-ahead log. It calls `quiet` when there is
    /// something to do and nothing was written for a while. Its connection keeps so many pages.
    pub fn start(
        file: &Path,
        pages: usize,
        quiet: impl Fn() + Send + 'static,
    ) -> std::result::Result<Checkpoints, Refusal> {
        let connection = connect(Some(file), Role::Writer)?;
        keep(&connection, pages)?;
        use_wal(&connection)?;
        let (calls, heard) = sync_channel(1);
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let file = File::options().write(true).open(file).map_err(Refusal::System)?;
        let thread = std::thread::Builder::new().name("store-moves".to_owned());
        let thread =
            thread.spawn(move || run(&connection, &own, &heard, &quiet, file)).map_err(Refusal::System)?;
        Ok(Checkpoints { calls, shared, thread })
    }

    /// Looks at the log and the journal after a commit.
    pub fn look(&self, writer: &Connection, journal: &Journal) {
        self.shared.looks.fetch_add(1, Ordering::Relaxed);
        let Some((pages, moved)) = checkpoint(writer, CheckpointMode::NOOP) else { return };
        let left = pages - moved;
        self.warn_of_readers(pages);
        if pages > BOUND && self.may_wait() {
            begin_anew(writer);
        } else if pages > LONG && left <= REST {
            checkpoint(writer, CheckpointMode::PASSIVE);
        } else if pages > LONG {
            // If it cannot be told now, the next look tells it.
            let _ = self.calls.try_send(Call::Long);
        } else if (left > WORTHWHILE || !journal.is_empty())
            && !self.shared.told.swap(true, Ordering::Relaxed)
        {
            let _ = self.calls.try_send(Call::Worthwhile);
        }
    }

    /// Whether the writer may wait for readers now. Notes that it does.
    fn may_wait(&self) -> bool {
        let mut waited = self.shared.waited.lock().unwrap_or_else(PoisonError::into_inner);
        let may = waited.is_none_or(|waited| waited.elapsed() >= WAITS_EVERY);
        if may {
            *waited = Some(Instant::now());
        }
        may
    }

    /// Says so, once, when the log has grown long because somebody still reads what was before: it can't begin anew, and
    /// nobody waits for that.
    fn warn_of_readers(&self, pages: i32) {
        let was_long = self.shared.was_long.swap(pages > BOUND, Ordering::Relaxed);
        if pages > BOUND && !was_long {
            tracing::warn!(
                mib = pages / PAGES_PER_MIB,
                "the write-ahead log is long and grows on: a dump, an export or another reader has been at work for long"
            );
        }
    }

    /// Waits until the thread has ended. Gives the database file, which must outlive all connections to it: a
    /// process that closes a file gives up all its locks on it.
    pub fn close(self) -> Option<File> {
        drop(self.calls);
        // It does not panic.
        self.thread.join().ok()
    }
}

/// Has the log begin anew, if those who read it end soon.
fn begin_anew(writer: &Connection) {
    let hurried = writer.busy_timeout(WAIT);
    if hurried.is_ok() {
        // That somebody still reads is no trouble.
        let _ = writer.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::RESTART);
    }
    if let Err(error) = hurried.and_then(|()| writer.busy_timeout(PATIENCE)) {
        tracing::warn!(error = %crate::StoreError::from(error), "checkpoint put off");
    }
}

fn run(
    connection: &Connection,
    shared: &Shared,
    heard: &Receiver<Call>,
    quiet: &dyn Fn(),
    file: File,
) -> File {
    while let Ok(mut call) = heard.recv() {
        while let Call::Worthwhile = call {
            let looks = shared.looks.load(Ordering::Relaxed);
            match heard.recv_timeout(QUIET) {
                Ok(next) => call = next,
                Err(RecvTimeoutError::Timeout) if shared.looks.load(Ordering::Relaxed) != looks => {}
                Err(_) => {
                    quiet();
                    break;
                }
            }
        }
        let mut before = i32::MAX;
        while let Some((pages, moved)) = checkpoint(connection, CheckpointMode::PASSIVE) {
            // SQLite syncs the file only when the log is empty: the writer would wait for all of it then.
            if let Err(error) = file.sync_data() {
                tracing::warn!(%error, "the file is not on disk yet");
            }
            if !(REST / 2..before).contains(&(pages - moved)) {
                break;
            }
            before = pages - moved;
        }
        // What was said meanwhile was about the log as it was before.
        while heard.try_recv().is_ok() {}
        shared.told.store(false, Ordering::Relaxed);
    }
    file
}

/// The pages in the log afterwards, and those of them that the file has.
fn checkpoint(connection: &Connection, mode: CheckpointMode) -> Option<(i32, i32)> {
    match connection.wal_checkpoint_v2(Some(MAIN_DB), mode) {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            tracing::warn!(error = %crate::StoreError::from(error), "checkpoint put off");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with that many pages in its log.
    fn with_log(folder: &tempfile::TempDir, pages: i32) -> Connection {
        let connection = connect(Some(&folder.path().join("a.db")), Role::Writer).unwrap();
        assert!(use_wal(&connection).unwrap());
        connection.execute_batch("CREATE TABLE IF NOT EXISTS a (b)").unwrap();
        connection.execute("INSERT INTO a VALUES (zeroblob(?1))", [pages * 4096]).unwrap();
        connection
    }

    /// Looks once, and lets the thread finish what it is told.
    fn look(folder: &tempfile::TempDir, writer: &Connection) {
        let checkpoints = Checkpoints::start(&folder.path().join("a.db"), 16, || ()).unwrap();
        checkpoints.look(writer, &Journal::default());
        checkpoints.close();
    }

    /// The pages in the log, and those of them that the file has.
    fn log(connection: &Connection) -> (i32, i32) {
        checkpoint(connection, CheckpointMode::NOOP).unwrap()
    }

    #[test]
    fn pages_are_moved_when_nothing_more_is_written() {
        let folder = tempfile::TempDir::new().unwrap();
        let writer = with_log(&folder, WORTHWHILE);
        look(&folder, &writer);
        let (pages, moved) = log(&writer);
        assert!(pages > WORTHWHILE && moved == pages, "{moved} of {pages}");
    }

    #[test]
    fn an_old_reader_of_a_very_long_log_keeps_the_writer_waiting_once_a_second_and_not_for_long() {
        let folder = tempfile::TempDir::new().unwrap();
        let writer = with_log(&folder, 1);
        let reader = connect(Some(&folder.path().join("a.db")), Role::Reader).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM a").unwrap();
        with_log(&folder, BOUND);
        let checkpoints = Checkpoints::start(&folder.path().join("a.db"), 16, || ()).unwrap();
        assert!(checkpoints.may_wait());
        let before = log(&writer);
        assert!(before.0 > BOUND);
        // Would return when the reader ends, or after PATIENCE.
        (0..100).for_each(|_| checkpoints.look(&writer, &Journal::default()));
        assert!(checkpoints.shared.was_long.load(Ordering::Relaxed));
        assert!(log(&writer).0 >= before.0, "the reader still needs the log");
        // Its thread would be moving pages, too.
        checkpoints.close();
        reader.execute_batch("COMMIT").unwrap();
        begin_anew(&writer);
        with_log(&folder, 1);
        assert!(log(&writer).0 < BOUND);
    }

    #[test]
    fn a_few_pages_are_left_for_later() {
        let folder = tempfile::TempDir::new().unwrap();
        let writer = with_log(&folder, WORTHWHILE / 2);
        look(&folder, &writer);
        assert_eq!(log(&writer).1, 0);
    }

    #[test]
    fn a_long_log_is_moved_and_begins_anew() {
        let folder = tempfile::TempDir::new().unwrap();
        let writer = with_log(&folder, LONG);
        let reader = connect(Some(&folder.path().join("a.db")), Role::Reader).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM a").unwrap();
        with_log(&folder, REST / 2);
        look(&folder, &writer);
        let (pages, moved) = log(&writer);
        assert!(moved > LONG && moved < pages, "{moved} of {pages}: what nobody reads any more");
        reader.execute_batch("COMMIT").unwrap();
        // The rest is the writer's to move.
        let checkpoints = Checkpoints::start(&folder.path().join("a.db"), 16, || ()).unwrap();
        checkpoints.look(&writer, &Journal::default());
        assert_eq!(log(&writer), (pages, pages));
        writer.execute("INSERT INTO a VALUES (1)", []).unwrap();
        assert!(log(&writer).0 < 10, "{:?}", log(&writer));
        checkpoints.close();
    }
}
