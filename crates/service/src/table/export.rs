//! Objects on their way out, as rows.

use super::cell;
use super::columns::Columns;
use crate::Service;
use crate::admin::AdminError;
use contract::handles::object::cv_object;
use contract::{Guid, Record};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use store::{AccountId, Reader, StoreError};

/// Objects that are read at once.
const PAGE: usize = 500;

/// Where rows go.
pub trait Sheet: Send {
    /// Told before the first row how many there will be, and the names of the columns.
    ///
    /// # Errors
    /// What the system says.
    fn begin(&mut self, rows: u64, header: &[&str]) -> io::Result<()>;

    /// Takes a row.
    ///
    /// # Errors
    /// What the system says.
    fn row(&mut self, cells: &[String]) -> io::Result<()>;

    /// Told after the last row.
    ///
    /// # Errors
    /// What the system says.
    fn end(&mut self) -> io::Result<()>;
}

/// Writes the objects of an account as rows, in creation order, as they all were at one moment. Gives
/// their number.
pub(crate) async fn export(
    service: &Service,
    account: AccountId,
    columns: Columns,
    mut sheet: Box<dyn Sheet>,
) -> Result<u64, AdminError> {
    let trouble = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&trouble);
    let written = service.store().read_out(move |reader| {
        let mut rows = Rows { reader, account, columns: &columns, sheet: &mut *sheet, trouble: &noted };
        rows.write()
    });
    written.await.map_err(|error| match trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => AdminError::Output(error),
        None => AdminError::Store(error),
    })
}

struct Rows<'a> {
    reader: &'a Reader<'a>,
    account: AccountId,
    columns: &'a Columns,
    sheet: &'a mut dyn Sheet,
    trouble: &'a Mutex<Option<io::Error>>,
}

impl Rows<'_> {
    fn write(&mut self) -> Result<u64, StoreError> {
        let object = self.columns.object();
        let count = self.reader.count(self.account, object)?;
        let header: Vec<&str> =
            self.columns.fields().flatten().map(|field| self.columns.name(field)).collect();
        let begun = self.sheet.begin(count, &header);
        self.note(begun)?;
        let mut cells = vec![String::new(); header.len()];
        let mut after = None;
        loop {
            let page = self.reader.page(self.account, object, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.text(cv_object::ID).and_then(Guid::parse);
            for record in &page {
                self.row(&mut cells, record)?;
            }
            if page.len() < PAGE || after.is_none() {
                break;
            }
        }
        let ended = self.sheet.end();
        self.note(ended)?;
        Ok(count)
    }

    fn row(&mut self, cells: &mut [String], record: &Record) -> Result<(), StoreError> {
        for (cell, field) in cells.iter_mut().zip(self.columns.fields().flatten()) {
            cell.clear();
            let member = self.columns.member(field);
            cell::write(cell, self.columns.contract(), member, record.get(field));
        }
        let written = self.sheet.row(cells);
        self.note(written)
    }

    /// Carries the system's trouble past the store, whose jobs end with errors of its own.
    fn note(&self, result: io::Result<()>) -> Result<(), StoreError> {
        result.map_err(|error| {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            StoreError::Abandoned
        })
    }
}
