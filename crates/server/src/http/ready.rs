//! Whether the server can do its work: what a load balancer asks before it sends calls here.

use contract::Timestamp;
use service::{Clock, Service};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

/// How long the database may take for a look-up.
const PATIENCE: Duration = Duration::from_millis(800);

/// For how long an answer holds: however many ask, the database is asked once meanwhile.
const FRESH: Duration = Duration::from_millis(100);

/// How many bytes have to be free on the disk of an embedded database.
const LEAST_ROOM: u64 = 64 << 20;

/// A time before the program was written, 2025-12-01: a clock that shows less is wrong.
const LEAST_TIME: Timestamp = Timestamp(1_764_547_200_000_000);

/// Why a server is not ready; none if it is.
pub type Trouble = Option<&'static str>;

/// The server's readiness, as it was found last.
pub struct Readiness {
    service: Service,
    clock: Arc<dyn Clock>,
    /// Where the database is, if it is embedded.
    folder: Option<PathBuf>,
    last: Arc<Mutex<Option<(Instant, Trouble)>>>,
}

impl Readiness {
    /// Of a server whose embedded database, if it has one, is in a folder.
    pub fn new(service: Service, clock: Arc<dyn Clock>, folder: Option<PathBuf>) -> Readiness {
        Readiness { service, clock, folder, last: Arc::default() }
    }

    /// What keeps the server from its work, if anything does. What was begun is finished, and its answer kept, even if
    /// who asked goes away: else somebody could ask the database as often as they like.
    pub async fn trouble(&self) -> Trouble {
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some((at, trouble)) = *last
            && at.elapsed() < FRESH
        {
            return trouble;
        }
        let (service, clock, folder) = (self.service.clone(), Arc::clone(&self.clock), self.folder.clone());
        let looking = tokio::spawn(async move {
            let trouble = look(&service, &*clock, folder).await;
            *last = Some((Instant::now(), trouble));
            trouble
        });
        looking.await.unwrap_or(Some("it can't be told"))
    }
}

async fn look(service: &Service, clock: &dyn Clock, folder: Option<PathBuf>) -> Trouble {
    match timeout(PATIENCE, service.answers()).await {
        Ok(true) => {}
        Ok(false) => return Some("the database fails"),
        Err(_) => return Some("the database does not answer"),
    }
    // A disk may take its time, too.
    let room =
        timeout(PATIENCE, spawn_blocking(move || folder.and_then(|folder| store::room(&folder)))).await;
    match room {
        Ok(Ok(room)) if room.is_some_and(|room| room < LEAST_ROOM) => {
            return Some("the disk of the database is full");
        }
        Ok(_) => {}
        Err(_) => return Some("the disk of the database does not answer"),
    }
    (clock.now() < LEAST_TIME).then_some("the clock is wrong")
}
