//! Batches: an array of records in, one result for each out, in request order.

use crate::Fault;
use contract::call::Batch;
use contract::handles::code;
use contract::handles::object::{array_of_error, cv_object, error};
use contract::{Code, Contract, FieldId, Guid, OperationId, Record, TypeId, Value};

/// What became of one record.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The object's identifier, if the record was accepted.
    pub id: Option<Guid>,
    /// The record's correlation value.
    pub reference: Option<Box<str>>,
    /// The object's key in the client's system.
    pub source: Option<Box<str>>,
    /// Why the record was not accepted; empty if it was.
    pub errors: Vec<Code>,
    /// Whether an upsert created the object.
    pub created: Option<bool>,
    /// The code that the server gave the object; it stands in the place of the identifier where
    /// results have no place for it.
    pub code: Option<Box<str>>,
    /// What else the result tells of a record that was accepted.
    pub told: Vec<(FieldId, Value)>,
}

impl Outcome {
    /// The outcome of a record that stands for an object, or fails with a code.
    pub fn of(record: &Record, result: Result<Guid, Code>) -> Outcome {
        match result {
            Ok(id) => Outcome::accepted(record, id),
            Err(code) => Outcome::refused(record, vec![code]),
        }
    }

    /// The outcome of a record that was accepted.
    pub fn accepted(record: &Record, id: Guid) -> Outcome {
        Outcome { id: Some(id), reference: reference(record), ..Outcome::default() }
    }

    /// The outcome of a record that was not.
    pub fn refused(record: &Record, errors: Vec<Code>) -> Outcome {
        Outcome { reference: reference(record), errors, ..Outcome::default() }
    }
}

fn reference(record: &Record) -> Option<Box<str>> {
    record.text(cv_object::MESSAGE_ID).map(Box::from)
}

/// The records that a request holds, as values.
pub(crate) fn items<'r>(batch: &Batch, request: &'r Record) -> &'r [Value] {
    let holder = match batch.within {
        None => Some(request),
        Some(field) => request.record(field),
    };
    let array = holder.and_then(|holder| holder.record(batch.parameter));
    array.map_or(&[], |array| array.list(batch.item))
}

/// The records that a request holds, to change them in place or to take them out.
pub(crate) fn items_mut<'r>(batch: &Batch, request: &'r mut Record) -> Option<&'r mut Vec<Value>> {
    let holder = match batch.within {
        None => request,
        Some(field) => request.get_mut(field)?.as_record_mut()?,
    };
    let array = holder.get_mut(batch.parameter)?.as_record_mut()?;
    if let Value::List(items) = array.get_mut(batch.item)? { Some(items) } else { None }
}

/// The operation's batch shape and its records; a null record counts as an empty one.
///
/// # Errors
/// The call's limit code if there are more records than its limit.
pub(crate) fn records(
    contract: &Contract,
    operation: OperationId,
    mut request: Record,
) -> Result<(Batch, Vec<Record>), Fault> {
    let call = contract.call(operation);
    let batch = call.batch.ok_or_else(|| Fault::new(code::CV10000, "the operation is no batch"))?;
    let items = items_mut(&batch, &mut request).map(std::mem::take).unwrap_or_default();
    drop(request);
    within_limit(contract, operation, items.len())?;
    let records = items.into_iter().map(|item| match item {
        Value::Record(record) => *record,
        _ => contract.record(batch.item_type),
    });
    Ok((batch, records.collect()))
}

/// Whether the call's list has no more items than the call allows.
///
/// # Errors
/// The call's limit code.
pub(crate) fn within_limit(contract: &Contract, operation: OperationId, items: usize) -> Result<(), Fault> {
    match contract.call(operation).limit {
        // More than one past the limit are not kept, so nobody knows here how many there were.
        Some((limit, code)) if items > limit => Err(Fault::new(code, format!("more than {limit} items"))),
        _ => Ok(()),
    }
}

/// The request with something noted on each of its records: a parameter of the call that belongs to
/// every object it makes. A stamp takes it over, since the rules pass over what clients may not write.
pub(crate) fn note_on_records(
    contract: &Contract,
    operation: OperationId,
    mut request: Record,
    note: impl Fn(&mut Record),
) -> Record {
    let Some(batch) = contract.call(operation).batch else { return request };
    let Value::Record(mut array) = request.take(batch.parameter) else { return request };
    if let Value::List(mut items) = array.take(batch.item) {
        for item in &mut items {
            if let Value::Record(record) = item {
                note(record);
            }
        }
        array.set(batch.item, Value::List(items));
    }
    request.set(batch.parameter, *array);
    request
}

/// Every record refused for the same reason.
pub(crate) fn all_refused(records: &[Record], code: Code) -> Vec<Outcome> {
    records.iter().map(|record| Outcome::refused(record, vec![code])).collect()
}

/// The first code of a class that fails the whole call.
pub(crate) fn fatal(contract: &Contract, outcomes: &[Outcome]) -> Option<Code> {
    let mut codes = outcomes.iter().flat_map(|outcome| outcome.errors.iter().copied());
    codes.find(|code| contract.codes.entry(*code).fails_call())
}

/// The response that says what became of each record.
pub(crate) fn response(
    contract: &Contract,
    operation: OperationId,
    batch: Batch,
    outcomes: Vec<Outcome>,
) -> Record {
    let mut results = contract.record(batch.results_type);
    for outcome in outcomes {
        results.push(batch.outcome, result(contract, &batch, outcome));
    }
    let mut response = contract.record(contract.model.operation(operation).response);
    response.set(batch.result, results);
    response
}

/// The member of an object type that holds the key in the client's system, where results tell it.
pub(crate) fn source_field(contract: &Contract, batch: &Batch, object: TypeId) -> Option<FieldId> {
    let name = &contract.model.member(batch.roles.ty, batch.roles.source?).name;
    contract.model.ty(object).find_any(name)
}

fn result(contract: &Contract, batch: &Batch, outcome: Outcome) -> Record {
    let roles = &batch.roles;
    let mut result = contract.record(roles.ty);
    let success = outcome.errors.is_empty();
    if let Some(field) = roles.id {
        let id = outcome.id.filter(|_| success).map(Value::from);
        let code = outcome.code.as_deref().filter(|_| success && roles.code.is_none()).map(Value::from);
        result.set(field, code.or(id).unwrap_or_else(|| "".into()));
    }
    if let Some(field) = roles.code {
        result.set(field, outcome.code.as_deref().unwrap_or_default());
    }
    if let (Some(field), Some(reference)) = (roles.reference, outcome.reference) {
        result.set(field, &*reference);
    }
    if let Some(field) = roles.source {
        result.set(field, outcome.source.as_deref().unwrap_or_default());
    }
    if success {
        for (field, value) in outcome.told {
            result.set(field, value);
        }
    }
    result.set(roles.success, success);
    if let (Some(field), Some(created)) = (roles.created, outcome.created) {
        result.set(field, created);
    }
    if let (Some(field), false) = (roles.errors, success) {
        result.set(field, errors(contract, &outcome.errors));
    }
    result
}

fn errors(contract: &Contract, codes: &[Code]) -> Record {
    let mut errors = contract.record(array_of_error::TYPE_ID);
    for code in codes {
        let entry = contract.codes.entry(*code);
        let mut item = contract.record(error::TYPE_ID);
        item.set(error::CODE, entry.name.as_str());
        item.set(error::DESCRIPTION, entry.message.as_str());
        errors.push(array_of_error::ERROR, item);
    }
    errors
}
