//! Objects as they were written last, kept packed in memory: most of what bulk updates read again.

use super::Key;
use super::packed::{Packed, Pattern};
use crate::account::AccountId;
use crate::error::Result;
use crate::layout::Table;
use contract::handles::object::cv_object;
use contract::{Contract, ObjectId, Record, Timestamp};
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Parts that are locked on their own.
const SHARDS: usize = 16;

/// What a place for a row takes beside the row's values: its entry with a hash, and its part of a table of numbers,
/// of which there may be two and a bit for each.
const PLACE: usize = size_of::<(usize, Key, Kept)>() + 21;

/// Places that are added at once at least.
const STEP: usize = 32;

/// Patterns that there are at most.
const PATTERNS: usize = 256;

/// Rows of tables, by object.
pub(crate) struct Rows {
    shards: [RwLock<Shard>; SHARDS],
    /// Bytes for each of them.
    room: usize,
    /// The rows that others are packed against: the first of each account's object type. They stay as they are.
    patterns: RwLock<HashMap<(AccountId, ObjectId), Arc<Pattern>, RandomState>>,
}

#[derive(Default)]
struct Shard {
    kept: IndexMap<Key, Kept, RandomState>,
    /// What the rows' values take.
    values: usize,
    /// Where the next row is put out from if there is no room.
    hand: usize,
}

struct Kept {
    /// The commit that wrote it.
    commit: u64,
    /// The minute in which it was logged last.
    logged: Timestamp,
    row: Packed,
}

impl Shard {
    /// What all of it takes.
    fn size(&self) -> usize {
        self.values + self.kept.capacity() * PLACE
    }

    /// Has a place for another row, for which one that is there may have to go. Places are added few at a time, so
    /// that few are empty; both the old ones and the new are there meanwhile.
    fn make_place(&mut self, room: usize) {
        let places = self.kept.capacity();
        if self.kept.len() < places {
            return;
        }
        let more = (places / 8).max(STEP);
        match self.size() + (places + more) * PLACE <= room {
            true => self.kept.reserve_exact(more),
            false => drop(self.put_out()),
        }
    }

    /// Puts a row out.
    fn put_out(&mut self) -> Option<Kept> {
        self.hand = (self.hand + 1).checked_rem(self.kept.len())?;
        let (_, kept) = self.kept.swap_remove_index(self.hand)?;
        self.values -= kept.size();
        Some(kept)
    }

    /// Keeps a row; gives the one of the same object before it.
    fn put(&mut self, key: Key, row: Kept, room: usize) -> Option<Kept> {
        let size = row.size();
        let before = match self.kept.get_mut(&key) {
            Some(kept) => Some(std::mem::replace(kept, row)),
            None => {
                self.make_place(room);
                if self.kept.capacity() == 0 {
                    return None;
                }
                self.kept.insert(key, row)
            }
        };
        self.values = self.values + size - before.as_ref().map_or(0, Kept::size);
        while self.size() > room && self.put_out().is_some() {}
        before
    }
}

impl Kept {
    /// What its values take.
    fn size(&self) -> usize {
        self.row.size()
    }
}

impl Rows {
    /// Rows that may take so many bytes.
    pub fn new(bytes: usize) -> Rows {
        let room = bytes.saturating_sub(PATTERNS * Pattern::SIZE) / SHARDS;
        Rows { shards: Default::default(), room, patterns: RwLock::default() }
    }

    /// A record of an account as the row that it is going to be, with the number that it has in its table.
    ///
    /// # Errors
    /// [`crate::StoreError::Record`] if it cannot be a row.
    pub fn pack(
        &self,
        contract: &'static Contract,
        (account, table): (AccountId, &Table),
        record: &Record,
        place: i64,
    ) -> Result<Packed> {
        let key = (account, table.id);
        let pattern = self.patterns.read().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone);
        let first = pattern.is_none();
        let row = Packed::new(contract, table, record, place, pattern)?;
        if first {
            self.set_pattern(contract, (account, table), &row);
        }
        Ok(row)
    }

    /// Has later rows packed against this one, if there is no other and not too many.
    fn set_pattern(&self, contract: &Contract, (account, table): (AccountId, &Table), row: &Packed) {
        if self.patterns.read().unwrap_or_else(PoisonError::into_inner).len() >= PATTERNS {
            return;
        }
        // As it will be read, not as it was given: some values are stored in another form.
        let mut record = contract.record(table.ty);
        if row.unpack(contract, table, &mut record).is_none() {
            return;
        }
        let mut patterns = self.patterns.write().unwrap_or_else(PoisonError::into_inner);
        if patterns.len() < PATTERNS {
            patterns.entry((account, table.id)).or_insert_with(|| Arc::new(Pattern::of(&record, table)));
        }
    }

    /// Keeps what a commit writes at an instant; tells whether the object is known to have been logged as changed
    /// in the same minute.
    pub fn put(&self, key: Key, commit: u64, row: Packed, at: Timestamp) -> bool {
        let logged = at.minute();
        let mut shard = self.shard(&key).write().unwrap_or_else(PoisonError::into_inner);
        let before = shard.put(key, Kept { commit, logged, row }, self.room);
        before.is_some_and(|before| before.logged == logged)
    }

    /// Forgets an object.
    pub fn remove(&self, key: &Key) {
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = shard.kept.swap_remove(key) {
            shard.values -= kept.size();
        }
    }

    /// An object, if what was written last is kept and was written by `commit` or before it; with the number
    /// of its row.
    pub fn get(&self, contract: &Contract, table: &Table, key: &Key, commit: u64) -> Option<(i64, Record)> {
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        let kept = shard.kept.get(key).filter(|kept| kept.commit <= commit)?;
        let mut record = contract.record(table.ty);
        record.set(cv_object::ID, key.id);
        kept.row.unpack(contract, table, &mut record)?;
        Some((kept.row.place, record.as_found()))
    }

    /// Forgets everything.
    pub fn clear(&self) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            if !shard.kept.is_empty() {
                *shard = Shard::default();
            }
        }
        self.patterns.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn shard(&self, key: &Key) -> &RwLock<Shard> {
        &self.shards[usize::from(key.id.0[15]) % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use contract::handles::object::contact;
    use contract::handles::object_type::CONTACT;
    use contract::{Guid, Value};
    use proptest::prelude::*;

    fn key(number: u32) -> Key {
        let mut id = [0; 16];
        id[12..].copy_from_slice(&number.to_be_bytes());
        Key { account: AccountId(1), object: CONTACT, id: Guid(id) }
    }

    fn record(layout: &Layout, key: &Key, company: &str) -> Record {
        let mut record = layout.contract.record(layout.table(CONTACT).ty);
        record.set(cv_object::ID, key.id);
        record.set(contact::COMPANY, company);
        record.set(contact::EXCLUDED_FROM_EMAIL, true);
        record.set(contact::LAST_MODIFIED_DATE, Timestamp(-5));
        record.set(contact::TITLE, Value::Absent);
        record
    }

    #[test]
    fn a_row_is_given_back_to_those_who_come_after_it() {
        let layout = Layout::new(Contract::get().unwrap());
        let (rows, table) = (Rows::new(4 << 20), layout.table(CONTACT));
        let written = record(&layout, &key(1), "Señor & Sons");
        let put = |commit, record, at| {
            rows.put(
                key(1),
                commit,
                rows.pack(layout.contract, (AccountId(1), table), record, 77).unwrap(),
                Timestamp(at),
            )
        };
        assert!(!put(5, &written, 0));
        let get = |number, commit| rows.get(layout.contract, table, &key(number), commit);
        assert_eq!(get(1, 5), Some((77, written.clone())));
        assert!(get(1, 9).unwrap().1.changes().is_some(), "it counts what changes");
        assert_eq!((get(1, 4), get(2, 5)), (None, None));
        let later = record(&layout, &key(1), "Later");
        assert!(put(6, &later, 59_999_999), "logged in the same minute");
        assert_eq!((get(1, 5), get(1, 6)), (None, Some((77, later.clone()))));
        rows.remove(&key(1));
        assert_eq!(get(1, 9), None);
        assert!(!put(7, &written, 59_999_999), "nobody knows any more");
        assert!(!put(7, &written, 60_000_000), "another minute");
        rows.clear();
        assert_eq!(get(1, 9), None);
    }

    #[test]
    fn what_a_row_shares_with_the_first_is_kept_once() {
        let layout = Layout::new(Contract::get().unwrap());
        let (rows, table) = (Rows::new(4 << 20), layout.table(CONTACT));
        let pack = |account, number, company: &str| {
            let record = record(&layout, &key(number), company);
            rows.pack(layout.contract, (AccountId(account), table), &record, 1).unwrap()
        };
        let long = "Company ".repeat(50);
        assert!(pack(1, 1, &long).size() > 400);
        assert!(pack(1, 2, &long).size() == 0 && pack(1, 3, "Other").size() <= 16);
        for account in 2..300 {
            pack(account, 1, &long);
        }
        assert_eq!(rows.patterns.read().unwrap().len(), PATTERNS);
        assert!(pack(299, 1, &long).size() > 400, "there are enough");
    }

    proptest! {
        #[test]
        fn a_row_is_what_it_was(texts in prop::collection::vec(prop::array::uniform4(prop::option::of("[ab]?é?")), 1..6)) {
            let layout = Layout::new(Contract::get().unwrap());
            let (rows, table) = (Rows::new(4 << 20), layout.table(CONTACT));
            for (number, texts) in texts.into_iter().enumerate() {
                let key = key(number as u32);
                let mut record = layout.contract.record(table.ty);
                record.set(cv_object::ID, key.id);
                let fields = [contact::FIRST_NAME, contact::COMPANY, contact::TITLE, contact::WORK_CITY];
                for (field, text) in fields.into_iter().zip(texts) {
                    record.set(field, text.map_or(Value::Absent, Value::from));
                }
                record.set(contact::LAST_MODIFIED_DATE, Timestamp(number as i64 / 2 - 1));
                let row = rows.pack(layout.contract, (key.account, table), &record, 7).unwrap();
                rows.put(key, 1, row, Timestamp(0));
                prop_assert_eq!(rows.get(layout.contract, table, &key, 1), Some((7, record)));
            }
        }
    }

    const ROOM: usize = 1 << 20;

    /// What the rows take by what is there: places, and values as the allocator hands them out.
    fn taken(rows: &Rows) -> Vec<usize> {
        let of = |shard: &RwLock<Shard>| {
            let shard = shard.read().unwrap();
            let values: usize = shard.kept.values().map(|kept| kept.row.size()).sum();
            assert_eq!(values, shard.values);
            values + shard.kept.capacity() * PLACE
        };
        rows.shards.iter().map(of).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn rows_never_take_more_than_their_room(
            puts in prop::collection::vec((0_u32..3_000, 0_usize..2_000, 0_u32..20), 1_000..6_000)
        ) {
            let layout = Layout::new(Contract::get().unwrap());
            let (rows, table) = (Rows::new(ROOM + PATTERNS * Pattern::SIZE), layout.table(CONTACT));
            for (number, length, other) in puts {
                let record = record(&layout, &key(number), &format!("{number}{}", "x".repeat(length)));
                let row = rows.pack(layout.contract, (AccountId(1), table), &record, 1).unwrap();
                rows.put(key(number), 1, row, Timestamp(0));
                if other == 0 {
                    rows.remove(&key(number / 2));
                }
                let shard = rows.shard(&key(number)).read().unwrap();
                prop_assert!(shard.size() <= ROOM / SHARDS, "{} in one of {SHARDS}", shard.size());
            }
            prop_assert!(taken(&rows).into_iter().all(|size| size <= ROOM / SHARDS));
        }
    }

    #[test]
    fn rows_make_room_for_others() {
        let layout = Layout::new(Contract::get().unwrap());
        let (rows, table) = (Rows::new(ROOM + PATTERNS * Pattern::SIZE), layout.table(CONTACT));
        let company = |number: u32| format!("{number}{}", "x".repeat(1 << 10));
        let count = 4 * (ROOM >> 10) as u32;
        for number in 0..count {
            let row = rows.pack(
                layout.contract,
                (AccountId(1), table),
                &record(&layout, &key(number), &company(number)),
                1,
            );
            rows.put(key(number), 1, row.unwrap(), Timestamp(0));
        }
        let kept = (0..count).filter(|number| rows.get(layout.contract, table, &key(*number), 1).is_some());
        let kept = kept.count() as u32;
        assert!((count / 8..count / 4).contains(&kept), "{kept} of {count}");
        let none = Rows::new(0);
        let row = none.pack(layout.contract, (AccountId(1), table), &record(&layout, &key(1), "x"), 1);
        none.put(key(1), 1, row.unwrap(), Timestamp(0));
        assert_eq!(none.get(layout.contract, table, &key(1), 1), None);
    }
}
