//! Whether the server can do its work: what a load balancer asks before it sends calls here.

use contract::Timestamp;
use service::{Clock, Service};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;

/// How long the database may take for a look-up.
const PATIENCE: Duration = Duration::from_millis(800);

/// How many bytes have to be free on the disk of an embedded database.
const LEAST_ROOM: u64 = 64 << 20;

/// A time before the program was written: a clock that shows less is wrong.
const LEAST_TIME: Timestamp = Timestamp(1_764_547_200_000_000);

/// Why the server is not ready; none if it is.
pub async fn trouble(service: &Service, clock: &dyn Clock, folder: Option<&PathBuf>) -> Option<&'static str> {
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
fn room(folder: &PathBuf) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn room(_: &PathBuf) -> Option<u64> {
    None
}
