//! A record as a row, and a row as a record.

use super::schema::Schema;
use crate::error::{Result, StoreError};
use crate::json;
use crate::layout::{Column, Form, KeyColumn, Table};
use contract::handles::object::cv_object;
use contract::scalar::{parse_decimal, parse_int, parse_long};
use contract::{Contract, Guid, Member, Record, Scalar, Timestamp, TypeRef, Value};
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{Row, Statement};

/// The record's own id, if it is a record of the table and has one.
pub(crate) fn id(table: &Table, record: &Record) -> Result<Guid> {
    let id = record.text(cv_object::ID).and_then(Guid::parse).filter(|_| record.ty() == table.ty);
    id.ok_or_else(|| StoreError::Record { table: table.name.clone(), column: "id".to_owned() })
}

/// Binds the record's columns from parameter `from` on; gives the parameter after them.
pub(crate) fn bind(
    schema: &Schema,
    table: &Table,
    record: &Record,
    statement: &mut Statement<'_>,
    from: usize,
) -> Result<usize> {
    let mut parameter = from;
    for column in &table.columns {
        let value = encode(schema.contract, column.form, record.get(column.field))
            .ok_or_else(|| StoreError::Record { table: table.name.clone(), column: column.name.clone() })?;
        statement.raw_bind_parameter(parameter, value)?;
        parameter += 1;
    }
    Ok(parameter)
}

/// What the key's column holds for a record.
pub(crate) fn key(key: &KeyColumn, record: &Record) -> Option<String> {
    record.text(key.field).map(contract::table::fold).filter(|folded| !folded.is_empty())
}

/// A value as SQL holds it; none if it is not of the form.
pub(crate) fn encode<'a>(contract: &'a Contract, form: Form, value: &'a Value) -> Option<ToSqlOutput<'a>> {
    let borrowed = |value: ValueRef<'a>| Some(ToSqlOutput::Borrowed(value));
    match (form, value) {
        (_, Value::Absent) => borrowed(ValueRef::Null),
        (Form::Json(ty), value) => Some(ToSqlOutput::Owned(Owned::Text(json::encode(contract, ty, value)))),
        (_, Value::Nil) => borrowed(ValueRef::Null),
        (Form::Text, Value::Text(text)) => borrowed(ValueRef::Text(text.as_bytes())),
        (Form::Reference, Value::Text(text)) => Some(match reference(text) {
            Some(id) => ToSqlOutput::Owned(Owned::Blob(id.0.to_vec())),
            None => ToSqlOutput::Borrowed(ValueRef::Null),
        }),
        (Form::Boolean, Value::Boolean(truth)) => borrowed(ValueRef::Integer(i64::from(*truth))),
        (Form::Integer, Value::Integer(number)) => borrowed(ValueRef::Integer(*number)),
        (Form::Time, Value::Time(time)) => borrowed(ValueRef::Integer(time.0)),
        (Form::Decimal, Value::Decimal(number)) => Some(ToSqlOutput::Owned(Owned::Text(number.to_string()))),
        (Form::Double, Value::Double(number)) => borrowed(ValueRef::Real(*number)),
        (Form::Enumeration(id), Value::Enumeration(value)) => {
            let text = contract.model.enumeration(id).values.get(usize::from(value.0))?;
            borrowed(ValueRef::Text(text.as_bytes()))
        }
        _ => None,
    }
}

/// The object that a text refers to; none if it is no id, or that of nothing: all zeros.
pub(crate) fn reference(text: &str) -> Option<Guid> {
    Guid::parse(text).filter(|id| id.0 != [0; 16])
}

/// The record in a row that begins with the id and goes on with the table's columns.
pub(crate) fn record(schema: &Schema, table: &Table, row: &Row<'_>) -> Result<Record> {
    let mut record = schema.contract.record(table.ty);
    record.set(cv_object::ID, guid(row, 0)?.to_string());
    for (index, column) in table.columns.iter().enumerate() {
        record.set(column.field, value(schema, table, column, row, index + 1)?);
    }
    Ok(record)
}

/// The value of a column.
pub(crate) fn value(
    schema: &Schema,
    table: &Table,
    column: &Column,
    row: &Row<'_>,
    index: usize,
) -> Result<Value> {
    decode(schema.contract, column.form, row.get_ref(index)?)
        .ok_or_else(|| StoreError::Stored { table: table.name.clone(), column: column.name.clone() })
}

fn decode(contract: &Contract, form: Form, value: ValueRef<'_>) -> Option<Value> {
    let text = || value.as_str().ok();
    match (form, value) {
        (_, ValueRef::Null) => Some(Value::Absent),
        (Form::Text, ValueRef::Text(_)) => text().map(Value::from),
        (Form::Reference, ValueRef::Blob(bytes)) => {
            bytes.try_into().ok().map(|bytes| Value::from(Guid(bytes).to_string()))
        }
        (Form::Boolean, ValueRef::Integer(number @ (0 | 1))) => Some(Value::Boolean(number == 1)),
        (Form::Integer, ValueRef::Integer(number)) => Some(Value::Integer(number)),
        (Form::Time, ValueRef::Integer(micros)) => Some(Value::Time(Timestamp(micros)))
            .filter(|_| (Timestamp::MIN.0..=Timestamp::MAX.0).contains(&micros)),
        (Form::Decimal, ValueRef::Text(_)) => parse_decimal(text()?).ok().map(Value::Decimal),
        (Form::Double, ValueRef::Real(number)) => Some(Value::Double(number)),
        (Form::Enumeration(id), ValueRef::Text(_)) => {
            json::enumeration_value(contract, id, text()?).map(Value::Enumeration)
        }
        (Form::Json(ty), ValueRef::Text(_)) => json::decode(contract, ty, text()?),
        _ => None,
    }
}

/// The value that a link's text has in the member of a detail; absent if it is not one of its type.
pub(crate) fn link_value(contract: &Contract, member: &Member, text: String) -> Value {
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

/// The id in a column.
pub(crate) fn guid(row: &Row<'_>, index: usize) -> Result<Guid> {
    Ok(Guid(row.get(index)?))
}
