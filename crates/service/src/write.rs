//! Creating and updating objects: the one way every Create, Update and Upsert call goes.
//!
//! Records run in request order. Each is laid over what is stored, checked, and joined to the
//! accepted ones; a bad one is left out and harms no other. The accepted ones are written in one
//! transaction, which is durable before the answer is made.

mod codes;
mod import;
mod keys;
mod links;
mod mapping;
mod references;
mod target;
mod twins;

use crate::batch::{self, Outcome};
use crate::parent;
use crate::rules::Rules;
use crate::session::Session;
use crate::{Fault, Service};
pub(crate) use codes::code_of;
use contract::call::Batch;
use contract::handles::code;
use contract::handles::object::cv_object;
use contract::{Code, Contract, FieldId, Guid, ObjectId, OperationId, Record, Value};
pub(crate) use import::{Importing, import};
use keys::Keys;
use links::Links;
pub(crate) use links::custom_field_of;
use references::References;
pub(crate) use references::is_nothing;
use std::sync::Arc;
use store::{Reader, StoreError, Writer};
use target::Target;

/// What a call does with its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each makes a new object.
    Create,
    /// Each names a stored object by its Id.
    Update,
    /// Each makes a new object that begins as a copy of the call's parent.
    Copy,
    /// Each is matched by a key; what matches nothing makes a new object.
    Upsert(FieldId),
    /// Each that has an Id names a stored object; one without makes a new object.
    Save,
    /// Each has an Id: that of a stored object, or the one of the object that it makes.
    Place,
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

/// What a call has written, for what else it writes in the same transaction.
pub(crate) struct Written<'a> {
    pub service: &'a Service,
    pub session: &'a Session,
    /// The object that the call's parameter names.
    pub parent: Option<&'a Record>,
    pub created: &'a [Record],
    pub updated: &'a [Record],
}

/// What else a call writes.
pub(crate) type Then = fn(&Written<'_>, &mut Writer<'_>) -> Result<(), StoreError>;

/// One record as the rules have left it, for what only its family can judge.
pub(crate) struct Judged<'a> {
    pub service: &'a Service,
    /// The record as it was sent.
    pub sent: &'a Record,
    /// The object before the record was laid over it; none if it is new.
    pub before: Option<&'a Record>,
}

/// Records as they were sent, each with the object that it is about if that is stored.
pub(crate) type Sent<'a> = [(&'a Record, Option<&'a Record>)];

/// Reads, once for all records of a call, what they are judged by.
pub(crate) type Judging = fn(&Reader<'_>, &Session, &Sent<'_>) -> Result<Judge, StoreError>;

/// What is wrong with an object by rules that are about more than the record; it may fill in what
/// follows from other objects.
pub(crate) type Judge = Box<dyn Fn(&Judged<'_>, &mut Record) -> Vec<Code>>;

/// Runs the call.
///
/// # Errors
/// The call's limit code; a code of a class that fails the call; the store's trouble.
pub(crate) async fn write(
    service: &Service,
    session: &Session,
    writing: Writing,
    request: Record,
) -> Result<Record, Fault> {
    write_then(service, session, writing, request, |_, _| Ok(())).await
}

/// Runs a call that writes more than its records.
///
/// # Errors
/// As [`write()`].
pub(crate) async fn write_then(
    service: &Service,
    session: &Session,
    writing: Writing,
    request: Record,
    then: Then,
) -> Result<Record, Fault> {
    run(service, session, writing, request, None, then).await
}

/// Runs a call whose records are judged by rules of their own, too.
///
/// # Errors
/// As [`write()`].
pub(crate) async fn write_judged(
    service: &Service,
    session: &Session,
    writing: Writing,
    request: Record,
    judging: Judging,
) -> Result<Record, Fault> {
    run(service, session, writing, request, Some(judging), |_, _| Ok(())).await
}

async fn run(
    service: &Service,
    session: &Session,
    writing: Writing,
    request: Record,
    judging: Option<Judging>,
    then: Then,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let parent = parent::named(contract.call(writing.operation), &request);
    let (batch, records) = batch::records(contract, writing.operation, request)?;
    let operation = writing.operation;
    let job = Job {
        contract,
        new_ids: match writing.mode {
            Mode::Update => Vec::new(),
            _ => records.iter().map(|_| service.new_id()).collect(),
        },
        of_stored: operation,
        strict_lengths: service.settings().strict_lengths,
        service: service.clone(),
        parent,
        judging,
        then,
        session: session.clone(),
        writing,
        batch,
        records: mapping::objects(contract, batch.item_type, records),
    };
    let job = Arc::new(job);
    let outcomes = match job.writing.mode {
        Mode::Create | Mode::Copy => service.store().write(move |writer| job.run(writer)).await?,
        _ => service.store().write_many(job.records.len(), move |writer| job.run(writer)).await?,
    };
    if let Some(code) = batch::fatal(contract, &outcomes) {
        return Err(Fault::new(code, "a record's code fails the call"));
    }
    Ok(batch::response(contract, operation, batch, outcomes))
}

struct Job {
    contract: &'static Contract,
    writing: Writing,
    batch: Batch,
    records: Vec<Record>,
    /// One for each record that may make an object.
    new_ids: Vec<Guid>,
    /// The operation whose rules hold for records that change a stored object.
    of_stored: OperationId,
    session: Session,
    strict_lengths: bool,
    service: Service,
    /// The parameter that names the records' parent.
    parent: Option<String>,
    judging: Option<Judging>,
    then: Then,
}

impl Job {
    fn run(&self, writer: &mut Writer<'_>) -> Result<Vec<Outcome>, StoreError> {
        let account = self.session.account.id;
        let call = self.contract.call(self.writing.operation);
        let contact_types = writer.contact_types(account)?;
        let rules = |call| Rules {
            contract: self.contract,
            object: self.contract.object(self.writing.object),
            call,
            mapping: self.contract.mapping(self.batch.item_type),
            contact_types: &contact_types,
            now: self.session.at,
            strict_lengths: self.strict_lengths,
        };
        let (of_new, of_stored) = (rules(call), rules(self.contract.call(self.of_stored)));
        let parent = match parent::find(writer, account, self.contract, call, self.parent.as_deref())? {
            Ok(parent) => parent,
            Err(code) => return Ok(batch::all_refused(&self.records, code)),
        };
        let belongs = call.parent.as_ref().and_then(|parent| parent.member).zip(parent.as_ref());
        let targets = self.targets(writer, account)?;
        let laid: Vec<_> = self.records.iter().zip(targets.iter().map(Target::stored)).collect();
        let mut keys = Keys::read(writer, &self.session.account, self.writing.object, call, &laid)?;
        let mut links =
            Links::read(writer, self.contract, account, self.writing.object, call, &self.records)?;
        let references = References::read(writer, account, call, &self.records)?;
        let judge = self.judging.map(|judging| judging(writer, &self.session, &laid)).transpose()?;
        let source = batch::source_field(self.contract, &self.batch, self.batch.item_type);
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(self.records.len());
        for (record, target) in self.records.iter().zip(targets) {
            let (id, mut object, is_new) = match target {
                Target::Refused(code) => {
                    outcomes.push(self.refused(record, vec![code], source));
                    continue;
                }
                Target::Stored(id, stored) => (id, *stored, false),
                Target::New(id) if self.writing.mode == Mode::Copy => (id, self.copy(parent.as_ref()), true),
                Target::New(id) => {
                    (id, self.contract.record(self.contract.object(self.writing.object).ty), true)
                }
            };
            if is_new {
                object.set(cv_object::ID, id);
                if let Some(field) = call.code {
                    object.set(field, codes::code_of(id));
                }
            }
            if let Some((member, parent)) = belongs {
                if is_new {
                    object.set(member, parent.get(cv_object::ID).clone());
                } else if !parent::is(object.text(member), parent) {
                    let invalid = call.id.map_or(code::CV10000, |codes| codes.invalid);
                    outcomes.push(self.refused(record, vec![invalid], source));
                    continue;
                }
            }
            let before = keys.of(&object);
            let stored = (judge.is_some() && !is_new).then(|| object.clone());
            self.note(&mut object, is_new);
            (self.writing.stamp)(&mut object, record, &self.session, is_new);
            let rules = if is_new { &of_new } else { &of_stored };
            let mut errors = rules.apply(&mut object, record);
            errors.extend(references.check(record, is_new));
            errors.extend(links.check(record, id));
            let after = keys.of(&object);
            errors.extend(keys.check(id, &after));
            if let Some(judge) = &judge {
                let judged = Judged { service: &self.service, sent: record, before: stored.as_ref() };
                errors.extend(judge(&judged, &mut object));
            }
            if !errors.is_empty() {
                outcomes.push(self.refused(record, errors, source));
                continue;
            }
            keys.accept(id, before, after);
            links.accept(id, record);
            outcomes.push(self.outcome(record, &object, id, is_new, source));
            if is_new { created.push(object) } else { updated.push(object) }
        }
        if batch::fatal(self.contract, &outcomes).is_some() {
            return Ok(outcomes);
        }
        writer.insert(account, self.writing.object, &created, self.session.at)?;
        writer.update(account, self.writing.object, &updated, self.session.at)?;
        for records in [&created, &updated] {
            twins::write(writer, self.contract, &self.session, self.writing.object, records)?;
        }
        links.write(writer, account)?;
        let (service, session, parent) = (&self.service, &self.session, parent.as_ref());
        let written = Written { service, session, parent, created: &created, updated: &updated };
        (self.then)(&written, writer)?;
        Ok(outcomes)
    }

    /// Notes on an object who makes or changes it, and when.
    fn note(&self, object: &mut Record, is_new: bool) {
        let noted = self.contract.noted(self.writing.object);
        let at = |field| match self.contract.is_text(object.ty(), field) {
            true => Value::from(self.session.at.to_string()),
            false => Value::from(self.session.at),
        };
        let made = if is_new { [noted.created_at, noted.changed_at] } else { [None, noted.changed_at] };
        let times: Vec<(FieldId, Value)> =
            made.into_iter().flatten().map(|field| (field, at(field))).collect();
        let users = if is_new { [noted.created_by, noted.changed_by] } else { [None, noted.changed_by] };
        for (field, time) in times {
            object.set(field, time);
        }
        for field in users.into_iter().flatten() {
            object.set(field, self.session.user.as_str());
        }
    }

    /// A refused record's result carries the key that was sent, so that its sender can tell it.
    fn refused(&self, record: &Record, errors: Vec<Code>, source: Option<FieldId>) -> Outcome {
        let source = source.and_then(|field| record.text(field)).map(Box::from);
        Outcome { source, ..Outcome::refused(record, errors) }
    }

    fn outcome(
        &self,
        record: &Record,
        object: &Record,
        id: Guid,
        is_new: bool,
        source: Option<FieldId>,
    ) -> Outcome {
        let call_code = self.contract.call(self.writing.operation).code;
        Outcome {
            source: source.and_then(|field| object.text(field)).map(Box::from),
            code: call_code.and_then(|field| object.text(field)).map(Box::from),
            created: matches!(self.writing.mode, Mode::Upsert(_) | Mode::Save | Mode::Place)
                .then_some(is_new),
            ..Outcome::accepted(record, id)
        }
    }
}
