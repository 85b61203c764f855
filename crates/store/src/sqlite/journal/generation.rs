//! Changes that the tables do not have yet, to be found by object.

use super::changes::{Change, Changes};
use crate::account::AccountId;
use contract::{Guid, ObjectId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// An object of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub account: AccountId,
    pub object: ObjectId,
    pub id: Guid,
}

/// Changes that are brought into the tables together. Each has the number of the commit that made it.
#[derive(Default)]
pub(crate) struct Generation(RwLock<Found>);

#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    /// The last entry of each object.
    latest: HashMap<Key, u32>,
    /// How many entries each type of object has, with its columns that they change, as bits.
    objects: Vec<(ObjectId, u128)>,
    weight: usize,
}

struct Entry {
    commit: u64,
    changes: Arc<Changes>,
    index: u32,
    /// The entry before this one that is about the same object.
    before: Option<u32>,
}

impl Generation {
    /// Adds what a commit changes.
    pub fn add(&self, commit: u64, changes: &Arc<Changes>) {
        let mut found = self.write();
        found.weight += changes.weight() + changes.len() * (size_of::<Entry>() + size_of::<(Key, u32)>());
        let columns = bits(changes.iter().flat_map(|change| change.columns));
        match found.objects.iter_mut().find(|(object, _)| *object == changes.object) {
            Some((_, known)) => *known |= columns,
            None => found.objects.push((changes.object, columns)),
        }
        for (index, change) in (0..).zip(changes.iter()) {
            let key = changes.key(&change);
            let number = found.entries.len() as u32;
            let before = found.latest.insert(key, number);
            found.entries.push(Entry { commit, changes: Arc::clone(changes), index, before });
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.read().entries.len()
    }

    /// Forgets the entries from `length` on.
    pub fn truncate(&self, length: usize) {
        let mut found = self.write();
        while found.entries.len() > length {
            let Some(entry) = found.entries.pop() else { return };
            let Some(change) = entry.changes.get(entry.index as usize) else { continue };
            let key = entry.changes.key(&change);
            match entry.before {
                Some(before) => found.latest.insert(key, before),
                None => found.latest.remove(&key),
            };
        }
    }

    /// The bytes that it takes in memory, nearly.
    pub fn weight(&self) -> usize {
        self.read().weight
    }

    /// The commit that changed an object last.
    pub fn last_commit(&self, key: &Key) -> Option<u64> {
        let found = self.read();
        let entry = found.latest.get(key)?;
        found.entries.get(*entry as usize).map(|entry| entry.commit)
    }

    /// The first commit of all.
    pub fn oldest(&self) -> Option<u64> {
        self.read().entries.first().map(|entry| entry.commit)
    }

    /// The last commit of all.
    pub fn newest(&self) -> Option<u64> {
        self.read().entries.last().map(|entry| entry.commit)
    }

    /// Whether any of these columns of an object type has changed, of all if none are given.
    pub fn touches(&self, object: ObjectId, columns: Option<&[u16]>) -> bool {
        let found = self.read();
        let wanted = columns.map(bits);
        let mut objects = found.objects.iter();
        !found.entries.is_empty()
            && objects.any(|(known, bits)| *known == object && wanted.is_none_or(|wanted| bits & wanted != 0))
    }

    /// Gives `each` what commits up to `commit` have changed of an object, the first first.
    pub fn visit(&self, key: &Key, commit: u64, mut each: impl FnMut(Change<'_>)) {
        let found = self.read();
        let Some(latest) = found.latest.get(key) else { return };
        let mut chain = Vec::new();
        let mut next = Some(*latest);
        while let Some(entry) = next.and_then(|number| found.entries.get(number as usize)) {
            if entry.commit <= commit {
                chain.push(entry);
            }
            next = entry.before;
        }
        for entry in chain.into_iter().rev() {
            if let Some(change) = entry.changes.get(entry.index as usize) {
                each(change);
            }
        }
    }

    /// Every object that has changed, with the number of its row, in the order of the tables and their rows.
    pub fn in_order(&self) -> Vec<(ObjectId, i64, Key)> {
        let found = self.read();
        let place = |(key, number): (&Key, &u32)| {
            let entry = found.entries.get(*number as usize)?;
            Some((key.object, entry.changes.get(entry.index as usize)?.place, *key))
        };
        let mut out: Vec<_> = found.latest.iter().filter_map(place).collect();
        out.sort_unstable();
        out
    }

    // A panic can't leave it half changed: nothing that holds the lock calls out but `visit`, which reads.
    fn read(&self) -> RwLockReadGuard<'_, Found> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Found> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Columns as bits; those past the last share it.
fn bits<'a>(columns: impl IntoIterator<Item = &'a u16>) -> u128 {
    columns.into_iter().fold(0, |bits, column| bits | 1 << column.min(&127))
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
        generation.visit(&key(number), commit, |change| out.push(format!("{:?}", change.values)));
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
        let last = |number| generation.last_commit(&key(number));
        assert_eq!([last(1), last(2), last(3), last(9)], [Some(1), Some(2), Some(2), None]);
        assert_eq!((generation.oldest(), generation.newest()), (Some(1), Some(2)));
        let order: Vec<u8> = generation.in_order().into_iter().map(|(_, _, key)| key.id.0[0]).collect();
        assert_eq!(order, [3, 2, 1], "in the order of the rows");
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
        assert_eq!(generation.last_commit(&key(3)), None);
        generation.add(2, &titled(&[3], "again"));
        assert_eq!(titles(&generation, 3, 9), ["again"]);
    }

    #[test]
    fn it_knows_which_columns_have_changed() {
        let layout = Layout::new(Contract::get().unwrap());
        let place =
            |field| layout.table(CONTACT).columns.iter().position(|column| column.field == field).unwrap();
        let (title, company) = (place(contact::TITLE) as u16, place(contact::COMPANY) as u16);
        let generation = Generation::default();
        assert!(!generation.touches(CONTACT, None));
        generation.add(1, &titled(&[1], "first"));
        assert!(generation.touches(CONTACT, None) && !generation.touches(EVENT, None));
        assert!(generation.touches(CONTACT, Some(&[company, title])));
        assert!(!generation.touches(CONTACT, Some(&[company])) && !generation.touches(CONTACT, Some(&[])));
        generation.truncate(0);
        assert!(!generation.touches(CONTACT, None));
    }
}
