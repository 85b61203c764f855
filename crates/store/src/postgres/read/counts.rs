//! Numbers of objects.

use crate::account::AccountId;
use crate::asked::Asked;
use crate::error::Result;
use crate::layout::Table;
use crate::postgres::access::Access;
use crate::postgres::row::{self, distinct};
use crate::postgres::statements;
use crate::postgres::value::Parameter;
use crate::verbs::{Counts, Group};
use contract::{FieldId, Guid, ObjectId};
use std::collections::HashMap;
use tokio_postgres::Row;

impl Counts for Access<'_> {
    fn count_referring(
        &self,
        account: AccountId,
        (object, field): (ObjectId, FieldId),
        targets: &[Guid],
        by: &[FieldId],
    ) -> Result<Vec<Vec<Group>>> {
        let table = self.schema.table(object);
        let reference = table.reference(field).and_then(|place| table.references.get(place));
        let reference = reference.ok_or_else(|| self.schema.not_searchable(object, field))?;
        let columns = self.schema.own_columns(table, by)?;
        let names = columns.iter().map(|place| table.columns[*place].name.as_str());
        let sql = statements::count_referring(&table.name, reference, names);
        let mut found: HashMap<Guid, Vec<Group>> = HashMap::new();
        for row in &self.query(account, &sql, &[Parameter::new(&distinct(targets))])? {
            found.entry(row::guid(row, 0)?).or_default().push(self.group(table, &columns, row)?);
        }
        Ok(targets.iter().map(|target| found.get(target).cloned().unwrap_or_default()).collect())
    }

    fn asked(&self) -> Asked {
        self.schema.asked.now()
    }
}

impl Access<'_> {
    /// The group in a row of id, number and columns.
    fn group(&self, table: &Table, columns: &[usize], row: &Row) -> Result<Group> {
        let count: i64 = row.try_get(1)?;
        let values = columns.iter().zip(2..).map(|(place, index)| {
            let column = &table.columns[*place];
            row::value(self.schema, table, column, row, index)
        });
        Ok(Group { values: values.collect::<Result<_>>()?, count: count.unsigned_abs() })
    }
}
