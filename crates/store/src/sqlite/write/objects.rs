//! Objects, and the log of their changes.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::layout::{Column, Table};
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::sqlite::statements::{self, ALIKE};
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
        let mut statement = self.prepare(&self.schema.sql(table.id).insert)?;
        let mut log = self.log(account, object, at)?;
        for record in records {
            let id = row::id(table, record)?;
            statement.raw_bind_parameter(1, account.0)?;
            statement.raw_bind_parameter(2, id.0)?;
            let keys = row::bind(self.schema, table, &table.columns, record, &mut statement, 3)?;
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
        if records.is_empty() {
            return Ok(());
        }
        let table = self.schema.table(object);
        if self.journaled(account, table, records, at)? {
            return Ok(());
        }
        self.whole_to_change(account, Some(object))?;
        let alike = |one: &Record, other: &Record| one.changes() == other.changes();
        for records in records.chunk_by(alike) {
            match changed_columns(table, records) {
                Some(columns) => self.update_columns(account, table, &columns, records)?,
                None => self.update_rows(account, table, records)?,
            }
        }
        let ids: Result<Vec<Guid>> = records.iter().map(|record| row::id(table, record)).collect();
        self.log_changed(account, object, ids?, at)
    }

    fn delete(
        &mut self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
        at: Timestamp,
    ) -> Result<Vec<bool>> {
        self.whole_to_change(account, None)?;
        let table = self.schema.table(object);
        let owned = table.links.iter().map(|&(_, link)| &self.schema.link_sql(link).remove_owner);
        let targeted = self.schema.links_to(object).map(|link| &self.schema.link_sql(link).remove_target);
        let mut links = Vec::new();
        for sql in owned.chain(targeted) {
            links.push(self.prepare(sql)?);
        }
        let referring = self.schema.references_to(object);
        let freezing =
            referring.filter_map(|(of, index)| self.schema.sql(of).references[index].freeze.as_ref());
        let mut freezes = Vec::new();
        for sql in freezing {
            freezes.push(self.prepare(sql)?);
        }
        let mut statement = self.prepare(&self.schema.sql(table.id).delete)?;
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
        if self.touches_later(account, object, ids, at) {
            return Ok(());
        }
        self.log_changed(account, object, ids.iter().copied(), at)
    }
}

/// The columns that have changed in every one of the records, if they are enough to have a statement
/// made for them. Keys move index entries, and what a reference shows changes with it: such records are
/// updated whole.
fn changed_columns<'a>(table: &'a Table, records: &[Record]) -> Option<Vec<&'a Column>> {
    let changes = records.first()?.changes().filter(|_| records.len() >= ALIKE)?;
    if table.moves(changes) {
        return None;
    }
    let columns: Vec<_> = table.columns.iter().filter(|column| changes.has(column.field)).collect();
    (!columns.is_empty()).then_some(columns)
}

impl Access<'_> {
    /// Sets some columns, none of which is a key.
    fn update_columns(
        &self,
        account: AccountId,
        table: &Table,
        columns: &[&Column],
        records: &[Record],
    ) -> Result<()> {
        let names = columns.iter().map(|column| column.name.as_str());
        let mut statement = self.prepare(&statements::update(&table.name, names))?;
        for record in records {
            statement.raw_bind_parameter(1, account.0)?;
            statement.raw_bind_parameter(2, row::id(table, record)?.0)?;
            row::bind(self.schema, table, columns.iter().copied(), record, &mut statement, 3)?;
            if statement.raw_execute()? == 0 {
                return Err(StoreError::Missing { table: table.name.clone() });
            }
        }
        Ok(())
    }

    /// Sets all columns.
    fn update_rows(&self, account: AccountId, table: &Table, records: &[Record]) -> Result<()> {
        let mut statement = self.prepare(&self.schema.sql(table.id).update_same_keys)?;
        let mut others = Vec::new();
        for record in records {
            let id = row::id(table, record)?;
            statement.raw_bind_parameter(1, account.0)?;
            statement.raw_bind_parameter(2, id.0)?;
            let place = row::bind(self.schema, table, &table.columns, record, &mut statement, 3)?;
            for (index, key) in table.keys.iter().enumerate() {
                statement.raw_bind_parameter(place + index, row::key(key, record))?;
            }
            if statement.raw_execute()? == 0 {
                others.push(record);
            }
        }
        if others.is_empty() { Ok(()) } else { self.update_with_keys(account, table, &others) }
    }

    /// The rarer update: keys are indexed, and setting one moves its entry even if it stays the same.
    fn update_with_keys(&self, account: AccountId, table: &Table, records: &[&Record]) -> Result<()> {
        let sql = self.schema.sql(table.id);
        let mut statement = self.prepare(&sql.update)?;
        let updates = sql.keys.iter().map(|key| self.prepare(&key.update));
        let mut updates = updates.collect::<Result<Vec<_>>>()?;
        for record in records {
            let id = row::id(table, record)?;
            statement.raw_bind_parameter(1, account.0)?;
            statement.raw_bind_parameter(2, id.0)?;
            row::bind(self.schema, table, &table.columns, record, &mut statement, 3)?;
            if statement.raw_execute()? == 0 {
                return Err(StoreError::Missing { table: table.name.clone() });
            }
            for (update, key) in updates.iter_mut().zip(&table.keys) {
                update.execute(params![account.0, id.0, row::key(key, record)])?;
            }
        }
        Ok(())
    }

    /// Logs objects as changed.
    pub(in crate::sqlite) fn log_changed(
        &self,
        account: AccountId,
        object: ObjectId,
        ids: impl IntoIterator<Item = Guid>,
        at: Timestamp,
    ) -> Result<()> {
        let mut log = self.log(account, object, at)?;
        // In the log's own order, so that it grows at its end.
        let mut ids: Vec<Guid> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.into_iter().try_for_each(|id| log.write(id, false))
    }

    fn log(&self, account: AccountId, object: ObjectId, at: Timestamp) -> Result<Log<'_>> {
        let statement = self.prepare(LOG)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::sqlite::migrate::{STEPS, migrate};
    use crate::sqlite::open::{Role, connect};
    use crate::sqlite::schema::Schema;
    use crate::verbs::{AccountWriter, ObjectReader};
    use contract::Contract;
    use contract::handles::object::contact;
    use contract::handles::object_type::CONTACT;

    #[test]
    fn records_that_changed_alike_have_only_that_set() {
        let schema = Schema::of_contract();
        let mut connection = connect(None, Role::Writer).unwrap();
        migrate(&mut connection, &schema, STEPS).unwrap();
        let mut access = Access::plain(&connection, &schema);
        let account = access.add_account(&Account::new("1", "One")).unwrap();
        let contract = Contract::get().unwrap();
        let record = |number: u8| {
            let mut record = contract.record(contact::TYPE_ID);
            record.set(contact::ID, Guid([number; 16]).to_string());
            record.set(contact::EMAIL_ADDRESS, format!("{number}@example.com"));
            record
        };
        let records: Vec<Record> = (0..ALIKE as u8).map(record).collect();
        access.insert(account, CONTACT, &records, Timestamp(0)).unwrap();
        let ids: Vec<Guid> = (0..ALIKE as u8).map(|number| Guid([number; 16])).collect();
        let mut found: Vec<Record> =
            access.get(account, CONTACT, &ids).unwrap().into_iter().flatten().collect();
        for (number, record) in found.iter_mut().enumerate() {
            record.set(contact::TITLE, format!("Title {number}"));
        }
        // Nothing but the test does this between a reading and a writing: it shows what is set.
        connection.execute("UPDATE contact SET company = 'Kept'", []).unwrap();
        access.update(account, CONTACT, &found, Timestamp(1)).unwrap();
        for (number, record) in access.get(account, CONTACT, &ids).unwrap().into_iter().enumerate() {
            let mut expected = records[number].clone();
            expected.set(contact::TITLE, format!("Title {number}"));
            expected.set(contact::COMPANY, "Kept");
            assert_eq!(record, Some(expected));
        }
        for record in &mut found {
            record.set(contact::EMAIL_ADDRESS, "new@example.com");
        }
        access.update(account, CONTACT, &found, Timestamp(2)).unwrap();
        let key = (CONTACT, contact::EMAIL_ADDRESS);
        let with_key = access.find(account, key, &["new@example.com".to_owned()]).unwrap();
        assert_eq!(with_key, [ids], "a key that changes is found");
        access.delete(account, CONTACT, &[Guid([0; 16])], Timestamp(3)).unwrap();
        let gone = access.update(account, CONTACT, &found, Timestamp(4));
        assert_eq!(gone, Err(StoreError::Missing { table: "contact".to_owned() }));
    }
}
