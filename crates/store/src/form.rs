//! What a column of each form holds of a record, the same in every database.

use crate::error::{Result, StoreError};
use crate::json;
use crate::layout::{Column, Form, KeyColumn, Table};
use contract::handles::object::cv_object;
use contract::scalar::{parse_decimal, parse_int, parse_long};
use contract::{Contract, Guid, Member, Record, Scalar, Timestamp, TypeRef, Value};
use std::borrow::Cow;

/// A value in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Held<'a> {
    /// Nothing is set.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// True or false.
    Boolean(bool),
    /// A whole number; an instant in microseconds.
    Integer(i64),
    /// A floating-point number.
    Double(f64),
    /// The id of an object.
    Id(Guid),
    /// Other bytes.
    Bytes(Cow<'a, [u8]>),
}

impl Held<'_> {
    /// The value, borrowed from this one.
    pub(crate) fn borrowed(&self) -> Held<'_> {
        match self {
            Held::Text(text) => Held::Text(Cow::Borrowed(text)),
            Held::Bytes(bytes) => Held::Bytes(Cow::Borrowed(bytes)),
            Held::Null => Held::Null,
            Held::Boolean(truth) => Held::Boolean(*truth),
            Held::Integer(number) => Held::Integer(*number),
            Held::Double(number) => Held::Double(*number),
            Held::Id(id) => Held::Id(*id),
        }
    }

    /// The value on its own.
    pub(crate) fn into_owned(self) -> Held<'static> {
        match self {
            Held::Text(text) => Held::Text(Cow::Owned(text.into_owned())),
            Held::Bytes(bytes) => Held::Bytes(Cow::Owned(bytes.into_owned())),
            Held::Null => Held::Null,
            Held::Boolean(truth) => Held::Boolean(truth),
            Held::Integer(number) => Held::Integer(number),
            Held::Double(number) => Held::Double(number),
            Held::Id(id) => Held::Id(id),
        }
    }
}

/// The record's own id, if it is a record of the table and has one.
pub(crate) fn id(table: &Table, record: &Record) -> Result<Guid> {
    let id = record.text(cv_object::ID).and_then(Guid::parse).filter(|_| record.ty() == table.ty);
    id.ok_or_else(|| StoreError::Record { table: table.name.clone(), column: "id".to_owned() })
}

/// What the key's column holds for a record.
pub(crate) fn key(key: &KeyColumn, record: &Record) -> Option<String> {
    record.text(key.field).map(contract::table::fold).filter(|folded| !folded.is_empty())
}

/// The object that a text refers to; none if it is no id, or that of nothing: all zeros.
pub(crate) fn reference(text: &str) -> Option<Guid> {
    Guid::parse(text).filter(|id| id.0 != [0; 16])
}

/// What a column of the table holds of a record.
pub(crate) fn column<'a>(
    contract: &'a Contract,
    table: &Table,
    column: &Column,
    record: &'a Record,
) -> Result<Held<'a>> {
    held(contract, table, column, record.get(column.field))
}

/// What a column of the table holds for a value.
pub(crate) fn held<'a>(
    contract: &'a Contract,
    table: &Table,
    column: &Column,
    value: &'a Value,
) -> Result<Held<'a>> {
    encode(contract, column.form, value)
        .ok_or_else(|| StoreError::Record { table: table.name.clone(), column: column.name.clone() })
}

/// A value as a column of the form holds it; none if it is not of the form.
pub(crate) fn encode<'a>(contract: &'a Contract, form: Form, value: &'a Value) -> Option<Held<'a>> {
    let borrowed = |text: &'a str| Some(Held::Text(Cow::Borrowed(text)));
    match (form, value) {
        (_, Value::Absent) => Some(Held::Null),
        (Form::Json(ty), value) => Some(Held::Text(Cow::Owned(json::encode(contract, ty, value)))),
        (_, Value::Nil) => Some(Held::Null),
        (Form::Text, Value::Text(text)) => borrowed(text),
        (Form::Reference, Value::Text(text)) => Some(reference(text).map_or(Held::Null, Held::Id)),
        (Form::Boolean, Value::Boolean(truth)) => Some(Held::Boolean(*truth)),
        (Form::Integer, Value::Integer(number)) => Some(Held::Integer(*number)),
        (Form::Time, Value::Time(time)) => time.can_be_written().then_some(Held::Integer(time.0)),
        (Form::Decimal, Value::Decimal(number)) => Some(Held::Text(Cow::Owned(number.to_string()))),
        (Form::Double, Value::Double(number)) if number.is_nan() => Some(Held::Null),
        (Form::Double, Value::Double(number)) => Some(Held::Double(*number)),
        (Form::Enumeration(id), Value::Enumeration(value)) => {
            borrowed(contract.model.enumeration(id).values.get(usize::from(value.0))?)
        }
        _ => None,
    }
}

/// The value that a column of the form holds; none if something else wrote to it.
pub(crate) fn decode(contract: &Contract, form: Form, held: Held<'_>) -> Option<Value> {
    match (form, held) {
        (_, Held::Null) => Some(Value::Absent),
        (Form::Text, Held::Text(text)) => Some(match text {
            Cow::Borrowed(text) => Value::from(text),
            Cow::Owned(text) => Value::from(text),
        }),
        (Form::Reference, Held::Id(id)) => Some(Value::from(id)),
        (Form::Boolean, Held::Boolean(truth)) => Some(Value::Boolean(truth)),
        (Form::Integer, Held::Integer(number)) => Some(Value::Integer(number)),
        (Form::Time, Held::Integer(micros)) => {
            Some(Timestamp(micros)).filter(|time| time.can_be_written()).map(Value::Time)
        }
        (Form::Decimal, Held::Text(text)) => parse_decimal(&text).ok().map(Value::Decimal),
        (Form::Double, Held::Double(number)) => Some(Value::Double(number)),
        (Form::Enumeration(id), Held::Text(text)) => {
            json::enumeration_value(contract, id, &text).map(Value::Enumeration)
        }
        (Form::Json(ty), Held::Text(text)) => json::decode(contract, ty, &text),
        _ => None,
    }
}

/// The value that a link's text has in the member of a detail; absent if it is not one of its type.
pub fn link_value(contract: &Contract, member: &Member, text: String) -> Value {
    match member.ty {
        TypeRef::Enumeration(id) => {
            json::enumeration_value(contract, id, &text).map_or(Value::Absent, Value::Enumeration)
        }
        TypeRef::Scalar(Scalar::Boolean) => match text.as_str() {
            "true" | "1" => Value::Boolean(true),
            "false" | "0" => Value::Boolean(false),
            _ => Value::Absent,
        },
        TypeRef::Scalar(Scalar::Int) => parse_int(&text).map_or(Value::Absent, Value::Integer),
        TypeRef::Scalar(Scalar::Long) => parse_long(&text).map_or(Value::Absent, Value::Integer),
        _ => Value::from(text),
    }
}
