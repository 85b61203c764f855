//! Objects by id and by key.

use crate::account::AccountId;
use crate::error::Result;
use crate::layout::Table;
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::sqlite::statements;
use crate::verbs::{ObjectReader, PartialRecord};
use contract::{FieldId, Guid, ObjectId, Record};
use rusqlite::{OptionalExtension, Row, params};

impl ObjectReader for Access<'_> {
    fn at_most(&self, bytes: usize) {
        if let Some(lease) = self.lease {
            lease.at_most(bytes);
        }
    }

    fn get(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<Option<Record>>> {
        let table = self.schema.table(object);
        self.shown_whole(account, table)?;
        let mut statement = self.prepare(&self.schema.sql(table.id).get)?;
        let mut get = |id: &Guid| {
            self.go_on()?;
            if let Some(record) = self.latest(account, table, *id)? {
                self.took(&record)?;
                return Ok(Some(record));
            }
            let mut rows = statement.query(params![account.0, id.0])?;
            rows.next()?.map(|found| self.object(account, table, found)).transpose()
        };
        Ok(self.given(ids.iter().map(&mut get).collect::<Result<_>>()?))
    }

    fn get_partial(
        &self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
    ) -> Result<Vec<Option<PartialRecord>>> {
        let table = self.schema.table(object);
        self.shown_whole(account, table)?;
        let mut statement = self.prepare(&self.schema.sql(table.id).get)?;
        let mut get = |id: &Guid| {
            self.go_on()?;
            let mut rows = statement.query(params![account.0, id.0])?;
            rows.next()?.map(|found| self.partial(account, table, found)).transpose()
        };
        Ok(self.given(ids.iter().map(&mut get).collect::<Result<_>>()?))
    }

    fn all(&self, account: AccountId, object: ObjectId) -> Result<Vec<Record>> {
        let table = self.schema.table(object);
        self.shown_whole(account, table)?;
        let mut statement = self.prepare(&self.schema.sql(table.id).all)?;
        let rows = statement.query_and_then([account.0], |found| self.object(account, table, found))?;
        Ok(self.given(rows.collect::<Result<_>>()?))
    }

    fn page(
        &self,
        account: AccountId,
        object: ObjectId,
        after: Option<Guid>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        let table = self.schema.table(object);
        self.shown_whole(account, table)?;
        let mut statement = self.prepare(&self.schema.sql(object).page)?;
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters = params![account.0, most, after.map(|id| id.0)];
        let rows = statement.query_and_then(parameters, |found| self.object(account, table, found))?;
        Ok(self.given(rows.collect::<Result<_>>()?))
    }

    fn exists(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<bool>> {
        let mut statement = self.prepare(&self.schema.sql(object).exists)?;
        ids.iter().map(|id| Ok(statement.exists(params![account.0, id.0])?)).collect()
    }

    fn count(&self, account: AccountId, object: ObjectId) -> Result<u64> {
        let mut statement = self.prepare(&self.schema.sql(object).count)?;
        let count: i64 = statement.query_row([account.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn find(
        &self,
        account: AccountId,
        (object, field): (ObjectId, FieldId),
        folded: &[String],
    ) -> Result<Vec<Vec<Guid>>> {
        let table = self.schema.table(object);
        let key = table.key(field).ok_or_else(|| self.schema.not_searchable(object, field))?;
        let mut statement = self.prepare(&self.schema.sql(object).keys[key].find)?;
        let mut find = |text: &String| {
            self.go_on()?;
            let ids = statement.query_and_then(params![account.0, text], |found| row::guid(found, 0))?;
            Ok(self.given(ids.collect::<Result<_>>()?))
        };
        folded.iter().map(&mut find).collect()
    }

    fn referring(
        &self,
        account: AccountId,
        object: ObjectId,
        field: FieldId,
        targets: &[Guid],
    ) -> Result<Vec<Vec<Guid>>> {
        let reference = self.schema.table(object).reference(field);
        let reference = reference.ok_or_else(|| self.schema.not_searchable(object, field))?;
        let mut statement = self.prepare(&self.schema.sql(object).references[reference].find)?;
        let mut find = |target: &Guid| {
            self.go_on()?;
            let ids = statement.query_and_then(params![account.0, target.0], |found| row::guid(found, 0))?;
            Ok(self.given(ids.collect::<Result<_>>()?))
        };
        targets.iter().map(&mut find).collect()
    }

    fn referring_both(
        &self,
        account: AccountId,
        object: ObjectId,
        (field, targets): (FieldId, &[Guid]),
        (other_field, other): (FieldId, Guid),
    ) -> Result<Vec<Vec<Guid>>> {
        let table = self.schema.table(object);
        let column = |field| {
            let reference = table.reference(field).and_then(|place| table.references.get(place));
            reference.ok_or_else(|| self.schema.not_searchable(object, field))
        };
        let sql = statements::referring_both(&table.name, column(field)?, column(other_field)?);
        let mut statement = self.prepare(&sql)?;
        let mut find = |target: &Guid| {
            let parameters = params![account.0, target.0, other.0];
            let ids = statement.query_and_then(parameters, |found| row::guid(found, 0))?;
            Ok(self.given(ids.collect::<Result<_>>()?))
        };
        targets.iter().map(&mut find).collect()
    }
}

impl Access<'_> {
    /// The object in a row of id, columns and number.
    fn object(&self, account: AccountId, table: &Table, found: &Row<'_>) -> Result<Record> {
        self.as_written_last(account, table, found, row::record(self.schema, table, found)?)
    }

    /// What can be read of the object in such a row.
    fn partial(&self, account: AccountId, table: &Table, found: &Row<'_>) -> Result<PartialRecord> {
        let mut unreadable = Vec::new();
        let record = row::record_with(self.schema, table, found, PartialRecord::noting(&mut unreadable));
        let record = self.as_written_last(account, table, found, record?)?;
        // What the journal has of such a column supersedes it.
        unreadable.retain(|field| record.get(*field).is_absent());
        Ok(PartialRecord { record, unreadable })
    }

    /// The record of such a row with what the journal has of it.
    fn as_written_last(
        &self,
        account: AccountId,
        table: &Table,
        found: &Row<'_>,
        record: Record,
    ) -> Result<Record> {
        let place = found.get(table.columns.len() + 1)?;
        let record = self.patched((account, table), row::guid(found, 0)?, place, record)?;
        self.took(&record)?;
        Ok(record)
    }

    /// The id of one object, if there is one.
    pub(in crate::sqlite) fn one_exists(
        &self,
        account: AccountId,
        object: ObjectId,
        id: Guid,
    ) -> Result<bool> {
        let mut statement = self.prepare(&self.schema.sql(object).exists)?;
        Ok(statement.query_row(params![account.0, id.0], |_| Ok(())).optional()?.is_some())
    }
}
