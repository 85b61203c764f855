//! The store over PostgreSQL, and over databases that spread PostgreSQL over machines.
//!
//! Every statement says whose data it is about in its first parameter, so that a database that is
//! spread by account answers it in one place. Nothing outlives a transaction on a connection but
//! prepared statements, and not even those where a pooler stands between.

mod access;
mod binding;
mod connection;
mod derive;
mod distribute;
mod durability;
mod error;
mod growth;
mod job;
mod migrate;
mod place;
#[cfg(test)]
mod plans;
mod pool;
mod read;
mod row;
mod rows;
mod schema;
mod statements;
mod tls;
mod value;
mod write;

pub use place::{Postgres, PostgresUrl, PostgresUrlError};

use crate::error::{OpenError, Result, StoreError};
use crate::layout::Layout;
use crate::lease::Lease;
use crate::options::{Opened, Options};
use crate::store::Reading;
use crate::verbs::{Reader, Writer};
use connection::Connection;
use deadpool_postgres::Client;
use growth::Growth;
use pool::Pool;
use schema::Schema;
use std::sync::Arc;
use tokio::runtime::Handle;

/// An open database.
pub(crate) struct Server {
    shared: Arc<Shared>,
}

/// What every job needs.
struct Shared {
    schema: Schema,
    pool: Pool,
    prepares: bool,
    runtime: Handle,
    begins: job::Begins,
    growth: Growth,
}

impl Shared {
    /// A connection on which a transaction begins as `begin` says, for a job with or without a lease.
    fn connection(&self, client: Client, begin: &Arc<str>, lease: Option<Arc<Lease>>) -> Connection {
        Connection::new(client, self.runtime.clone(), self.prepares, begin, lease)
    }
}

impl Server {
    /// Opens the database and brings it up to date.
    pub async fn open(
        layout: Arc<Layout>,
        place: &Postgres,
        options: &Options,
    ) -> std::result::Result<(Server, Opened), OpenError> {
        let name = || place.url.to_string();
        let failed = |reason: String| OpenError::Unreachable { place: name(), reason };
        let pool = Pool::new(place).map_err(|error| failed(error.to_string()))?;
        let mut client = pool.connect().await.map_err(|refused| failed(refused.reason))?;
        let schema = Schema::new(layout);
        let steps = (migrate::STEPS, place.partitions);
        let opened = migrate::migrate(&mut client, &schema, steps, options.opening).await;
        let opened = opened.map_err(|refusal| refusal.of(name()))?;
        let warned = durability::warn(&client).await;
        warned.map_err(|error| OpenError::Database { place: name(), source: error.into() })?;
        drop(client);
        let begins = job::Begins::new(options.read_deadline);
        let (prepares, runtime, growth) = (!place.pooler, Handle::current(), Growth::default());
        let shared = Shared { schema, pool, prepares, runtime, begins, growth };
        Ok((Server { shared: Arc::new(shared) }, opened))
    }

    pub async fn read<T, F>(&self, reading: Reading, lease: Arc<Lease>, mut job: F) -> Result<T>
    where
        F: FnMut(&Reader<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        job::read(Arc::clone(&self.shared), reading, lease, move |access| job(access)).await
    }

    pub async fn write<T, F>(&self, mut job: F) -> Result<T>
    where
        F: FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let turn = self.shared.pool.turn(None).await?;
        // A task of its own, so that it runs whether or not anybody waits for it.
        let task = tokio::spawn(job::write(Arc::clone(&self.shared), turn, move |access| job(access)));
        let done = task.await.unwrap_or(Err(StoreError::Closed));
        if done.is_ok() {
            growth::committed(&self.shared);
        }
        done
    }

    pub async fn close(&self) {
        self.shared.pool.close().await;
    }
}
