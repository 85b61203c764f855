//! Objects, and the log of their changes.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::layout::Table;
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::verbs::ObjectWriter;
use contract::{Guid, ObjectId, Record, Timestamp};
use rusqlite::{CachedStatement, params};

const LOG: &str = "INSERT INTO change_log (account_id, object_type, at, id, deleted)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (account_id, object_type, at, id) DO UPDATE SET deleted = excluded.deleted";

impl ObjectWriter for Access<'_> {
    fn insert(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()> {
        let table = self.schema.table(object);
        let mut statement = self.connection.prepare_cached(&self.schema.sql(table.id).insert)?;
        let mut log = self.log(account, object, at)?;
        for record in records {
            let id = row::id(table, record)?;
            statement.raw_bind_parameter(1, account.0)?;
            statement.raw_bind_parameter(2, id.0)?;
            let keys = row::bind(self.schema, table, record, &mut statement, 3)?;
            for (index, key) in table.keys.iter().enumerate() {
                statement.raw_bind_parameter(keys + index, row::key(key, record))?;
            }
            statement.raw_execute()?;
            log.write(id, false)?;
        }
        Ok(())
    }

    fn update(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()> {
        let table = self.schema.table(object);
        let mut statement = self.connection.prepare_cached(&self.schema.sql(table.id).update_same_keys)?;
        let mut log = self.log(account, object, at)?;
        for record in records {
            let id = row::id(table, record)?;
            let keys: Vec<_> = table.keys.iter().map(|key| row::key(key, record)).collect();
            statement.raw_bind_parameter(1, account.0)?;
            statement.raw_bind_parameter(2, id.0)?;
            let place = row::bind(self.schema, table, record, &mut statement, 3)?;
            for (index, key) in keys.iter().enumerate() {
                statement.raw_bind_parameter(place + index, key)?;
            }
            if statement.raw_execute()? == 0 {
                self.update_with_keys(account, table, record, &keys)?;
            }
            log.write(id, false)?;
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
        let table = self.schema.table(object);
        let owned = table.links.iter().map(|&(_, link)| &self.schema.link_sql(link).remove_owner);
        let targeted = self.schema.links_to(object).map(|link| &self.schema.link_sql(link).remove_target);
        let mut links = Vec::new();
        for sql in owned.chain(targeted) {
            links.push(self.connection.prepare_cached(sql)?);
        }
        let referring = self.schema.references_to(object);
        let freezing =
            referring.filter_map(|(of, index)| self.schema.sql(of).references[index].freeze.as_ref());
        let mut freezes = Vec::new();
        for sql in freezing {
            freezes.push(self.connection.prepare_cached(sql)?);
        }
        let mut statement = self.connection.prepare_cached(&self.schema.sql(table.id).delete)?;
        let mut log = self.log(account, object, at)?;
        let mut delete = |id: &Guid| {
            for freeze in &mut freezes {
                freeze.execute(params![account.0, id.0])?;
            }
            let found = statement.execute(params![account.0, id.0])? > 0;
            if found {
                for links in &mut links {
                    links.execute(params![account.0, id.0])?;
                }
                log.write(*id, true)?;
            }
            Ok(found)
        };
        ids.iter().map(&mut delete).collect()
    }

    fn touch(&mut self, account: AccountId, object: ObjectId, ids: &[Guid], at: Timestamp) -> Result<()> {
        let mut log = self.log(account, object, at)?;
        ids.iter().try_for_each(|id| log.write(*id, false))
    }
}

impl Access<'_> {
    /// The rarer update: keys are indexed, and setting one moves its entry even if it stays the same.
    fn update_with_keys(
        &self,
        account: AccountId,
        table: &Table,
        record: &Record,
        keys: &[Option<String>],
    ) -> Result<()> {
        let id = row::id(table, record)?;
        let mut statement = self.connection.prepare_cached(&self.schema.sql(table.id).update)?;
        statement.raw_bind_parameter(1, account.0)?;
        statement.raw_bind_parameter(2, id.0)?;
        row::bind(self.schema, table, record, &mut statement, 3)?;
        if statement.raw_execute()? == 0 {
            return Err(StoreError::Missing { table: table.name.clone() });
        }
        for (key, value) in self.schema.sql(table.id).keys.iter().zip(keys) {
            let mut update = self.connection.prepare_cached(&key.update)?;
            update.execute(params![account.0, id.0, value])?;
        }
        Ok(())
    }

    fn log(&self, account: AccountId, object: ObjectId, at: Timestamp) -> Result<Log<'_>> {
        let statement = self.connection.prepare_cached(LOG)?;
        Ok(Log { statement, account, object: &self.schema.table(object).object, at })
    }
}

/// The change log, for objects of one type at one instant.
struct Log<'a> {
    statement: CachedStatement<'a>,
    account: AccountId,
    object: &'a str,
    at: Timestamp,
}

impl Log<'_> {
    fn write(&mut self, id: Guid, deleted: bool) -> Result<()> {
        self.statement.execute(params![self.account.0, self.object, self.at.0, id.0, deleted])?;
        Ok(())
    }
}
