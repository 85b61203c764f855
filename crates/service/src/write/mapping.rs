//! Records of a type that calls take, as the objects that they are kept as.

use contract::handles::object::cv_object;
use contract::mapping::Nested;
use contract::{Contract, Record, Scalar, TypeId, TypeRef, Value};

/// The records as objects; as they are where they are objects already.
pub(super) fn objects(contract: &Contract, item: TypeId, records: Vec<Record>) -> Vec<Record> {
    let Some(mapping) = contract.mapping(item) else { return records };
    let object = |mut record: Record| {
        let mut object = contract.record(mapping.ty);
        for &(from, to) in &mapping.members {
            let (declared, wanted) =
                (contract.model.member(item, from).ty, contract.model.member(mapping.ty, to).ty);
            let value = record.take(from);
            object.set(to, if declared == wanted { value } else { text(contract, declared, value) });
        }
        for nested in &mapping.nested {
            let value = record.take(nested.from);
            if value.is_absent() || value.as_text() == Some("") {
                continue;
            }
            let mut detail = match object.take(nested.detail) {
                Value::Record(detail) => *detail,
                _ => contract.record(nested.ty),
            };
            let declared = contract.model.member(item, nested.from).ty;
            detail.set(nested.to, number(contract, nested, text(contract, declared, value)));
            object.set(nested.detail, detail);
        }
        for (field, _) in contract.model.ty(cv_object::TYPE_ID).fields() {
            object.set(field, record.take(field));
        }
        object
    };
    records.into_iter().map(object).collect()
}

/// A number as the text that an unbounded one is kept as.
fn number(contract: &Contract, nested: &Nested, value: Value) -> Value {
    match (contract.model.member(nested.ty, nested.to).ty, value) {
        (TypeRef::Scalar(Scalar::Integer), Value::Integer(number)) => number.to_string().into(),
        (_, value) => value,
    }
}

/// An enumeration's value as the text of a member that is no enumeration.
fn text(contract: &Contract, declared: TypeRef, value: Value) -> Value {
    match (declared, value) {
        (TypeRef::Enumeration(id), Value::Enumeration(value)) => {
            let values = &contract.model.enumeration(id).values;
            values.get(usize::from(value.0)).map_or(Value::Absent, |text| text.as_str().into())
        }
        (_, value) => value,
    }
}
