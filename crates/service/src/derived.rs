//! Details that an object shows of the objects that refer to it, such as an event of its sessions.

use contract::handles::object::cv_object;
use contract::{Contract, Derived, Guid, ObjectId, Record, TypeRef, Value};
use std::collections::HashMap;
use store::{AccountId, Reader, StoreError};

/// Objects that are read at a time to be shown: no more of them are in memory whole.
const READ: usize = 500;

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
        let ids: Vec<Guid> = referring.iter().flatten().copied().collect();
        let of_record = |(record, ids): (usize, &Vec<Guid>)| vec![record; ids.len()];
        let of: Vec<usize> = referring.iter().enumerate().flat_map(of_record).collect();
        let details = |record: &mut Record| Details::new(derived, record.take(derived.detail));
        let mut all: Vec<Details> = records.iter_mut().map(details).collect();
        for (ids, of) in ids.chunks(READ).zip(of.chunks(READ)) {
            let found = reader.get(account, derived.source, ids)?.into_iter().zip(of);
            let found = found.filter_map(|(source, of)| Some((source?, *of)));
            let (mut sources, of): (Vec<Record>, Vec<usize>) = found.unzip();
            reader.fill_links(account, derived.source, &mut sources)?;
            for (source, of) in sources.iter().zip(of) {
                if let Some(details) = all.get_mut(of) {
                    details.show(contract, derived, source);
                }
            }
        }
        for (record, details) in records.iter_mut().zip(all) {
            if !details.items.is_empty() {
                record.set(derived.detail, Value::List(details.items));
            }
        }
    }
    Ok(())
}

/// One object's details of a kind.
struct Details {
    items: Vec<Value>,
    /// Where the first of each identifier is.
    places: HashMap<Guid, usize>,
}

impl Details {
    /// Those that the object has of its own.
    fn new(derived: &Derived, own: Value) -> Details {
        let Value::List(items) = own else { return Details { items: Vec::new(), places: HashMap::new() } };
        let mut places = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            let Value::Record(detail) = item else { continue };
            if let Some(id) = detail.text(derived.id).and_then(Guid::parse) {
                places.entry(id).or_insert(place);
            }
        }
        Details { items, places }
    }

    /// Shows one source among them.
    fn show(&mut self, contract: &Contract, derived: &Derived, source: &Record) {
        let Some(id) = source.text(cv_object::ID).and_then(Guid::parse) else { return };
        let place = self.places.get(&id).and_then(|place| self.items.get_mut(*place));
        match place.and_then(Value::as_record_mut) {
            Some(detail) => lay_over(contract, derived, source, detail),
            None => {
                let mut detail = contract.record(derived.ty);
                lay_over(contract, derived, source, &mut detail);
                self.places.insert(id, self.items.len());
                self.items.push(detail.into());
            }
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
