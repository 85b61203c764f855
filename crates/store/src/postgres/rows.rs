//! Rows as they are.

use super::access::Access;
use super::row::{self, List};
use super::schema::declared;
use super::value::Parameter;
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::form::Held;
use crate::layout::{Kind, Shape};
use crate::verbs::{Cells, RowReader, RowWriter, TableId};
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
        let columns: Vec<String> = shape.columns.iter().map(|(name, _)| format!(r#""{name}""#)).collect();
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
        let lists = lists(shape, rows)?;
        let mut parameters: Vec<Parameter<'_>> = lists.iter().map(List::parameter).collect();
        let first;
        if shape.ordered {
            first = self.next_numbers(account, rows.len())?;
            parameters.push(Parameter::new(&first));
        }
        self.execute(account, &insert(shape), &parameters)?;
        Ok(())
    }
}

/// Rows as a list for each column.
fn lists<'a>(shape: &Shape, rows: &'a [Cells]) -> Result<Vec<List<'a>>> {
    let mut lists: Vec<_> = shape.columns.iter().map(|(_, kind)| List::new(*kind, rows.len())).collect();
    for row in rows {
        for ((list, cell), (column, _)) in lists.iter_mut().zip(row).zip(&shape.columns) {
            let record = || StoreError::Record { table: shape.name.clone(), column: column.clone() };
            list.push(cell.borrowed()).ok_or_else(record)?;
        }
    }
    Ok(lists)
}

/// Adds rows given as a list for each column; where the table keeps an order, that of the lists, from the
/// number on that comes last.
fn insert(shape: &Shape) -> String {
    let (name, count) = (&shape.name, shape.columns.len());
    let columns: String = shape.columns.iter().map(|(name, _)| format!(r#", "{name}""#)).collect();
    let lists = shape.columns.iter().zip(2..);
    let lists: Vec<String> =
        lists.map(|((_, kind), place)| format!("${place}::{}[]", declared(*kind))).collect();
    let names: Vec<String> = (0..count).map(|index| format!("c{index}")).collect();
    let values: String = names.iter().map(|name| format!(", v.{name}")).collect();
    let (lists, names) = (lists.join(", "), names.join(", "));
    let (seq, number) = match shape.ordered {
        true => (", seq", format!(", ${} + v.place - 1", count + 2)),
        false => ("", String::new()),
    };
    format!(
        r#"INSERT INTO "{name}" (account_id{columns}{seq}) SELECT $1{values}{number}
           FROM unnest({lists}) WITH ORDINALITY AS v({names}, place)"#
    )
}

fn cells(shape: &Shape, found: &Row) -> Result<Cells> {
    let cell = |(index, (column, kind)): (usize, &(String, Kind))| {
        let stored = || StoreError::Stored { table: shape.name.clone(), column: column.clone() };
        row::held(*kind, found, index).map(Held::into_owned).ok_or_else(stored)
    };
    shape.columns.iter().enumerate().map(cell).collect()
}
