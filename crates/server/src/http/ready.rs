//! Whether the server can do its work: what a load balancer asks before it sends calls here.

use contract::Timestamp;
use service::{Clock, Service};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;
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
    /// Where the database is, if it is embedded.
    folder: Option<PathBuf>,
    last: Mutex<Option<(Instant, Trouble)>>,
}

impl Readiness {
    /// Of a server whose embedded database, if it has one, is in a folder.
    pub fn new(folder: Option<PathBuf>) -> Readiness {
        Readiness { folder, last: Mutex::default() }
    }

    /// What keeps the server from its work, if anything does.
    pub async fn trouble(&self, service: &Service, clock: &dyn Clock) -> Trouble {
        let mut last = self.last.lock().await;
        if let Some((at, trouble)) = *last
            && at.elapsed() < FRESH
        {
            return trouble;
        }
        let trouble = look(service, clock, self.folder.as_deref()).await;
        *last = Some((Instant::now(), trouble));
        trouble
    }
}

async fn look(service: &Service, clock: &dyn Clock, folder: Option<&Path>) -> Trouble {
    match timeout(PATIENCE, service.answers()).await {
        Ok(true) => {}
        Ok(false) => return Some("the database fails"),
        Err(_) => return Some("the database does not answer"),
    }
    if folder.is_some_and(|folder| room(folder).is_some_and(|room| room < LEAST_ROOM)) {
        return Some("the disk of the database is full");
    }
    (clock.now() < LEAST_TIME).then_some("the clock is wrong")
}

/// How many bytes this user may still write to a folder's disk; none if that can't be told.
#[cfg(unix)]
fn room(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn room(_: &Path) -> Option<u64> {
    None
}
