//! `understudy load`

use super::{administer_as, bar, say};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use clap::Args;
use indicatif::ProgressBar;
use service::data::Source;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Opening;

/// The arguments.
#[derive(Args)]
pub struct Load {
    /// File of lines, each one object as JSON; `-` for standard input.
    file: PathBuf,
}

/// How much of a line is read at once.
const BUFFER: usize = 64 * 1024;

/// Loads a file.
pub fn run((place, what): (Place, Load)) -> Result<(), Failure> {
    let input = Input::open(&what.file).map_err(|error| {
        Failure::new(Exit::Refused, format!("{} can't be read: {error}", what.file.display()))
    })?;
    let bar = input.bar.clone();
    let count = administer_as(&place, Opening::CREATE, async |admin| admin.load(Arc::new(input)).await);
    bar.finish_and_clear();
    say(format_args!("Loaded {} object(s).", count?));
    Ok(())
}

/// A file that is read twice, with the bar that shows how far that is.
struct Input {
    file: File,
    bar: ProgressBar,
}

impl Input {
    /// Opens a file. What can be read once only, such as standard input, is copied to a temporary one.
    fn open(path: &Path) -> io::Result<Input> {
        let file = if path == Path::new("-") {
            copy(stdin().lock())?
        } else {
            let file = File::open(path)?;
            let kind = file.metadata()?;
            if kind.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            if kind.is_file() { file } else { copy(file)? }
        };
        let bar = bar(file.metadata()?.len() * 2, "{wide_bar} {percent:>3} %  {elapsed} of about {duration}");
        Ok(Input { file, bar })
    }
}

fn copy(mut from: impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    Ok(file)
}

impl Source for Input {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        let mut file = &self.file;
        file.rewind()?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }

    fn advance(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
    }
}
