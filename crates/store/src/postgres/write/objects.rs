//! Objects, and the log of their changes.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::form;
use crate::layout::Table;
use crate::postgres::access::Access;
use crate::postgres::row::{self, distinct};
use crate::postgres::value::{Id, Parameter};
use crate::verbs::ObjectWriter;
use contract::{Guid, ObjectId, Record, Timestamp};
use std::collections::{HashMap, HashSet};

impl ObjectWriter for Access<'_> {
    fn insert(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()> {
        let table = self.schema.table(object);
        let batch = batch(table, records)?;
        let added = self.put(account, table, &self.schema.sql(object).insert, &batch, at)?;
        if added == records.len() {
            return Ok(());
        }
        let account_exists = !self.query(account, ACCOUNT, &[])?.is_empty();
        Err(if account_exists {
            StoreError::Duplicate { table: table.name.clone() }
        } else {
            StoreError::Missing { table: "account".to_owned() }
        })
    }

    fn update(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()> {
        let table = self.schema.table(object);
        let batch = batch(table, records)?;
        let changed = self.put(account, table, &self.schema.sql(object).update, &batch, at)?;
        if changed < batch.len() {
            return Err(StoreError::Missing { table: table.name.clone() });
        }
        Ok(())
    }

    fn delete(
        &mut self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
        at: Timestamp,
    ) -> Result<Vec<bool>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = distinct(ids);
        for (of, index) in self.schema.references_to(object) {
            if let Some(freeze) = &self.schema.sql(of).references[index].freeze {
                self.execute(account, freeze, &[Parameter::new(&wanted)])?;
            }
        }
        let name = self.schema.table(object).object.as_str();
        let parameters = [Parameter::new(&name), Parameter::new(&at.0), Parameter::new(&wanted)];
        let rows = self.query(account, &self.schema.sql(object).delete, &parameters)?;
        let mut gone = rows.iter().map(|row| row::guid(row, 0)).collect::<Result<HashSet<Guid>>>()?;
        Ok(ids.iter().map(|id| gone.remove(id)).collect())
    }

    fn touch(&mut self, account: AccountId, object: ObjectId, ids: &[Guid], at: Timestamp) -> Result<()> {
        let (name, ids) = (self.schema.table(object).object.as_str(), distinct(ids));
        let parameters = [Parameter::new(&name), Parameter::new(&at.0), Parameter::new(&ids)];
        self.execute(account, &self.schema.sql(object).touch, &parameters)?;
        Ok(())
    }
}

const ACCOUNT: &str = "SELECT 1 FROM account WHERE account_id = $1";

/// The records by their ids, each id once: of several records with one id the last counts.
type Batch<'a> = Vec<(Id, &'a Record)>;

fn batch<'a>(table: &Table, records: &'a [Record]) -> Result<Batch<'a>> {
    let mut places: HashMap<Guid, usize> = HashMap::with_capacity(records.len());
    let mut batch: Batch<'a> = Vec::with_capacity(records.len());
    for record in records {
        let id = form::id(table, record)?;
        let place = *places.entry(id).or_insert(batch.len());
        match batch.get_mut(place) {
            Some(known) => known.1 = record,
            None => batch.push((Id(id), record)),
        }
    }
    Ok(batch)
}

impl Access<'_> {
    /// Writes a batch by a statement that takes lists of columns; gives how many rows it wrote.
    fn put(
        &self,
        account: AccountId,
        table: &Table,
        sql: &str,
        batch: &Batch<'_>,
        at: Timestamp,
    ) -> Result<usize> {
        if batch.is_empty() {
            return Ok(0);
        }
        let ids: Vec<Id> = batch.iter().map(|(id, _)| *id).collect();
        let records: Vec<&Record> = batch.iter().map(|(_, record)| *record).collect();
        let (name, lists) = (table.object.as_str(), row::lists(self.schema, table, &records)?);
        let mut parameters = vec![Parameter::new(&name), Parameter::new(&at.0), Parameter::new(&ids)];
        parameters.extend(lists.iter().map(row::List::parameter));
        let written = self.execute(account, sql, &parameters)?;
        Ok(usize::try_from(written).unwrap_or(usize::MAX))
    }
}
