//! The first pass over a file: every line against the contract, the database and the other lines.

use super::line;
use super::load::Row;
use super::mistake::LineMistake;
use super::value::Reading;
use super::{GONE, link_id};
use crate::password::is_hash;
use contract::handles::object::cv_object;
use contract::{Contract, Guid, ObjectId, Record};
use std::collections::{HashMap, HashSet};
use store::{AccountId, Reader, StoreError};

/// The objects of one type in one account.
type Kind = (AccountId, ObjectId);

/// What the pass knows so far.
pub(super) struct Check<'a> {
    contract: &'static Contract,
    reader: &'a Reader<'a>,
    accounts: HashMap<String, Option<AccountId>>,
    /// The ids in the lines so far.
    ids: HashMap<Kind, HashSet<Guid>>,
    /// What lines refer to that neither an earlier line nor the database has.
    wanted: Vec<Wanted>,
    mistakes: Vec<LineMistake>,
}

struct Wanted {
    line: u64,
    place: String,
    target: Kind,
    id: Guid,
}

impl<'a> Check<'a> {
    pub fn new(contract: &'static Contract, reader: &'a Reader<'a>) -> Check<'a> {
        Check {
            contract,
            reader,
            accounts: HashMap::new(),
            ids: HashMap::new(),
            wanted: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// Checks one line.
    ///
    /// # Errors
    /// The database's trouble.
    pub fn line(&mut self, number: u64, text: &[u8]) -> Result<(), StoreError> {
        let parts = match line::read(text) {
            Ok(parts) => parts,
            Err(reason) => {
                self.mistake(number, "", reason);
                return Ok(());
            }
        };
        let is_new = !self.accounts.contains_key(&parts.account);
        let account = self.account(&parts.account)?;
        if account.is_none() && is_new {
            let reason = format!(
                "there is no account {0}, here and maybe further on; `understudy account add {0}` makes one",
                parts.account.escape_debug()
            );
            self.mistake(number, "", reason);
        }
        let Some(object) = self.contract.objects.iter().position(|object| object.name == parts.object) else {
            self.mistake(number, "", format!("there is no object type {:?}", parts.object));
            return Ok(());
        };
        let object = ObjectId(object as u16);
        let record = Reading::new(self.contract, object, number, &mut self.mistakes).object(&parts);
        for field in self.contract.object(object).hashed() {
            if record.text(field).is_some_and(|text| !is_hash(text)) {
                let place = self.place(object, field);
                self.mistake(number, &place, "is not a hash as the database keeps it; leave it out");
            }
        }
        let Some(account) = account else { return Ok(()) };
        self.id(number, (account, object), &record)?;
        self.references(number, (account, object), &record, &parts.gone)?;
        self.links(number, (account, object), &record)
    }

    fn mistake(&mut self, line: u64, place: &str, reason: impl Into<String>) {
        self.mistakes.push(LineMistake { line, place: place.to_owned(), reason: reason.into() });
    }

    fn account(&mut self, number: &str) -> Result<Option<AccountId>, StoreError> {
        if let Some(known) = self.accounts.get(number) {
            return Ok(*known);
        }
        let found = self.reader.account(number)?.map(|account| account.id);
        self.accounts.insert(number.to_owned(), found);
        Ok(found)
    }

    /// Notes the line's own id, which nobody else may have.
    fn id(&mut self, line: u64, kind: Kind, record: &Record) -> Result<(), StoreError> {
        let Some(id) = record.text(cv_object::ID).and_then(Guid::parse) else { return Ok(()) };
        let reason = if !self.ids.entry(kind).or_default().insert(id) {
            "is an earlier line's"
        } else if self.is_stored(kind, id)? {
            "is in the database already"
        } else {
            return Ok(());
        };
        let place = self.place(kind.1, cv_object::ID);
        self.mistake(line, &place, reason);
        Ok(())
    }

    fn references(
        &mut self,
        line: u64,
        (account, object): Kind,
        record: &Record,
        gone: &[String],
    ) -> Result<(), StoreError> {
        let mut gone: Vec<&str> = gone.iter().map(String::as_str).collect();
        for reference in self.contract.references_of(object) {
            let Some(id) = record.text(reference.field).and_then(Guid::parse) else { continue };
            let name = &self.contract.model.member(record.ty(), reference.field).name;
            if gone.contains(&name.as_str()) {
                gone.retain(|found| found != name);
                continue;
            }
            let target = (account, reference.target);
            if !self.is_known(target, id)? {
                self.wanted.push(Wanted { line, place: self.place(object, reference.field), target, id });
            }
        }
        for name in gone {
            let reason = format!("names {name:?}, which refers to nothing here");
            self.mistake(line, GONE, reason);
        }
        Ok(())
    }

    fn links(&mut self, line: u64, (account, object): Kind, record: &Record) -> Result<(), StoreError> {
        for (detail, _) in record.present() {
            let Some(link) = self.contract.link_of(object, detail).map(|link| self.contract.link(link))
            else {
                continue;
            };
            let Some(field) = link_id(link) else { continue };
            let mut seen = HashSet::new();
            for row in record.records(detail) {
                let name = &self.contract.model.member(row.ty(), field).name;
                let place = format!("{}.{name}", self.place(object, detail));
                match row.text(field).and_then(Guid::parse) {
                    None => self.mistake(line, &place, "is not the GUID of an object"),
                    Some(id) if !seen.insert(id) => self.mistake(line, &place, "stands there twice"),
                    Some(id) => {
                        let target = (account, link.target);
                        if !self.is_known(target, id)? {
                            self.wanted.push(Wanted { line, place, target, id });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether an earlier line or the database has the object.
    fn is_known(&self, kind: Kind, id: Guid) -> Result<bool, StoreError> {
        let is_earlier = self.ids.get(&kind).is_some_and(|ids| ids.contains(&id));
        Ok(is_earlier || self.is_stored(kind, id)?)
    }

    fn is_stored(&self, (account, object): Kind, id: Guid) -> Result<bool, StoreError> {
        Ok(self.reader.exists(account, object, &[id])?.contains(&true))
    }

    fn place(&self, object: ObjectId, field: contract::FieldId) -> String {
        let object = self.contract.object(object);
        format!("{}.{}", object.name, self.contract.model.member(object.ty, field).name)
    }

    /// All mistakes, by line.
    pub fn finish(mut self) -> Vec<LineMistake> {
        for wanted in std::mem::take(&mut self.wanted) {
            if !self.ids.get(&wanted.target).is_some_and(|ids| ids.contains(&wanted.id)) {
                let target = &self.contract.object(wanted.target.1).name;
                let reason = format!("refers to a {target} that is neither in the file nor in the database");
                self.mistake(wanted.line, &wanted.place, reason);
            }
        }
        self.mistakes.sort_by_key(|mistake| mistake.line);
        self.mistakes
    }
}

/// A line that was checked before, as a row to write; none if it has become another since.
pub(super) fn row(
    contract: &'static Contract,
    reader: &Reader<'_>,
    text: &[u8],
) -> Result<Option<Row>, StoreError> {
    let Ok(parts) = line::read(text) else { return Ok(None) };
    let Some(account) = reader.account(&parts.account)? else { return Ok(None) };
    let object = contract.objects.iter().position(|object| object.name == parts.object);
    let Some(object) = object.map(|index| ObjectId(index as u16)) else { return Ok(None) };
    let mut mistakes = Vec::new();
    let record = Reading::new(contract, object, 0, &mut mistakes).object(&parts);
    Ok(mistakes.is_empty().then_some(Row { account: account.id, object, record }))
}
