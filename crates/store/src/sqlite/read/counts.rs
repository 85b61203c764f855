//! Numbers of objects.

use crate::account::AccountId;
use crate::asked::Asked;
use crate::error::Result;
use crate::layout::Table;
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::sqlite::statements::{self, OWNERS};
use crate::verbs::{Counts, Group};
use contract::{FieldId, Guid, ObjectId};
use rusqlite::Row;
use std::collections::HashMap;

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
        // Changes of a reference never wait.
        let places: Vec<u16> = columns.iter().filter_map(|place| u16::try_from(*place).ok()).collect();
        self.whole(account, [(object, Some(places.as_slice()))])?;
        let names = columns.iter().map(|place| table.columns[*place].name.as_str());
        let sql = statements::count_referring(&table.name, reference, names);
        let mut found: HashMap<Guid, Vec<Group>> = HashMap::new();
        let mut once = targets.to_vec();
        once.sort_unstable();
        once.dedup();
        for targets in once.chunks(OWNERS) {
            let mut statement = self.prepare(&sql)?;
            statement.raw_bind_parameter(1, account.0)?;
            for (index, target) in targets.iter().enumerate() {
                statement.raw_bind_parameter(index + 2, target.0)?;
            }
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.entry(row::guid(row, 0)?).or_default().push(self.group(table, &columns, row)?);
                self.schema.asked.rows(1);
            }
        }
        Ok(targets.iter().map(|target| found.get(target).cloned().unwrap_or_default()).collect())
    }

    fn asked(&self) -> Asked {
        self.schema.asked.now()
    }
}

impl Access<'_> {
    /// The group in a row of id, number and columns.
    fn group(&self, table: &Table, columns: &[usize], row: &Row<'_>) -> Result<Group> {
        let count: i64 = row.get(1)?;
        let values = columns.iter().zip(2..).map(|(place, index)| {
            let column = &table.columns[*place];
            row::value(self.schema, table, column, row, index)
        });
        Ok(Group { values: values.collect::<Result<_>>()?, count: count.unsigned_abs() })
    }
}
