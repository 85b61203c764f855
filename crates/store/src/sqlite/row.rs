//! A record as a row, and a row as a record.

use super::schema::Schema;
use crate::error::{Result, StoreError};
use crate::form::{self, Held};
use crate::layout::{Column, Kind, Table};
use contract::handles::object::cv_object;
use contract::{FieldId, Guid, Record, Value};
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{Row, Statement};
use std::borrow::Cow;

pub(crate) use crate::form::{id, key, link_value};

/// Binds the record's columns from parameter `from` on; gives the parameter after them.
pub(crate) fn bind<'a>(
    schema: &Schema,
    table: &Table,
    columns: impl IntoIterator<Item = &'a Column>,
    record: &Record,
    statement: &mut Statement<'_>,
    from: usize,
) -> Result<usize> {
    let mut parameter = from;
    for column in columns {
        let value = form::column(schema.contract, table, column, record)?;
        statement.raw_bind_parameter(parameter, bound(value))?;
        parameter += 1;
    }
    Ok(parameter)
}

/// A value as SQL takes it.
pub(crate) fn bound(held: Held<'_>) -> ToSqlOutput<'_> {
    match held {
        Held::Null => ToSqlOutput::Borrowed(ValueRef::Null),
        Held::Text(Cow::Borrowed(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Held::Text(Cow::Owned(text)) => ToSqlOutput::Owned(Owned::Text(text)),
        Held::Boolean(truth) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(truth))),
        Held::Integer(number) => ToSqlOutput::Borrowed(ValueRef::Integer(number)),
        Held::Double(number) => ToSqlOutput::Borrowed(ValueRef::Real(number)),
        Held::Id(id) => ToSqlOutput::Owned(Owned::Blob(id.0.to_vec())),
        Held::Bytes(Cow::Borrowed(bytes)) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        Held::Bytes(Cow::Owned(bytes)) => ToSqlOutput::Owned(Owned::Blob(bytes)),
    }
}

/// The record in a row that begins with the id and goes on with the table's columns.
pub(crate) fn record(schema: &Schema, table: &Table, row: &Row<'_>) -> Result<Record> {
    record_with(schema, table, row, |_, error| Err(error))
}

/// The record in such a row. What to do about a member that can't be read, `unreadable` decides.
pub(crate) fn record_with(
    schema: &Schema,
    table: &Table,
    row: &Row<'_>,
    mut unreadable: impl FnMut(FieldId, StoreError) -> Result<()>,
) -> Result<Record> {
    let mut record = schema.contract.record(table.ty);
    record.set(cv_object::ID, id_of(table, row)?);
    for (index, column) in table.columns.iter().enumerate() {
        match value(schema, table, column, row, index + 1) {
            Ok(value) if value.is_absent() => {}
            Ok(value) => record.set(column.field, value),
            Err(error) => unreadable(column.field, error)?,
        }
    }
    Ok(record.as_found())
}

/// The value of a column.
pub(crate) fn value(
    schema: &Schema,
    table: &Table,
    column: &Column,
    row: &Row<'_>,
    index: usize,
) -> Result<Value> {
    let held = held(Kind::of(column.form), row.get_ref(index)?);
    held.and_then(|held| form::decode(schema.contract, column.form, held))
        .ok_or_else(|| StoreError::Stored { table: table.name.clone(), column: column.name.clone() })
}

/// What SQL has in a column of that kind; none if it is of another.
pub(crate) fn held(kind: Kind, value: ValueRef<'_>) -> Option<Held<'_>> {
    Some(match (kind, value) {
        (_, ValueRef::Null) => Held::Null,
        (Kind::Text, ValueRef::Text(_)) => Held::Text(Cow::Borrowed(value.as_str().ok()?)),
        (Kind::Boolean, ValueRef::Integer(number @ (0 | 1))) => Held::Boolean(number == 1),
        (Kind::Integer, ValueRef::Integer(number)) => Held::Integer(number),
        (Kind::Double, ValueRef::Real(number)) => Held::Double(number),
        (Kind::Id, ValueRef::Blob(bytes)) => Held::Id(Guid(bytes.try_into().ok()?)),
        (Kind::Bytes, ValueRef::Blob(bytes)) => Held::Bytes(Cow::Borrowed(bytes)),
        _ => return None,
    })
}

/// The id in a column.
pub(crate) fn guid(row: &Row<'_>, index: usize) -> Result<Guid> {
    Ok(Guid(row.get(index)?))
}

/// The id of an object of the table, in a row that begins with it.
pub(crate) fn id_of(table: &Table, row: &Row<'_>) -> Result<Guid> {
    guid(row, 0).map_err(|_| StoreError::Stored { table: table.name.clone(), column: "id".to_owned() })
}

/// The value of a link, in that column of a row.
pub(crate) fn link_text(link: &str, row: &Row<'_>, index: usize) -> Result<Option<String>> {
    match held(Kind::Text, row.get_ref(index)?) {
        Some(Held::Text(text)) => Ok(Some(text.into_owned())),
        Some(_) => Ok(None),
        None => Err(StoreError::Stored { table: link.to_owned(), column: "value".to_owned() }),
    }
}
