//! Details as JSON: the child elements that an object owns, by the names of the interface.
//!
//! Members that are not set are left out, a null item is `null`. Whole numbers, doubles and
//! booleans are JSON's own; decimals are text, so that they keep their scale, dates are ISO text in
//! GMT and enumerations the text of their value. A record of a type that extends the declared one
//! says so under `@type`. Names that the contract does not know are passed over when read, since
//! a later version may have written them.

use contract::scalar::{format_double, parse_date_time, parse_decimal, parse_double};
use contract::{Contract, EnumId, EnumValue, Namespace, Record, Scalar, Timestamp, TypeId, TypeRef, Value};
use serde_json::{Map, Number, Value as Json};

/// Names the type of a record that is not of the declared type.
const TYPE: &str = "@type";

/// A value that is not absent, as JSON text.
pub(crate) fn encode(contract: &Contract, declared: TypeRef, value: &Value) -> String {
    to_json(contract, declared, value).to_string()
}

/// The value of a JSON text, if it is one of the declared type.
pub(crate) fn decode(contract: &Contract, declared: TypeRef, text: &str) -> Option<Value> {
    from_json(contract, declared, serde_json::from_str(text).ok()?)
}

fn to_json(contract: &Contract, declared: TypeRef, value: &Value) -> Json {
    match value {
        Value::Absent | Value::Nil => Json::Null,
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::Integer(number) => Json::from(*number),
        Value::Double(number) => {
            Number::from_f64(*number).map_or_else(|| Json::from(format_double(*number)), Json::Number)
        }
        Value::Decimal(number) => Json::from(number.to_string()),
        Value::Time(time) => Json::from(time.to_string()),
        Value::Text(text) => Json::from(&**text),
        Value::Enumeration(value) => Json::from(enumeration_text(contract, declared, *value)),
        Value::Record(record) => record_to_json(contract, declared, record),
        Value::List(items) => items.iter().map(|item| to_json(contract, declared, item)).collect(),
    }
}

fn enumeration_text(contract: &Contract, declared: TypeRef, value: EnumValue) -> Option<&str> {
    let TypeRef::Enumeration(id) = declared else { return None };
    contract.model.enumeration(id).values.get(usize::from(value.0)).map(String::as_str)
}

fn record_to_json(contract: &Contract, declared: TypeRef, record: &Record) -> Json {
    let ty = contract.model.ty(record.ty());
    let mut object = Map::new();
    if declared != TypeRef::Complex(record.ty()) {
        object.insert(TYPE.to_owned(), Json::from(ty.name.as_str()));
    }
    for (field, value) in record.present() {
        let member = contract.model.member(record.ty(), field);
        object.insert(member.name.clone(), to_json(contract, member.ty, value));
    }
    Json::Object(object)
}

fn from_json(contract: &Contract, declared: TypeRef, json: Json) -> Option<Value> {
    match (json, declared) {
        (Json::Null, _) => Some(Value::Nil),
        (Json::Array(items), _) => items
            .into_iter()
            .map(|item| from_json(contract, declared, item))
            .collect::<Option<_>>()
            .map(Value::List),
        (Json::Object(object), TypeRef::Complex(ty)) => {
            record_from_json(contract, ty, object).map(Value::from)
        }
        (Json::String(text), TypeRef::Enumeration(id)) => {
            enumeration_value(contract, id, &text).map(Value::Enumeration)
        }
        (json, TypeRef::Scalar(scalar)) => scalar_from_json(scalar, json),
        _ => None,
    }
}

/// The value of an enumeration that has that text.
pub(crate) fn enumeration_value(contract: &Contract, id: EnumId, text: &str) -> Option<EnumValue> {
    let index = contract.model.enumeration(id).values.iter().position(|value| value == text)?;
    Some(EnumValue(index as u16))
}

fn record_from_json(contract: &Contract, declared: TypeId, object: Map<String, Json>) -> Option<Record> {
    let ty = match object.get(TYPE) {
        None => declared,
        Some(name) => contract
            .model
            .find_type(Namespace::Objects, name.as_str()?)
            .filter(|found| contract.model.extends(*found, declared))?,
    };
    let mut record = contract.record(ty);
    for (name, json) in object {
        if let Some((field, member)) = contract.model.ty(ty).fields().find(|(_, m)| m.name == name) {
            record.set(field, from_json(contract, member.ty, json)?);
        }
    }
    Some(record)
}

fn scalar_from_json(scalar: Scalar, json: Json) -> Option<Value> {
    match (scalar, json) {
        (Scalar::String | Scalar::Integer, Json::String(text)) => Some(Value::from(text)),
        (Scalar::Boolean, Json::Bool(truth)) => Some(Value::Boolean(truth)),
        (Scalar::Int | Scalar::Long, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (Scalar::Double, Json::Number(number)) => number.as_f64().map(Value::Double),
        (Scalar::Double, Json::String(text)) => parse_double(&text).ok().map(Value::Double),
        (Scalar::Decimal, Json::String(text)) => parse_decimal(&text).ok().map(Value::Decimal),
        (Scalar::DateTime, Json::String(text)) => {
            // Every form that is written holds a full date, so that the day of `now` is not used.
            parse_date_time(&text, Timestamp(0)).ok().map(Value::Time)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_has_two_members_of_one_name() {
        let contract = Contract::get().unwrap();
        for ty in &contract.model.types {
            let mut names: Vec<_> = ty.members.iter().map(|member| &member.name).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), ty.members.len(), "{}", ty.name);
        }
    }

    #[test]
    fn a_later_versions_members_are_passed_over() {
        let contract = Contract::get().unwrap();
        let ty = contract.model.find_type(Namespace::Objects, "WeblinkDetail").unwrap();
        let text = r#"[{"Invented": {"a": [1]}}, null]"#;
        let value = decode(contract, TypeRef::Complex(ty), text).unwrap();
        assert_eq!(value, Value::List(vec![contract.record(ty).into(), Value::Nil]));
    }

    #[test]
    fn what_is_not_of_the_type_is_refused() {
        let contract = Contract::get().unwrap();
        let ty = contract.model.find_type(Namespace::Objects, "Contact").unwrap();
        for text in [
            "",
            "1",
            "[{]",
            r#"{"Active": "true"}"#,
            r#"{"CreatedDate": "soon"}"#,
            r#"{"PrimaryAddressType": "Moon"}"#,
            r#"{"@type": "Event"}"#,
        ] {
            assert_eq!(decode(contract, TypeRef::Complex(ty), text), None, "{text}");
        }
    }
}
