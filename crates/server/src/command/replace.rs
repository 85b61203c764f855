//! Files that a command makes or replaces.
//!
//! What is under the name already stays until the new file is complete and on disk: it is written beside the old one
//! and renamed over it at the end. What is no regular file, such as /dev/stdout or a FIFO, is written to as it is.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How many symbolic links are followed from one to the next, as many as Linux does.
const LINKS: usize = 40;

/// A file in the making, readable by its user only. If it is dropped before it is finished, nothing is left of it.
pub struct Replacement {
    beside: NamedTempFile,
    target: PathBuf,
}

impl Replacement {
    /// Begins a file that will have that name; see [`target`].
    ///
    /// # Errors
    /// The system's, if the file may not be replaced or its folder takes no new one.
    pub fn begin(target: PathBuf) -> io::Result<Replacement> {
        // A file that its user has write-protected is not replaced, though its folder would allow that.
        match OpenOptions::new().write(true).open(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let beside = tempfile::Builder::new().prefix(".understudy-").tempfile_in(folder(&target))?;
        Ok(Replacement { beside, target })
    }

    /// Another handle to write to.
    ///
    /// # Errors
    /// The system's.
    pub fn file(&self) -> io::Result<File> {
        self.beside.as_file().try_clone()
    }

    /// Puts the file, which is complete, in its place.
    ///
    /// # Errors
    /// The system's; then the old file is as it was.
    pub fn finish(self) -> io::Result<()> {
        self.beside.as_file().sync_all()?;
        self.beside.persist(&self.target)?;
        // The rename is on disk once its folder is. Not every file system can be asked for that.
        let _ = File::open(folder(&self.target)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// The regular file that a path leads to, by symbolic links or not, which need not exist yet; `None` if it leads to
/// something else, which has to be opened and written to as it is.
///
/// # Errors
/// The system's.
pub fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        // The links in these folders lead to open files, which have no name that could be replaced.
        if path.starts_with("/dev") || path.starts_with("/proc") {
            return Ok(None);
        }
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let link = fs::read_link(&path)?;
                path = path.parent().map(|folder| folder.join(&link)).unwrap_or(link);
            }
            Ok(found) => return Ok(found.is_file().then_some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(path)),
            Err(error) => return Err(error),
        }
    }
    // Opening it says what is wrong.
    Ok(None)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn names(folder: &Path) -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn begin(path: &Path) -> io::Result<Replacement> {
        Replacement::begin(target(path)?.unwrap())
    }

    #[test]
    fn the_old_file_stays_until_the_new_one_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        for is_finished in [false, true] {
            let new = begin(&path).unwrap();
            new.file().unwrap().write_all(b"new").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
            assert_eq!(names(folder.path()).len(), 2);
            if is_finished {
                new.finish().unwrap();
            } else {
                drop(new);
            }
            assert_eq!(names(folder.path()), ["a.csv"], "nothing is left beside it");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(begin(&folder.path().join("none").join("a.csv")).is_err(), "a folder that is not there");
    }

    #[test]
    fn links_stay_links() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let (first, second) = (folder.path().join("first"), inner.join("second"));
        symlink("inner/second", &first).unwrap();
        symlink("third", &second).unwrap();
        for text in ["a file that was not there", "a file that was"] {
            let new = begin(&first).unwrap();
            new.file().unwrap().write_all(text.as_bytes()).unwrap();
            new.finish().unwrap();
            assert_eq!(fs::read_to_string(inner.join("third")).unwrap(), text);
        }
        assert!(fs::symlink_metadata(&first).unwrap().is_symlink());
        assert_eq!(names(&inner), ["second", "third"]);
    }

    #[test]
    fn what_is_no_regular_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (null, around) = (folder.path().join("null"), folder.path().join("around"));
        symlink("/dev/null", &null).unwrap();
        symlink("around", &around).unwrap();
        for path in [Path::new("/dev/stdout"), &null, &around, folder.path()] {
            assert_eq!(target(path).unwrap(), None, "{}", path.display());
        }
    }
}
