//! Runs jobs: each in a transaction of its own, in a thread that may block.

use super::Shared;
use super::access::{Access, Mode};
use super::connection::{Connection, Trouble};
use super::error::{Class, class};
use super::pool::Turn;
use crate::error::{Result, StoreError, attempt};
use crate::lease::Lease;
use crate::store::Reading;
use deadpool_postgres::{Client, Object};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// Begins a transaction that sees one snapshot. Its plans are for few rows, which compiling costs more
/// than it saves.
///
/// The plan for a batch does not depend on what is in it. To look at it would only mislead, as it does
/// while an import fills a table whose statistics are not there yet. A search is planned for its values.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL jit = off; \
    SET LOCAL plan_cache_mode = force_generic_plan";

/// Begins a transaction whose statements see the latest of what others have committed. A process that
/// stops in the middle must not hold its account for ever.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE; SET LOCAL jit = off; \
    SET LOCAL plan_cache_mode = force_generic_plan; \
    SET LOCAL lock_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '60s'; \
    SET LOCAL statement_timeout = 0";

/// What jobs without a deadline add: one that the role or the database has is not meant for them.
const UNLIMITED: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

/// How transactions begin.
pub(super) struct Begins {
    read: Arc<str>,
    read_out: Arc<str>,
    write: Arc<str>,
}

impl Begins {
    /// Where jobs that read have so much time. Each of their statements is given all of it: the server ends it
    /// even if this process is gone.
    pub fn new(deadline: Option<Duration>) -> Begins {
        let milliseconds = deadline.map(|time| i32::try_from(time.as_millis()).unwrap_or(i32::MAX).max(1));
        let timeout = milliseconds.map(|time| format!("; SET LOCAL statement_timeout = {time}"));
        let read = format!("{READ}{}", timeout.unwrap_or_default());
        Begins { read: read.into(), read_out: format!("{READ}; {UNLIMITED}").into(), write: WRITE.into() }
    }
}

/// How often a job is run that loses against others.
const ATTEMPTS: u32 = 8;

/// How often it is run again after its connection broke: a server that ends ends all of them, and the
/// pool may hold another that it has not noticed yet.
const LOSSES: u32 = 3;

/// How long it waits at most before it is run a second time; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs a job that reads, and once more when its connection breaks, if it may be run again.
pub(super) async fn read<T, F>(
    shared: Arc<Shared>,
    reading: Reading,
    lease: Arc<Lease>,
    mut job: F,
) -> Result<T>
where
    F: FnMut(&Access<'_>) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    let mut turn = shared.pool.turn(Some(reading)).await?;
    let mut losses = if reading == Reading::Out { LOSSES } else { 0 };
    loop {
        let client = shared.pool.client().await?;
        let (own, lease) = (Arc::clone(&shared), Arc::clone(&lease));
        let begin = match reading {
            Reading::Out => &shared.begins.read_out,
            Reading::General | Reading::LookUp => &shared.begins.read,
        };
        let connection = shared.connection(client, begin, Some(Arc::clone(&lease)));
        let task = spawn_blocking(move || (run_reading(&own, connection, (turn, &lease), &mut job), job));
        let outcome;
        (outcome, job) = task.await.map_err(|_| StoreError::Closed)?;
        match outcome {
            Ok(answer) => return answer,
            Err(_) if losses == LOSSES => return Err(StoreError::Unreachable),
            Err(back) => turn = back,
        }
        losses += 1;
        sleep(pause(losses)).await;
    }
}

/// Runs a job once; gives its turn back if the connection broke.
fn run_reading<T, F>(
    shared: &Arc<Shared>,
    connection: Connection,
    (turn, lease): (Turn, &Lease),
    job: &mut F,
) -> std::result::Result<Result<T>, Turn>
where
    F: FnMut(&Access<'_>) -> Result<T>,
{
    let access = Access::new(&shared.schema, &connection, Mode::Read);
    let answer = lease.judge(lease.check().and_then(|()| attempt(|| job(&access))));
    match connection.trouble() {
        None => {
            shared.runtime.spawn(finish_reading(connection.end_reading(), turn));
            Ok(answer)
        }
        Some(Trouble { class: Class::Over, error }) => {
            let (client, shared) = (connection.into_client(), Arc::clone(shared));
            let runtime = shared.runtime.clone();
            runtime.spawn(async move {
                shared.pool.cancel(client).await;
                drop(turn);
            });
            Ok(answer.and(Err(error)))
        }
        Some(trouble) => {
            give_back(connection, &trouble);
            match trouble.class {
                Class::Lost => Err(turn),
                _ => Ok(answer.and(Err(trouble.error))),
            }
        }
    }
}

/// Ends the transaction of a job that has its answer already.
async fn finish_reading(end: impl Future<Output = ()> + Send, turn: Turn) {
    end.await;
    drop(turn);
}

/// Runs a job that writes, and once more whenever that cannot have changed anything and may succeed.
pub(super) async fn write<T, F>(shared: Arc<Shared>, _turn: Turn, mut job: F) -> Result<T>
where
    F: FnMut(&mut Access<'_>) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    let mut losses = 0;
    for attempt in 1..=ATTEMPTS {
        let client = shared.pool.client().await?;
        let own = Arc::clone(&shared);
        let task = spawn_blocking(move || {
            let outcome = run(&own, client, &mut job);
            (outcome, job)
        });
        let outcome;
        (outcome, job) = task.await.map_err(|_| StoreError::Closed)?;
        match outcome {
            Outcome::Done(answer) => return answer,
            Outcome::Lost if losses == LOSSES => return Err(StoreError::Unreachable),
            Outcome::Lost => {
                losses += 1;
                sleep(pause(attempt)).await;
            }
            Outcome::Conflict => {
                tracing::debug!(attempt, "a job lost against another and is run again");
                sleep(pause(attempt)).await;
            }
        }
    }
    Err(StoreError::Busy)
}

/// Some time up to the longest that this attempt waits, so that those who met do not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = PAUSE * 2_u32.pow(attempt);
    // Keys of hash tables are the randomness at hand; nothing that is kept or told depends on it.
    longest.mul_f64((RandomState::new().hash_one(attempt) % 1000) as f64 / 1000.0)
}

/// What came of running a job.
enum Outcome<T> {
    /// Its answer, or why there is none.
    Done(Result<T>),
    /// Nothing, since it lost against another.
    Conflict,
    /// Nothing, since the connection broke.
    Lost,
}

fn run<T, F>(shared: &Shared, client: Client, job: &mut F) -> Outcome<T>
where
    F: FnMut(&mut Access<'_>) -> Result<T>,
{
    let connection = shared.connection(client, &shared.begins.write, None);
    let mut access = Access::new(&shared.schema, &connection, Mode::Write);
    let answer = attempt(|| job(&mut access));
    match (answer, connection.trouble()) {
        (Ok(answer), None) => commit(connection, answer),
        (answer, Some(trouble)) => {
            give_back(connection, &trouble);
            match trouble.class {
                Class::Conflict => Outcome::Conflict,
                Class::Lost => Outcome::Lost,
                // PostgreSQL has undone all of it, also for a job that does not mind the error.
                Class::Final | Class::Over => Outcome::Done(answer.and(Err(trouble.error))),
            }
        }
        (Err(error), None) => {
            if connection.rollback().is_err() {
                discard(connection);
            }
            Outcome::Done(Err(error))
        }
    }
}

fn commit<T>(connection: Connection, answer: T) -> Outcome<T> {
    let Err(error) = connection.commit() else { return Outcome::Done(Ok(answer)) };
    let class = class(&error);
    discard(connection);
    match class {
        Class::Conflict => Outcome::Conflict,
        Class::Lost => {
            tracing::error!("{}", StoreError::Unknown);
            Outcome::Done(Err(StoreError::Unknown))
        }
        Class::Final | Class::Over => Outcome::Done(Err(error.into())),
    }
}

/// Returns a connection on which a transaction failed.
fn give_back(connection: Connection, trouble: &Trouble) {
    if trouble.class == Class::Lost || connection.rollback().is_err() {
        discard(connection);
    }
}

/// Closes a connection that nobody should get again.
fn discard(connection: Connection) {
    drop(Object::take(connection.into_client()));
}
