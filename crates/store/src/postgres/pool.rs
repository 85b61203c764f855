//! The connections, and who gets one.

use super::error::reason;
use super::place::Postgres;
use super::tls::Tls;
use crate::error::{Result, StoreError};
use deadpool_postgres::{
    Client, Manager, ManagerConfig, Pool as Clients, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// How long a job waits for its turn.
const TURN: Duration = Duration::from_secs(30);

/// How long a connection may take to be made, from the name's look-up to the login.
const CREATE: Duration = Duration::from_secs(15);

/// How long a job that has not begun waits for a server that is being restarted or replaced.
const RESTART: Duration = Duration::from_secs(10);

/// Between two tries to reach it.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections to a database: as many jobs run at once, and the others wait for their turn.
pub(super) struct Pool {
    clients: Clients,
    turns: Arc<Semaphore>,
    size: u32,
}

/// A job's turn, which ends when this is dropped.
pub(super) type Turn = OwnedSemaphorePermit;

impl Pool {
    /// Connections that are made when they are needed.
    pub fn new(place: &Postgres) -> io::Result<Pool> {
        let size = place.connections.max(1);
        // A connection that its server has closed is noticed without asking.
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let tls = Tls::new(&place.url.trust)?;
        let manager = Manager::from_config(place.url.config.as_ref().clone(), tls, config);
        let timeouts = Timeouts { wait: Some(TURN), create: Some(CREATE), recycle: Some(CREATE) };
        let clients = Clients::builder(manager)
            .max_size(size as usize)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(io::Error::other)?;
        Ok(Pool { clients, turns: Arc::new(Semaphore::new(size as usize)), size })
    }

    /// Waits for a turn, first come, first served.
    pub async fn turn(&self) -> Result<Turn> {
        match timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(turn) => turn.map_err(|_| StoreError::Closed),
            Err(_) => Err(StoreError::Busy),
        }
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
        let all = self.turns.acquire_many(self.size).await;
        self.turns.close();
        drop(all);
        self.clients.close();
    }
}

/// Why there is no connection.
pub(super) struct Refused {
    /// As a job is told.
    pub error: StoreError,
    /// As whoever opens the database is told.
    pub reason: String,
}
