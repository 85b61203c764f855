//! Changes that the tables do not have yet, to be found by object.

use super::changes::{self, Change, Changes};
use crate::account::AccountId;
use crate::sqlite::memory::Room;
use contract::{Guid, ObjectId};
use foldhash::fast::RandomState;
use hashbrown::hash_table::{self as table, HashTable};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Any columns: those of a call with a column that has no bit.
const ALL: u128 = u128::MAX;

/// An object of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub account: AccountId,
    pub object: ObjectId,
    pub id: Guid,
}

/// Changes that are brought into the tables together. Each has the number of the commit that made it.
pub(crate) struct Generation {
    found: RwLock<Found>,
    /// Where it is accounted for, as long as anybody holds it.
    room: Arc<Room>,
}

/// What a generation has: a number for each change of an object.
#[derive(Default)]
pub(crate) struct Found {
    log: Log,
    /// The last entry of each object, to be found by its key.
    latest: HashTable<u32>,
    hasher: RandomState,
    /// The columns that have changed of each account's objects of each type, as bits.
    columns: HashMap<(AccountId, ObjectId), u128, RandomState>,
    /// The bytes of the changes.
    changes: usize,
}

/// Entries for which there is room at least when a generation grows.
const STEP: usize = 4 << 10;

/// What the order of so many objects takes in which they are brought into the tables.
pub(super) const fn order(objects: usize) -> usize {
    (objects + STEP) * size_of::<(ObjectId, i64, u32)>()
}

/// All changes, in order.
#[derive(Default)]
struct Log {
    calls: Vec<Call>,
    entries: Vec<Entry>,
}

/// What a call has changed.
struct Call {
    commit: u64,
    changes: Arc<Changes>,
    /// The columns that change in any of its objects, as bits; none if there is one that has no bit.
    columns: Option<u128>,
    /// The number of its first entry.
    first: u32,
}

/// What has changed of an object.
struct Entry {
    id: Guid,
    call: u32,
    /// The entry before this one that is about the same object, or itself if there is none.
    before: u32,
    /// Whether it changes all the columns that any of the call's do.
    is_whole: bool,
}

impl Default for Generation {
    fn default() -> Generation {
        Generation::within(&Arc::new(Room::new(usize::MAX)))
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.room.note(self.weight(), 0);
    }
}

impl Generation {
    /// A generation that is accounted for there.
    pub fn within(room: &Arc<Room>) -> Generation {
        let (found, room) = (RwLock::new(Found::default()), Arc::clone(room));
        room.note(0, Found::default().weight());
        Generation { found, room }
    }

    /// What it takes more at most while changes are added: tables that grow are there twice meanwhile.
    pub fn growth(&self, changes: usize, objects: usize) -> usize {
        let found = self.read();
        let tables = found.tables();
        let entry = size_of::<Entry>() + 4 * size_of::<u32>();
        changes + (objects + STEP) * entry + 2 * tables
    }

    /// Adds what a commit changes.
    pub fn add(&self, commit: u64, changes: &Arc<Changes>) {
        let mut found = self.write();
        let before = found.weight();
        found.add(commit, changes);
        self.room.note(before, found.weight());
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.read().log.entries.len()
    }

    /// Forgets the entries from `length` on, which is where a call begins.
    pub fn truncate(&self, length: usize) {
        let mut found = self.write();
        let before = found.weight();
        found.truncate(length);
        self.room.note(before, found.weight());
    }

    /// The bytes that it takes in memory.
    pub fn weight(&self) -> usize {
        self.read().weight()
    }

    /// Whether no commit after `commit` has changed any of these objects.
    pub fn is_older(&self, keys: &[Key], commit: u64) -> bool {
        let found = self.read();
        let is_old = |number: u32| found.log.call(number).is_none_or(|(call, _)| call.commit <= commit);
        found.log.calls.last().is_none_or(|call| call.commit <= commit)
            || keys.iter().all(|key| found.find(key).is_none_or(is_old))
    }

    /// The first commit of all.
    pub fn oldest(&self) -> Option<u64> {
        self.read().log.calls.first().map(|call| call.commit)
    }

    /// The last commit of all.
    pub fn newest(&self) -> Option<u64> {
        self.read().log.calls.last().map(|call| call.commit)
    }

    /// Whether any of these columns of an account's objects of a type has changed, of all if none are given.
    pub fn touches(&self, account: AccountId, object: ObjectId, columns: Option<&[u16]>) -> bool {
        let found = self.read();
        let known = found.columns.get(&(account, object)).filter(|_| !found.log.entries.is_empty());
        let wanted = |columns: &[u16]| changes::bits(columns.iter().copied()).unwrap_or(ALL);
        known.is_some_and(|known| columns.is_none_or(|columns| known & wanted(columns) != 0))
    }

    /// Gives `each` what commits up to `commit` have changed of an object, the first first.
    pub fn visit(&self, key: &Key, commit: u64, each: impl FnMut(Change<'_>)) {
        let found = self.read();
        if let Some(number) = found.find(key) {
            found.changes(number, commit).for_each(each);
        }
    }

    /// All that it has; nothing can be added meanwhile.
    pub fn read(&self) -> RwLockReadGuard<'_, Found> {
        self.found.read().unwrap_or_else(PoisonError::into_inner)
    }

    // A panic can't leave it half changed: nothing that holds the lock calls out but `visit`, which reads.
    fn write(&self) -> RwLockWriteGuard<'_, Found> {
        self.found.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    fn add(&mut self, commit: u64, changes: &Arc<Changes>) {
        self.changes += changes.weight();
        if self.log.entries.capacity() - self.log.entries.len() < changes.len() {
            self.log.entries.reserve_exact(changes.len().max(STEP));
        }
        let (call, first) = (self.log.calls.len() as u32, self.log.entries.len() as u32);
        let columns = changes::bits(changes.columns().iter().copied());
        *self.columns.entry((changes.account, changes.object)).or_default() |= columns.unwrap_or(ALL);
        self.log.calls.push(Call { commit, changes: Arc::clone(changes), columns, first });
        for change in changes.iter() {
            self.push(call, changes.key(&change), change.is_whole());
        }
    }

    fn truncate(&mut self, length: usize) {
        while self.log.entries.len() > length {
            self.pop();
        }
        while let Some(call) = self.log.calls.pop_if(|call| call.first as usize >= length) {
            self.changes -= call.changes.weight();
        }
    }

    /// The bytes of all of it.
    fn weight(&self) -> usize {
        size_of::<Found>() + self.changes + self.tables()
    }

    fn tables(&self) -> usize {
        let columns = self.columns.capacity() * 2 * size_of::<((AccountId, ObjectId), u128)>();
        let calls = self.log.calls.capacity() * size_of::<Call>();
        let entries = self.log.entries.capacity() * size_of::<Entry>();
        columns + calls + entries + self.latest.allocation_size()
    }

    /// Every object that has changed, with the number of its row and that of its last entry, in the order of the
    /// tables and their rows.
    pub fn in_order(&self) -> Vec<(ObjectId, i64, u32)> {
        let place = |number: &u32| {
            let (call, index) = self.log.call(*number)?;
            Some((call.changes.object, call.changes.place(index)?, *number))
        };
        let mut out: Vec<_> = self.latest.iter().filter_map(place).collect();
        out.sort_unstable();
        out
    }

    /// The object that an entry is about.
    pub fn key(&self, number: u32) -> Option<Key> {
        self.log.key(number)
    }

    /// What commits up to `commit` have changed of an object, the first first; `number` is its last entry.
    pub fn changes(&self, number: u32, commit: u64) -> impl Iterator<Item = Change<'_>> {
        let chain: Vec<u32> = self.log.back(number).collect();
        chain.into_iter().rev().filter_map(move |number| {
            let (call, index) = self.log.call(number).filter(|(call, _)| call.commit <= commit)?;
            call.changes.get(index)
        })
    }

    /// The columns that change of an object whose last entry is `number`, as bits; none if there is one that has no
    /// bit.
    pub fn columns(&self, number: u32) -> Option<u128> {
        self.log.back(number).try_fold(0, |all, number| Some(all | self.log.columns(number)?))
    }

    /// The last entry about an object.
    pub fn find(&self, key: &Key) -> Option<u32> {
        if self.log.entries.is_empty() {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        self.latest.find(hash, |number| self.key(*number) == Some(*key)).copied()
    }

    fn push(&mut self, call: u32, key: Key, is_whole: bool) {
        let number = self.log.entries.len() as u32;
        self.log.entries.push(Entry { id: key.id, call, before: number, is_whole });
        let Found { log, latest, hasher, .. } = self;
        let known = latest.entry(
            hasher.hash_one(key),
            |number| log.key(*number) == Some(key),
            |number| hasher.hash_one(log.key(*number).unwrap_or(key)),
        );
        match known {
            table::Entry::Occupied(mut known) => {
                let before = std::mem::replace(known.get_mut(), number);
                log.entries[number as usize].before = before;
            }
            table::Entry::Vacant(place) => drop(place.insert(number)),
        }
    }

    fn pop(&mut self) {
        let number = self.log.entries.len().saturating_sub(1) as u32;
        let key = self.key(number);
        let (Some(key), Some(Entry { before, .. })) = (key, self.log.entries.pop()) else { return };
        let hash = self.hasher.hash_one(key);
        if let Ok(mut known) = self.latest.find_entry(hash, |known| *known == number) {
            match before == number {
                true => drop(known.remove()),
                false => *known.get_mut() = before,
            }
        }
    }
}

impl Log {
    /// The call that an entry is of, and its place there.
    fn call(&self, number: u32) -> Option<(&Call, usize)> {
        let call = self.calls.get(self.entries.get(number as usize)?.call as usize)?;
        Some((call, (number - call.first) as usize))
    }

    /// An entry and those before it that are about the same object.
    fn back(&self, number: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(number), |number| {
            let before = self.entries.get(*number as usize)?.before;
            (before != *number).then_some(before)
        })
    }

    /// The columns that an entry changes, as bits; none if there is one that has no bit.
    fn columns(&self, number: u32) -> Option<u128> {
        let (call, index) = self.call(number)?;
        match self.entries.get(number as usize)?.is_whole {
            true => call.columns,
            false => call.changes.get(index)?.columns(),
        }
    }

    /// The object that an entry is about.
    fn key(&self, number: u32) -> Option<Key> {
        let entry = self.entries.get(number as usize)?;
        let Call { changes, .. } = self.calls.get(entry.call as usize)?;
        Some(Key { account: changes.account, object: changes.object, id: entry.id })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::layout::Layout;
    use contract::Contract;
    use contract::handles::object::{contact, cv_object};
    use contract::handles::object_type::{CONTACT, EVENT};

    fn key(number: u8) -> Key {
        Key { account: AccountId(1), object: CONTACT, id: Guid([number; 16]) }
    }

    /// Changes that give contacts a title.
    pub fn titled(numbers: &[u8], title: &str) -> Arc<Changes> {
        let layout = Layout::new(Contract::get().unwrap());
        let table = layout.table(CONTACT);
        let record = |number: &u8| {
            let mut record = layout.contract.record(table.ty);
            record.set(cv_object::ID, Guid([*number; 16]).to_string());
            let mut record = record.as_found();
            record.set(contact::TITLE, title);
            record
        };
        let records: Vec<_> = numbers.iter().map(record).collect();
        let place = |id: Guid| Ok(100 - i64::from(id.0[0]));
        let changes = Changes::of(layout.contract, (AccountId(1), table), &records, place);
        Arc::new(changes.unwrap().unwrap())
    }

    /// The titles that an object got, as a commit sees them.
    fn titles(generation: &Generation, number: u8, commit: u64) -> Vec<String> {
        let mut out = Vec::new();
        generation.visit(&key(number), commit, |change| {
            out.push(format!("{:?}", change.values().collect::<Vec<_>>()));
        });
        let text = |value: String| value.split('"').nth(1).unwrap_or_default().to_owned();
        out.into_iter().map(text).collect()
    }

    #[test]
    fn each_commit_sees_what_was_changed_up_to_it() {
        let generation = Generation::default();
        generation.add(1, &titled(&[1, 2], "first"));
        generation.add(2, &titled(&[2, 3], "second"));
        assert_eq!(titles(&generation, 2, 0), [""; 0]);
        assert_eq!(titles(&generation, 2, 1), ["first"]);
        assert_eq!(titles(&generation, 2, 2), ["first", "second"]);
        assert_eq!(titles(&generation, 3, 2), ["second"]);
        assert_eq!(titles(&generation, 9, 2), [""; 0]);
        let is_older = |number, commit| generation.is_older(&[key(9), key(number)], commit);
        assert_eq!([1, 2, 3].map(|number| is_older(number, 0)), [false; 3]);
        assert_eq!([1, 2, 3].map(|number| is_older(number, 1)), [true, false, false]);
        assert_eq!([1, 2, 3].map(|number| is_older(number, 2)), [true; 3]);
        assert_eq!((generation.oldest(), generation.newest()), (Some(1), Some(2)));
        let found = generation.read();
        let order = found.in_order().into_iter().map(|(_, _, number)| found.key(number).unwrap().id.0[0]);
        assert_eq!(order.collect::<Vec<_>>(), [3, 2, 1], "in the order of the rows");
    }

    #[test]
    fn what_is_undone_was_never_there() {
        let generation = Generation::default();
        generation.add(1, &titled(&[1, 2], "first"));
        let length = generation.len();
        generation.add(2, &titled(&[2, 3, 2], "second"));
        generation.truncate(length);
        assert_eq!(titles(&generation, 2, 9), ["first"]);
        assert_eq!(titles(&generation, 3, 9), [""; 0]);
        assert!(generation.is_older(&[key(3)], 0) && !generation.is_older(&[key(1)], 0));
        generation.add(2, &titled(&[3], "again"));
        assert_eq!(titles(&generation, 3, 9), ["again"]);
    }

    #[test]
    fn every_one_of_many_objects_is_found() {
        let generation = Generation::default();
        let numbers: Vec<u8> = (1..=u8::MAX).collect();
        for (commit, part) in (1..).zip(numbers.chunks(17)) {
            generation.add(commit, &titled(part, "first"));
        }
        generation.add(99, &titled(&numbers[100..], "second"));
        for number in &numbers {
            let expected: &[&str] = if *number > 100 { &["first", "second"] } else { &["first"] };
            assert_eq!(titles(&generation, *number, u64::MAX), expected);
        }
        assert_eq!(generation.read().in_order().len(), numbers.len());
        generation.truncate(numbers.len());
        assert!(numbers.iter().all(|number| titles(&generation, *number, u64::MAX) == ["first"]));
        generation.truncate(0);
        assert!(numbers.iter().all(|number| titles(&generation, *number, u64::MAX).is_empty()));
    }

    #[test]
    fn it_knows_which_columns_have_changed() {
        let layout = Layout::new(Contract::get().unwrap());
        let place = |field| layout.table(CONTACT).place(field).unwrap();
        let (title, company) = (place(contact::TITLE) as u16, place(contact::COMPANY) as u16);
        let generation = Generation::default();
        fn touches(generation: &Generation, object: ObjectId, columns: Option<&[u16]>) -> bool {
            generation.touches(AccountId(1), object, columns)
        }
        assert!(!touches(&generation, CONTACT, None));
        generation.add(1, &titled(&[1], "first"));
        assert!(touches(&generation, CONTACT, None) && !touches(&generation, EVENT, None));
        assert!(!generation.touches(AccountId(2), CONTACT, None), "another account's");
        assert!(touches(&generation, CONTACT, Some(&[company, title])));
        assert!(
            !touches(&generation, CONTACT, Some(&[company])) && !touches(&generation, CONTACT, Some(&[]))
        );
        generation.truncate(0);
        assert!(!touches(&generation, CONTACT, None));
    }
}
