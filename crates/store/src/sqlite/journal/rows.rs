//! Objects as they were written last, kept packed in memory: most of what bulk updates read again.

use super::Key;
use crate::error::Result;
use crate::form::{self, Held};
use crate::layout::Table;
use crate::sqlite::bytes::{Reader, Writer};
use contract::handles::object::cv_object;
use contract::{Contract, Record, Timestamp};
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use std::sync::{PoisonError, RwLock};

/// Bytes that all rows may take, nearly.
const ROOM: usize = 48 << 20;

/// Parts that are locked on their own.
const SHARDS: usize = 16;

/// What a row takes beside its values: its entry, the entry's hash and place, and what the allocator adds.
const OVERHEAD: usize = size_of::<(Key, Kept)>() + 3 * size_of::<usize>();

/// Rows of tables, by object.
#[derive(Default)]
pub(crate) struct Rows {
    shards: [RwLock<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    kept: IndexMap<Key, Kept, RandomState>,
    size: usize,
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

/// A row: its number, and the values of the columns that have any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Packed {
    /// The row's number in its table.
    pub place: i64,
    values: Box<[u8]>,
}

impl Rows {
    /// Keeps what a commit writes at an instant; tells whether the object is known to have been logged as changed
    /// in the same minute.
    pub fn put(&self, key: Key, commit: u64, row: Packed, at: Timestamp) -> bool {
        let logged = at.minute();
        let mut shard = self.shard(&key).write().unwrap_or_else(PoisonError::into_inner);
        let shard = &mut *shard;
        shard.size += row.values.len() + OVERHEAD;
        let before = shard.kept.insert(key, Kept { commit, logged, row });
        if let Some(before) = &before {
            shard.size -= before.row.values.len() + OVERHEAD;
        }
        while shard.size > ROOM / SHARDS && !shard.kept.is_empty() {
            shard.hand = (shard.hand + 1) % shard.kept.len();
            if let Some((_, kept)) = shard.kept.swap_remove_index(shard.hand) {
                shard.size -= kept.row.values.len() + OVERHEAD;
            }
        }
        before.is_some_and(|before| before.logged == logged)
    }

    /// Forgets an object.
    pub fn remove(&self, key: &Key) {
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = shard.kept.swap_remove(key) {
            shard.size -= kept.row.values.len() + OVERHEAD;
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
    }

    fn shard(&self, key: &Key) -> &RwLock<Shard> {
        &self.shards[usize::from(key.id.0[15]) % SHARDS]
    }
}

impl Packed {
    /// A record as the row that it is going to be.
    ///
    /// # Errors
    /// [`crate::StoreError::Record`] if it cannot be a row.
    pub fn new(contract: &'static Contract, table: &Table, record: &Record, place: i64) -> Result<Packed> {
        let mut values = Writer(Vec::with_capacity(512));
        for (field, value) in record.present() {
            let Some(place) = table.place(field) else { continue };
            let held = form::held(contract, table, &table.columns[place], value)?;
            if held != Held::Null {
                values.column(place, &held);
            }
        }
        Ok(Packed { place, values: values.exact() })
    }

    fn unpack(&self, contract: &Contract, table: &Table, record: &mut Record) -> Option<()> {
        let mut rest = Reader(&self.values);
        while !rest.0.is_empty() {
            let (column, held) = rest.column()?;
            let column = table.columns.get(column)?;
            record.set(column.field, form::decode(contract, column.form, held)?);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountId;
    use crate::layout::Layout;
    use contract::handles::object::contact;
    use contract::handles::object_type::CONTACT;
    use contract::{Guid, Value};

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
        let (rows, table) = (Rows::default(), layout.table(CONTACT));
        let written = record(&layout, &key(1), "Señor & Sons");
        let put = |commit, record, at| {
            rows.put(key(1), commit, Packed::new(layout.contract, table, record, 77).unwrap(), Timestamp(at))
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
    fn rows_make_room_for_others() {
        let layout = Layout::new(Contract::get().unwrap());
        let (rows, table) = (Rows::default(), layout.table(CONTACT));
        let company = "x".repeat(1 << 20);
        let count = 2 * (ROOM >> 20) as u32;
        for number in 0..count {
            let row = Packed::new(layout.contract, table, &record(&layout, &key(number), &company), 1);
            rows.put(key(number), 1, row.unwrap(), Timestamp(0));
        }
        let sizes = || rows.shards.iter().map(|shard| shard.read().unwrap().size);
        assert!(sizes().all(|size| size <= ROOM / SHARDS), "{:?}", sizes().collect::<Vec<_>>());
        let kept = (0..count).filter(|number| rows.get(layout.contract, table, &key(*number), 1).is_some());
        assert!(kept.count() as u32 > count / 4);
    }
}
