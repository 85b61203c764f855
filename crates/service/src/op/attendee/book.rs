//! The attendees of one call: read together, changed in memory, written together.

use super::{Attendee, GUEST, INVITEE, Members};
use contract::handles::object::{cv_invitee, cv_object, guest, registration};
use contract::handles::{code, object_type};
use contract::table::fold;
use contract::{Code, Guid, ObjectId, Record, Timestamp};
use std::collections::{BTreeSet, HashMap};
use store::{AccountId, Reader, StoreError, Writer};

/// The attendees that a call's records name, as the records so far have left them, with their registrations: one
/// registration may be that of several.
#[derive(Default)]
pub(in crate::op) struct Attendees {
    people: HashMap<Guid, Person>,
    registrations: HashMap<Guid, Record>,
    /// Who has which confirmation number.
    numbers: HashMap<String, Guid>,
    /// What is to be written, new registrations in the order of their making.
    made: Vec<Guid>,
    changed: BTreeSet<Guid>,
    changed_registrations: BTreeSet<Guid>,
}

struct Person {
    record: Record,
    registration: Option<Guid>,
    members: &'static Members,
}

impl Attendees {
    /// Reads the invitees and guests of those ids.
    pub fn read(
        reader: &Reader<'_>,
        account: AccountId,
        ids: impl IntoIterator<Item = Guid>,
    ) -> Result<Attendees, StoreError> {
        let mut wanted: Vec<Guid> = ids.into_iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut out = Attendees::default();
        for members in [&INVITEE, &GUEST] {
            if wanted.is_empty() {
                break;
            }
            let found = reader.get(account, members.object, &wanted)?;
            let mut rest = Vec::new();
            for (id, record) in wanted.into_iter().zip(found) {
                match record {
                    Some(record) => {
                        out.people.insert(id, Person { record, registration: None, members });
                    }
                    None => rest.push(id),
                }
            }
            wanted = rest;
        }
        out.read_registrations(reader, account)?;
        Ok(out)
    }

    /// Reads those that records name by their Ids or else by their confirmation numbers.
    pub fn named(
        reader: &Reader<'_>,
        account: AccountId,
        records: &[Record],
    ) -> Result<Attendees, StoreError> {
        let ids = records.iter().filter_map(|record| Guid::parse(text(record, cv_invitee::ID)?));
        let without_id = records.iter().filter(|record| text(record, cv_invitee::ID).is_none());
        let numbers = without_id.filter_map(|record| text(record, cv_invitee::CONFIRMATION_NUMBER));
        let mut wanted: Vec<String> = numbers.map(fold).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut numbers = HashMap::new();
        for members in [&INVITEE, &GUEST] {
            if wanted.is_empty() {
                break;
            }
            let found = reader.find(account, (members.object, members.number), &wanted)?;
            let mut rest = Vec::new();
            for (number, ids) in wanted.into_iter().zip(found) {
                match ids.first() {
                    Some(id) => {
                        numbers.insert(number, *id);
                    }
                    None => rest.push(number),
                }
            }
            wanted = rest;
        }
        let ids: Vec<Guid> = ids.chain(numbers.values().copied()).collect();
        Ok(Attendees { numbers, ..Attendees::read(reader, account, ids)? })
    }

    /// The registration of an invitee is the last that refers to it, a guest names its own.
    fn read_registrations(&mut self, reader: &Reader<'_>, account: AccountId) -> Result<(), StoreError> {
        let invitees = self.people.iter().filter(|(_, person)| person.members.object == INVITEE.object);
        let invitees: Vec<Guid> = invitees.map(|(id, _)| *id).collect();
        if !invitees.is_empty() {
            let (object, field) = (object_type::REGISTRATION, registration::INVITEE_ID);
            let found = reader.referring(account, object, field, &invitees)?;
            for (id, found) in invitees.iter().zip(found) {
                if let Some(person) = self.people.get_mut(id) {
                    person.registration = found.last().copied();
                }
            }
        }
        for person in self.people.values_mut().filter(|person| person.members.object == GUEST.object) {
            person.registration = person.record.text(guest::REGISTRATION_ID).and_then(Guid::parse);
        }
        let ids: BTreeSet<Guid> = self.people.values().filter_map(|person| person.registration).collect();
        let ids: Vec<Guid> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let found = reader.get(account, object_type::REGISTRATION, &ids)?;
        self.registrations =
            ids.into_iter().zip(found).filter_map(|(id, found)| Some((id, found?))).collect();
        Ok(())
    }

    /// The attendee of an id.
    pub fn get(&self, id: Guid) -> Option<Attendee> {
        let person = self.people.get(&id)?;
        let registration = person.registration.and_then(|id| self.registrations.get(&id)).cloned();
        Some(Attendee { id, record: person.record.clone(), registration, members: person.members })
    }

    /// The one that a record names by its Id or else by its confirmation number.
    pub fn find(&self, record: &Record) -> Result<Attendee, Code> {
        let id = match (text(record, cv_invitee::ID), text(record, cv_invitee::CONFIRMATION_NUMBER)) {
            (None, None) => return Err(code::CV91101),
            (Some(id), _) => Guid::parse(id),
            (None, Some(number)) => self.numbers.get(&fold(number)).copied(),
        };
        id.and_then(|id| self.get(id)).ok_or(code::CV84001)
    }

    /// Takes an attendee back with what has changed.
    pub fn keep(&mut self, attendee: Attendee, at: Timestamp) {
        let Attendee { id, mut record, registration, members } = attendee;
        record.set(members.last_modified_date, at);
        let registration = registration.and_then(|mut found| {
            found.set(registration::LAST_MODIFIED_DATE, at);
            Some((found.text(cv_object::ID).and_then(Guid::parse)?, found))
        });
        let of = registration.as_ref().map(|(id, _)| *id);
        if let Some((id, found)) = registration {
            let is_stored = self.registrations.insert(id, found).is_some();
            if !is_stored {
                self.made.push(id);
            }
            self.changed_registrations.insert(id);
        }
        self.people.insert(id, Person { record, registration: of, members });
        self.changed.insert(id);
    }

    /// Writes those that were kept.
    pub fn write(self, writer: &mut Writer<'_>, account: AccountId, at: Timestamp) -> Result<(), StoreError> {
        let Attendees { mut people, mut registrations, made, changed, mut changed_registrations, .. } = self;
        let made: Vec<Record> = made
            .iter()
            .filter_map(|id| {
                changed_registrations.remove(id);
                registrations.remove(id)
            })
            .collect();
        let registrations: Vec<Record> =
            changed_registrations.iter().filter_map(|id| registrations.remove(id)).collect();
        let mut changed_people = |object: ObjectId| -> Vec<Record> {
            let of = |person: &Person| person.members.object == object;
            let of: Vec<Guid> = changed.iter().copied().filter(|id| people.get(id).is_some_and(of)).collect();
            of.iter().filter_map(|id| Some(people.remove(id)?.record)).collect()
        };
        let (invitees, guests) = (changed_people(INVITEE.object), changed_people(GUEST.object));
        if !made.is_empty() {
            writer.insert(account, object_type::REGISTRATION, &made, at)?;
        }
        for (object, records) in
            [(INVITEE.object, invitees), (GUEST.object, guests), (object_type::REGISTRATION, registrations)]
        {
            if !records.is_empty() {
                writer.update(account, object, &records, at)?;
            }
        }
        Ok(())
    }
}

fn text(record: &Record, field: contract::FieldId) -> Option<&str> {
    record.text(field).map(str::trim).filter(|text| !text.is_empty())
}
