//! Rows of a table, written as a client's records are.
//!
//! Rows count in their order, each as if it came alone: one that has the key of an earlier one finds
//! what that has written. Each knows beforehand which Id its object gets if it makes one, so that
//! rows which are written a second time, because nobody had heard of the first, change what they
//! made instead of making it again.

use super::{Job, Mode, Stamp, Writing};
use crate::Service;
use crate::batch::{self, Outcome};
use crate::session::Session;
use contract::handles::code;
use contract::handles::object::cv_object;
use contract::table::fold;
use contract::{FieldId, Guid, ObjectId, OperationId, Record};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use store::{StoreError, Writer};

/// How objects of one type are written.
#[derive(Clone, Copy)]
pub(crate) struct Importing {
    pub object: ObjectId,
    /// The operation whose rules hold for a new object.
    pub create: OperationId,
    /// The operation whose rules hold for a stored one.
    pub update: OperationId,
    pub stamp: Stamp,
    /// The member by which rows find their objects; none where they have their objects' Ids.
    pub key: Option<FieldId>,
}

/// Writes records in one transaction; gives one outcome for each. `ids` has for each record the Id of
/// the object that it makes, or that it finds where there is no key. `keeps` is false where nothing is
/// to be kept.
///
/// # Errors
/// The store's trouble; then nothing is written.
pub(crate) async fn import(
    service: &Service,
    session: &Session,
    importing: Importing,
    records: Vec<Record>,
    ids: Vec<Guid>,
    keeps: bool,
) -> Result<Vec<Outcome>, StoreError> {
    let mut work = Work { service: service.clone(), session: session.clone(), importing, records, ids };
    let undone = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&undone);
    let written = service.store().write(move |writer| {
        let outcomes = work.run(writer)?;
        if keeps {
            return Ok(outcomes);
        }
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcomes);
        Err(StoreError::Abandoned)
    });
    let written = written.await;
    undone.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(written, Ok)
}

struct Work {
    service: Service,
    session: Session,
    importing: Importing,
    records: Vec<Record>,
    ids: Vec<Guid>,
}

impl Work {
    /// Writes the records run by run, and has them all again afterwards: the store may ask once more.
    fn run(&mut self, writer: &mut Writer<'_>) -> Result<Vec<Outcome>, StoreError> {
        let mut rest = std::mem::take(&mut self.records);
        let mut outcomes = Vec::with_capacity(rest.len());
        let mut result = Ok(());
        while !rest.is_empty() && result.is_ok() {
            let others = rest.split_off(self.distinct(&rest));
            result = self.write(writer, &mut rest).map(|found| outcomes.extend(found));
            self.records.append(&mut rest);
            rest = others;
        }
        self.records.append(&mut rest);
        result.map(|()| outcomes)
    }

    /// How many of the records come before one that is about the object of an earlier one.
    fn distinct(&self, records: &[Record]) -> usize {
        let key = self.importing.key;
        let ids = self.ids.iter().skip(self.records.len());
        let (mut seen_ids, mut seen_keys) = (HashSet::new(), HashSet::new());
        let is_seen = |(record, id): (&Record, &Guid)| match key {
            None => !seen_ids.insert(*id),
            Some(key) => {
                let key = fold(record.text(key).unwrap_or_default());
                !key.is_empty() && !seen_keys.insert(key)
            }
        };
        records.iter().zip(ids).position(is_seen).unwrap_or(records.len())
    }

    /// Gives each record its Id: that of the first object with its key, or of the one it makes.
    fn place(&self, writer: &Writer<'_>, records: &mut [Record]) -> Result<(), StoreError> {
        let ids = self.ids.iter().skip(self.records.len());
        let Some(key) = self.importing.key else {
            records.iter_mut().zip(ids).for_each(|(record, id)| record.set(cv_object::ID, *id));
            return Ok(());
        };
        let folded: Vec<String> =
            records.iter().map(|record| fold(record.text(key).unwrap_or_default())).collect();
        let found = writer.find(self.session.account.id, (self.importing.object, key), &folded)?;
        for (((record, id), folded), found) in records.iter_mut().zip(ids).zip(&folded).zip(found) {
            let found = found.first().filter(|_| !folded.is_empty());
            record.set(cv_object::ID, found.unwrap_or(id).to_string());
        }
        Ok(())
    }

    fn write(&self, writer: &mut Writer<'_>, records: &mut Vec<Record>) -> Result<Vec<Outcome>, StoreError> {
        let contract = self.service.contract();
        let Importing { object, create, update, stamp, .. } = self.importing;
        let Some(batch) = contract.call(create).batch else {
            return Ok(batch::all_refused(records, code::CV10000));
        };
        self.place(writer, records)?;
        let job = Job {
            contract,
            writing: Writing { operation: create, object, mode: Mode::Place, stamp },
            batch,
            records: std::mem::take(records),
            new_ids: Vec::new(),
            of_stored: update,
            session: self.session.clone(),
            strict_lengths: self.service.settings().strict_lengths,
            service: self.service.clone(),
            parent: None,
            judging: None,
            then: |_, _| Ok(()),
        };
        let outcomes = job.run(writer);
        *records = job.records;
        let mut outcomes = outcomes?;
        // A code that fails a call has kept all of its records out.
        if let Some(code) = batch::fatal(contract, &outcomes) {
            let good = outcomes.iter_mut().filter(|outcome| outcome.errors.is_empty());
            good.for_each(|outcome| outcome.errors.push(code));
        }
        Ok(outcomes)
    }
}
