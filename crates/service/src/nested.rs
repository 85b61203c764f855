//! Records with more in the lists below them than a record may have: they are refused before the
//! operation sees them, whichever it is.

use crate::batch::{self, Outcome};
use contract::call::Batch;
use contract::handles::code;
use contract::handles::object::cv_object;
use contract::{Contract, FieldId, OperationId, Record, Value};

/// The records of a call that were refused, each with its place.
#[derive(Default)]
pub(crate) struct Refused {
    records: Vec<(usize, Record)>,
}

impl Refused {
    /// Takes the records with too many items out of a request. One with more records than its call
    /// allows keeps them all, for it fails whole.
    pub fn take(contract: &Contract, operation: OperationId, request: &mut Record, most: usize) -> Refused {
        let mut refused = Refused::default();
        let Some(call) = contract.calls.get(usize::from(operation.0)) else { return refused };
        let Some(batch) = call.batch else { return refused };
        let limit = call.limit.map_or(usize::MAX, |(limit, _)| limit);
        let too_many = |item: &Value| matches!(item, Value::Record(record) if count(record) > most);
        let Some(items) = batch::items_mut(&batch, request) else { return refused };
        if items.len() > limit || !items.iter().any(too_many) {
            return refused;
        }
        for (index, item) in std::mem::take(items).into_iter().enumerate() {
            match item {
                Value::Record(record) if count(&record) > most => refused.records.push((index, *record)),
                item => items.push(item),
            }
        }
        refused
    }

    /// Puts the results of the refused records to where they belong among the others.
    pub fn answer(self, contract: &Contract, operation: OperationId, response: &mut Record) {
        if self.records.is_empty() {
            return;
        }
        let Some(batch) = contract.call(operation).batch else { return };
        let mut results = match response.take(batch.result) {
            Value::Record(results) => *results,
            _ => contract.record(batch.results_type),
        };
        let mut items = match results.take(batch.outcome) {
            Value::List(items) => items,
            _ => Vec::new(),
        };
        for (index, record) in self.records {
            let result = batch::result(contract, &batch, outcome(contract, &batch, &record));
            items.insert(index.min(items.len()), result.into());
        }
        results.set(batch.outcome, Value::List(items));
        response.set(batch.result, results);
    }
}

/// How many items the lists below a record have in all.
pub(crate) fn count(record: &Record) -> usize {
    record.present().map(|(_, value)| below(value)).sum()
}

/// How many items the lists below a value have in all.
pub(crate) fn below(value: &Value) -> usize {
    match value {
        Value::List(items) => items.len() + items.iter().map(below).sum::<usize>(),
        Value::Record(record) => count(record),
        _ => 0,
    }
}

fn outcome(contract: &Contract, batch: &Batch, record: &Record) -> Outcome {
    let text = |field: Option<FieldId>| record.text(field?).map(Box::from);
    // Not every type of record begins as a CvObject does.
    let reference = &contract.model.member(cv_object::TYPE_ID, cv_object::MESSAGE_ID).name;
    Outcome {
        reference: text(contract.model.ty(record.ty()).find_any(reference)),
        source: text(batch::source_field(contract, batch, record.ty())),
        errors: vec![code::CV91102],
        ..Outcome::default()
    }
}
