//! Loading: all lines of a file, or none.

use super::check::{Check, row};
use super::{link_id, link_value};
use crate::Service;
use crate::admin::AdminError;
use contract::handles::object::cv_object;
use contract::{Contract, Guid, LinkId, ObjectId, Record, Timestamp, TypeRef, Value};
use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::sync::{Arc, Mutex, PoisonError};
use store::{AccountId, StoreError, Writer};

/// Objects of one type that are written at once.
const BATCH: usize = 500;

/// What is loaded: lines that can be read from the beginning more than once.
pub trait Source: Send + Sync {
    /// The lines from the first one on.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>>;

    /// Told how many bytes were read, line by line. Every line is read twice.
    fn advance(&self, _bytes: usize) {}
}

impl Source for &'static str {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        Ok(Box::new(self.as_bytes()))
    }
}

/// Loads a file; gives the number of its objects.
///
/// Two passes: the first finds the mistakes and keeps no more than the ids; the second writes, in one
/// transaction, each object as `change` leaves it.
pub(crate) async fn load(
    service: &Service,
    source: Arc<dyn Source>,
    change: impl Fn(&mut Record) + Send + 'static,
) -> Result<u64, AdminError> {
    let (contract, at) = (service.contract(), service.now());
    let trouble = Arc::new(Trouble::default());
    let (first, noted) = (Arc::clone(&source), Arc::clone(&trouble));
    let checked = service.store().read_out(move |reader| {
        let mut check = Check::new(contract, reader);
        noted.note(lines(&*first, |number, text| Ok(check.line(number, text)?)))?;
        Ok(check.finish())
    });
    let mistakes = trouble.explain(checked.await)?;
    if !mistakes.is_empty() {
        return Err(AdminError::Mistakes(mistakes));
    }
    let noted = Arc::clone(&trouble);
    let written = service.store().write(move |writer| {
        let rows = Rows { contract, at, kind: None, records: Vec::new(), count: 0 };
        noted.note(write(writer, rows, &*source, &change))
    });
    trouble.explain(written.await)
}

fn write(
    writer: &mut Writer<'_>,
    mut rows: Rows,
    source: &dyn Source,
    change: &dyn Fn(&mut Record),
) -> Result<u64, LoadError> {
    let contract = rows.contract;
    lines(source, |_, text| {
        let mut row = row(contract, writer, text)?.ok_or(LoadError::Changed)?;
        change(&mut row.record);
        Ok(rows.add(writer, row)?)
    })?;
    rows.flush(writer)?;
    Ok(rows.count)
}

/// Goes through the lines that are not blank, each with its number.
fn lines(
    source: &dyn Source,
    mut line: impl FnMut(u64, &[u8]) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let mut input = source.open()?;
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        let bytes = input.read_until(b'\n', &mut text)?;
        if bytes == 0 {
            break;
        }
        if !text.trim_ascii().is_empty() {
            line(number, text.trim_ascii())?;
        }
        source.advance(bytes);
    }
    Ok(())
}

/// Rows of links, by the link's number: owner, target and value.
type LinkRows = BTreeMap<u16, Vec<(Guid, Guid, Option<String>)>>;

/// A line as what it stands for.
pub(super) struct Row {
    pub account: AccountId,
    pub object: ObjectId,
    pub record: Record,
}

/// Objects on their way into the database. Those of one type that follow each other go together.
struct Rows {
    contract: &'static Contract,
    at: Timestamp,
    kind: Option<(AccountId, ObjectId)>,
    records: Vec<Record>,
    count: u64,
}

impl Rows {
    fn add(&mut self, writer: &mut Writer<'_>, row: Row) -> Result<(), StoreError> {
        let kind = Some((row.account, row.object));
        if self.kind != kind || self.records.len() == BATCH {
            self.flush(writer)?;
        }
        self.kind = kind;
        self.records.push(row.record);
        self.count += 1;
        Ok(())
    }

    fn flush(&mut self, writer: &mut Writer<'_>) -> Result<(), StoreError> {
        let Some((account, object)) = self.kind.take() else { return Ok(()) };
        writer.insert(account, object, &self.records, self.at)?;
        let mut links = LinkRows::new();
        for record in std::mem::take(&mut self.records) {
            self.links(object, &record, &mut links);
        }
        links.into_iter().try_for_each(|(link, rows)| writer.link(account, LinkId(link), &rows))
    }

    fn links(&self, object: ObjectId, record: &Record, out: &mut LinkRows) {
        let Some(owner) = record.text(cv_object::ID).and_then(Guid::parse) else { return };
        for (detail, _) in record.present() {
            let Some(id) = self.contract.link_of(object, detail) else { continue };
            let link = self.contract.link(id);
            let Some(field) = link_id(link) else { continue };
            for row in record.records(detail) {
                let Some(target) = row.text(field).and_then(Guid::parse) else { continue };
                let value = link_value(link).and_then(|field| {
                    let member = self.contract.model.member(row.ty(), field);
                    text(self.contract, member.ty, row.get(field))
                });
                out.entry(id.0).or_default().push((owner, target, value));
            }
        }
    }
}

/// A link's own value as the text it is kept as.
fn text(contract: &Contract, ty: TypeRef, value: &Value) -> Option<String> {
    match (value, ty) {
        (Value::Enumeration(value), TypeRef::Enumeration(id)) => {
            contract.model.enumeration(id).values.get(usize::from(value.0)).cloned()
        }
        (Value::Text(text), _) => Some(text.to_string()),
        (Value::Boolean(truth), _) => Some(truth.to_string()),
        (Value::Integer(number), _) => Some(number.to_string()),
        _ => None,
    }
}

/// Why loading stopped.
#[derive(Debug)]
enum LoadError {
    Source(io::Error),
    Store(StoreError),
    /// The second pass read something else than the first.
    Changed,
}

impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> LoadError {
        LoadError::Source(error)
    }
}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> LoadError {
        LoadError::Store(error)
    }
}

/// Carries what is not the store's trouble past the store, whose jobs end with errors of its own.
#[derive(Default)]
struct Trouble(Mutex<Option<LoadError>>);

impl Trouble {
    fn note<T>(&self, result: Result<T, LoadError>) -> Result<T, StoreError> {
        result.map_err(|error| match error {
            LoadError::Store(error) => error,
            other => {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(other);
                StoreError::Abandoned
            }
        })
    }

    fn explain<T>(&self, result: Result<T, StoreError>) -> Result<T, AdminError> {
        result.map_err(|error| match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(LoadError::Source(error)) => AdminError::Source(error),
            Some(LoadError::Changed) => AdminError::Changed,
            Some(LoadError::Store(error)) => AdminError::Store(error),
            None => AdminError::Store(error),
        })
    }
}
