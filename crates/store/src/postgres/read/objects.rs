//! Objects by id and by key.

use crate::account::AccountId;
use crate::error::Result;
use crate::layout::Table;
use crate::postgres::access::Access;
use crate::postgres::row::{self, distinct};
use crate::postgres::statements;
use crate::postgres::value::{Id, Parameter, escape};
use crate::verbs::{ObjectReader, PartialRecord};
use contract::{FieldId, Guid, ObjectId, Record};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use tokio_postgres::Row;

impl ObjectReader for Access<'_> {
    fn at_most(&self, bytes: usize) {
        self.bound(bytes);
    }

    fn get(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<Option<Record>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.schema.table(object);
        let rows = self.query(account, &self.schema.sql(object).get, &[Parameter::new(&distinct(ids))])?;
        let found = rows.iter().map(|found| Ok((row::guid(found, 0)?, found)));
        let found: HashMap<Guid, _> = found.collect::<Result<_>>()?;
        let record =
            |id| found.get(id).map(|found| self.taken(row::record(self.schema, table, found)?)).transpose();
        ids.iter().map(record).collect()
    }

    fn get_partial(
        &self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
    ) -> Result<Vec<Option<PartialRecord>>> {
        let table = self.schema.table(object);
        let rows = self.query(account, &self.schema.sql(object).get, &[Parameter::new(&distinct(ids))])?;
        let found = rows.iter().map(|found| Ok((row::guid(found, 0)?, found)));
        let found: HashMap<Guid, _> = found.collect::<Result<_>>()?;
        ids.iter().map(|id| found.get(id).map(|found| self.partial(table, found)).transpose()).collect()
    }

    fn all(&self, account: AccountId, object: ObjectId) -> Result<Vec<Record>> {
        self.records(account, object, &self.schema.sql(object).all, &[])
    }

    fn page(
        &self,
        account: AccountId,
        object: ObjectId,
        after: Option<Guid>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        let (most, after) = (i64::try_from(limit).unwrap_or(i64::MAX), after.map(Id));
        let parameters = [Parameter::new(&most), Parameter::new(&after)];
        self.records(account, object, &self.schema.sql(object).page, &parameters)
    }

    fn exists(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<bool>> {
        let wanted = distinct(ids);
        let rows = self.query(account, &self.schema.sql(object).exists, &[Parameter::new(&wanted)])?;
        let found: HashSet<Guid> = rows.iter().map(|found| row::guid(found, 0)).collect::<Result<_>>()?;
        Ok(ids.iter().map(|id| found.contains(id)).collect())
    }

    fn count(&self, account: AccountId, object: ObjectId) -> Result<u64> {
        let rows = self.query(account, &self.schema.sql(object).count, &[])?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(count.unsigned_abs())
    }

    fn find(
        &self,
        account: AccountId,
        (object, field): (ObjectId, FieldId),
        folded: &[String],
    ) -> Result<Vec<Vec<Guid>>> {
        let key = self.schema.table(object).key(field);
        let key = key.ok_or_else(|| self.schema.not_searchable(object, field))?;
        let keys: Vec<Cow<'_, str>> = folded.iter().map(|text| escape(text.as_str())).collect();
        let sql = &self.schema.sql(object).find[key];
        let rows = self.query(account, sql, &[Parameter::new(&keys)])?;
        let pairs = rows.iter().map(|found| Ok((found.try_get::<_, &str>(0)?, row::guid(found, 1)?)));
        let found = grouped(pairs)?;
        Ok(keys.iter().map(|key| found.get(&**key).cloned().unwrap_or_default()).collect())
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
        let sql = &self.schema.sql(object).references[reference].find;
        let rows = self.query(account, sql, &[Parameter::new(&distinct(targets))])?;
        let pairs = rows.iter().map(|found| Ok((row::guid(found, 0)?, row::guid(found, 1)?)));
        let found = grouped(pairs)?;
        Ok(targets.iter().map(|target| found.get(target).cloned().unwrap_or_default()).collect())
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
        let (targets_once, other) = (distinct(targets), Id(other));
        let rows = self.query(account, &sql, &[Parameter::new(&targets_once), Parameter::new(&other)])?;
        let pairs = rows.iter().map(|found| Ok((row::guid(found, 0)?, row::guid(found, 1)?)));
        let found = grouped(pairs)?;
        Ok(targets.iter().map(|target| found.get(target).cloned().unwrap_or_default()).collect())
    }
}

impl Access<'_> {
    /// What can be read of the object in a row.
    fn partial(&self, table: &Table, found: &Row) -> Result<PartialRecord> {
        let mut unreadable = Vec::new();
        let record = row::record_with(self.schema, table, found, PartialRecord::noting(&mut unreadable));
        Ok(PartialRecord { record: self.taken(record?)?, unreadable })
    }

    /// The records of a statement that gives a table's rows.
    fn records(
        &self,
        account: AccountId,
        object: ObjectId,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Record>> {
        let (table, mut out) = (self.schema.table(object), Vec::new());
        self.stream(account, sql, parameters, &mut |found| {
            out.push(self.taken(row::record(self.schema, table, found)?)?);
            Ok(true)
        })?;
        Ok(out)
    }
}

/// What belongs to each key, in the order in which it comes.
fn grouped<K: Eq + Hash>(pairs: impl Iterator<Item = Result<(K, Guid)>>) -> Result<HashMap<K, Vec<Guid>>> {
    let mut out: HashMap<K, Vec<Guid>> = HashMap::new();
    for pair in pairs {
        let (key, id) = pair?;
        out.entry(key).or_default().push(id);
    }
    Ok(out)
}
