//! What each record of a call is about: a new object, a stored one, or none that there is.

use super::{Job, Mode};
use crate::rules::id_text;
use contract::handles::code;
use contract::table::fold;
use contract::{Code, FieldId, Guid, Record};
use std::collections::HashSet;
use store::{AccountId, Reader, StoreError};

/// What a record is about.
pub(super) enum Target {
    New(Guid),
    Stored(Guid, Box<Record>),
    Refused(Code),
}

impl Target {
    /// The stored object that the record is about, if it is about one.
    pub(super) fn stored(&self) -> Option<&Record> {
        if let Target::Stored(_, object) = self { Some(object) } else { None }
    }
}

impl Job {
    /// One for each record, in their order.
    pub(super) fn targets(&self, reader: &Reader<'_>, account: AccountId) -> Result<Vec<Target>, StoreError> {
        match self.writing.mode {
            Mode::Create | Mode::Copy => Ok(self.new_ids.iter().map(|id| Target::New(*id)).collect()),
            Mode::Place => self.placed_targets(reader, account),
            Mode::Update | Mode::Save => self.named_targets(reader, account),
            Mode::Upsert(key) => self.matched_targets(reader, account, key),
        }
    }

    fn named_targets(&self, reader: &Reader<'_>, account: AccountId) -> Result<Vec<Target>, StoreError> {
        let Some(codes) = self.contract.call(self.writing.operation).id else {
            return Ok(self.records.iter().map(|_| Target::Refused(code::CV10000)).collect());
        };
        let ids: Vec<Option<Guid>> =
            self.records.iter().map(|record| id_text(record).and_then(Guid::parse)).collect();
        let known: Vec<Guid> = ids.iter().flatten().copied().collect();
        let mut stored = reader.get(account, self.writing.object, &known)?.into_iter();
        let mut seen = HashSet::new();
        let mut new_ids = self.new_ids.iter();
        let mut target = |(record, id): (&Record, Option<Guid>)| match id {
            None if id_text(record).is_none() => {
                new_ids.next().map_or(Target::Refused(codes.missing), |id| Target::New(*id))
            }
            None => Target::Refused(codes.invalid),
            Some(id) => {
                let object = stored.next().flatten();
                match object {
                    _ if !seen.insert(id) => Target::Refused(codes.twice),
                    Some(object) => Target::Stored(id, Box::new(object)),
                    None => Target::Refused(codes.unknown),
                }
            }
        };
        Ok(self.records.iter().zip(ids).map(&mut target).collect())
    }

    /// The stored objects that the records name, and new ones where there are none yet. No two
    /// records name the same.
    fn placed_targets(&self, reader: &Reader<'_>, account: AccountId) -> Result<Vec<Target>, StoreError> {
        let ids: Vec<Option<Guid>> =
            self.records.iter().map(|record| id_text(record).and_then(Guid::parse)).collect();
        let known: Vec<Guid> = ids.iter().flatten().copied().collect();
        let mut stored = reader.get(account, self.writing.object, &known)?.into_iter();
        let target = |id: Option<Guid>| match (id, id.and_then(|_| stored.next().flatten())) {
            (Some(id), Some(object)) => Target::Stored(id, Box::new(object)),
            (Some(id), None) => Target::New(id),
            (None, _) => Target::Refused(code::CV10000),
        };
        Ok(ids.into_iter().map(target).collect())
    }

    /// The first object, by creation, whose key is the record's.
    fn matched_targets(
        &self,
        reader: &Reader<'_>,
        account: AccountId,
        key: FieldId,
    ) -> Result<Vec<Target>, StoreError> {
        let folded: Vec<String> =
            self.records.iter().map(|record| fold(record.text(key).unwrap_or_default())).collect();
        let found = reader.find(account, (self.writing.object, key), &folded)?;
        let first: Vec<Option<Guid>> = found
            .iter()
            .zip(&folded)
            .map(|(ids, folded)| ids.first().copied().filter(|_| !folded.is_empty()))
            .collect();
        let known: Vec<Guid> = first.iter().flatten().copied().collect();
        let mut stored = reader.get(account, self.writing.object, &known)?.into_iter();
        let twice = self.contract.call(self.writing.operation).key.map(|codes| codes.twice);
        let mut seen = HashSet::new();
        let target = |((id, folded), new_id): ((Option<Guid>, String), &Guid)| {
            let object = id.and_then(|id| Some((id, stored.next().flatten()?)));
            match (object, twice) {
                (_, Some(code)) if !folded.is_empty() && !seen.insert(folded) => Target::Refused(code),
                (Some((id, object)), _) => Target::Stored(id, Box::new(object)),
                (None, _) => Target::New(*new_id),
            }
        };
        Ok(first.into_iter().zip(folded).zip(&self.new_ids).map(target).collect())
    }

    /// What a copy begins as.
    pub(super) fn copy(&self, parent: Option<&Record>) -> Record {
        let ty = self.contract.object(self.writing.object).ty;
        parent.cloned().unwrap_or_else(|| self.contract.record(ty))
    }
}
