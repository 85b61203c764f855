//! Brings what waits in the journal into the tables.

use super::changes::Change;
use super::generation::{Found, Generation};
use super::{Journal, Key, entry};
use crate::error::{Result, StoreError};
use crate::form::Held;
use crate::sqlite::access::execute;
use crate::sqlite::open::Refusal;
use crate::sqlite::row;
use crate::sqlite::schema::Schema;
use crate::sqlite::statements::{self, ALIKE};
use contract::ObjectId;
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, TransactionBehavior, params};
use std::sync::{Arc, RwLockReadGuard};

/// Objects that are folded for so many that are changed, so that a generation is in the tables before the next
/// is full. Little more is folded than comes in: the log must not grow faster than its pages can be moved.
const PACE: (usize, usize) = (5, 4);

/// Objects that are worth a transaction of their own.
const SLICE: usize = 200;

/// The work of the thread that writes: a generation, its objects in the order of the tables, and how far it is.
#[derive(Default)]
pub(crate) struct Folder {
    generation: Arc<Generation>,
    order: Vec<(ObjectId, i64, u32)>,
    next: usize,
    due: usize,
}

impl Folder {
    /// Takes a step after `appended` objects were changed in the journal, if it is time for one. No
    /// transaction is open.
    pub fn keep_pace(
        &mut self,
        journal: &Journal,
        connection: &Connection,
        schema: &Schema,
        appended: usize,
    ) -> Result<()> {
        let is_due = journal.is_due();
        if self.is_idle() && is_due {
            self.begin(journal);
        }
        if self.is_idle() {
            return Ok(());
        }
        self.due += appended * PACE.0 / PACE.1;
        if self.due >= SLICE {
            let count = std::mem::take(&mut self.due);
            self.slice(journal, connection, schema, count)?;
        }
        Ok(())
    }

    /// Folds some of what waits; tells whether more does.
    pub fn some(&mut self, journal: &Journal, connection: &Connection, schema: &Schema) -> Result<bool> {
        if self.is_idle() {
            self.begin(journal);
        }
        self.slice(journal, connection, schema, SLICE)?;
        Ok(!journal.is_empty())
    }

    /// Folds all that waits, another process's too.
    pub fn all(&mut self, journal: &Journal, connection: &Connection, schema: &Schema) -> Result<()> {
        journal.suspect();
        journal.begin_writing(connection)?;
        execute(connection, "ROLLBACK")?;
        while !journal.is_empty() {
            if self.is_idle() {
                self.begin(journal);
            }
            self.slice(journal, connection, schema, usize::MAX)?;
        }
        Ok(())
    }

    fn forget(&mut self) {
        *self = Folder::default();
    }

    fn is_idle(&self) -> bool {
        self.next >= self.order.len()
    }

    fn begin(&mut self, journal: &Journal) {
        let generation = journal.oldest().unwrap_or_default();
        let order = generation.read().in_order();
        *self = Folder { generation, order, ..Folder::default() };
    }

    /// Folds up to as many objects, in a transaction.
    fn slice(
        &mut self,
        journal: &Journal,
        connection: &Connection,
        schema: &Schema,
        count: usize,
    ) -> Result<()> {
        journal.begin_writing(connection)?;
        // Another process may have done it.
        let Some((later, last)) = journal.after(&self.generation) else {
            self.forget();
            execute(connection, "ROLLBACK")?;
            return Ok(());
        };
        let end = self.next.saturating_add(count).min(self.order.len());
        let finished = end == self.order.len();
        let found = self.generation.read();
        let later: Vec<_> = later.iter().rev().map(|generation| generation.read()).collect();
        let folded =
            self.order[self.next..end].chunk_by(|one, other| one.0 == other.0).try_for_each(|objects| {
                let rows = objects.iter().filter(|(_, _, number)| !is_outdone(&found, *number, &later));
                let rows = rows.filter_map(|(_, place, number)| Merged::of(&found, *number, *place));
                update(connection, schema, objects[0].0, rows.collect())
            });
        drop((found, later));
        let folded = folded.and_then(|()| {
            if finished {
                connection.prepare_cached("DELETE FROM journal WHERE seq <= ?1")?.execute([last])?;
            }
            journal.commit_folded(finished, || execute(connection, "COMMIT"))
        });
        if folded.is_err() && !connection.is_autocommit() {
            execute(connection, "ROLLBACK")?;
        }
        folded?;
        match finished {
            // What it has is in memory no longer than need be.
            true => self.forget(),
            false => self.next = end,
        }
        Ok(())
    }
}

/// Whether later generations give another value to every column that a generation changes of the object whose last
/// entry is `number`. They are committed, and will be brought in: what is outdone need not be.
fn is_outdone(found: &Found, number: u32, later: &[RwLockReadGuard<'_, Found>]) -> bool {
    let Some(key) = found.key(number) else { return false };
    let Some(mut rest) = found.columns(number) else { return false };
    later.iter().any(|found| {
        if let Some(columns) = found.find(&key).and_then(|number| found.columns(number)) {
            rest &= !columns;
        }
        rest == 0
    })
}

/// All that is to be changed of an object.
struct Merged<'a> {
    key: Key,
    place: i64,
    columns: Vec<u16>,
    values: Vec<Held<'a>>,
}

impl<'a> Merged<'a> {
    /// What a generation has of the object whose last entry is `number`.
    fn of(found: &'a Found, number: u32, place: i64) -> Option<Merged<'a>> {
        let key = found.key(number)?;
        let mut merged = Merged { key, place, columns: Vec::new(), values: Vec::new() };
        found.changes(number, u64::MAX).for_each(|change| merged.add(change));
        Some(merged)
    }

    fn add(&mut self, change: Change<'a>) {
        for (column, value) in change.values() {
            match self.columns.binary_search(&column) {
                Ok(index) => self.values[index] = value,
                Err(index) => {
                    self.columns.insert(index, column);
                    self.values.insert(index, value);
                }
            }
        }
    }
}

/// Changes rows of a table: those that change alike by a statement of their own.
fn update(
    connection: &Connection,
    schema: &Schema,
    object: ObjectId,
    mut rows: Vec<Merged<'_>>,
) -> Result<()> {
    let table = schema.table(object);
    rows.sort_by(|one, other| one.columns.cmp(&other.columns));
    for alike in rows.chunk_by(|one, other| one.columns == other.columns) {
        let Some(first) = alike.first().filter(|first| !first.columns.is_empty()) else { continue };
        if alike.len() < ALIKE {
            alike.iter().try_for_each(|row| update_whole(connection, schema, object, row))?;
            continue;
        }
        let columns = first.columns.iter().map(|column| table.columns[usize::from(*column)].name.as_str());
        let mut statement = connection.prepare_cached(&statements::update_at(&table.name, columns))?;
        for row in alike {
            let Key { account, id, .. } = row.key;
            statement.raw_bind_parameter(1, row.place)?;
            statement.raw_bind_parameter(2, account.0)?;
            statement.raw_bind_parameter(3, id.0)?;
            for (index, value) in row.values.iter().enumerate() {
                statement.raw_bind_parameter(index + 4, row::bound(value.borrowed()))?;
            }
            if statement.raw_execute()? == 0 {
                tracing::warn!(table = table.name, "a change that waited finds no row");
            }
        }
    }
    Ok(())
}

/// Sets all columns of a row: most of them as they are.
fn update_whole(connection: &Connection, schema: &Schema, object: ObjectId, row: &Merged<'_>) -> Result<()> {
    let Key { account, id, .. } = row.key;
    let mut own = connection.prepare_cached(&schema.sql(object).own)?;
    let mut rows = own.query(params![account.0, id.0])?;
    let Some(found) = rows.next()? else {
        tracing::warn!(table = schema.table(object).name, "a change that waited finds no row");
        return Ok(());
    };
    let mut update = connection.prepare_cached(&schema.sql(object).update)?;
    update.raw_bind_parameter(1, account.0)?;
    update.raw_bind_parameter(2, id.0)?;
    for index in 0..schema.table(object).columns.len() {
        match row.columns.binary_search(&(index as u16)) {
            Ok(changed) => {
                update.raw_bind_parameter(index + 3, row::bound(row.values[changed].borrowed()))?
            }
            Err(_) => {
                update.raw_bind_parameter(index + 3, ToSqlOutput::Borrowed(found.get_ref(index)?))?;
            }
        }
    }
    update.raw_execute()?;
    Ok(())
}

/// Brings in what the journal of a file says that was just opened, if it has one.
///
/// # Errors
/// The database's, and [`StoreError::Stored`] for rows that no journal has.
pub(crate) fn recover(connection: &mut Connection) -> std::result::Result<(), Refusal> {
    let has_journal = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'journal'";
    if connection.query_row(has_journal, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(());
    }
    if connection.query_row("SELECT count(*) FROM journal", [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changed = bring_in(&transaction).map_err(Refusal::Journal)?;
    transaction.commit()?;
    tracing::info!(changed, "brought the journal into the tables");
    Ok(())
}

/// Brings in what the journal's rows say, whoever wrote them, and empties it, in the transaction that is
/// open. It needs nothing but the file: the tables may be older than this program.
pub(super) fn bring_in(connection: &Connection) -> Result<usize> {
    let mut statement = connection.prepare("SELECT changes FROM journal ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut changed = 0;
    while let Some(row) = rows.next()? {
        let changes = row.get_ref(0)?;
        let entry = entry::decode(changes.as_bytes().map_err(|_| stored())?)?;
        for (id, values) in entry.rows.iter().filter(|(_, values)| !values.is_empty()) {
            let columns = values.iter().map(|(column, _)| entry.columns[*column].as_str());
            let mut update = connection.prepare_cached(&statements::update(&entry.table, columns))?;
            update.raw_bind_parameter(1, entry.account.0)?;
            update.raw_bind_parameter(2, id.0)?;
            for (index, (_, value)) in values.iter().enumerate() {
                update.raw_bind_parameter(index + 3, row::bound(value.borrowed()))?;
            }
            changed += update.raw_execute()?;
        }
    }
    connection.execute("DELETE FROM journal", [])?;
    Ok(changed)
}

fn stored() -> StoreError {
    StoreError::Stored { table: "journal".to_owned(), column: "changes".to_owned() }
}
