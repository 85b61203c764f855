//! What a job sees and does of the journal.

use super::changes::{Change, Changes};
use super::packed::Packed;
use super::plan::{Plan, Step};
use super::{Journal, Key, View};
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::form;
use crate::layout::Table;
use crate::sqlite::access::Access;
use contract::{Guid, ObjectId, Record, Timestamp};
use foldhash::fast::RandomState;
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// A job's part in the journal.
pub(crate) struct Part<'a> {
    journal: &'a Journal,
    view: View,
    role: Role<'a>,
    /// The rows of the objects that the job has read.
    places: RefCell<HashMap<Key, i64, RandomState>>,
    lacks_whole: Cell<bool>,
}

enum Role<'a> {
    /// It reads.
    Reads,
    /// It reads, and notes what it would write.
    Plans(RefCell<Plan>),
    /// It writes.
    Writes(&'a Tally),
}

/// What a transaction has changed.
pub(crate) struct Tally {
    before: u64,
    /// Rows that were changed by appending to the journal.
    appended: Cell<u64>,
    /// Objects that were.
    objects: Cell<usize>,
}

impl Tally {
    /// That of a transaction which begins.
    pub fn new(connection: &Connection) -> Tally {
        Tally { before: connection.total_changes(), appended: Cell::new(0), objects: Cell::new(0) }
    }

    /// Appends what changes so many objects, and counts the rows.
    fn append(
        &self,
        connection: &Connection,
        objects: usize,
        append: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let before = connection.total_changes();
        append()?;
        self.appended.set(self.appended.get() + connection.total_changes() - before);
        self.objects.set(self.objects.get() + objects);
        Ok(())
    }

    /// How much has changed: rows, or objects where one row has many.
    pub fn size(&self, connection: &Connection) -> u64 {
        self.rows(connection).max(self.objects.get() as u64)
    }

    /// The rows that have changed.
    fn rows(&self, connection: &Connection) -> u64 {
        connection.total_changes() - self.before
    }

    /// The objects that have changed by appending.
    pub fn appended(&self) -> usize {
        self.objects.get()
    }

    /// Whether anything has changed otherwise.
    pub fn is_coarse(&self, connection: &Connection) -> bool {
        self.rows(connection) != self.appended.get()
    }
}

impl<'a> Part<'a> {
    /// That of a job that reads.
    pub fn of_reader(journal: &'a Journal, view: View) -> Part<'a> {
        Part::new(journal, view, Role::Reads)
    }

    /// That of a job which reads ahead of the writer.
    pub fn of_planner(journal: &'a Journal, view: View) -> Part<'a> {
        let plan = Plan::new(view.commit);
        Part::new(journal, view, Role::Plans(RefCell::new(plan)))
    }

    /// That of a job which writes.
    pub fn of_writer(journal: &'a Journal, tally: &'a Tally) -> Part<'a> {
        Part::new(journal, journal.view_of_writer(), Role::Writes(tally))
    }

    fn new(journal: &'a Journal, view: View, role: Role<'a>) -> Part<'a> {
        Part { journal, view, role, places: RefCell::default(), lacks_whole: Cell::new(false) }
    }

    /// Whether the job needs tables whole that are not: whatever it answered counts for nothing.
    pub fn lacks_whole(&self) -> bool {
        self.lacks_whole.get()
    }

    /// What the job wants written, if it read ahead of the writer.
    pub fn into_plan(self) -> Option<Plan> {
        if let Role::Plans(plan) = self.role { Some(plan.into_inner()) } else { None }
    }

    fn plans(&self) -> bool {
        matches!(self.role, Role::Plans(_))
    }

    /// Notes that the job has read an object, and where it is.
    fn note(&self, key: Key, place: i64) -> Result<()> {
        self.check_plan(|plan| plan.rows.push(key))?;
        if !matches!(self.role, Role::Reads) {
            self.places.borrow_mut().insert(key, place);
        }
        Ok(())
    }

    /// That the job's own changes are not needed to answer it, which a plan does not show.
    fn check_plan(&self, note: impl FnOnce(&mut Plan)) -> Result<()> {
        if let Role::Plans(plan) = &self.role {
            let plan = &mut *plan.borrow_mut();
            note(plan);
            if !plan.steps.is_empty() {
                return Err(StoreError::Abandoned);
            }
        }
        Ok(())
    }
}

impl Access<'_> {
    /// An object, if the journal has all of it.
    pub(in crate::sqlite) fn latest(
        &self,
        account: AccountId,
        table: &Table,
        id: Guid,
    ) -> Result<Option<Record>> {
        let Some(part) = &self.part else { return Ok(None) };
        let key = Key { account, object: table.id, id };
        // Others are not told that another process has written.
        if let Role::Reads = part.role {
            return Ok(None);
        }
        let latest = part.journal.latest.get(self.schema.contract, table, &key, part.view.commit);
        let Some((place, record)) = latest else { return Ok(None) };
        part.note(key, place)?;
        Ok(Some(record))
    }

    /// An object as the journal has it, whose row has the number `place`.
    pub(in crate::sqlite) fn patched(
        &self,
        (account, table): (AccountId, &Table),
        id: Guid,
        place: i64,
        mut record: Record,
    ) -> Result<Record> {
        let Some(part) = &self.part else { return Ok(record) };
        let key = Key { account, object: table.id, id };
        part.note(key, place)?;
        let mut failed = None;
        let mut is_changed = false;
        part.view.visit(&key, |change| {
            for (column, held) in change.values() {
                let column = &table.columns[usize::from(column)];
                match form::decode(self.schema.contract, column.form, held) {
                    Some(value) => record.set(column.field, value),
                    None => failed = Some(column),
                }
            }
            is_changed = true;
        });
        match failed {
            Some(column) => {
                Err(StoreError::Stored { table: table.name.clone(), column: column.name.clone() })
            }
            None if is_changed => Ok(record.as_found()),
            None => Ok(record),
        }
    }

    /// Needs an account's rows of these object types as they are in the file: as many columns of each as are
    /// named, or all.
    ///
    /// # Errors
    /// If changes to them wait in the journal. Whoever runs the job has them folded, and runs it again.
    pub(in crate::sqlite) fn whole<'a>(
        &self,
        account: AccountId,
        objects: impl IntoIterator<Item = (ObjectId, Option<&'a [u16]>)>,
    ) -> Result<()> {
        let Some(part) = &self.part else { return Ok(()) };
        part.check_plan(|plan| plan.relies_on_all = true)?;
        let mut objects = objects.into_iter();
        if objects.any(|(object, columns)| part.view.touches(account, object, columns)) {
            part.lacks_whole.set(true);
            part.journal.want_whole();
            return Err(StoreError::Abandoned);
        }
        Ok(())
    }

    /// Needs an account's rows of every table as they are in the file.
    ///
    /// # Errors
    /// As [`Access::whole`].
    pub(in crate::sqlite) fn all_whole(&self, account: AccountId) -> Result<()> {
        self.whole(account, self.schema.tables().iter().map(|table| (table.id, None)))
    }

    /// Needs an account's rows whole that are going to be changed in place: those of an object type, or all.
    ///
    /// # Errors
    /// As [`Access::whole`].
    pub(in crate::sqlite) fn whole_to_change(
        &self,
        account: AccountId,
        object: Option<ObjectId>,
    ) -> Result<()> {
        if self.part.as_ref().is_some_and(Part::plans) {
            return Err(StoreError::Abandoned);
        }
        match object {
            Some(object) => self.whole(account, [(object, None)])?,
            None => self.all_whole(account)?,
        }
        if let Some(part) = &self.part {
            part.places.borrow_mut().clear();
            part.journal.latest.clear();
        }
        Ok(())
    }

    /// Needs an account's rows whole of which objects of a type show something.
    ///
    /// # Errors
    /// As [`Access::whole`].
    pub(in crate::sqlite) fn shown_whole(&self, account: AccountId, table: &Table) -> Result<()> {
        let mut shown = table.shown().map(|object| (object, None)).peekable();
        if shown.peek().is_none() { Ok(()) } else { self.whole(account, shown) }
    }

    /// Changes objects in the journal, if the journal is open and takes such changes; tells whether it did.
    pub(in crate::sqlite) fn journaled(
        &self,
        account: AccountId,
        table: &Table,
        records: &[Record],
        at: Timestamp,
    ) -> Result<bool> {
        let Some(part) = &self.part else { return Ok(false) };
        let is_open = match part.role {
            Role::Reads => false,
            Role::Plans(_) => true,
            Role::Writes(_) => part.journal.is_open(),
        };
        if is_open {
            let place = |id| self.place(part, account, table, id);
            let changes = Changes::of(self.schema.contract, (account, table), records, place)?;
            // What finds no room in memory goes into the tables, which are whole then.
            if let Some(changes) =
                changes.filter(|changes| part.journal.takes(changes.weight(), changes.len()))
            {
                let shows_others = table.shown().next().is_some();
                // Only a plan's record is known to be true but for its changes, and only once: others may have been
                // read before the job.
                let pack = |(record, change): (&Record, Change<'_>)| {
                    let is_read = part.places.borrow_mut().remove(&changes.key(&change)).is_some()
                        && part.plans()
                        && !shows_others;
                    let row = is_read.then(|| {
                        part.journal.latest.pack(self.schema.contract, (account, table), record, change.place)
                    });
                    row.transpose()
                };
                let rows = records.iter().zip(changes.iter()).map(pack).collect::<Result<_>>()?;
                self.update_later(Arc::new(changes), rows, at)?;
                return Ok(true);
            }
        }
        match part.role {
            Role::Plans(_) => Err(StoreError::Abandoned),
            _ => Ok(false),
        }
    }

    /// Appends changes to the journal, and logs their objects that are not in the log yet.
    fn update_later(&self, changes: Arc<Changes>, rows: Vec<Option<Packed>>, at: Timestamp) -> Result<()> {
        let Some(part) = &self.part else { return Err(StoreError::Abandoned) };
        match &part.role {
            Role::Reads => Err(StoreError::Abandoned),
            Role::Plans(plan) => {
                plan.borrow_mut().steps.push(Step::Update(changes, rows, at));
                Ok(())
            }
            Role::Writes(tally) => tally.append(self.connection, changes.len(), || {
                let unlogged = part.journal.append(self.connection, &changes, rows, at)?;
                self.log_changed(changes.account, changes.object, unlogged, at)
            }),
        }
    }

    /// Notes that objects are to be logged as changed, if the job reads ahead of the writer; tells whether
    /// it does.
    pub(in crate::sqlite) fn touches_later(
        &self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
        at: Timestamp,
    ) -> bool {
        let Some(Part { role: Role::Plans(plan), .. }) = &self.part else { return false };
        plan.borrow_mut().steps.push(Step::Touch(account, object, ids.to_vec(), at));
        true
    }

    /// Does what a plan says, if nothing it relies on has changed; tells whether it has done it.
    pub(in crate::sqlite) fn carry_out(&self, plan: Plan) -> Result<bool> {
        let Some(Part { journal, role: Role::Writes(tally), .. }) = &self.part else { return Ok(false) };
        if tally.is_coarse(self.connection) || !journal.is_open() || !journal.permits(&plan) {
            return Ok(false);
        }
        let (bytes, objects) = plan.size();
        if !journal.takes(bytes, objects) {
            return Ok(false);
        }
        for step in plan.steps {
            match step {
                Step::Update(changes, rows, at) => self.update_later(changes, rows, at)?,
                Step::Touch(account, object, ids, at) => {
                    tally.append(self.connection, 0, || self.log_changed(account, object, ids, at))?;
                }
            }
        }
        Ok(true)
    }

    /// The number of an object's row.
    fn place(&self, part: &Part<'_>, account: AccountId, table: &Table, id: Guid) -> Result<i64> {
        let known = part.places.borrow().get(&Key { account, object: table.id, id }).copied();
        let missing = || StoreError::Missing { table: table.name.clone() };
        known.map_or_else(
            || {
                let mut statement = self.connection.prepare_cached(&self.schema.sql(table.id).place)?;
                let found = statement.query_row(params![account.0, id.0], |row| row.get(0)).optional()?;
                found.ok_or_else(missing)
            },
            Ok,
        )
    }
}
