//! The store over SQLite: one thread that writes, a few connections that read.

mod access;
mod bytes;
mod checkpoint;
mod commit;
mod derive;
mod durable;
mod error;
mod file;
mod functions;
mod journal;
mod memory;
mod migrate;
mod open;
mod pool;
mod read;
mod row;
mod rows;
mod schema;
mod snapshot;
mod statements;
mod statistics;
mod watch;
mod write;

use crate::error::{OpenError, Result, StoreError};
use crate::layout::Layout;
use crate::lease::Lease;
use crate::options::{Opened, Options};
use crate::store::Reading;
use crate::verbs::{Reader, Writer};
use access::Access;
use checkpoint::Checkpoints;
use commit::{Beside, Call, Job, Message};
use durable::{Durable, Progress};
use journal::Journal;
use memory::Pages;
use open::{Refusal, Role};
use pool::{Pool, Seat};
use rusqlite::Connection;
use schema::Schema;
use snapshot::Outcome;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};

/// An open database.
pub(crate) struct Sqlite {
    schema: Arc<Schema>,
    pool: Arc<Pool>,
    queue: mpsc::Sender<Message>,
    progress: Arc<Progress>,
    journal: Option<Arc<Journal>>,
}

/// Objects in a call that are worth reading ahead of the writer.
const MANY: usize = 16;

impl Sqlite {
    /// Opens the database of a data folder, or one in memory where there is none.
    pub fn open(
        layout: Arc<Layout>,
        folder: Option<&Path>,
        options: &Options,
    ) -> std::result::Result<(Sqlite, Opened), OpenError> {
        open::check_library()?;
        let schema = Arc::new(Schema::new(layout));
        let found = folder.map(|folder| file::find(folder, options.opening, &schema)).transpose()?;
        let (file, made) = found.as_ref().map_or((None, false), |(file, made)| (Some(&**file), *made));
        let (store, updated) = Sqlite::start(schema, file, options)
            .map_err(|refusal| refusal.at(file.unwrap_or(Path::new(":memory:"))))?;
        let opened = match (made, updated) {
            (true, _) => Opened::Made,
            (false, true) => Opened::Updated,
            (false, false) => Opened::Found,
        };
        Ok((store, opened))
    }

    /// Tells, too, whether the file was of an earlier version.
    fn start(
        schema: Arc<Schema>,
        file: Option<&Path>,
        options: &Options,
    ) -> std::result::Result<(Sqlite, bool), Refusal> {
        let pages = Pages::of(options.page_cache_bytes);
        let before = |connection: &Connection| match file {
            Some(file) if options.opening.update => file::copy(connection, file),
            Some(_) => Err(Refusal::Older),
            None => Ok(()),
        };
        let (connection, wal, updated) = open::when_free(|| {
            let mut connection = open::connect(file, Role::Writer)?;
            open::keep(&connection, pages.writer)?;
            let updated = migrate::migrate_after(&mut connection, &schema, migrate::STEPS, before)?;
            let wal = file.is_some() && open::use_wal(&connection)?;
            Ok((connection, wal, updated))
        })?;
        let progress = Progress::new();
        let (queue, messages) = mpsc::channel(commit::QUEUE);
        let weak = queue.downgrade();
        // A queue that is full is not quiet.
        let quiet = move || drop(weak.upgrade().map(|queue| queue.try_send(Message::Quiet)));
        let beside = match file {
            Some(file) if wal => Some(Beside {
                durable: Durable::start(file, Arc::clone(&progress))?,
                checkpoints: Checkpoints::start(file, pages.mover, quiet)?,
                journal: Arc::new(Journal::new(options.journal_bytes, options.row_cache_bytes)),
            }),
            _ => None,
        };
        let journal = beside.as_ref().map(|beside| Arc::clone(&beside.journal));
        let connection = Arc::new(Mutex::new(connection));
        let pool = match file {
            Some(file) => Pool::open(file, pages.reader)?,
            None => Pool::share(Arc::clone(&connection))?,
        };
        let writer = std::thread::Builder::new().name("store-writer".to_owned());
        let shared = Arc::clone(&schema);
        writer.spawn(move || commit::run(connection, &shared, messages, beside)).map_err(Refusal::System)?;
        Ok((Sqlite { schema, pool: Arc::new(pool), queue, progress, journal }, updated))
    }

    /// Waits until the disk has failed, or the file is lost.
    pub async fn failed(&self) -> StoreError {
        self.progress.failed().await
    }

    pub async fn read<T, F>(&self, reading: Reading, lease: Arc<Lease>, mut job: F) -> Result<T>
    where
        F: FnMut(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        loop {
            let (schema, journal) = (Arc::clone(&self.schema), self.journal.clone());
            let own = Arc::clone(&lease);
            let run = move |seat: Seat<&Connection>| {
                let (journal, how) = (journal.as_deref(), (reading, &own));
                (snapshot::read(seat, &schema, journal, how, |access| job(access)), job)
            };
            let (outcome, back) = self.pool.run(reading, &lease, run).await?;
            job = back;
            match outcome {
                Outcome::Answer(answer) => {
                    self.progress.settled().await?;
                    return answer;
                }
                Outcome::Unfolded => {
                    let (caller, folded) = oneshot::channel();
                    self.queue.send(Message::Fold(caller)).await.map_err(|_| StoreError::Closed)?;
                    folded.await.unwrap_or(Err(StoreError::Closed))?;
                }
            }
        }
    }

    pub async fn write<T, F>(&self, mut job: F) -> Result<T>
    where
        F: FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let job = move |access: &mut Access<'_>| job(access);
        self.queue(|caller| Box::new(Call::new(job, caller))).await
    }

    pub async fn write_many<T, F>(&self, count: usize, mut job: F) -> Result<T>
    where
        F: FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(journal) = self.journal.clone().filter(|journal| count >= MANY && journal.is_open()) else {
            return self.write(job).await;
        };
        let schema = Arc::clone(&self.schema);
        // It has no deadline, but it is given up if nobody waits for it.
        let (lease, _caller) = Lease::new(None);
        let own = Arc::clone(&lease);
        let run = move |seat: Seat<&Connection>| {
            (snapshot::plan(seat, &schema, &journal, &own, |access| job(access)), job)
        };
        let (planned, job) = self.pool.run(Reading::LookUp, &lease, run).await?;
        if let Some((answer, plan)) = planned {
            let mut plan = Some(plan);
            let carry_out = move |access: &mut Access<'_>| match plan.take() {
                Some(plan) => access.carry_out(plan),
                None => Ok(false),
            };
            if self.queue(|caller| Box::new(Call::new(carry_out, caller))).await? {
                return Ok(answer);
            }
        }
        self.write(job).await
    }

    async fn queue<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T>>) -> Box<dyn Job>) -> Result<T> {
        let (caller, answer) = oneshot::channel();
        let message = Message::Job(job(caller));
        self.queue.send(message).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    pub async fn close(&self) {
        self.pool.close().await;
        let (closed, answer) = oneshot::channel();
        if self.queue.send(Message::Close(closed)).await.is_ok() {
            let _ = answer.await;
        }
    }
}

/// Table and column of every column of a new database.
#[cfg(test)]
pub(crate) fn columns_of_new_database() -> Vec<(String, String)> {
    let mut connection = open::connect(None, Role::Writer).unwrap();
    migrate::migrate(&mut connection, &Schema::of_contract(), migrate::STEPS).unwrap();
    let sql =
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'";
    let mut statement = connection.prepare(sql).unwrap();
    let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    names.collect::<rusqlite::Result<_>>().unwrap()
}
