//! Creating and updating objects: the one way every Create, Update and Upsert call goes.
//!
//! Records run in request order. Each is laid over what is stored, checked, and joined to the
//! accepted ones; a bad one is left out and harms no other. The accepted ones are written in one
//! transaction, which is durable before the answer is made.

mod keys;
mod links;
mod references;

use crate::batch::{self, Outcome};
use crate::rules::{Rules, id_text};
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::Batch;
use contract::handles::object::cv_object;
use contract::table::fold;
use contract::{Code, Contract, FieldId, Guid, ObjectId, OperationId, Record};
use keys::Keys;
use links::Links;
pub(crate) use links::custom_field_of;
use references::References;
use std::collections::HashSet;
use std::sync::Arc;
use store::{AccountId, Reader, StoreError, Writer};

/// What a call does with its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each makes a new object.
    Create,
    /// Each names a stored object by its Id.
    Update,
    /// Each is matched by a key; what matches nothing makes a new object.
    Upsert(FieldId),
}

/// What the server itself notes on an object, before the client's members are laid over it.
pub(crate) type Stamp = fn(&mut Record, &Record, &Session, created: bool);

/// One call's work.
pub(crate) struct Writing {
    pub operation: OperationId,
    pub object: ObjectId,
    pub mode: Mode,
    pub stamp: Stamp,
}

/// Runs the call.
///
/// # Errors
/// The call's limit code; the store's trouble.
pub(crate) async fn write(
    service: &Service,
    session: &Session,
    writing: Writing,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let (batch, records) = batch::records(contract, writing.operation, request)?;
    let operation = writing.operation;
    let job = Job {
        contract,
        new_ids: records.iter().map(|_| service.new_id()).collect(),
        strict_lengths: service.settings().strict_lengths,
        session: session.clone(),
        writing,
        batch,
        records,
    };
    let job = Arc::new(job);
    let outcomes = service.store().write(move |writer| job.run(writer)).await?;
    Ok(batch::response(contract, operation, batch, outcomes))
}

struct Job {
    contract: &'static Contract,
    writing: Writing,
    batch: Batch,
    records: Vec<Record>,
    new_ids: Vec<Guid>,
    session: Session,
    strict_lengths: bool,
}

/// What a record is about.
enum Target {
    New,
    Stored(Guid, Box<Record>),
    Refused(Code),
}

impl Job {
    fn run(&self, writer: &mut Writer<'_>) -> Result<Vec<Outcome>, StoreError> {
        let account = self.session.account.id;
        let call = self.contract.call(self.writing.operation);
        let contact_types = writer.contact_types(account)?;
        let rules = Rules {
            contract: self.contract,
            object: self.contract.object(self.writing.object),
            call,
            contact_types: &contact_types,
            now: self.session.at,
            strict_lengths: self.strict_lengths,
        };
        let targets = self.targets(writer, account)?;
        let mut keys =
            Keys::read(writer, &self.session.account, self.writing.object, call.key, &self.records)?;
        let mut links =
            Links::read(writer, self.contract, account, self.writing.object, call, &self.records)?;
        let references = References::read(writer, account, call, &self.records)?;
        let source = batch::source_field(self.contract, &self.batch, self.batch.item_type);
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(self.records.len());
        for ((record, target), new_id) in self.records.iter().zip(targets).zip(&self.new_ids) {
            let (id, mut object, is_new) = match target {
                Target::Refused(code) => {
                    outcomes.push(Outcome::refused(record, vec![code]));
                    continue;
                }
                Target::Stored(id, stored) => (id, *stored, false),
                Target::New => (*new_id, self.contract.record(self.batch.item_type), true),
            };
            if is_new {
                object.set(cv_object::ID, id.to_string());
            }
            let before = keys.of(&object);
            (self.writing.stamp)(&mut object, record, &self.session, is_new);
            let mut errors = rules.apply(&mut object, record);
            errors.extend(references.check(record, is_new));
            errors.extend(links.check(record));
            errors.extend(keys.check(id, &object));
            if !errors.is_empty() {
                outcomes.push(Outcome::refused(record, errors));
                continue;
            }
            keys.accept(id, before, &object);
            links.accept(id, record);
            outcomes.push(self.outcome(record, &object, id, is_new, source));
            if is_new { created.push(object) } else { updated.push(object) }
        }
        writer.insert(account, self.writing.object, &created, self.session.at)?;
        writer.update(account, self.writing.object, &updated, self.session.at)?;
        links.write(writer, account)?;
        Ok(outcomes)
    }

    fn targets(&self, reader: &Reader<'_>, account: AccountId) -> Result<Vec<Target>, StoreError> {
        match self.writing.mode {
            Mode::Create => Ok(self.records.iter().map(|_| Target::New).collect()),
            Mode::Update => self.named_targets(reader, account),
            Mode::Upsert(key) => self.matched_targets(reader, account, key),
        }
    }

    fn named_targets(&self, reader: &Reader<'_>, account: AccountId) -> Result<Vec<Target>, StoreError> {
        let Some(codes) = self.contract.call(self.writing.operation).id else {
            return Ok(self.records.iter().map(|_| Target::New).collect());
        };
        let ids: Vec<Option<Guid>> =
            self.records.iter().map(|record| id_text(record).and_then(Guid::parse)).collect();
        let known: Vec<Guid> = ids.iter().flatten().copied().collect();
        let mut stored = reader.get(account, self.writing.object, &known)?.into_iter();
        let mut seen = HashSet::new();
        let target = |(record, id): (&Record, Option<Guid>)| match id {
            None if id_text(record).is_none() => Target::Refused(codes.missing),
            None => Target::Refused(codes.invalid),
            Some(id) => {
                let object = stored.next().flatten();
                match object {
                    _ if !seen.insert(id) => Target::Refused(codes.twice),
                    Some(object) => Target::Stored(id, Box::new(object)),
                    None => Target::Refused(codes.invalid),
                }
            }
        };
        Ok(self.records.iter().zip(ids).map(target).collect())
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
        let target = |(id, folded): (Option<Guid>, String)| {
            let object = id.and_then(|id| Some((id, stored.next().flatten()?)));
            match (object, twice) {
                (_, Some(code)) if !folded.is_empty() && !seen.insert(folded) => Target::Refused(code),
                (Some((id, object)), _) => Target::Stored(id, Box::new(object)),
                (None, _) => Target::New,
            }
        };
        Ok(first.into_iter().zip(folded).map(target).collect())
    }

    fn outcome(
        &self,
        record: &Record,
        object: &Record,
        id: Guid,
        is_new: bool,
        source: Option<FieldId>,
    ) -> Outcome {
        Outcome {
            source: source.and_then(|field| object.text(field)).map(Box::from),
            created: matches!(self.writing.mode, Mode::Upsert(_)).then_some(is_new),
            ..Outcome::accepted(record, id)
        }
    }
}
