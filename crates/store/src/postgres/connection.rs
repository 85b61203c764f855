//! A connection on which a transaction is open, for jobs that run in a thread that may block.

use super::binding;
use super::error::{Class, class};
use super::value::Parameter;
use crate::error::{Result, StoreError};
use crate::lease::Lease;
use deadpool_postgres::{Client, Object};
use futures_util::TryStreamExt;
use futures_util::future::join4;
use std::cell::{Cell, RefCell};
use std::pin::{Pin, pin};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row, RowStream, Statement};

/// Statements that a connection keeps prepared. Searches have as many texts as there are filters, so
/// that a connection that has this many forgets all and starts again.
const STATEMENTS: usize = 256;

/// Locks the account's row against other writers and nobody else. An account that is not there
/// locks nothing.
const HOLD: &str = "SELECT 1 FROM account WHERE account_id = $1 FOR NO KEY UPDATE";

/// Has each statement planned for its parameters, or once for all, as it is when a transaction begins.
const OWN_PLAN: &str = "SET LOCAL plan_cache_mode = force_custom_plan";
const ONE_PLAN: &str = "SET LOCAL plan_cache_mode = force_generic_plan";

/// A connection within a transaction. It must not be used in a thread that runs tasks.
pub(crate) struct Connection {
    client: Client,
    runtime: Handle,
    /// False where a pooler stands between, which may give each transaction another server process.
    prepares: bool,
    /// Begins the transaction, unless that was sent: it travels with the first statement.
    begin: Cell<Option<Arc<str>>>,
    /// The account to hold before the next statement, with which it travels.
    hold: Cell<Option<i64>>,
    /// True while each statement is planned for its parameters, which a transaction does not begin with.
    plans: Cell<bool>,
    trouble: RefCell<Option<Trouble>>,
    /// How long the job may go on; none if it writes.
    lease: Option<Arc<Lease>>,
}

/// The first error that a transaction met. PostgreSQL refuses all that follows it.
pub(crate) struct Trouble {
    /// What it means.
    pub class: Class,
    /// The error.
    pub error: StoreError,
}

impl Connection {
    /// A connection on which a transaction begins as `begin` says, for a job with or without a lease.
    pub fn new(
        client: Client,
        runtime: Handle,
        prepares: bool,
        begin: &Arc<str>,
        lease: Option<Arc<Lease>>,
    ) -> Connection {
        let begin = Cell::new(Some(Arc::clone(begin)));
        let (hold, plans, trouble) = (Cell::new(None), Cell::new(false), RefCell::default());
        Connection { client, runtime, prepares, begin, hold, plans, trouble, lease }
    }

    /// Has the next statement wait until no other transaction holds the account.
    pub fn hold(&self, account: i64) {
        self.hold.set(Some(account));
    }

    /// The rows of a statement about one account.
    pub fn query(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>> {
        check(sql)?;
        self.query_everywhere(sql, parameters)
    }

    /// The rows of a statement that may be about all accounts.
    pub fn query_everywhere(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>> {
        self.ask(sql, parameters, true, async |mut rows| {
            let mut out = Vec::new();
            while let Some(row) = rows.try_next().await? {
                self.go_on().map_err(Stop::Over)?;
                self.took(|| row.raw_size_bytes()).map_err(Stop::Job)?;
                out.push(row);
            }
            Ok(out)
        })
    }

    /// How many rows a statement changed.
    pub fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64> {
        check(sql)?;
        self.ask(sql, parameters, true, async |mut rows| {
            while rows.try_next().await?.is_some() {}
            Ok(rows.rows_affected().unwrap_or(0))
        })
    }

    /// Gives each row to `each`, which must not ask the connection, until it says false. A statement that
    /// is not kept is planned anew for its parameters.
    pub fn stream(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        is_kept: bool,
        each: &mut dyn FnMut(&Row) -> Result<bool>,
    ) -> Result<()> {
        check(sql)?;
        self.ask(sql, parameters, is_kept, async |mut rows| {
            while let Some(row) = rows.try_next().await? {
                self.go_on().map_err(Stop::Over)?;
                if !each(&row).map_err(Stop::Job)? {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Ends the transaction so that its changes are kept, and waits until they are on disk.
    pub fn commit(&self) -> std::result::Result<(), Error> {
        self.end("COMMIT")
    }

    /// Ends the transaction so that it leaves nothing.
    pub fn rollback(&self) -> std::result::Result<(), Error> {
        self.end("ROLLBACK")
    }

    fn end(&self, sql: &str) -> std::result::Result<(), Error> {
        // A transaction that never began has nothing to end.
        if self.begin.take().is_some() {
            return Ok(());
        }
        self.runtime.block_on(self.client.batch_execute(sql))
    }

    /// Ends a transaction that has only read; a connection on which that fails is closed.
    pub fn end_reading(self) -> impl Future<Output = ()> + Send + 'static {
        let Connection { client, begin, .. } = self;
        let began = begin.into_inner().is_none();
        async move {
            if began && client.batch_execute("COMMIT").await.is_err() {
                drop(Object::take(client));
            }
        }
    }

    /// The first error, if there was one.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// The client, whatever state it is in.
    pub fn into_client(self) -> Client {
        self.client
    }

    fn ask<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        is_kept: bool,
        take: impl AsyncFnOnce(Pin<&mut RowStream>) -> std::result::Result<T, Stop>,
    ) -> Result<T> {
        self.go_on()?;
        let work = async {
            let rows = pin!(self.start(sql, parameters, is_kept).await?);
            take(rows).await
        };
        let over = async {
            match &self.lease {
                Some(lease) => lease.over().await,
                None => std::future::pending().await,
            }
        };
        let answer = self.runtime.block_on(async {
            tokio::select! {
                biased;
                error = over => Err(Stop::Over(error)),
                answer = work => answer,
            }
        });
        answer.map_err(|stop| {
            let (class, error) = match stop {
                Stop::Job(error) => return error,
                Stop::Over(error) => (Class::Over, error),
                Stop::Database(error) => (class(&error), StoreError::from(error)),
            };
            self.trouble.borrow_mut().get_or_insert(Trouble { class, error: error.clone() });
            error
        })
    }

    /// Fails once the job has to stop. Rows that are there already keep its lease from being looked at otherwise.
    fn go_on(&self) -> Result<()> {
        self.lease.as_deref().map_or(Ok(()), Lease::check)
    }

    /// Bounds the memory of what a job that reads is given.
    pub fn at_most(&self, bytes: usize) {
        if let Some(lease) = &self.lease {
            lease.at_most(bytes);
        }
    }

    /// Counts bytes that a job is given; fails if they are more than it may be given.
    pub fn took(&self, bytes: impl FnOnce() -> usize) -> Result<()> {
        self.lease.as_deref().map_or(Ok(()), |lease| lease.take(bytes))
    }

    /// Sends a statement, and what has to come before it, without waiting in between.
    async fn start(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        is_kept: bool,
    ) -> std::result::Result<RowStream, Error> {
        let begin = self.begin.take();
        let account = self.hold.take();
        let plans =
            (self.plans.replace(!is_kept) == is_kept).then_some(if is_kept { ONE_PLAN } else { OWN_PLAN });
        let say = async |sql: Option<&str>| match sql {
            Some(sql) => self.client.batch_execute(sql).await,
            None => Ok(()),
        };
        let key = account.as_ref().map(|account| [Parameter::new(account)]);
        // Preparing takes a round trip of its own when it is new: before, so that the order is kept.
        let hold = match &key {
            Some(key) => Some(self.prepare(HOLD, key, true).await?),
            None => None,
        };
        let statement = self.prepare(sql, parameters, is_kept).await?;
        let hold = async {
            match (hold, &key) {
                (Some(hold), Some(key)) => {
                    self.send(hold, key).await?.try_collect::<Vec<_>>().await.map(|_| ())
                }
                _ => Ok(()),
            }
        };
        // Each is sent when it is first polled, which happens in this order.
        let (begun, planned, held, rows) =
            join4(say(begin.as_deref()), say(plans), hold, self.send(statement, parameters)).await;
        begun.and(planned).and(held).and(rows)
    }

    async fn prepare<'a>(
        &self,
        sql: &'a str,
        parameters: &[Parameter<'_>],
        is_kept: bool,
    ) -> std::result::Result<Prepared<'a>, Error> {
        if !self.prepares || !is_kept {
            return Ok(Prepared::Not(sql));
        }
        if self.client.statement_cache.size() > STATEMENTS {
            self.client.statement_cache.clear();
        }
        let types: Vec<Type> = parameters.iter().map(|parameter| parameter.ty.clone()).collect();
        Ok(Prepared::Kept(self.client.prepare_typed_cached(sql, &types).await?))
    }

    async fn send(
        &self,
        statement: Prepared<'_>,
        parameters: &[Parameter<'_>],
    ) -> std::result::Result<RowStream, Error> {
        match statement {
            Prepared::Kept(statement) => {
                self.client.query_raw(&statement, parameters.iter().map(|parameter| parameter.value)).await
            }
            Prepared::Not(sql) => {
                let parameters = parameters.iter().map(|parameter| (parameter.value, parameter.ty.clone()));
                self.client.query_typed_raw(sql, parameters).await
            }
        }
    }
}

/// A statement before it is sent.
enum Prepared<'a> {
    /// The server knows it by a name.
    Kept(Statement),
    /// Its text travels with each use.
    Not(&'a str),
}

/// Why a statement did not come to its end.
enum Stop {
    /// The job had enough of its rows.
    Job(StoreError),
    /// The job has to stop.
    Over(StoreError),
    /// PostgreSQL failed.
    Database(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Database(error)
    }
}

/// While developing, refuses statements that reach beyond an account.
fn check(sql: &str) -> Result<()> {
    if cfg!(debug_assertions) {
        binding::check(sql).map_err(|reason| StoreError::Database(format!("{reason}: {sql}")))?;
    }
    Ok(())
}
