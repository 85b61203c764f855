//! Objects, and the log of their changes.

use super::Writer;
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::sqlite::row;
use crate::sqlite::schema::Table;
use contract::{Guid, ObjectId, Record, Timestamp};
use rusqlite::{CachedStatement, params};

const LOG: &str = "INSERT INTO change_log (account_id, object_type, at, id, deleted)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (account_id, object_type, at, id) DO UPDATE SET deleted = excluded.deleted";

impl Writer<'_> {
    /// Adds objects: the members that are columns, not those that are links.
    ///
    /// What a member shows of another object is kept, and comes to light when that object is gone.
    pub fn insert(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()> {
        let table = self.schema.table(object);
        let mut statement = self.connection.prepare_cached(&table.sql.insert)?;
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

    /// Gives existing objects all the members that are columns, set or not.
    pub fn update(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()> {
        let table = self.schema.table(object);
        let mut statement = self.connection.prepare_cached(&table.sql.update_same_keys)?;
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

    /// The rarer update: keys are indexed, and setting one moves its entry even if it stays the same.
    fn update_with_keys(
        &self,
        account: AccountId,
        table: &Table,
        record: &Record,
        keys: &[Option<String>],
    ) -> Result<()> {
        let id = row::id(table, record)?;
        let mut statement = self.connection.prepare_cached(&table.sql.update)?;
        statement.raw_bind_parameter(1, account.0)?;
        statement.raw_bind_parameter(2, id.0)?;
        row::bind(self.schema, table, record, &mut statement, 3)?;
        if statement.raw_execute()? == 0 {
            return Err(StoreError::Missing { table: table.name.clone() });
        }
        for (key, value) in table.keys.iter().zip(keys) {
            let mut update = self.connection.prepare_cached(&key.update)?;
            update.execute(params![account.0, id.0, value])?;
        }
        Ok(())
    }

    /// Removes objects with the links from them and to them; tells which there were. Objects that
    /// refer to them keep the id and the values they showed last.
    pub fn delete(
        &mut self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
        at: Timestamp,
    ) -> Result<Vec<bool>> {
        let table = self.schema.table(object);
        let owned = table.links.iter().map(|&(_, link)| &self.schema.link(link).sql.remove_owner);
        let targeted = self.schema.links().iter().filter(|link| link.target == object);
        let mut links = Vec::new();
        for sql in owned.chain(targeted.map(|link| &link.sql.remove_target)) {
            links.push(self.connection.prepare_cached(sql)?);
        }
        let referring = self.schema.tables().iter().flat_map(|table| &table.references);
        let freezing = referring.filter(|reference| reference.target == object);
        let mut freezes = Vec::new();
        for sql in freezing.filter_map(|reference| reference.freeze.as_ref()) {
            freezes.push(self.connection.prepare_cached(sql)?);
        }
        let mut statement = self.connection.prepare_cached(&table.sql.delete)?;
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

    /// Logs objects as changed without changing them, as when a link of theirs has changed.
    pub fn touch(&mut self, account: AccountId, object: ObjectId, ids: &[Guid], at: Timestamp) -> Result<()> {
        let mut log = self.log(account, object, at)?;
        ids.iter().try_for_each(|id| log.write(*id, false))
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
