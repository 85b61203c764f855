//! Rows on their way from the file to the database: read and taken for values in a thread of their own,
//! while those before them are written.

use super::rows::{Mark, Rows, RowsError};
use super::source::Bytes;
use crate::exit::{Exit, Failure};
use csv::ByteRecord;
use service::table::{Import, Problem, Row, Verdict};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Rows that are written in one transaction.
const ROWS: usize = 2000;

/// Bytes of rows after which a transaction takes no further row.
const BYTES: usize = 4 * 1024 * 1024;

/// Batches that wait to be written.
const WAITING: usize = 2;

/// A row as it was found and what it was taken for; nothing once that was handed on.
pub struct Line {
    /// The line that it begins in.
    pub number: u64,
    /// Its cells.
    pub cells: ByteRecord,
    row: Option<Result<Row, Vec<Problem>>>,
}

/// Rows that are written together.
pub struct Batch {
    /// The rows.
    pub lines: Vec<Line>,
    /// The place behind them.
    pub end: Mark,
    /// The SHA-256 of what lies before that place.
    pub hash: String,
}

impl Batch {
    /// Takes the good rows out; gives for each line the verdict, if it stands already.
    pub fn split(&mut self) -> (Vec<Row>, Vec<Option<Verdict>>) {
        let mut good = Vec::with_capacity(self.lines.len());
        let verdicts = self.lines.iter_mut().map(|line| match line.row.take() {
            Some(Ok(row)) => {
                good.push(row);
                None
            }
            Some(Err(problems)) => Some(Verdict::Refused(problems)),
            None => None,
        });
        let verdicts = verdicts.collect();
        (good, verdicts)
    }
}

/// The batches of a file.
pub struct Batches(mpsc::Receiver<Result<Batch, RowsError>>);

impl Batches {
    /// Starts the thread that reads rows of `width` cells.
    pub fn start(table: Arc<Import>, rows: Rows<Bytes>, width: usize) -> Result<Batches, Failure> {
        let (sender, batches) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new().name("import-reader".to_owned());
        let started = thread.spawn(move || Reading { table, rows, width }.run(&sender));
        started.map_err(|error| Failure::new(Exit::Failed, format!("no thread can be started: {error}")))?;
        Ok(Batches(batches))
    }

    /// The next one; nothing at the end of the file.
    pub async fn next(&mut self) -> Option<Result<Batch, RowsError>> {
        self.0.recv().await
    }
}

struct Reading {
    table: Arc<Import>,
    rows: Rows<Bytes>,
    width: usize,
}

impl Reading {
    /// Reads to the end, or until nobody wants more.
    fn run(mut self, batches: &mpsc::Sender<Result<Batch, RowsError>>) {
        loop {
            let (batch, trouble) = self.batch();
            let is_last = trouble.is_some() || batch.lines.len() < ROWS && batch.bytes() < BYTES;
            if !batch.lines.is_empty() && batches.blocking_send(Ok(batch)).is_err() {
                return;
            }
            if let Some(trouble) = trouble {
                // Whoever is gone does not need to know.
                let _ = batches.blocking_send(Err(trouble));
            }
            if is_last {
                return;
            }
        }
    }

    /// The next rows, and what keeps others from being read.
    fn batch(&mut self) -> (Batch, Option<RowsError>) {
        let mut lines = Vec::with_capacity(ROWS);
        let (mut bytes, mut trouble) = (0, None);
        let mut end = self.rows.mark();
        while lines.len() < ROWS && bytes < BYTES {
            let mut cells = ByteRecord::new();
            match self.rows.next(&mut cells) {
                Ok(Some(number)) => {
                    end = self.rows.mark();
                    bytes += cells.as_slice().len();
                    let row = Some(self.row(end.rows, &cells));
                    lines.push(Line { number, cells, row });
                }
                Ok(None) => break,
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            }
        }
        (Batch { lines, end, hash: self.rows.hash() }, trouble)
    }

    fn row(&self, number: u64, cells: &ByteRecord) -> Result<Row, Vec<Problem>> {
        let problem = |text| Err(vec![Problem { code: "", text }]);
        if cells.len() != self.width {
            return problem(format!("has {} cell(s), the header {}", cells.len(), self.width));
        }
        let mut texts = Vec::with_capacity(self.width);
        for (index, cell) in cells.iter().enumerate() {
            match std::str::from_utf8(cell) {
                Ok(text) => texts.push(text),
                Err(_) => return problem(format!("is not UTF-8 in column {}", index + 1)),
            }
        }
        self.table.row(number, texts)
    }
}

impl Batch {
    fn bytes(&self) -> usize {
        self.lines.iter().map(|line| line.cells.as_slice().len()).sum()
    }
}
