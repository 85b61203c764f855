//! Objects on their way out, as rows.

use super::cell;
use super::columns::Columns;
use crate::Service;
use crate::admin::AdminError;
use crate::rules::id_of;
use crate::unreadable::{self, GivenOut, Unreadable};
use contract::{Guid, Record};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Account, PartialRecord, Reader, StoreError};

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

/// Writes the objects of an account as rows, in creation order, as they all were at one moment. Those of which a
/// column of the table can't be read are left out and named.
pub(crate) async fn export(
    service: &Service,
    account: Account,
    columns: Columns,
    mut sheet: Box<dyn Sheet>,
) -> Result<GivenOut, AdminError> {
    let trouble = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&trouble);
    let written = service.store().read_out(move |reader| {
        let given = GivenOut::default();
        let (account, columns, trouble) = (&account, &columns, &*noted);
        Rows { reader, account, columns, sheet: &mut *sheet, trouble, given }.write()
    });
    written.await.map_err(|error| match trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => AdminError::Output(error),
        None => AdminError::Store(error),
    })
}

struct Rows<'a> {
    reader: &'a Reader<'a>,
    account: &'a Account,
    columns: &'a Columns,
    sheet: &'a mut dyn Sheet,
    trouble: &'a Mutex<Option<io::Error>>,
    given: GivenOut,
}

impl Rows<'_> {
    fn write(mut self) -> Result<GivenOut, StoreError> {
        let object = self.columns.object();
        let count = self.reader.count(self.account.id, object)?;
        let header: Vec<&str> =
            self.columns.fields().flatten().map(|field| self.columns.name(field)).collect();
        let begun = self.sheet.begin(count, &header);
        self.note(begun)?;
        let mut cells = vec![String::new(); header.len()];
        let mut after = None;
        loop {
            let page = match self.reader.page(self.account.id, object, after, PAGE) {
                Err(StoreError::Stored { .. }) => {
                    self.rest(&mut cells, after)?;
                    break;
                }
                page => page?,
            };
            for record in &page {
                self.row(&mut cells, record)?;
            }
            after = page.last().and_then(id_of);
            if page.len() < PAGE || after.is_none() {
                break;
            }
        }
        let ended = self.sheet.end();
        self.note(ended)?;
        Ok(self.given)
    }

    /// Writes what follows an object, where something can't be read.
    fn rest(&mut self, cells: &mut [String], after: Option<Guid>) -> Result<(), StoreError> {
        let (reader, account, object) = (self.reader, self.account.id, self.columns.object());
        let ids = match unreadable::ids(reader, account, object) {
            Err(StoreError::Stored { column, .. }) => {
                let count = reader.count(account, object)?.saturating_sub(self.given.written);
                self.leave_out(count, None, vec![column]);
                return Ok(());
            }
            ids => ids?,
        };
        let done = after.and_then(|after| ids.iter().position(|id| *id == after));
        for ids in ids[done.map_or(0, |done| done + 1)..].chunks(PAGE) {
            let found = reader.get_partial(account, object, ids)?.into_iter().flatten();
            for PartialRecord { record, mut unreadable } in found {
                unreadable.retain(|field| self.columns.place(*field).is_some());
                if unreadable.is_empty() {
                    self.row(cells, &record)?;
                } else {
                    let columns = unreadable::columns(self.columns.contract(), object, unreadable);
                    self.leave_out(1, id_of(&record), columns);
                }
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, count: u64, id: Option<Guid>, columns: Vec<String>) {
        let object = self.columns.contract().object(self.columns.object()).name.clone();
        let account = self.account.number.clone();
        self.given.left_out.add(count, Unreadable { account, object, id, columns });
    }

    fn row(&mut self, cells: &mut [String], record: &Record) -> Result<(), StoreError> {
        for (cell, field) in cells.iter_mut().zip(self.columns.fields().flatten()) {
            cell.clear();
            let member = self.columns.member(field);
            cell::write(cell, self.columns.contract(), member, record.get(field));
        }
        let written = self.sheet.row(cells);
        self.note(written)?;
        self.given.written += 1;
        Ok(())
    }

    /// Carries the system's trouble past the store, whose jobs end with errors of its own.
    fn note(&self, result: io::Result<()>) -> Result<(), StoreError> {
        result.map_err(|error| {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            StoreError::Abandoned
        })
    }
}
