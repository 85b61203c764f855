//! The rows that were left out, as a CSV file that can be mended and imported again.

use crate::exit::{Exit, Failure};
use csv::{ByteRecord, Writer, WriterBuilder};
use service::table::{Problem, REMARKS};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How many problems are told on standard error.
const TOLD: u64 = 10;

/// The errors file. It is made with the first row that is left out.
pub struct Errors {
    path: Option<PathBuf>,
    header: Vec<String>,
    out: Option<Writer<Counted>>,
    bytes: u64,
    told: u64,
}

impl Errors {
    /// An errors file of an import that begins; without a path, problems are told and rows are not kept.
    pub fn new(path: Option<&Path>, header: &[String]) -> Errors {
        Errors { path: path.map(Path::to_owned), header: header.to_vec(), out: None, bytes: 0, told: 0 }
    }

    /// Goes on behind so many bytes; what is behind them is of rows that come once more.
    pub fn go_on(&mut self, bytes: u64) -> Result<(), Failure> {
        let Some(path) = self.path.clone().filter(|_| bytes > 0) else { return Ok(()) };
        let opened = (|| {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            if file.metadata()?.len() < bytes {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.set_len(bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        })();
        let file = opened.map_err(|error| failure(&path, &error))?;
        self.bytes = bytes;
        self.out = Some(writer(file, bytes));
        Ok(())
    }

    /// Adds a row.
    pub fn add(&mut self, line: u64, row: &ByteRecord, problems: &[Problem]) -> Result<(), Failure> {
        self.tell(line, problems);
        let Some(path) = self.path.clone() else { return Ok(()) };
        self.write(&path, line, row, problems).map_err(|error| failure(&path, &error))
    }

    fn write(&mut self, path: &Path, line: u64, row: &ByteRecord, problems: &[Problem]) -> io::Result<()> {
        let out = match &mut self.out {
            Some(out) => out,
            none => {
                let out = none.insert(writer(File::create(path)?, 0));
                let names = REMARKS.iter().copied().chain(kept(&self.header).map(|(_, name)| name));
                out.write_record(names)?;
                out
            }
        };
        let line = line.to_string();
        let codes: Vec<&str> =
            problems.iter().map(|problem| problem.code).filter(|code| !code.is_empty()).collect();
        let texts: Vec<&str> = problems.iter().map(|problem| problem.text.as_str()).collect();
        let (codes, texts) = (codes.join("; "), texts.join("; "));
        let remarks = [line.as_bytes(), codes.as_bytes(), texts.as_bytes()];
        let is_remark =
            |index: &usize| self.header.get(*index).is_some_and(|name| REMARKS.contains(&&**name));
        let cells = row.iter().enumerate().filter(|(index, _)| !is_remark(index)).map(|(_, cell)| cell);
        Ok(out.write_record(remarks.into_iter().chain(cells))?)
    }

    /// Tells the first problems to whoever is there; never what the row says.
    fn tell(&mut self, line: u64, problems: &[Problem]) {
        self.told += 1;
        if self.told <= TOLD {
            let problems: Vec<String> =
                problems.iter().map(|problem| problem.to_string().trim().to_owned()).collect();
            crate::log::tell(format_args!("line {line}: {}", problems.join("; ")));
        } else if self.told == TOLD + 1 {
            crate::log::tell(format_args!("more rows have problems"));
        }
    }

    /// Sees to it that what was added is on disk; gives how many bytes the file has.
    pub fn flush(&mut self) -> Result<u64, Failure> {
        let Some(out) = &mut self.out else { return Ok(self.bytes) };
        let flushed = out.flush().and_then(|()| {
            let file = out.get_ref();
            if file.bytes > self.bytes { file.file.sync_data().map(|()| file.bytes) } else { Ok(self.bytes) }
        });
        self.bytes =
            flushed.map_err(|error| failure(self.path.as_deref().unwrap_or(Path::new("")), &error))?;
        Ok(self.bytes)
    }
}

/// The columns of the file, without those that an earlier import has put there.
fn kept(header: &[String]) -> impl Iterator<Item = (usize, &str)> {
    let names = header.iter().map(String::as_str).enumerate();
    names.filter(|(_, name)| !REMARKS.contains(name))
}

fn writer(file: File, bytes: u64) -> Writer<Counted> {
    WriterBuilder::new().flexible(true).from_writer(Counted { file, bytes })
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Refused,
        format!("{}: rows that are left out can't be written: {error}", path.display()),
    )
}

/// A file that knows how long it is.
struct Counted {
    file: File,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
