//! Rows as they are.

use super::access::Access;
use super::value::{Id, Parameter, escape, unescape};
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::layout::{Kind, Shape};
use crate::verbs::{Cell, Cells, RowReader, RowWriter, TableId};
use contract::Guid;
use std::borrow::Cow;
use tokio_postgres::Row;

impl RowReader for Access<'_> {
    fn count_rows(&self, account: AccountId, table: TableId) -> Result<u64> {
        let name = &self.schema.shape(table).name;
        let sql = format!(r#"SELECT count(*) FROM "{name}" WHERE account_id = $1"#);
        let rows = self.query(account, &sql, &[])?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>(0))?;
        Ok(count.unsigned_abs())
    }

    fn read_rows(
        &self,
        account: AccountId,
        table: TableId,
        each: &mut dyn FnMut(Cells) -> Result<()>,
    ) -> Result<()> {
        let shape = self.schema.shape(table);
        let order = if shape.ordered { " ORDER BY seq" } else { "" };
        let columns: Vec<String> = shape.columns.iter().map(|(name, kind)| selected(name, *kind)).collect();
        let (name, columns) = (&shape.name, columns.join(", "));
        let sql = format!(r#"SELECT {columns} FROM "{name}" WHERE account_id = $1{order}"#);
        self.stream(account, &sql, &[], &mut |row| {
            each(cells(shape, row)?)?;
            Ok(true)
        })
    }
}

impl RowWriter for Access<'_> {
    fn write_rows(&mut self, account: AccountId, table: TableId, rows: &[Cells]) -> Result<()> {
        let shape = self.schema.shape(table);
        let lists: Vec<List<'_>> = shape
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, kind))| List::new(*kind, rows, index))
            .collect();
        let parameters: Vec<Parameter<'_>> = lists.iter().map(List::parameter).collect();
        self.execute(account, &insert(shape), &parameters)?;
        Ok(())
    }
}

/// Counters are narrower in some tables.
fn selected(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Integer => format!(r#""{name}"::bigint"#),
        _ => format!(r#""{name}""#),
    }
}

/// Adds rows given as a list for each column; where the table keeps an order, that of the lists.
fn insert(shape: &Shape) -> String {
    let name = &shape.name;
    let columns: String = shape.columns.iter().map(|(name, _)| format!(r#", "{name}""#)).collect();
    let lists: Vec<String> = shape
        .columns
        .iter()
        .enumerate()
        .map(|(index, (_, kind))| format!("${}::{}[]", index + 2, declared(*kind)))
        .collect();
    let values: String = (0..lists.len()).map(|index| format!(", v.c{index}")).collect();
    let names: Vec<String> = (0..lists.len()).map(|index| format!("c{index}")).collect();
    let (lists, names) = (lists.join(", "), names.join(", "));
    if shape.ordered {
        format!(
            r#"WITH block AS (
                 UPDATE account SET next_seq = next_seq + cardinality($2) WHERE account_id = $1
                 RETURNING next_seq - cardinality($2) AS before)
               INSERT INTO "{name}" (account_id, seq{columns})
               SELECT $1, block.before + v.place{values}
               FROM block, unnest({lists}) WITH ORDINALITY AS v({names}, place)"#
        )
    } else {
        format!(
            r#"INSERT INTO "{name}" (account_id{columns}) SELECT $1{values} FROM unnest({lists}) AS v({names})"#
        )
    }
}

fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Boolean => "boolean",
        Kind::Integer => "bigint",
        Kind::Double => "double precision",
        Kind::Id => "uuid",
        Kind::Bytes => "bytea",
    }
}

/// The values of a column.
enum List<'a> {
    Text(Vec<Option<Cow<'a, str>>>),
    Boolean(Vec<Option<bool>>),
    Integer(Vec<Option<i64>>),
    Double(Vec<Option<f64>>),
    Id(Vec<Option<Id>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

impl<'a> List<'a> {
    /// A cell of another kind, which no reader makes, is as good as none.
    fn new(kind: Kind, rows: &'a [Cells], index: usize) -> List<'a> {
        let cells = rows.iter().map(|row| row.get(index).unwrap_or(&Cell::Null));
        macro_rules! list {
            ($list:ident, $pattern:pat => $value:expr) => {
                List::$list(
                    cells
                        .map(|cell| match cell {
                            $pattern => Some($value),
                            _ => None,
                        })
                        .collect(),
                )
            };
        }
        match kind {
            Kind::Text => list!(Text, Cell::Text(text) => escape(text.as_str())),
            Kind::Boolean => list!(Boolean, Cell::Boolean(truth) => *truth),
            Kind::Integer => list!(Integer, Cell::Integer(number) => *number),
            Kind::Double => list!(Double, Cell::Double(number) => *number),
            Kind::Id => list!(Id, Cell::Id(bytes) => Id(Guid(*bytes))),
            Kind::Bytes => list!(Bytes, Cell::Bytes(bytes) => bytes.as_slice()),
        }
    }

    fn parameter(&self) -> Parameter<'_> {
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

fn cells(shape: &Shape, row: &Row) -> Result<Cells> {
    let cell = |(index, (column, kind)): (usize, &(String, Kind))| {
        cell(*kind, row, index)
            .map_err(|_| StoreError::Stored { table: shape.name.clone(), column: column.clone() })
    };
    shape.columns.iter().enumerate().map(cell).collect()
}

fn cell(kind: Kind, row: &Row, index: usize) -> std::result::Result<Cell, tokio_postgres::Error> {
    let cell = match kind {
        Kind::Text => {
            row.try_get::<_, Option<&str>>(index)?.map(|text| Cell::Text(unescape(text).into_owned()))
        }
        Kind::Boolean => row.try_get::<_, Option<bool>>(index)?.map(Cell::Boolean),
        Kind::Integer => row.try_get::<_, Option<i64>>(index)?.map(Cell::Integer),
        Kind::Double => row.try_get::<_, Option<f64>>(index)?.map(Cell::Double),
        Kind::Id => row.try_get::<_, Option<Id>>(index)?.map(|id| Cell::Id(id.0.0)),
        Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(index)?.map(Cell::Bytes),
    };
    Ok(cell.unwrap_or(Cell::Null))
}
