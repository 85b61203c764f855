//! The connections, and who gets one.

use super::error::reason;
use super::place::Postgres;
use super::tls::Tls;
use crate::error::{Result, StoreError};
use crate::store::Reading;
use deadpool_postgres::{
    Client, Manager, ManagerConfig, Object, Pool as Clients, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// How long a job waits for its turn.
const TURN: Duration = Duration::from_secs(30);

/// How long a connection may take to be made, from the name's look-up to the login.
const CREATE: Duration = Duration::from_secs(15);

/// How long a job that has not begun waits for a server that is being restarted or replaced.
const RESTART: Duration = Duration::from_secs(10);

/// Between two tries to reach it.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections to a database: as many jobs run at once, and the others wait for their turn. One
/// connection is left free for look-ups, if there are several.
pub(super) struct Pool {
    clients: Clients,
    tls: Tls,
    turns: Arc<Semaphore>,
    size: u32,
    /// The turns of all jobs but look-ups.
    general: Arc<Semaphore>,
}

/// A job's turn, which ends when this is dropped.
pub(super) struct Turn {
    _any: OwnedSemaphorePermit,
    _general: Option<OwnedSemaphorePermit>,
}

impl Pool {
    /// Connections that are made when they are needed.
    pub fn new(place: &Postgres) -> io::Result<Pool> {
        let size = place.connections.max(1);
        // A connection that its server has closed is noticed without asking.
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let tls = Tls::new(&place.url.trust)?;
        let manager = Manager::from_config(place.url.config.as_ref().clone(), tls.clone(), config);
        let timeouts = Timeouts { wait: Some(TURN), create: Some(CREATE), recycle: Some(CREATE) };
        let clients = Clients::builder(manager)
            .max_size(size as usize)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(io::Error::other)?;
        let turns = Arc::new(Semaphore::new(size as usize));
        let general = Arc::new(Semaphore::new(general(size) as usize));
        Ok(Pool { clients, tls, turns, size, general })
    }

    /// Waits for the turn of a job that reads, or of one that writes, first come, first served.
    pub async fn turn(&self, reading: Option<Reading>) -> Result<Turn> {
        let turn = async {
            let general = match reading {
                Some(Reading::LookUp) => None,
                _ => Some(Arc::clone(&self.general).acquire_owned().await?),
            };
            Ok(Turn { _any: Arc::clone(&self.turns).acquire_owned().await?, _general: general })
        };
        match timeout(TURN, turn).await {
            Ok(turn) => turn.map_err(|_: AcquireError| StoreError::Closed),
            Err(_) => Err(StoreError::Busy),
        }
    }

    /// Ends the statement that a connection is running, and closes the connection: the server may hear of it
    /// late, when another job would suffer for it.
    pub async fn cancel(&self, client: Client) {
        let cancel = client.cancel_token();
        match timeout(CREATE, cancel.cancel_query(self.tls.clone())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = reason(&error), "a statement could not be cancelled"),
            Err(_) => tracing::debug!("a statement could not be cancelled in time"),
        }
        drop(Object::take(client));
    }

    /// A connection, for who has a turn. A server that does not answer is given the time of a restart.
    pub async fn client(&self) -> Result<Client> {
        let until = Instant::now() + RESTART;
        loop {
            match self.connect().await {
                Err(Refused { error: StoreError::Unreachable, .. }) if Instant::now() < until => {
                    sleep(PAUSE).await
                }
                other => return other.map_err(|refused| refused.error),
            }
        }
    }

    /// A connection at once, or why there is none.
    pub async fn connect(&self) -> std::result::Result<Client, Refused> {
        self.clients.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => {
                Refused { error: StoreError::Unreachable, reason: "no answer in time".to_owned() }
            }
            PoolError::Backend(error) => Refused { reason: reason(&error), error: error.into() },
            other => Refused { error: StoreError::Closed, reason: other.to_string() },
        })
    }

    /// Waits for the jobs that have or await a turn and closes the connections.
    pub async fn close(&self) {
        let others = self.general.acquire_many(general(self.size)).await;
        let all = self.turns.acquire_many(self.size).await;
        self.general.close();
        self.turns.close();
        drop((others, all));
        self.clients.close();
    }
}

/// How many of so many connections may be used by others than look-ups.
fn general(size: u32) -> u32 {
    size.saturating_sub(1).max(1)
}

/// Why there is no connection.
pub(super) struct Refused {
    /// As a job is told.
    pub error: StoreError,
    /// As whoever opens the database is told.
    pub reason: String,
}
