//! Room on a disk.

use std::path::Path;

/// How many bytes this user may still write to a folder's disk; none if that can't be told.
#[cfg(unix)]
pub fn room(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Nothing, where nobody can tell.
#[cfg(not(unix))]
pub fn room(_: &Path) -> Option<u64> {
    None
}
