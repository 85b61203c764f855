//! Records as rows, and rows as records.

use super::schema::Schema;
use super::value::{Id, Parameter, escape, unescape};
use crate::error::{Result, StoreError};
use crate::form::{self, Held};
use crate::layout::{Column, Kind, Table};
use contract::handles::object::cv_object;
use contract::{FieldId, Guid, Record, Value};
use std::borrow::Cow;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

/// The values that a column has in a batch of rows.
pub(crate) enum List<'a> {
    /// Text, escaped.
    Text(Vec<Option<Cow<'a, str>>>),
    /// True or false.
    Boolean(Vec<Option<bool>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Floating-point numbers.
    Double(Vec<Option<f64>>),
    /// Ids.
    Id(Vec<Option<Id>>),
    /// Other bytes.
    Bytes(Vec<Option<Cow<'a, [u8]>>>),
}

impl<'a> List<'a> {
    /// The list of a column of that kind, without values.
    pub fn new(kind: Kind, rows: usize) -> List<'a> {
        match kind {
            Kind::Text => List::Text(Vec::with_capacity(rows)),
            Kind::Boolean => List::Boolean(Vec::with_capacity(rows)),
            Kind::Integer => List::Integer(Vec::with_capacity(rows)),
            Kind::Double => List::Double(Vec::with_capacity(rows)),
            Kind::Id => List::Id(Vec::with_capacity(rows)),
            Kind::Bytes => List::Bytes(Vec::with_capacity(rows)),
        }
    }

    /// Adds a value; none if it is of another kind.
    pub fn push(&mut self, held: Held<'a>) -> Option<()> {
        match (self, held) {
            (List::Text(list), Held::Text(text)) => list.push(Some(escape(text))),
            (List::Boolean(list), Held::Boolean(truth)) => list.push(Some(truth)),
            (List::Integer(list), Held::Integer(number)) => list.push(Some(number)),
            (List::Double(list), Held::Double(number)) => list.push(Some(number)),
            (List::Id(list), Held::Id(id)) => list.push(Some(Id(id))),
            (List::Bytes(list), Held::Bytes(bytes)) => list.push(Some(bytes)),
            (List::Text(list), Held::Null) => list.push(None),
            (List::Boolean(list), Held::Null) => list.push(None),
            (List::Integer(list), Held::Null) => list.push(None),
            (List::Double(list), Held::Null) => list.push(None),
            (List::Id(list), Held::Null) => list.push(None),
            (List::Bytes(list), Held::Null) => list.push(None),
            _ => return None,
        }
        Some(())
    }

    /// The list as a parameter.
    pub fn parameter(&self) -> Parameter<'_> {
        match self {
            List::Text(list) => Parameter::new(list),
            List::Boolean(list) => Parameter::new(list),
            List::Integer(list) => Parameter::new(list),
            List::Double(list) => Parameter::new(list),
            List::Id(list) => Parameter::new(list),
            List::Bytes(list) => Parameter::new(list),
        }
    }
}

/// Rows as lists: one for each column of the table, then one for each key.
pub(crate) fn lists<'a>(schema: &Schema, table: &Table, records: &[&'a Record]) -> Result<Vec<List<'a>>> {
    let columns = table.columns.iter().map(|column| list(schema, table, column, records));
    let mut out = columns.collect::<Result<Vec<_>>>()?;
    out.extend(table.keys.iter().map(|key| {
        let keys = records.iter().map(|record| form::key(key, record).map(escape));
        List::Text(keys.collect())
    }));
    Ok(out)
}

fn list<'a>(schema: &Schema, table: &Table, column: &Column, records: &[&'a Record]) -> Result<List<'a>> {
    let mut list = List::new(Kind::of(column.form), records.len());
    for record in records {
        form::encode(schema.contract, column.form, record.get(column.field))
            .and_then(|held| list.push(held))
            .ok_or_else(|| StoreError::Record { table: table.name.clone(), column: column.name.clone() })?;
    }
    Ok(list)
}

/// The record in a row that begins with the id and goes on with the table's columns.
pub(crate) fn record(schema: &Schema, table: &Table, row: &Row) -> Result<Record> {
    record_with(schema, table, row, |_, error| Err(error))
}

/// The record in such a row. What to do about a member that can't be read, `unreadable` decides.
pub(crate) fn record_with(
    schema: &Schema,
    table: &Table,
    row: &Row,
    mut unreadable: impl FnMut(FieldId, StoreError) -> Result<()>,
) -> Result<Record> {
    let mut record = schema.contract.record(table.ty);
    record.set(cv_object::ID, guid(row, 0)?.to_string());
    for (index, column) in table.columns.iter().enumerate() {
        match value(schema, table, column, row, index + 1) {
            Ok(value) => record.set(column.field, value),
            Err(error) => unreadable(column.field, error)?,
        }
    }
    Ok(record)
}

/// The value of a column.
pub(crate) fn value(
    schema: &Schema,
    table: &Table,
    column: &Column,
    row: &Row,
    index: usize,
) -> Result<Value> {
    held(Kind::of(column.form), row, index)
        .and_then(|held| form::decode(schema.contract, column.form, held))
        .ok_or_else(|| StoreError::Stored { table: table.name.clone(), column: column.name.clone() })
}

/// What a column of that kind holds; none if it is of another.
pub(crate) fn held(kind: Kind, row: &Row, index: usize) -> Option<Held<'_>> {
    let held = match kind {
        Kind::Text => row.try_get::<_, Option<&str>>(index).ok()?.map(|text| Held::Text(unescape(text))),
        Kind::Boolean => row.try_get::<_, Option<bool>>(index).ok()?.map(Held::Boolean),
        Kind::Integer => row.try_get::<_, Option<i64>>(index).ok()?.map(Held::Integer),
        Kind::Double => row.try_get::<_, Option<f64>>(index).ok()?.map(Held::Double),
        Kind::Id => row.try_get::<_, Option<Id>>(index).ok()?.map(|id| Held::Id(id.0)),
        Kind::Bytes => {
            row.try_get::<_, Option<&[u8]>>(index).ok()?.map(|bytes| Held::Bytes(Cow::Borrowed(bytes)))
        }
    };
    Some(held.unwrap_or(Held::Null))
}

/// What an array of a column of that kind holds; none if it is of another type.
pub(crate) fn many(kind: Kind, row: &Row, index: usize) -> Option<Vec<Held<'_>>> {
    fn all<'r, T: FromSql<'r>>(row: &'r Row, index: usize, of: fn(T) -> Held<'r>) -> Option<Vec<Held<'r>>> {
        let values: Vec<Option<T>> = row.try_get(index).ok()?;
        Some(values.into_iter().map(|value| value.map_or(Held::Null, of)).collect())
    }
    match kind {
        Kind::Text => all(row, index, |text: &str| Held::Text(unescape(text))),
        Kind::Boolean => all(row, index, Held::Boolean),
        Kind::Integer => all(row, index, Held::Integer),
        Kind::Double => all(row, index, Held::Double),
        Kind::Id => all(row, index, |id: Id| Held::Id(id.0)),
        Kind::Bytes => all(row, index, |bytes: &[u8]| Held::Bytes(Cow::Borrowed(bytes))),
    }
}

/// The id in a column.
pub(crate) fn guid(row: &Row, index: usize) -> Result<Guid> {
    row.try_get::<_, Id>(index).map(|id| id.0).map_err(StoreError::from)
}

/// Each id once, in the order of the ids: rows are then met in the order of their index, and two
/// transactions that change the same rows meet them in the same order.
pub(crate) fn distinct(ids: &[Guid]) -> Vec<Id> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(Id).collect()
}
