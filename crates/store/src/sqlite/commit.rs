//! The thread that writes: it merges waiting jobs into one transaction and commits it. They are answered
//! once it is on disk.

use super::access::{Access, execute};
use super::checkpoint::Checkpoints;
use super::durable::Durable;
use super::journal::{Folder, Journal, Mark, Part, Tally};
use super::pool::lock;
use super::schema::Schema;
use crate::error::{Result, StoreError, attempt};
use rusqlite::Connection;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait before those who bring more have to.
pub(crate) const QUEUE: usize = 256;

/// Rows or objects changed in a transaction after which it takes no further job. Bounds how long the first
/// job of a transaction waits for the last.
const ROWS: u64 = 200;

/// Rows or objects changed in a transaction below which the thread waits for the disk itself, if no job waits:
/// handing it over would cost more.
const SHORT: u64 = 50;

/// What the thread is sent.
pub(crate) enum Message {
    /// A job.
    Job(Box<dyn Job>),
    /// Bring all that waits in the journal into the tables, and tell how that went.
    Fold(oneshot::Sender<Result<()>>),
    /// Nothing was written for a while: bring it in, if there is nothing else to do.
    Quiet,
    /// No message follows: answer when all is written and the connection is closed.
    Close(oneshot::Sender<()>),
}

/// A job and its caller, whatever type its answer has.
pub(crate) trait Job: Send {
    /// Runs the job and keeps its answer.
    fn run(&mut self, writer: &mut Access<'_>) -> Result<()>;
    /// Tells the caller the answer, or why there is none.
    fn finish(self: Box<Self>, outcome: Result<()>);
}

/// A closure and the caller who waits for its answer.
pub(crate) struct Call<T, F> {
    job: F,
    answer: Option<T>,
    caller: oneshot::Sender<Result<T>>,
}

impl<T, F> Call<T, F> {
    pub fn new(job: F, caller: oneshot::Sender<Result<T>>) -> Call<T, F> {
        Call { job, answer: None, caller }
    }
}

impl<T, F> Job for Call<T, F>
where
    F: FnMut(&mut Access<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, writer: &mut Access<'_>) -> Result<()> {
        self.answer = Some(attempt(|| (self.job)(writer))?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<()>) {
        let Call { answer, caller, .. } = *self;
        // The caller may have gone; what was written is written.
        let _ = caller.send(outcome.and_then(|()| answer.ok_or(StoreError::Abandoned)));
    }
}

/// The threads beside the one that writes to a file, and the journal that it keeps.
pub(crate) struct Beside {
    pub durable: Durable,
    pub checkpoints: Checkpoints,
    pub journal: Arc<Journal>,
}

/// Runs until no sender is left or a [`Message::Close`] comes, and all that was queued is written.
pub(crate) fn run(
    connection: Arc<Mutex<Connection>>,
    schema: &Schema,
    mut queue: mpsc::Receiver<Message>,
    beside: Option<Beside>,
) {
    let mut closing = Vec::new();
    let folder = RefCell::default();
    while let Some(message) = queue.blocking_recv() {
        let connection = lock(&connection);
        let beside = beside.as_ref();
        let (durable, journal) =
            (beside.map(|beside| &beside.durable), beside.map(|beside| &*beside.journal));
        let group = Group { connection: &connection, schema, durable, journal, folder: &folder };
        let mut next = Some(message);
        while let Some(message) = next.take() {
            match message {
                Message::Job(job) => next = group.commit(job, &mut queue),
                Message::Fold(caller) => {
                    let _ = caller.send(group.fold());
                }
                Message::Quiet => next = group.fold_until(&mut queue),
                Message::Close(closed) => {
                    queue.close();
                    closing.push(closed);
                }
            }
        }
        if let Some(beside) = beside {
            beside.checkpoints.look(&connection, &beside.journal);
        }
    }
    let mut file = None;
    if let Some(beside) = beside {
        let connection = lock(&connection);
        let (durable, journal) = (Some(&beside.durable), Some(&*beside.journal));
        let group = Group { connection: &connection, schema, durable, journal, folder: &folder };
        if let Err(error) = group.fold() {
            tracing::warn!(%error, "the journal is left for the next start");
        }
        drop(connection);
        beside.durable.close();
        file = beside.checkpoints.close();
    }
    // The last connection to go leaves the file whole and removes the log next to it.
    drop(connection);
    drop(file);
    for closed in closing {
        let _ = closed.send(());
    }
}

/// A transaction in the making.
struct Group<'a> {
    connection: &'a Connection,
    schema: &'a Schema,
    /// Who answers, where a commit is not on disk when it returns.
    durable: Option<&'a Durable>,
    journal: Option<&'a Journal>,
    folder: &'a RefCell<Folder>,
}

/// The jobs that a transaction ran, each with what came of it.
pub(crate) type Ran = Vec<(Box<dyn Job>, Result<()>)>;

/// What came of running a job.
struct Ended {
    outcome: Result<()>,
    /// It counts for nothing: the job needs tables whole, and changes to them wait in the journal.
    lacks_whole: bool,
}

/// Why a transaction is not on disk.
enum Failure {
    /// SQLite undid all of it when one job failed, as it does when the disk is full.
    Undone,
    /// A job needs tables whole, and changes to them wait in the journal.
    Unfolded,
    /// It did not begin, or was not committed.
    Error(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Error(error)
    }
}

impl Group<'_> {
    /// Runs a job, and those that wait, in one transaction, and answers them; gives the message
    /// that was taken from the queue and is not a job.
    fn commit(&self, first: Box<dyn Job>, queue: &mut mpsc::Receiver<Message>) -> Option<Message> {
        let mut ran = Ran::new();
        let mut left = None;
        if let Some(Err(error)) = self.durable.map(Durable::check) {
            first.finish(Err(error));
            return None;
        }
        let tally = Tally::new(self.connection);
        match self.merge(first, queue, &tally, &mut ran, &mut left) {
            // A long transaction takes the disk long: the next one is run meanwhile.
            Ok(()) => {
                let here = queue.is_empty() && tally.size(self.connection) < SHORT;
                self.answer(ran, here);
                self.keep_pace(&tally);
            }
            Err(Failure::Error(error)) if ran.len() <= 1 => {
                let failed = ran.into_iter().map(|(job, _)| (job, Err(error.clone())));
                self.answer(failed.collect(), false);
            }
            // One of the jobs is to blame; the others must not suffer for it.
            Err(_) => {
                let again = ran.into_iter().map(|(job, _)| self.alone(job));
                self.answer(again.collect(), false);
            }
        }
        left
    }

    /// Answers jobs once what they wrote is on disk.
    fn answer(&self, ran: Ran, here: bool) {
        match self.durable {
            Some(durable) => durable.answer(ran, here),
            None => ran.into_iter().for_each(|(job, outcome)| job.finish(outcome)),
        }
    }

    /// Fills a transaction and commits it. Whatever it returns, no transaction is open after it.
    fn merge(
        &self,
        first: Box<dyn Job>,
        queue: &mut mpsc::Receiver<Message>,
        tally: &Tally,
        ran: &mut Ran,
        left: &mut Option<Message>,
    ) -> std::result::Result<(), Failure> {
        if let Err(error) = self.begin() {
            ran.push((first, Ok(())));
            return Err(error.into());
        }
        let mark = self.mark();
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            let alone = ran.is_empty();
            let ended = if alone { self.run(&mut *job, tally) } else { self.run_apart(&mut *job, tally) };
            if self.connection.is_autocommit() {
                self.undo(mark);
                job.finish(ended.outcome.and(Err(StoreError::Abandoned)));
                return Err(Failure::Undone);
            }
            if ended.lacks_whole {
                ran.push((job, ended.outcome));
                self.roll_back(mark)?;
                return Err(Failure::Unfolded);
            }
            if alone && ended.outcome.is_err() {
                ran.push((job, ended.outcome));
                return Ok(self.roll_back(mark)?);
            }
            ran.push((job, ended.outcome));
            if tally.size(self.connection) < ROWS {
                match queue.try_recv() {
                    Ok(Message::Job(job)) => next = Some(job),
                    Ok(other) => *left = Some(other),
                    Err(_) => {}
                }
            }
        }
        Ok(self.end(tally, mark)?)
    }

    fn run(&self, job: &mut dyn Job, tally: &Tally) -> Ended {
        let part = self.journal.map(|journal| Part::of_writer(journal, tally));
        let mut access = Access { connection: self.connection, schema: self.schema, part, lease: None };
        let outcome = job.run(&mut access);
        Ended { outcome, lacks_whole: access.part.is_some_and(|part| part.lacks_whole()) }
    }

    /// Runs a job so that its changes can be undone and those of the jobs before it kept. The first
    /// job of a transaction does without: a savepoint costs it a fifth of its time.
    fn run_apart(&self, job: &mut dyn Job, tally: &Tally) -> Ended {
        let mark = self.mark();
        if let Err(error) = self.execute("SAVEPOINT job") {
            return Ended { outcome: Err(error), lacks_whole: false };
        }
        let ended = self.run(job, tally);
        let undone = match ended.outcome {
            Err(_) if !self.connection.is_autocommit() => {
                self.undo(mark);
                self.execute("ROLLBACK TO job")
            }
            _ => Ok(()),
        };
        let released = undone.and_then(|()| match self.connection.is_autocommit() {
            true => Ok(()),
            false => self.execute("RELEASE job"),
        });
        Ended { outcome: ended.outcome.and(released), ..ended }
    }

    /// Runs a job in a transaction of its own, on whole tables if it needs them.
    fn alone(&self, mut job: Box<dyn Job>) -> (Box<dyn Job>, Result<()>) {
        loop {
            let tally = Tally::new(self.connection);
            if let Err(error) = self.begin() {
                return (job, Err(error));
            }
            let mark = self.mark();
            let ended = self.run(&mut *job, &tally);
            if !ended.lacks_whole {
                let end = if ended.outcome.is_ok() { self.end(&tally, mark) } else { self.roll_back(mark) };
                return (job, ended.outcome.and(end));
            }
            if let Err(error) = self.roll_back(mark).and_then(|()| self.fold()) {
                return (job, Err(error));
            }
        }
    }

    fn begin(&self) -> Result<()> {
        match self.journal {
            Some(journal) => journal.begin_writing(self.connection),
            None => self.execute("BEGIN IMMEDIATE"),
        }
    }

    /// Commits the transaction; whatever happens, none is open then.
    fn end(&self, tally: &Tally, mark: Option<Mark>) -> Result<()> {
        if self.connection.is_autocommit() {
            self.undo(mark);
            return Err(StoreError::Abandoned);
        }
        if let Some(durable) = self.durable {
            durable.begin();
        }
        let commit = || self.execute("COMMIT");
        let ended = match self.journal {
            Some(journal) => journal.commit(tally.is_coarse(self.connection), commit),
            None => commit(),
        };
        if ended.is_err() {
            self.roll_back(mark)?;
        }
        ended
    }

    /// Undoes the transaction.
    fn roll_back(&self, mark: Option<Mark>) -> Result<()> {
        self.undo(mark);
        if self.connection.is_autocommit() { Ok(()) } else { self.execute("ROLLBACK") }
    }

    fn mark(&self) -> Option<Mark> {
        self.journal.map(Journal::mark)
    }

    fn undo(&self, mark: Option<Mark>) {
        if let (Some(journal), Some(mark)) = (self.journal, mark) {
            journal.undo(mark);
        }
    }

    /// Brings all that waits in the journal into the tables, whole for a while.
    fn fold(&self) -> Result<()> {
        let Some(journal) = self.journal else { return Ok(()) };
        self.durable.map_or(Ok(()), Durable::check)?;
        self.folder.borrow_mut().all(journal, self.connection, self.schema)?;
        journal.want_whole();
        Ok(())
    }

    /// Brings in what waits, until a message comes, which it gives.
    fn fold_until(&self, queue: &mut mpsc::Receiver<Message>) -> Option<Message> {
        let journal = self.journal?;
        if self.durable.is_some_and(|durable| durable.check().is_err()) {
            return None;
        }
        loop {
            match self.folder.borrow_mut().some(journal, self.connection, self.schema) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    tracing::warn!(%error, "folding the journal put off");
                    return None;
                }
            }
            if let Ok(message) = queue.try_recv() {
                return Some(message);
            }
        }
    }

    /// Folds as much as what a transaction has appended calls for.
    fn keep_pace(&self, tally: &Tally) {
        let Some(journal) = self.journal.filter(|_| tally.appended() > 0) else { return };
        let mut folder = self.folder.borrow_mut();
        if let Err(error) = folder.keep_pace(journal, self.connection, self.schema, tally.appended()) {
            tracing::warn!(%error, "folding the journal put off");
        }
    }

    fn execute(&self, sql: &str) -> Result<()> {
        execute(self.connection, sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::sqlite::durable::Progress;
    use crate::sqlite::migrate::{STEPS, migrate};
    use crate::sqlite::open::{Role, connect};
    use crate::verbs::{AccountReader, AccountWriter};
    use std::sync::atomic::{AtomicUsize, Ordering};

    type Answer = oneshot::Receiver<Result<i64>>;

    /// Adds account `number`, and fails as the job is told to.
    fn job(number: i64, fail: fn(&mut Access<'_>) -> Result<()>) -> (Box<dyn Job>, Answer) {
        let (caller, answer) = oneshot::channel();
        let add = move |writer: &mut Access<'_>| {
            writer.add_account(&Account::new(number.to_string(), ""))?;
            fail(writer)?;
            Ok(number)
        };
        (Box::new(Call::new(add, caller)), answer)
    }

    /// Runs jobs that are queued at once, where commit `n` fails if `refuses` says so. Gives their
    /// answers, the numbers of the accounts that are kept, and how many commits there were.
    fn run(
        refuses: fn(usize) -> bool,
        jobs: Vec<(Box<dyn Job>, Answer)>,
    ) -> (Vec<Result<i64>>, Vec<String>, usize) {
        let schema = Schema::of_contract();
        let mut connection = connect(None, Role::Writer).unwrap();
        migrate(&mut connection, &schema, STEPS).unwrap();
        let commits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&commits);
        connection.commit_hook(Some(move || refuses(counter.fetch_add(1, Ordering::Relaxed)))).unwrap();
        let (sender, mut queue) = mpsc::channel(QUEUE);
        let mut answers = Vec::new();
        for (job, answer) in jobs {
            sender.try_send(Message::Job(job)).ok().unwrap();
            answers.push(answer);
        }
        let group = Group {
            connection: &connection,
            schema: &schema,
            durable: None,
            journal: None,
            folder: &RefCell::default(),
        };
        while let Ok(Message::Job(first)) = queue.try_recv() {
            assert!(group.commit(first, &mut queue).is_none());
            assert!(connection.is_autocommit());
        }
        let answers = answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect();
        let kept = Access::plain(&connection, &schema).accounts().unwrap();
        let kept = kept.into_iter().map(|account| account.number).collect();
        (answers, kept, commits.load(Ordering::Relaxed))
    }

    fn undo(writer: &mut Access<'_>) -> Result<()> {
        // What SQLite does of itself when the disk is full, for example.
        writer.connection.execute_batch("ROLLBACK")?;
        Err(StoreError::Full)
    }

    fn succeed(_: &mut Access<'_>) -> Result<()> {
        Ok(())
    }

    #[test]
    fn a_transaction_that_sqlite_undid_is_run_again_without_the_job_to_blame() {
        let (answers, kept, _) = run(|_| false, vec![job(1, succeed), job(2, undo), job(3, succeed)]);
        assert_eq!(answers, [Ok(1), Err(StoreError::Full), Ok(3)]);
        assert_eq!(kept, ["1", "3"]);
        let (answers, kept, _) = run(|_| false, vec![job(1, undo), job(2, succeed)]);
        assert_eq!(answers, [Err(StoreError::Full), Ok(2)]);
        assert_eq!(kept, ["2"]);
    }

    #[test]
    fn a_commit_that_fails_is_tried_again_job_by_job() {
        let (answers, kept, commits) = run(|number| number == 0, vec![job(1, succeed), job(2, succeed)]);
        assert_eq!(answers, [Ok(1), Ok(2)]);
        assert_eq!(kept, ["1", "2"]);
        assert_eq!(commits, 3);
    }

    #[test]
    fn a_commit_that_fails_for_one_job_is_its_error() {
        let (answers, kept, commits) = run(|_| true, vec![job(1, succeed)]);
        assert!(matches!(answers[..], [Err(StoreError::Database(_))]), "{answers:?}");
        assert_eq!((kept.len(), commits), (0, 1));
    }

    #[test]
    fn no_job_is_run_once_the_disk_has_failed() {
        let (schema, progress) = (Schema::of_contract(), Progress::new());
        let mut connection = connect(None, Role::Writer).unwrap();
        migrate(&mut connection, &schema, STEPS).unwrap();
        // A device that cannot be synced.
        let device = std::fs::File::open("/dev/null").unwrap();
        let durable = Durable::over(device, None, progress).unwrap();
        let group = Group {
            connection: &connection,
            schema: &schema,
            durable: Some(&durable),
            journal: None,
            folder: &RefCell::default(),
        };
        let (_sender, mut queue) = mpsc::channel(QUEUE);
        for number in [1, 2] {
            let (job, answer) = job(number, succeed);
            assert!(group.commit(job, &mut queue).is_none());
            assert!(matches!(answer.blocking_recv().unwrap(), Err(StoreError::Database(_))));
        }
        let kept = Access::plain(&connection, &schema).accounts().unwrap();
        assert!(kept.iter().all(|account| account.number != "2"));
    }

    #[test]
    fn a_transaction_takes_no_more_jobs_once_it_is_long() {
        fn many(writer: &mut Access<'_>) -> Result<()> {
            (0..ROWS).try_for_each(|_| writer.add_usage(crate::AccountId(1), "day", 1).map(|_| ()))
        }
        let jobs = vec![job(1, succeed), job(2, many), job(3, succeed), job(4, succeed)];
        let (answers, _, commits) = run(|_| false, jobs);
        assert_eq!(answers, [Ok(1), Ok(2), Ok(3), Ok(4)]);
        assert_eq!(commits, 2);
    }
}
