//! Objects by id and by key.

use super::Reader;
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::sqlite::row;
use contract::{FieldId, Guid, ObjectId, Record};
use rusqlite::{OptionalExtension, params};

impl Reader<'_> {
    /// The objects of those ids, without the details that are links (see [`Reader::fill_links`]).
    ///
    /// Members that show another object's have its present values, and once it is gone the last.
    pub fn get(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<Option<Record>>> {
        let table = self.schema.table(object);
        let mut statement = self.connection.prepare_cached(&table.sql.get)?;
        let mut get = |id: &Guid| {
            let mut rows = statement.query(params![account.0, id.0])?;
            rows.next()?.map(|found| row::record(self.schema, table, found)).transpose()
        };
        ids.iter().map(&mut get).collect()
    }

    /// Every object of a type in creation order, without links. For types with few objects.
    pub fn all(&self, account: AccountId, object: ObjectId) -> Result<Vec<Record>> {
        let table = self.schema.table(object);
        let mut statement = self.connection.prepare_cached(&table.sql.all)?;
        let rows = statement.query_and_then([account.0], |found| row::record(self.schema, table, found))?;
        rows.collect()
    }

    /// Which of the ids are those of objects.
    pub fn exists(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<bool>> {
        let mut statement = self.connection.prepare_cached(&self.schema.table(object).sql.exists)?;
        ids.iter().map(|id| Ok(statement.exists(params![account.0, id.0])?)).collect()
    }

    /// How many objects of a type there are.
    pub fn count(&self, account: AccountId, object: ObjectId) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(&self.schema.table(object).sql.count)?;
        let count: i64 = statement.query_row([account.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// For each text, folded as [`contract::table::fold`] does it, the objects whose key it is. An
    /// empty text is nobody's key.
    pub fn find(
        &self,
        account: AccountId,
        (object, field): (ObjectId, FieldId),
        folded: &[String],
    ) -> Result<Vec<Vec<Guid>>> {
        let table = self.schema.table(object);
        let key = table.key(field).ok_or_else(|| self.not_searchable(object, field))?;
        let mut statement = self.connection.prepare_cached(&key.find)?;
        let mut find = |text: &String| {
            let ids = statement.query_and_then(params![account.0, text], |found| row::guid(found, 0))?;
            ids.collect()
        };
        folded.iter().map(&mut find).collect()
    }

    /// For each object, those whose member `field` refers to it, in creation order.
    pub fn referring(
        &self,
        account: AccountId,
        object: ObjectId,
        field: FieldId,
        targets: &[Guid],
    ) -> Result<Vec<Vec<Guid>>> {
        let reference = self.schema.table(object).reference(field);
        let reference = reference.ok_or_else(|| self.not_searchable(object, field))?;
        let mut statement = self.connection.prepare_cached(&reference.find)?;
        let mut find = |target: &Guid| {
            let ids = statement.query_and_then(params![account.0, target.0], |found| row::guid(found, 0))?;
            ids.collect()
        };
        targets.iter().map(&mut find).collect()
    }

    /// That the member is no column that could be searched.
    pub(super) fn not_searchable(&self, object: ObjectId, field: FieldId) -> StoreError {
        let table = self.schema.table(object);
        let members = &self.schema.contract.model.ty(table.ty).members;
        let column = members.get(usize::from(field.0)).map(|member| member.column.clone());
        StoreError::Filter { table: table.name.clone(), column: column.unwrap_or_default() }
    }

    /// The id of one object, if there is one.
    pub(in crate::sqlite) fn one_exists(
        &self,
        account: AccountId,
        object: ObjectId,
        id: Guid,
    ) -> Result<bool> {
        let mut statement = self.connection.prepare_cached(&self.schema.table(object).sql.exists)?;
        Ok(statement.query_row(params![account.0, id.0], |_| Ok(())).optional()?.is_some())
    }
}
