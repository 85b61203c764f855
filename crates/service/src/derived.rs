//! Details that an object shows of the objects that refer to it, such as an event of its sessions.

use contract::handles::object::cv_object;
use contract::{Contract, Derived, Guid, ObjectId, Record, TypeRef, Value};
use store::{AccountId, Reader, StoreError};

/// Adds to each record the details that its contract derives. Where the object has one of its own
/// under the same identifier, what is derived is laid over it.
pub(crate) fn fill(
    reader: &Reader<'_>,
    contract: &Contract,
    account: AccountId,
    object: ObjectId,
    records: &mut [Record],
) -> Result<(), StoreError> {
    for derived in contract.derived_of(object) {
        let owners: Vec<Guid> =
            records.iter().filter_map(|record| Guid::parse(record.text(cv_object::ID)?)).collect();
        let referring = reader.referring(account, derived.source, derived.reference, &owners)?;
        for (record, ids) in records.iter_mut().zip(referring) {
            let mut sources: Vec<Record> =
                reader.get(account, derived.source, &ids)?.into_iter().flatten().collect();
            reader.fill_links(account, derived.source, &mut sources)?;
            let mut details = match record.take(derived.detail) {
                Value::List(items) => items,
                _ => Vec::new(),
            };
            sources.iter().for_each(|source| show(contract, derived, source, &mut details));
            if !details.is_empty() {
                record.set(derived.detail, Value::List(details));
            }
        }
    }
    Ok(())
}

/// Shows one source among the details.
fn show(contract: &Contract, derived: &Derived, source: &Record, details: &mut Vec<Value>) {
    let id = |text: Option<&str>| text.and_then(Guid::parse);
    let wanted = id(source.text(cv_object::ID));
    let mut own = details.iter_mut().filter_map(Value::as_record_mut);
    match own.find(|detail| id(detail.text(derived.id)) == wanted) {
        Some(detail) => lay_over(contract, derived, source, detail),
        None => {
            let mut detail = contract.record(derived.ty);
            lay_over(contract, derived, source, &mut detail);
            details.push(detail.into());
        }
    }
}

fn lay_over(contract: &Contract, derived: &Derived, source: &Record, detail: &mut Record) {
    detail.set(derived.id, source.get(cv_object::ID).clone());
    for shown in &derived.members {
        let value = source.get(shown.source);
        let member = contract.model.member(source.ty(), shown.source);
        let value = match (value, member.ty, &shown.list) {
            (Value::Enumeration(value), TypeRef::Enumeration(_), Some(list)) => contract
                .lists
                .values(list)
                .get(usize::from(value.0))
                .map_or(Value::Absent, |text| (*text).into()),
            (Value::Enumeration(value), TypeRef::Enumeration(id), None) => {
                let values = &contract.model.enumeration(id).values;
                values.get(usize::from(value.0)).map_or(Value::Absent, |text| text.as_str().into())
            }
            (value, _, _) => value.clone(),
        };
        detail.set(shown.field, value);
    }
}
