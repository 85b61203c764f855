//! The file that is imported.

use super::checkpoint::Checkpoint;
use super::feed::Feed;
use super::rows::{Rows, RowsError};
use crate::exit::{Exit, Failure};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, stdin};
use std::path::{Path, PathBuf};

/// The bytes of a file, wherever they come from.
pub type Bytes = Box<dyn Read + Send>;

/// A file, or standard input.
pub struct Source {
    path: PathBuf,
    file: Option<File>,
    bytes: Option<u64>,
}

impl Source {
    /// Opens a file, and keeps others from importing it meanwhile.
    pub fn open(path: &Path) -> Result<Source, Failure> {
        let fail = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Refused, format!("{} can't be read: {error}", path.display()))
        };
        if path == Path::new("-") {
            return Ok(Source { path: path.to_owned(), file: None, bytes: None });
        }
        let file = File::open(path).map_err(|error| fail(&error))?;
        let kind = file.metadata().map_err(|error| fail(&error))?;
        if kind.is_dir() {
            return Err(fail(&io::Error::from(io::ErrorKind::IsADirectory)));
        }
        // Where files can't be locked, people must take care themselves.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(Failure::new(Exit::Refused, format!("{} is being imported", path.display())));
        }
        let bytes = kind.is_file().then_some(kind.len());
        Ok(Source { path: path.to_owned(), file: Some(file), bytes })
    }

    /// Whether it can be read more than once.
    pub fn is_file(&self) -> bool {
        self.bytes.is_some()
    }

    /// How many bytes it has, if that can be told.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Its rows, and its header.
    ///
    /// # Errors
    /// See [`Rows::open`].
    pub fn rows(&mut self) -> Result<(Rows<Bytes>, Vec<String>), RowsError> {
        Rows::open(Feed::new(self.reader().map_err(RowsError::Read)?))
    }

    /// The rows that an earlier run had not come to. What lies before them must be as it was.
    pub fn go_on(&mut self, earlier: &Checkpoint) -> Result<Rows<Bytes>, Failure> {
        let fail = |text: String| Failure::new(Exit::Refused, format!("{} {text}", self.path.display()));
        let unreadable = |error: io::Error| fail(format!("can't be read: {error}"));
        let mut feed = Feed::new(self.reader().map_err(unreadable)?);
        feed.skip(earlier.byte).map_err(unreadable)?;
        if feed.hash() != earlier.hash {
            return Err(fail(format!(
                "has changed in the {} row(s) that an earlier run imported; --restart begins anew",
                earlier.rows
            )));
        }
        Ok(Rows::go_on(feed, earlier.mark()))
    }

    /// The bytes from the first on.
    fn reader(&self) -> io::Result<Bytes> {
        let Some(file) = &self.file else { return Ok(Box::new(stdin())) };
        let mut file = file.try_clone()?;
        if self.is_file() {
            file.rewind()?;
        }
        Ok(Box::new(file))
    }
}
