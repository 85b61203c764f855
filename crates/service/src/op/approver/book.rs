//! The configurations of an account's approvers, as the records of a call change them.

use crate::rules::is_email;
use contract::handles::object::{approver, cv_object, delete_approver};
use contract::handles::{code, object_type};
use contract::table::fold;
use contract::{Code, Contract, FieldId, Guid, Record};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{AccountId, Reader, StoreError};

/// What has become of a configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Stored,
    New,
    Changed,
    Gone,
}

/// The configurations.
pub(super) struct Book {
    contract: &'static Contract,
    entries: Vec<(Record, State)>,
    /// The places of those that are not gone, by category, by the category's name, and by category and source value.
    of_category: HashMap<String, BTreeSet<usize>>,
    of_name: HashMap<String, BTreeSet<usize>>,
    of_source: HashMap<(String, String), BTreeSet<usize>>,
    /// Categories and source values that records of the call have named.
    named: HashSet<(String, String)>,
}

impl Book {
    /// All configurations of an account.
    pub fn read(
        contract: &'static Contract,
        reader: &Reader<'_>,
        account: AccountId,
    ) -> Result<Book, StoreError> {
        let stored = reader.all(account, object_type::APPROVER)?;
        let mut book = Book {
            contract,
            entries: Vec::new(),
            of_category: HashMap::new(),
            of_name: HashMap::new(),
            of_source: HashMap::new(),
            named: HashSet::new(),
        };
        stored.into_iter().for_each(|record| book.add(record, State::Stored));
        Ok(book)
    }

    fn add(&mut self, record: Record, state: State) {
        let place = self.entries.len();
        let category = record.text(approver::APPROVER_CATEGORY_ID).map(identity);
        let source = record.text(approver::REQUESTOR_SOURCE_VALUE).map(fold);
        if let Some(name) = record.text(approver::APPROVER_CATEGORY).map(fold) {
            self.of_name.entry(name).or_default().insert(place);
        }
        if let Some(category) = category {
            self.of_category.entry(category.clone()).or_default().insert(place);
            if let Some(source) = source {
                self.of_source.entry((category, source)).or_default().insert(place);
            }
        }
        self.entries.push((record, state));
    }

    fn remove(&mut self, place: usize) {
        let (record, state) = &mut self.entries[place];
        *state = State::Gone;
        let category = record.text(approver::APPROVER_CATEGORY_ID).map(identity).unwrap_or_default();
        let source = record.text(approver::REQUESTOR_SOURCE_VALUE).map(fold).unwrap_or_default();
        let name = record.text(approver::APPROVER_CATEGORY).map(fold).unwrap_or_default();
        let places = [
            self.of_category.get_mut(&category),
            self.of_name.get_mut(&name),
            self.of_source.get_mut(&(category, source)),
        ];
        for places in places.into_iter().flatten() {
            places.remove(&place);
        }
    }

    /// The first of some places.
    fn first(&self, places: Option<&BTreeSet<usize>>) -> Option<&Record> {
        places.and_then(BTreeSet::first).and_then(|place| self.entries.get(*place)).map(|(record, _)| record)
    }

    /// Makes one.
    pub fn create(&mut self, record: &Record, [id, new_category]: [Guid; 2]) -> Result<Record, Vec<Code>> {
        let category = filled(record, approver::APPROVER_CATEGORY_ID);
        let name = filled(record, approver::APPROVER_CATEGORY);
        let source = filled(record, approver::REQUESTOR_SOURCE_VALUE);
        let email = filled(record, approver::APPROVER_EMAIL);
        let known = category.and_then(|category| self.category(category));
        refuse([
            (category.or(name).is_none(), code::CV85101),
            (category.is_some() && known.is_none(), code::CV85106),
            (source.is_none(), code::CV85115),
            (email.is_none(), code::CV85116),
            (email.is_some_and(|email| !is_email(email)), code::CV85104),
        ])?;
        let (Some(source), Some(key)) = (source, category.or(name)) else { return Err(Vec::new()) };
        refuse([(!self.named.insert((identity(key), fold(source))), code::CV85117)])?;
        let mut entry = self.contract.record(approver::TYPE_ID);
        match known {
            Some((category, name)) => {
                refuse([(self.find(&category, source).is_some(), code::CV85114)])?;
                entry.set(approver::APPROVER_CATEGORY_ID, category);
                entry.set(approver::APPROVER_CATEGORY, name);
            }
            None => {
                if let Some(taken) = name.and_then(|name| self.category_of_name(name)) {
                    let is_for_source = self.find(&taken, source).is_some();
                    return Err(vec![if is_for_source { code::CV85103 } else { code::CV85102 }]);
                }
                entry.set(approver::APPROVER_CATEGORY_ID, new_category);
                entry.set(approver::APPROVER_CATEGORY, name.unwrap_or_default());
            }
        }
        entry.set(cv_object::ID, id);
        entry.set(approver::REQUESTOR_SOURCE_VALUE, source);
        entry.set(approver::APPROVER_EMAIL, email.unwrap_or_default());
        self.add(entry.clone(), State::New);
        Ok(entry)
    }

    /// Changes one, or the name of its category.
    pub fn update(&mut self, record: &Record, _: [Guid; 2]) -> Result<Record, Vec<Code>> {
        let category = filled(record, approver::APPROVER_CATEGORY_ID);
        let category = category.and_then(|category| self.category(category));
        let source = filled(record, approver::REQUESTOR_SOURCE_VALUE);
        let sent = |field| record.text(field).map(str::trim);
        let (name, email) = (sent(approver::APPROVER_CATEGORY), sent(approver::APPROVER_EMAIL));
        refuse([
            (category.is_none(), code::CV85111),
            (source.is_none(), code::CV85115),
            (name == Some(""), code::CV85101),
            (email == Some(""), code::CV85116),
            (email.is_some_and(|email| !email.is_empty() && !is_email(email)), code::CV85112),
        ])?;
        let (Some((category, _)), Some(source)) = (category, source) else { return Err(Vec::new()) };
        refuse([(!self.named.insert((identity(&category), fold(source))), code::CV85117)])?;
        let index = self.find(&category, source).ok_or_else(|| vec![code::CV85113])?;
        if let Some(name) = name {
            let holder = self.category_of_name(name);
            refuse([(holder.is_some_and(|holder| identity(&holder) != identity(&category)), code::CV85102)])?;
            self.rename(&category, name);
        }
        if let Some(email) = email {
            self.set(index, approver::APPROVER_EMAIL, email);
        }
        Ok(self.entries[index].0.clone())
    }

    /// Takes one away.
    pub fn delete(&mut self, record: &Record, _: [Guid; 2]) -> Result<Record, Vec<Code>> {
        let category = filled(record, delete_approver::APPROVER_CATEGORY_ID);
        let source = filled(record, delete_approver::REQUESTOR_SOURCE_VALUE);
        let (Some(category), Some(source)) = (category, source) else { return Err(vec![code::CV85108]) };
        refuse([(!self.named.insert((identity(category), fold(source))), code::CV85117)])?;
        let index = self.find(category, source).ok_or_else(|| vec![code::CV85107])?;
        self.remove(index);
        Ok(self.entries[index].0.clone())
    }

    /// A category by its identifier: the identifier as kept, and the name.
    fn category(&self, id: &str) -> Option<(String, String)> {
        let found = self.first(self.of_category.get(&identity(id)))?;
        let text = |field| found.text(field).unwrap_or_default().to_owned();
        Some((text(approver::APPROVER_CATEGORY_ID), text(approver::APPROVER_CATEGORY)))
    }

    /// The identifier of the category of a name.
    fn category_of_name(&self, name: &str) -> Option<String> {
        let found = self.first(self.of_name.get(&fold(name)))?;
        found.text(approver::APPROVER_CATEGORY_ID).map(str::to_owned)
    }

    /// Where the configuration of a category and a source value is.
    fn find(&self, category: &str, source: &str) -> Option<usize> {
        self.of_source.get(&(identity(category), fold(source)))?.first().copied()
    }

    fn rename(&mut self, category: &str, name: &str) {
        for place in self.of_category.get(&identity(category)).cloned().unwrap_or_default() {
            let old = self.entries[place].0.text(approver::APPROVER_CATEGORY).map(fold);
            if let Some(places) = old.and_then(|old| self.of_name.get_mut(&old)) {
                places.remove(&place);
            }
            self.of_name.entry(fold(name)).or_default().insert(place);
            self.set(place, approver::APPROVER_CATEGORY, name);
        }
    }

    fn set(&mut self, index: usize, field: FieldId, text: &str) {
        let (record, state) = &mut self.entries[index];
        record.set(field, text);
        *state = State::Changed;
    }

    /// Those of which the same has become.
    pub fn in_state(&self, wanted: State) -> Vec<Record> {
        let entries = self.entries.iter().filter(|(_, state)| *state == wanted);
        entries.map(|(record, _)| record.clone()).collect()
    }
}

/// The codes of what is wrong, if anything is.
fn refuse<const N: usize>(checks: [(bool, Code); N]) -> Result<(), Vec<Code>> {
    let codes: Vec<Code> = checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, code)| code).collect();
    if codes.is_empty() { Ok(()) } else { Err(codes) }
}

fn filled(record: &Record, field: FieldId) -> Option<&str> {
    record.text(field).map(str::trim).filter(|text| !text.is_empty())
}

/// An identifier as it is compared: any form of a GUID is the same.
fn identity(text: &str) -> String {
    Guid::parse(text).map_or_else(|| fold(text), |id| id.to_string())
}
