//! The keys of objects: what no two objects of an account may share.
//!
//! Which members make up a contact's key is a setting of the account; other keys are one member, and
//! an object may have several. Keys are compared folded; one whose first member is empty never clashes.

use contract::call::{Check, KeyCodes};
use contract::handles::object::contact;
use contract::handles::object_type;
use contract::table::fold;
use contract::{Call, Code, FieldId, Guid, ObjectId, Record};
use std::collections::{HashMap, HashSet};
use store::{Account, ContactKey, Reader, StoreError};

/// Objects that are read at a time for their keys.
const READ: usize = 500;

/// The keys of a call's records against those of the account.
pub(super) struct Keys(Vec<Key>);

/// One kind of key.
struct Key {
    fields: Vec<FieldId>,
    codes: KeyCodes,
    stored: HashMap<String, Vec<Guid>>,
    taken: HashMap<String, Guid>,
    freed: HashSet<(String, Guid)>,
}

fn contact_key(account: &Account, object: ObjectId) -> &'static [FieldId] {
    match (object, account.contact_key) {
        (object_type::CONTACT, ContactKey::Email) => &[contact::EMAIL_ADDRESS],
        (object_type::CONTACT, ContactKey::SourceId) => &[contact::SOURCE_ID],
        (object_type::CONTACT, ContactKey::EmailFirstLast) => {
            &[contact::EMAIL_ADDRESS, contact::FIRST_NAME, contact::LAST_NAME]
        }
        _ => &[],
    }
}

impl Keys {
    /// Looks up who has the keys that the records bring to the objects they are about.
    pub fn read(
        reader: &Reader<'_>,
        account: &Account,
        object: ObjectId,
        call: &Call,
        records: &[(&Record, Option<&Record>)],
    ) -> Result<Keys, StoreError> {
        let configured = call.key.map(|codes| (contact_key(account, object).to_vec(), codes));
        let unique = call.checks.iter().filter_map(|check| match *check {
            Check::Unique(field, codes) => Some((vec![field], codes)),
            _ => None,
        });
        let kinds = configured.into_iter().chain(unique).filter(|(fields, _)| !fields.is_empty());
        let read = |(fields, codes)| Key::read(reader, account, object, fields, codes, records);
        Ok(Keys(kinds.map(read).collect::<Result<_, _>>()?))
    }

    /// The object's key of each kind; nothing where it has none.
    pub fn of(&self, object: &Record) -> Vec<Option<String>> {
        self.0.iter().map(|key| key.of(object)).collect()
    }

    /// The codes of the keys that somebody else has.
    pub fn check(&self, id: Guid, of: &[Option<String>]) -> Vec<Code> {
        self.0.iter().zip(of).filter_map(|(key, of)| key.check(id, of.as_ref()?)).collect()
    }

    /// Notes that the object now has its keys, and no longer those it had before.
    pub fn accept(&mut self, id: Guid, before: Vec<Option<String>>, after: Vec<Option<String>>) {
        for ((key, before), after) in self.0.iter_mut().zip(before).zip(after) {
            key.accept(id, before, after);
        }
    }
}

impl Key {
    /// Looks up who has the keys that the records bring. A record that leaves its object's key as it is
    /// brings none, and costs no look-up.
    fn read(
        reader: &Reader<'_>,
        account: &Account,
        object: ObjectId,
        fields: Vec<FieldId>,
        codes: KeyCodes,
        records: &[(&Record, Option<&Record>)],
    ) -> Result<Key, StoreError> {
        let mut keys =
            Key { fields, codes, stored: HashMap::new(), taken: HashMap::new(), freed: HashSet::new() };
        let Some(&first) = keys.fields.first() else { return Ok(keys) };
        let brought = records.iter().filter(|(sent, stored)| keys.changes(sent, *stored));
        let firsts = brought.map(|(sent, stored)| fold(laid_over(first, sent, *stored)));
        let mut wanted: Vec<String> = firsts.filter(|key| !key.is_empty()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let found = reader.find(account.id, (object, first), &wanted)?;
        if keys.fields.len() == 1 {
            keys.stored = wanted.into_iter().zip(found).filter(|(_, ids)| !ids.is_empty()).collect();
            return Ok(keys);
        }
        let ids: Vec<Guid> = found.into_iter().flatten().collect();
        for ids in ids.chunks(READ) {
            for (id, record) in ids.iter().zip(reader.get(account.id, object, ids)?) {
                if let Some(key) = record.and_then(|record| keys.of(&record)) {
                    keys.stored.entry(key).or_default().push(*id);
                }
            }
        }
        Ok(keys)
    }

    /// Whether the record gives the object another key than it has.
    fn changes(&self, sent: &Record, stored: Option<&Record>) -> bool {
        let Some(object) = stored else { return true };
        self.fields.iter().any(|field| {
            let (new, old) = (laid_over(*field, sent, stored), object.text(*field).unwrap_or_default());
            new != old && fold(new) != fold(old)
        })
    }

    /// The object's key; nothing if it has none.
    fn of(&self, object: &Record) -> Option<String> {
        let first = fold(object.text(*self.fields.first()?).unwrap_or_default());
        if first.is_empty() {
            return None;
        }
        let rest = self.fields[1..].iter().map(|field| fold(object.text(*field).unwrap_or_default()));
        Some(rest.fold(first, |key, part| key + "\u{1f}" + &part))
    }

    /// Whether somebody else has the object's key.
    fn check(&self, id: Guid, key: &String) -> Option<Code> {
        let codes = self.codes;
        if self.taken.get(key).is_some_and(|owner| *owner != id) {
            return Some(codes.twice);
        }
        let owners = self.stored.get(key)?;
        let is_anothers = |owner: &Guid| *owner != id && !self.freed.contains(&(key.clone(), *owner));
        owners.iter().any(is_anothers).then_some(codes.exists)
    }

    /// Notes that the object now has its key, and no longer the one it had before.
    fn accept(&mut self, id: Guid, before: Option<String>, after: Option<String>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            if self.taken.get(&before) == Some(&id) {
                self.taken.remove(&before);
            }
            self.freed.insert((before, id));
        }
        if let Some(after) = after {
            self.taken.insert(after, id);
        }
    }
}

/// A member's text once the record is laid over the stored object.
fn laid_over<'a>(field: FieldId, sent: &'a Record, stored: Option<&'a Record>) -> &'a str {
    sent.text(field).or_else(|| stored?.text(field)).unwrap_or_default()
}
