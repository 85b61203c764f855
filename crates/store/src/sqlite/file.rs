//! The database file: made whole or not at all, its user's alone, copied before a later version changes it.

use super::migrate::{self, STEPS};
use super::open::{Refusal, Role, connect};
use super::schema::Schema;
use crate::error::{OpenError, StoreError};
use crate::options::Opening;
use crate::room::room;
use contract::Timestamp;
use rusqlite::Connection;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::{Builder, TempPath};

/// The database's name in its folder.
pub(super) const NAME: &str = "understudy.db";

/// The database file of a data folder, and whether it was made just now.
pub(super) fn find(
    folder: &Path,
    opening: Opening,
    schema: &Schema,
) -> std::result::Result<(PathBuf, bool), OpenError> {
    let file = folder.join(NAME);
    let unwritable =
        |error: io::Error| OpenError::Unwritable { path: file.clone(), reason: error.to_string() };
    let found = match fs::metadata(&file) {
        Ok(found) => Some(found),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        Err(error) => return Err(unwritable(error)),
    };
    match found {
        Some(found) if found.is_file() && found.len() == 0 => Err(OpenError::Empty { path: file }),
        Some(_) => {
            keep_private(&file);
            Ok((file, false))
        }
        None if !opening.create => Err(OpenError::Missing { place: folder.display().to_string() }),
        None => {
            make_folder(folder).map_err(|source| OpenError::Folder { path: folder.to_owned(), source })?;
            let made = make(folder, &file, schema).map_err(|refusal| match refusal {
                Refusal::System(error) => unwritable(error),
                other => other.at(&file),
            })?;
            Ok((file, made))
        }
    }
}

/// Makes a folder that is its user's alone.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the database under another name, so that a file of its name is a whole one whenever the program ends. False if
/// another process made it meanwhile.
fn make(folder: &Path, file: &Path, schema: &Schema) -> Result<bool, Refusal> {
    let new = beside(folder, NAME)?;
    let mut connection = connect(Some(&new), Role::Writer)?;
    migrate::migrate(&mut connection, schema, STEPS)?;
    drop(connection);
    match new.persist_noclobber(file) {
        Ok(()) => sync_folder(folder).map_err(Refusal::System).map(|()| true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Refusal::System(error.error)),
    }
}

/// A new, empty file that only its owner can read, which is removed if it gets no name of its own.
fn beside(folder: &Path, name: &str) -> Result<TempPath, Refusal> {
    let new = Builder::new().prefix(&format!("{name}.")).suffix(".new").tempfile_in(folder);
    Ok(new.map_err(Refusal::System)?.into_temp_path())
}

/// Has the names in a folder on disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// What SQLite has beside a file, by its ending.
pub(super) fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Takes others' rights to a file and to those that SQLite has beside it, which get the rights of the file: people's data
/// is in them.
fn keep_private(file: &Path) {
    #[cfg(unix)]
    for ending in ["", "-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt;
        let path = with_ending(file, ending);
        let Ok(found) = fs::metadata(&path) else { continue };
        if !found.is_file() || found.permissions().mode() & 0o077 == 0 {
            continue;
        }
        let file = path.display();
        match fs::set_permissions(&path, fs::Permissions::from_mode(0o600)) {
            Ok(()) => tracing::warn!(%file, "others could read the file; now only its owner can"),
            Err(error) => {
                tracing::warn!(%file, %error, "others can read the file, and its mode can't be changed")
            }
        }
    }
}

/// Copies a database beside itself, with all that its log holds.
///
/// # Errors
/// [`Refusal::Room`] where the disk has less room than 1.1 times its size; the database's and the system's.
pub(super) fn copy(connection: &Connection, file: &Path) -> Result<(), Refusal> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let bytes = pragma("page_count")?.saturating_mul(pragma("page_size")?).unsigned_abs();
    let needed = bytes.saturating_add(bytes / 10);
    if let Some(free) = room(folder).filter(|free| *free < needed) {
        return Err(Refusal::Room { needed, free });
    }
    let new = beside(folder, NAME)?;
    connection.execute("VACUUM INTO ?1", [new.to_string_lossy()])?;
    File::open(&new).and_then(|copy| copy.sync_all()).map_err(Refusal::System)?;
    let name = folder.join(format!("{NAME}.{}", now().to_string().replace(':', "-")));
    new.persist(&name).map_err(|error| Refusal::System(error.error))?;
    sync_folder(folder).map_err(Refusal::System)?;
    tracing::info!(copy = %name.display(), "copied the database before bringing it up to date");
    Ok(())
}

/// To the second.
fn now() -> Timestamp {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    Timestamp(0).plus_seconds(i64::try_from(since).unwrap_or(i64::MAX))
}

/// A database file as it was opened, to see whether it is still the one that its name leads to.
pub(crate) struct Watched {
    file: PathBuf,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl Watched {
    /// Notes which file it is.
    pub fn over(file: &Path) -> io::Result<Watched> {
        #[cfg(unix)]
        let identity = identity(&fs::metadata(file)?);
        Ok(Watched {
            file: file.to_owned(),
            #[cfg(unix)]
            identity,
        })
    }

    /// Fails if its name leads nowhere or to another file, or if it has been emptied: what is written then is lost.
    pub fn check(&self) -> Result<(), StoreError> {
        let lost = |what: &str| Err(StoreError::Lost(format!("{} {what}", self.file.display())));
        let found = match fs::metadata(&self.file) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return lost("was removed"),
            // What can't be looked at now may be there.
            Err(_) => return Ok(()),
        };
        #[cfg(unix)]
        if identity(&found) != self.identity {
            return lost("was replaced by another file");
        }
        if found.len() == 0 { lost("was emptied") } else { Ok(()) }
    }
}

#[cfg(unix)]
fn identity(of: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (of.dev(), of.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_removed_replaced_or_emptied_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        let mistreat: [fn(&Path); 3] = [
            |file| fs::remove_file(file).unwrap(),
            |file| {
                fs::write(file.with_extension("other"), "a database").unwrap();
                fs::rename(file.with_extension("other"), file).unwrap();
            },
            |file| fs::write(file, "").unwrap(),
        ];
        for mistreat in mistreat {
            fs::write(&file, "a database").unwrap();
            let watched = Watched::over(&file).unwrap();
            assert_eq!(watched.check(), Ok(()));
            mistreat(&file);
            assert!(matches!(watched.check(), Err(StoreError::Lost(_))));
        }
    }
}
