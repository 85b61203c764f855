//! The journal: changes that are durable and seen, but not in the tables yet.
//!
//! A call that updates objects, and moves no index entry by that, appends what it changes to the table
//! `journal` as one row, so that it costs a few pages rather than one or two for each object. The same
//! changes are kept in memory, where whoever reads an object finds them ([`View`]). The thread that writes
//! brings them into the tables in the tables' order, many at a time ([`fold`]), so that objects on the same
//! page share its cost; an object that changed often is written once. What a stop leaves behind, the next
//! start brings in ([`fold::recover`]).
//!
//! Reading that cannot take the journal into account, such as a search over changed columns, asks for whole
//! tables: it is done again after everything is folded, and for a while after that updates go into the tables
//! at once.

mod changes;
mod entry;
mod fold;
mod generation;
#[cfg(test)]
mod model;
mod packed;
mod part;
mod plan;
mod rows;

use crate::account::AccountId;
use crate::error::Result;
use crate::sqlite::access::execute;
use crate::sqlite::memory::Room;
use changes::{Change, Changes};
use contract::{Guid, ObjectId, Timestamp};
pub(crate) use fold::{Folder, recover};
use generation::{Generation, Key};
use packed::Packed;
pub(crate) use part::{Part, Tally};
pub(crate) use plan::Plan;
use rows::Rows;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime};

/// Entries that a generation takes.
const FULL: usize = 40 << 10;

/// Full generations that there are before the oldest is brought into the tables. The longer a change waits, the
/// more likely is a later one that says all it says, so that it need not be brought in at all.
const WAITING: usize = 3;

/// How much of the room for changes a generation takes: of those that wait, and the one to which changes are added,
/// there are four, and what is left is for calls that are large.
const SHARE: (usize, usize) = (2, 9);

/// How long updates go into the tables at once after somebody needed those whole.
const WHOLE: Duration = Duration::from_secs(1);

/// What the thread that writes and those who read share.
pub(crate) struct Journal {
    /// Entries that a generation takes, and bytes.
    full: (usize, usize),
    state: RwLock<State>,
    started: Instant,
    /// When whole tables were needed last, in milliseconds since the start.
    whole: AtomicU64,
    /// Objects as they were written last.
    latest: Rows,
    /// For all generations.
    room: Arc<Room>,
    /// What tells the writer that another connection has written.
    version: AtomicI64,
}

struct State {
    /// Transactions that were committed.
    commit: u64,
    /// The last of them that changed more than the journal.
    coarse: u64,
    /// The last of them whose changes are remembered no more.
    forgotten: u64,
    /// The journal's first and last row.
    rows: Option<(i64, i64)>,
    /// The number of the next row. Rows of another process have other numbers.
    next: i64,
    /// Where changes are added.
    active: Arc<Generation>,
    /// Those that are full, the oldest first, each with its last row. The first is brought into the tables next.
    full: VecDeque<(Arc<Generation>, i64)>,
}

/// What a transaction sees of the journal: changes up to a commit.
pub(crate) struct View {
    /// The oldest first.
    generations: Vec<Arc<Generation>>,
    commit: u64,
}

/// How far a transaction has come.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    entries: usize,
    next: i64,
}

impl Journal {
    /// A journal without rows, which keeps so many bytes of changes in memory, and so many of objects.
    pub fn new(changes: usize, objects: usize) -> Journal {
        let room = changes.saturating_sub(generation::order(FULL));
        Journal::of_generations((FULL, room / SHARE.1 * SHARE.0), Room::new(room), Rows::new(objects))
    }

    fn of_generations(full: (usize, usize), room: Room, latest: Rows) -> Journal {
        let room = Arc::new(room);
        let next = SystemTime::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_micros() as i64);
        Journal {
            full,
            state: RwLock::new(State::new(0, next, &room)),
            started: Instant::now(),
            whole: AtomicU64::new(0),
            latest,
            room,
            version: AtomicI64::new(-1),
        }
    }

    /// Begins a reading transaction, and gives what it sees of the journal; nothing if that is not what this
    /// process has made of it, since another one wrote to the file.
    ///
    /// # Errors
    /// The database's.
    pub fn begin(&self, connection: &Connection) -> Result<Option<View>> {
        let state = self.read();
        execute(connection, "BEGIN")?;
        Ok((rows(connection)? == state.rows).then(|| state.view()))
    }

    /// What the transaction that is being written sees: all.
    pub fn view_of_writer(&self) -> View {
        let state = self.read();
        View { commit: state.commit + 1, ..state.view() }
    }

    /// Whether changes may wait in the journal.
    pub fn is_open(&self) -> bool {
        let whole = self.whole.load(Ordering::Relaxed);
        whole == 0 || self.now().saturating_sub(whole) > WHOLE.as_millis() as u64
    }

    /// Whether changes of so many objects, which take so many bytes, fit in memory with all that there are.
    fn takes(&self, bytes: usize, objects: usize) -> bool {
        self.room.has(self.read().active.growth(bytes, objects))
    }

    /// Notes that somebody needs whole tables.
    pub fn want_whole(&self) {
        self.whole.store(self.now().max(1), Ordering::Relaxed);
    }

    /// Whether any change waits.
    pub fn is_empty(&self) -> bool {
        self.read().rows.is_none()
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends changes of an instant as part of the transaction that is being written. `rows` has what becomes of
    /// each object, where that is known. Gives the objects that are still to be logged as changed: all but those
    /// that were in the same minute, for nobody asks for less.
    ///
    /// # Errors
    /// The database's.
    fn append(
        &self,
        connection: &Connection,
        changes: &Arc<Changes>,
        rows: Vec<Option<Packed>>,
        at: Timestamp,
    ) -> Result<Vec<Guid>> {
        let mut state = self.write();
        let mut statement =
            connection.prepare_cached("INSERT INTO journal (seq, changes) VALUES (?1, ?2)")?;
        statement.execute((state.next, changes.bytes()))?;
        state.next += 1;
        state.active.add(state.commit + 1, changes);
        let commit = state.commit + 1;
        drop(state);
        let mut unlogged = Vec::with_capacity(changes.len());
        for (change, row) in changes.iter().zip(rows) {
            let key = changes.key(&change);
            let is_logged = match row {
                Some(row) => self.latest.put(key, commit, row, at),
                None => {
                    self.latest.remove(&key);
                    false
                }
            };
            if !is_logged {
                unlogged.push(change.id);
            }
        }
        Ok(unlogged)
    }

    /// How far the transaction that is being written has come; [`Journal::undo`] goes back to there.
    pub fn mark(&self) -> Mark {
        let state = self.read();
        Mark { entries: state.active.len(), next: state.next }
    }

    /// Forgets what was appended since the mark, as the transaction does.
    pub fn undo(&self, mark: Mark) {
        let mut state = self.write();
        if state.active.len() != mark.entries {
            self.latest.clear();
        }
        state.active.truncate(mark.entries);
        state.next = mark.next;
    }

    /// Whether nothing that the plan relies on has changed since it was made.
    pub fn permits(&self, plan: &Plan) -> bool {
        let state = self.read();
        let is_old = |commit: u64| commit <= plan.snapshot;
        state.coarse.max(state.forgotten) <= plan.snapshot
            && (!plan.relies_on_all || state.generations().all(|all| all.newest().is_none_or(is_old)))
            && state.generations().all(|generation| generation.is_older(&plan.rows, plan.snapshot))
    }

    /// Begins another generation if the active one is full; tells whether the oldest is to be brought into the
    /// tables.
    fn is_due(&self) -> bool {
        let mut state = self.write();
        if state.active.len() >= self.full.0 || state.active.weight() >= self.full.1 {
            state.rotate(&self.room);
        }
        state.full.len() >= WAITING
    }

    /// The oldest generation, the active one if there is no other: no change is added to it from now on. None if
    /// nothing waits.
    fn oldest(&self) -> Option<Arc<Generation>> {
        let mut state = self.write();
        if state.full.is_empty() {
            state.rotate(&self.room);
        }
        state.full.front().map(|(generation, _)| Arc::clone(generation))
    }

    /// The generations after the oldest, the oldest first, and the oldest's last row; none if `oldest` is not the
    /// oldest any more.
    fn after(&self, oldest: &Arc<Generation>) -> Option<(Vec<Arc<Generation>>, i64)> {
        let state = self.read();
        let (_, last) = state.full.front().filter(|(first, _)| Arc::ptr_eq(first, oldest))?;
        Some((state.generations().skip(1).cloned().collect(), *last))
    }

    /// Commits by `commit` what was brought into the tables; all of the oldest generation if it is `finished`.
    ///
    /// # Errors
    /// Those of `commit`; nothing is noted then.
    fn commit_folded(&self, finished: bool, commit: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut state = self.write();
        commit()?;
        state.commit += 1;
        if finished && let Some((generation, last)) = state.full.pop_front() {
            state.forgotten = state.forgotten.max(generation.newest().unwrap_or_default());
            state.rows = state.rows.filter(|rows| rows.1 > last).map(|(_, newest)| (last + 1, newest));
        }
        Ok(())
    }

    /// Begins a writing transaction. If another process has written to the file, plans made before count for
    /// nothing; if it has also changed the journal, all that waits is in the tables then.
    ///
    /// # Errors
    /// The database's; no transaction is open then.
    pub fn begin_writing(&self, connection: &Connection) -> Result<()> {
        let begun = self.try_begin_writing(connection);
        if begun.is_err() {
            self.suspect();
            if !connection.is_autocommit() {
                execute(connection, "ROLLBACK")?;
            }
        }
        begun
    }

    fn try_begin_writing(&self, connection: &Connection) -> Result<()> {
        loop {
            execute(connection, "BEGIN IMMEDIATE")?;
            let version =
                connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
            if self.version.swap(version, Ordering::Relaxed) == version {
                return Ok(());
            }
            self.latest.clear();
            if rows(connection)? == self.read().rows {
                let mut state = self.write();
                state.coarse = state.commit + 1;
                return Ok(());
            }
            fold::bring_in(connection)?;
            let mut state = self.write();
            execute(connection, "COMMIT")?;
            let commit = state.commit + 1;
            let fresh = State::new(commit, state.next, &self.room);
            *state = State { coarse: commit + 1, forgotten: commit + 1, ..fresh };
        }
    }

    /// Has the next writing transaction look at the journal, whoever has written.
    pub fn suspect(&self) {
        self.version.store(-1, Ordering::Relaxed);
    }

    /// Commits a transaction by `commit`, while nobody begins to read. It is `coarse` if it changed more than
    /// the journal.
    ///
    /// # Errors
    /// Those of `commit`; nothing is noted then.
    pub fn commit(&self, coarse: bool, commit: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut state = self.write();
        commit()?;
        state.commit += 1;
        if coarse {
            state.coarse = state.commit;
        }
        let last = state.next - 1;
        if state.active.newest() == Some(state.commit) {
            state.rows = Some((state.rows.map_or(last, |(first, _)| first), last));
        }
        Ok(())
    }
}

#[cfg(test)]
impl Default for Journal {
    fn default() -> Journal {
        Journal::new(32 << 20, 32 << 20)
    }
}

impl View {
    /// Gives `each` what has changed of an object, the first first.
    fn visit(&self, key: &Key, mut each: impl FnMut(Change<'_>)) {
        for generation in &self.generations {
            generation.visit(key, self.commit, &mut each);
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.generations
            .iter()
            .all(|generation| generation.oldest().is_none_or(|oldest| oldest > self.commit))
    }

    /// Whether anything waits of an account's objects of a type: in any of these columns, or at all if none are
    /// given.
    fn touches(&self, account: AccountId, object: ObjectId, columns: Option<&[u16]>) -> bool {
        self.generations.iter().any(|generation| generation.touches(account, object, columns))
    }
}

impl State {
    /// Nothing waits.
    fn new(commit: u64, next: i64, room: &Arc<Room>) -> State {
        let active = Arc::new(Generation::within(room));
        State { commit, coarse: 0, forgotten: 0, rows: None, next, active, full: VecDeque::new() }
    }

    /// All generations, the oldest first.
    fn generations(&self) -> impl Iterator<Item = &Arc<Generation>> {
        self.full.iter().map(|(generation, _)| generation).chain([&self.active])
    }

    fn view(&self) -> View {
        View { generations: self.generations().cloned().collect(), commit: self.commit }
    }

    /// Begins another generation, if the active one has anything. No transaction may be open.
    fn rotate(&mut self, room: &Arc<Room>) {
        if let Some((_, last)) = self.rows.filter(|_| self.active.len() > 0) {
            let generation = std::mem::replace(&mut self.active, Arc::new(Generation::within(room)));
            self.full.push_back((generation, last));
        }
    }
}

/// The first and the last row of the journal, as a transaction sees it.
fn rows(connection: &Connection) -> Result<Option<(i64, i64)>> {
    let mut statement =
        connection.prepare_cached("SELECT (SELECT min(seq) FROM journal), (SELECT max(seq) FROM journal)")?;
    let (first, last): (Option<i64>, Option<i64>) =
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(first.zip(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::handles::object_type::CONTACT;
    use proptest::prelude::*;

    #[test]
    fn a_plan_counts_until_something_else_than_the_journal_has_changed() {
        let (journal, plan) = (Journal::default(), Plan::new(0));
        assert!(journal.permits(&plan));
        journal.commit(false, || Ok(())).unwrap();
        assert!(journal.permits(&plan), "nothing was changed that it relies on");
        journal.commit(true, || Ok(())).unwrap();
        assert!(!journal.permits(&plan));
        assert!(journal.permits(&Plan::new(2)) && !journal.permits(&Plan::new(1)));
        let failed = journal.commit(true, || Err(crate::StoreError::Full));
        assert_eq!((failed, journal.permits(&Plan::new(2))), (Err(crate::StoreError::Full), true));
    }

    #[test]
    fn a_plan_relies_on_what_it_read_and_on_no_more() {
        let journal = Journal::default();
        let key = |number| Key { account: AccountId(1), object: CONTACT, id: Guid([number; 16]) };
        let changes = generation::tests::titled(&[1], "changed");
        journal.read().active.add(1, &changes);
        journal.commit(false, || Ok(())).unwrap();
        let plan = |rows, relies_on_all| Plan { rows, relies_on_all, ..Plan::new(0) };
        assert!(journal.permits(&plan(vec![key(2)], false)));
        assert!(!journal.permits(&plan(vec![key(2), key(1)], false)));
        assert!(!journal.permits(&plan(vec![], true)));
        assert!(journal.permits(&Plan { rows: vec![key(1)], relies_on_all: true, ..Plan::new(1) }));
        // Once it is in the tables, nobody knows any more which commit has changed what.
        journal.oldest().unwrap();
        journal.commit_folded(true, || Ok(())).unwrap();
        assert!(!journal.permits(&plan(vec![key(2)], false)));
        assert!(journal.permits(&Plan::new(1)) && journal.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn changes_never_take_more_than_their_room(
            load in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..40), 0_usize..9_000, 0_u8..6), 50..300)
        ) {
            const MOST: usize = 3 << 20;
            let journal = Journal::of_generations((2_000, MOST / 5), Room::new(MOST), Rows::new(0));
            let (mut views, mut refused) = (VecDeque::new(), 0);
            for (numbers, length, what) in load {
                let changes = generation::tests::titled(&numbers, &"x".repeat(length));
                match journal.takes(changes.weight(), changes.len()) {
                    true => {
                        let mark = journal.mark();
                        let state = journal.read();
                        state.active.add(state.commit + 1, &changes);
                        drop(state);
                        prop_assert!(journal.room.used() <= MOST);
                        if what == 0 { journal.undo(mark) } else { journal.commit(false, || Ok(())).unwrap() }
                    }
                    false => refused += 1,
                }
                // Somebody who reads holds what was there when it began.
                views.extend((what == 1).then(|| journal.read().view()));
                views.drain(..views.len().saturating_sub(4));
                if journal.is_due() || refused % 3 == 1 {
                    journal.oldest();
                    journal.commit_folded(true, || Ok(())).unwrap();
                }
                let held = views.iter().flat_map(|view| view.generations.clone());
                let mut held: Vec<_> = held.chain(journal.read().generations().cloned()).collect();
                held.sort_by_key(Arc::as_ptr);
                held.dedup_by_key(|generation| Arc::as_ptr(generation));
                let weight: usize = held.iter().map(|generation| generation.weight()).sum();
                prop_assert_eq!(weight, journal.room.used());
            }
        }
    }

    #[test]
    fn what_finds_no_room_is_not_taken() {
        let journal = Journal::new(3 << 20, 0);
        assert!(journal.takes(1_000, 10));
        assert!(!journal.takes(3 << 20, 10) && !journal.takes(1_000, 1 << 20));
    }
}
