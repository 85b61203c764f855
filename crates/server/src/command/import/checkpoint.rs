//! How far an import has come, in a file next to its errors file.
//!
//! It is written after the rows it tells of are in the database, so that it never tells of too many. Rows
//! that it does not tell of, though they are in the database, are imported once more when the import
//! goes on: they find what they made before (see [`service::table::Seed`]).

use super::rows::Mark;
use crate::exit::{Exit, Failure};
use serde::{Deserialize, Serialize};
use service::table::Seed;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use store::Location;

/// What must be the same for an import to go on.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// Which database; see [`database`].
    pub database: String,
    /// The account's number.
    pub account: String,
    /// The type of the objects.
    pub object: String,
    /// What rows are matched by.
    pub matching: String,
    /// Whether columns that are no members are skipped.
    pub ignores_unknown: bool,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Task { database: _, account, object, matching, ignores_unknown } = self;
        write!(f, "--account {account} --type {object} --match {matching}")?;
        if *ignores_unknown { f.write_str(" --ignore-unknown") } else { Ok(()) }
    }
}

/// What tells a database from others. Where it is no folder, what leads to it may be secret and is hashed.
pub fn database(location: &Location) -> String {
    match location {
        Location::Folder(folder) => {
            folder.canonicalize().unwrap_or_else(|_| folder.clone()).display().to_string()
        }
        other => {
            let hash = Sha256::digest(format!("{other:?}"));
            hash.iter().map(|byte| format!("{byte:02x}")).collect()
        }
    }
}

/// What became of the rows so far.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Rows that made objects.
    pub created: u64,
    /// Rows that found theirs.
    pub updated: u64,
    /// Rows that were left out.
    pub refused: u64,
}

/// How far an import has come.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// What is being done.
    pub task: Task,
    /// What the Ids of new objects follow from.
    pub seed: [u8; 16],
    /// Bytes of the file that are done.
    pub byte: u64,
    /// Line breaks in them.
    pub line: u64,
    /// Rows in them, the header not counted.
    pub rows: u64,
    /// The SHA-256 of those bytes in hexadecimal digits.
    pub hash: String,
    /// Bytes of the errors file that belong to the rows that are done.
    pub error_bytes: u64,
    /// What became of them.
    pub counts: Counts,
    /// The object that was written last.
    pub last: Option<String>,
}

impl Checkpoint {
    /// An import that begins behind the header.
    pub fn new(task: Task, seed: Seed, start: Mark, hash: String) -> Checkpoint {
        Checkpoint {
            task,
            seed: seed.0,
            byte: start.byte,
            line: start.line,
            rows: start.rows,
            hash,
            error_bytes: 0,
            counts: Counts::default(),
            last: None,
        }
    }

    /// Moves on to another place.
    pub fn move_to(&mut self, place: Mark, hash: String) {
        (self.byte, self.line, self.rows) = (place.byte, place.line, place.rows);
        self.hash = hash;
    }

    /// Where in the file to go on.
    pub fn mark(&self) -> Mark {
        Mark { byte: self.byte, line: self.line, rows: self.rows }
    }
}

/// The file of a checkpoint.
pub struct Sidecar(PathBuf);

impl Sidecar {
    /// The one next to an errors file.
    pub fn beside(errors: &Path) -> Sidecar {
        let mut name = errors.as_os_str().to_owned();
        name.push(".progress");
        Sidecar(name.into())
    }

    /// What it says, if it is there.
    pub fn read(&self) -> Result<Option<Checkpoint>, Failure> {
        let text = match fs::read(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failure(&format!("can't be read: {error}"))),
        };
        let read = serde_json::from_slice(&text);
        read.map(Some)
            .map_err(|_| self.failure("does not tell how far the import came; --restart begins anew"))
    }

    /// Says how far the import has come, in place of what it said before.
    pub fn write(&self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let mut new = self.0.as_os_str().to_owned();
        new.push("~");
        let written = (|| {
            let mut file = File::create(&new)?;
            file.write_all(serde_json::to_string(checkpoint)?.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &self.0)
        })();
        written.map_err(|error| {
            // What is there of it is of no use, and is gone or can't be removed either.
            let _ = fs::remove_file(&new);
            self.failure(&format!("can't be written: {error}"))
        })
    }

    /// Removes it.
    pub fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.failure(&format!("can't be removed: {error}")))
            }
            _ => Ok(()),
        }
    }

    fn failure(&self, trouble: &str) -> Failure {
        Failure::new(Exit::Refused, format!("{} {trouble}", self.0.display()))
    }
}
