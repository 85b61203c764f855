//! Rows as they are.

use super::access::Access;
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::form::Held;
use crate::layout::{Kind, Shape};
use crate::sqlite::row;
use crate::verbs::{Cells, RowReader, RowWriter, TableId};
use rusqlite::Row;

impl RowReader for Access<'_> {
    fn count_rows(&self, account: AccountId, table: TableId) -> Result<u64> {
        let name = &self.schema.shape(table).name;
        let sql = format!(r#"SELECT count(*) FROM "{name}" WHERE account_id = ?1"#);
        let count: i64 = self.connection.query_row(&sql, [account.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn read_rows(
        &self,
        account: AccountId,
        table: TableId,
        each: &mut dyn FnMut(Cells) -> Result<()>,
    ) -> Result<()> {
        self.all_whole(account)?;
        let shape = self.schema.shape(table);
        let order = if shape.ordered { " ORDER BY seq" } else { "" };
        let (name, columns) = (&shape.name, columns(shape));
        let sql = format!(r#"SELECT {columns} FROM "{name}" WHERE account_id = ?1{order}"#);
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([account.0])?;
        while let Some(row) = rows.next()? {
            each(cells(shape, row)?)?;
        }
        Ok(())
    }
}

impl RowWriter for Access<'_> {
    fn write_rows(&mut self, account: AccountId, table: TableId, rows: &[Cells]) -> Result<()> {
        let shape = self.schema.shape(table);
        let (name, columns) = (&shape.name, columns(shape));
        let places: String = (0..shape.columns.len()).map(|index| format!(", ?{}", index + 2)).collect();
        let sql = format!(r#"INSERT INTO "{name}" (account_id, {columns}) VALUES (?1{places})"#);
        let mut statement = self.connection.prepare_cached(&sql)?;
        for row in rows {
            statement.raw_bind_parameter(1, account.0)?;
            for (index, cell) in row.iter().enumerate() {
                statement.raw_bind_parameter(index + 2, row::bound(cell.borrowed()))?;
            }
            statement.raw_execute()?;
        }
        Ok(())
    }
}

fn columns(shape: &Shape) -> String {
    shape.columns.iter().map(|(name, _)| format!(r#""{name}""#)).collect::<Vec<_>>().join(", ")
}

fn cells(shape: &Shape, found: &Row<'_>) -> Result<Cells> {
    let cell = |(index, (column, kind)): (usize, &(String, Kind))| {
        let stored = || StoreError::Stored { table: shape.name.clone(), column: column.clone() };
        row::held(*kind, found.get_ref(index)?).map(Held::into_owned).ok_or_else(stored)
    };
    shape.columns.iter().enumerate().map(cell).collect()
}
