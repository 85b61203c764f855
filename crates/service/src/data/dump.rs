//! Dumping: everything that accounts hold, as lines that load.

use super::salvage::Salvage;
use super::{ACCOUNT, DETAILS, FIELDS, GONE, TYPE, is_detail, json, link_id, link_value, order};
use crate::Service;
use crate::admin::AdminError;
use crate::unreadable::{GivenOut, ids};
use contract::{Contract, FieldId, Guid, ObjectId, Record, Reference, Value};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Account, Reader, StoreError};

/// Objects that are read at once.
const CHUNK: usize = 200;

/// Writes the objects of one account or of all, of one type or of all: accounts by number, types so
/// that each comes after those it refers to, objects in creation order. Those that can't be read are left out
/// and named.
pub(crate) async fn dump(
    service: &Service,
    account: Option<String>,
    object: Option<ObjectId>,
    mut out: Box<dyn Write + Send>,
) -> Result<GivenOut, AdminError> {
    let contract = service.contract();
    let trouble = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&trouble);
    let written = service.store().read_out(move |reader| {
        let mut accounts = reader.accounts()?;
        accounts.retain(|found| account.as_ref().is_none_or(|wanted| found.number == *wanted));
        let mut given = GivenOut::default();
        for account in &accounts {
            for kind in order(contract).into_iter().filter(|kind| object.is_none_or(|wanted| wanted == *kind))
            {
                let dump = Dump { contract, reader, account, object: kind };
                match dump.write(&mut *out, &mut given) {
                    Ok(()) => {}
                    Err(DumpError::Store(error)) => return Err(error),
                    Err(DumpError::Output(error)) => {
                        *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        return Err(StoreError::Abandoned);
                    }
                };
            }
        }
        Ok(given)
    });
    written.await.map_err(|error| match trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => AdminError::Output(error),
        None => AdminError::Store(error),
    })
}

enum DumpError {
    Store(StoreError),
    Output(io::Error),
}

impl From<StoreError> for DumpError {
    fn from(error: StoreError) -> DumpError {
        DumpError::Store(error)
    }
}

impl From<io::Error> for DumpError {
    fn from(error: io::Error) -> DumpError {
        DumpError::Output(error)
    }
}

/// The objects of one type in one account.
struct Dump<'a> {
    contract: &'static Contract,
    reader: &'a Reader<'a>,
    account: &'a Account,
    object: ObjectId,
}

impl Dump<'_> {
    fn write(&self, out: &mut dyn Write, given: &mut GivenOut) -> Result<(), DumpError> {
        let Dump { contract, reader, account, object } = *self;
        let salvage = Salvage { contract, reader, account, object };
        let ids = match ids(reader, account.id, object) {
            Err(StoreError::Stored { column, .. }) => {
                let count = reader.count(account.id, object)?;
                given.left_out.add(count, salvage.name(None, vec![column]));
                return Ok(());
            }
            ids => ids?,
        };
        for ids in ids.chunks(CHUNK) {
            let mut records = match self.records(ids) {
                Err(StoreError::Stored { .. }) => salvage.records(ids, &mut given.left_out)?,
                records => records?,
            };
            let gone = self.leave_out(&mut records)?;
            let mut text = String::new();
            for (record, gone) in records.iter_mut().zip(&gone) {
                self.strip_links(record);
                self.line(&mut text, record, gone);
            }
            out.write_all(text.as_bytes())?;
            given.written += records.len() as u64;
        }
        Ok(out.flush()?)
    }

    /// Objects with their links.
    fn records(&self, ids: &[Guid]) -> Result<Vec<Record>, StoreError> {
        let found = self.reader.get(self.account.id, self.object, ids)?;
        let mut records: Vec<Record> = found.into_iter().flatten().collect();
        self.reader.fill_links(self.account.id, self.object, &mut records)?;
        Ok(records)
    }

    /// Takes what other objects show out of the records; gives, for each record, the members that
    /// refer to objects that are gone.
    fn leave_out(&self, records: &mut [Record]) -> Result<Vec<Vec<FieldId>>, StoreError> {
        let mut gone = vec![Vec::new(); records.len()];
        for reference in self.contract.references_of(self.object) {
            let target = |record: &Record| record.text(reference.field).and_then(Guid::parse);
            let targets: Vec<Guid> = records.iter().filter_map(target).collect();
            let mut exists = self.reader.exists(self.account.id, reference.target, &targets)?.into_iter();
            for (record, gone) in records.iter_mut().zip(&mut gone) {
                if target(record).is_none() {
                    continue;
                }
                if exists.next() == Some(true) {
                    hide(record, reference);
                } else {
                    gone.push(reference.field);
                }
            }
        }
        Ok(gone)
    }

    /// Leaves of the details that are links what makes them: the target and the value.
    fn strip_links(&self, record: &mut Record) {
        let fields: Vec<FieldId> = record.present().map(|(field, _)| field).collect();
        for detail in fields {
            let Some(link) = self.contract.link_of(self.object, detail) else { continue };
            let link = self.contract.link(link);
            let kept = [link_id(link), link_value(link)];
            let Value::List(rows) = record.take(detail) else { continue };
            for row in rows {
                let Value::Record(row) = row else { continue };
                let mut stripped = self.contract.record(row.ty());
                for field in kept.into_iter().flatten() {
                    stripped.set(field, row.get(field).clone());
                }
                record.push(detail, stripped);
            }
        }
    }

    fn line(&self, out: &mut String, record: &Record, gone: &[FieldId]) {
        let ty = self.contract.model.ty(record.ty());
        let is_detail = |field: FieldId| is_detail(&ty.members[usize::from(field.0)]);
        let key = |out: &mut String, start: char, key: &str| {
            out.push(start);
            json::text(out, key);
            out.push(':');
        };
        key(out, '{', ACCOUNT);
        json::text(out, &self.account.number);
        key(out, ',', TYPE);
        json::text(out, &self.contract.object(self.object).name);
        key(out, ',', FIELDS);
        json::members(out, self.contract, record, |field| !is_detail(field));
        if record.present().any(|(field, _)| is_detail(field)) {
            key(out, ',', DETAILS);
            json::members(out, self.contract, record, is_detail);
        }
        for (index, field) in gone.iter().enumerate() {
            if index == 0 {
                key(out, ',', GONE);
            }
            out.push(if index == 0 { '[' } else { ',' });
            json::text(out, &ty.members[usize::from(field.0)].name);
        }
        out.push_str(if gone.is_empty() { "}\n" } else { "]}\n" });
    }
}

/// Takes out what a reference shows.
fn hide(record: &mut Record, reference: &Reference) {
    for (shown, _) in &reference.shown {
        record.take(*shown);
    }
}
