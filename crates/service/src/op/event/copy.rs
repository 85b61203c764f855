//! CopyEvent: a new event from a stored one, with all that belongs to it.
//!
//! Products, sessions, fees, questions, target lists and custom fields come along under identifiers
//! of their own; invitees and what they did do not. Where the copy begins on another day, every
//! date of the event and its sessions moves by as much.

use super::detail::show;
use crate::rules::id_of;
use crate::session::Session;
use crate::write::{Mode, Writing, Written, write_then};
use crate::{Fault, Service};
use contract::handles::object::{
    cv_object, event, event_detail, event_question, fees, product_detail, session as session_object,
    target_list_detail,
};
use contract::handles::{object_type, operation};
use contract::{FieldId, Guid, LinkId, ObjectId, Record, Value};
use std::collections::{HashMap, HashSet};
use store::{Linked, StoreError, Writer};

/// CopyEvent: each record makes a copy of the event that the call names, with other parameters.
///
/// # Errors
/// CV20027 for an event of a kind that is not copied.
pub(crate) async fn copy_event(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let operation = operation::COPY_EVENT;
    let writing = Writing { operation, object: object_type::EVENT, mode: Mode::Copy, stamp };
    write_then(service, session, writing, request, copy_parts).await
}

/// Dates of an event that move with its first day.
const EVENT_DATES: [FieldId; 4] =
    [event::EVENT_END_DATE, event::EVENT_LAUNCH_DATE, event::RSV_PBY_DATE, event::ARCHIVE_DATE];

const SESSION_DATES: [FieldId; 3] =
    [session_object::START_TIME, session_object::END_TIME, session_object::AUTO_CLOSE_DATE];

const PRODUCT_DATES: [FieldId; 2] = [product_detail::START_TIME, product_detail::END_TIME];

fn stamp(stored: &mut Record, incoming: &Record, session: &Session, created: bool) {
    super::stamp(stored, incoming, session, created);
    for field in [event::EVENT_STATUS, event::CLOSED_BY, event::MEETING_REQUEST_ID] {
        stored.set(field, Value::Absent);
    }
    // Addresses of the event's pages are those of the event that was copied.
    stored.set(event::WEBLINK_DETAIL, Value::Absent);
    if let Some(shift) = shift(stored, incoming) {
        move_dates(stored, &EVENT_DATES, shift);
    }
}

/// How much later the copy begins, in microseconds.
fn shift(original: &Record, copy: &Record) -> Option<i64> {
    let (old, new) = (original.time(event::EVENT_START_DATE)?, copy.time(event::EVENT_START_DATE)?);
    new.since(old).filter(|shift| *shift != 0)
}

/// Dates that would leave the calendar stay at its end.
fn move_dates(record: &mut Record, fields: &[FieldId], shift: i64) {
    for field in fields {
        if let Some(time) = record.time(*field) {
            record.set(*field, time.plus_micros(shift));
        }
    }
}

fn copy_parts(written: &Written<'_>, writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let Some(original) = written.parent else { return Ok(()) };
    let Some(id) = id_of(original) else { return Ok(()) };
    let parts = Parts::read(writer, written, original, id)?;
    let mut copies = Copies::default();
    for event in written.created {
        parts.copy(written, event, &mut copies);
        if copies.sessions.len() + copies.questions.len() >= AT_ONCE {
            std::mem::take(&mut copies).write(&parts, written, writer)?;
        }
    }
    copies.write(&parts, written, writer)
}

/// Parts of copies that are written at a time.
const AT_ONCE: usize = 1_000;

/// What belongs to the event that is copied.
struct Parts<'a> {
    original: &'a Record,
    id: Guid,
    sessions: Vec<Record>,
    questions: Vec<Record>,
    detail: Option<Record>,
    /// The values of the custom fields that the event and its sessions have.
    fields: HashMap<Guid, Vec<Linked>>,
}

/// Copies on their way into the database.
#[derive(Default)]
struct Copies {
    events: Vec<Record>,
    details: Vec<Record>,
    sessions: Vec<Record>,
    questions: Vec<Record>,
    /// Each copy of the event or a session, with what it is a copy of.
    owners: Vec<(Guid, Guid)>,
}

impl<'a> Parts<'a> {
    fn read(
        writer: &Writer<'_>,
        written: &Written<'_>,
        original: &'a Record,
        id: Guid,
    ) -> Result<Parts<'a>, StoreError> {
        let account = written.session.account.id;
        let referring = |object: ObjectId, field: FieldId| {
            let ids: Vec<Guid> = writer.referring(account, object, field, &[id])?.concat();
            let records = writer.get(account, object, &ids)?;
            Ok::<_, StoreError>(records.into_iter().flatten().collect::<Vec<Record>>())
        };
        let sessions = referring(object_type::SESSION, session_object::EVENT_ID)?;
        let owners: Vec<Guid> = sessions.iter().filter_map(id_of).chain([id]).collect();
        let fields = match link(written) {
            Some(link) => owners.iter().copied().zip(writer.links(account, link, &owners)?).collect(),
            None => HashMap::new(),
        };
        Ok(Parts {
            original,
            id,
            sessions,
            fields,
            questions: referring(object_type::EVENT_QUESTION, event_question::EVENT_ID)?,
            detail: writer.get(account, object_type::EVENT_DETAIL, &[id])?.into_iter().flatten().next(),
        })
    }

    fn copy(&self, written: &Written<'_>, event: &Record, copies: &mut Copies) {
        let new_id = || written.service.new_id();
        let shift = shift(self.original, event).unwrap_or(0);
        let mut renamed: HashMap<String, String> = HashMap::new();
        let mut sessions = self.sessions.clone();
        for record in &mut sessions {
            let (old, new) = (id_of(record), new_id());
            copies.owners.extend(old.map(|old| (old, new)));
            rename(record, cv_object::ID, new, &mut renamed);
            record.set(session_object::EVENT_ID, event.get(cv_object::ID).clone());
            move_dates(record, &SESSION_DATES, shift);
        }
        let mut event = event.clone();
        for_each(&mut event, event::PRODUCT_DETAIL, |product| {
            let known = product.text(product_detail::PRODUCT_ID).and_then(|id| renamed.get(id)).cloned();
            match known {
                Some(id) => product.set(product_detail::PRODUCT_ID, id),
                None => rename(product, product_detail::PRODUCT_ID, new_id(), &mut renamed),
            }
            move_dates(product, &PRODUCT_DATES, shift);
        });
        for_each(&mut event, event::TARGET_LIST_DETAIL, |list| {
            rename(list, target_list_detail::TARGETED_LIST_ID, new_id(), &mut HashMap::new());
        });
        let mut questions = self.questions.clone();
        for record in &mut questions {
            record.set(cv_object::ID, new_id());
            record.set(event_question::EVENT_ID, event.get(cv_object::ID).clone());
            follow(record, event_question::PRODUCT_ID, &renamed);
        }
        copies.details.push(self.detail(written, &event, &renamed));
        copies.owners.extend(id_of(&event).map(|new| (self.id, new)));
        copies.sessions.append(&mut sessions);
        copies.questions.append(&mut questions);
        copies.events.push(event);
    }

    /// The fees and the rest of the event's other face; what was requested and decided for the
    /// original is not the copy's.
    fn detail(&self, written: &Written<'_>, event: &Record, renamed: &HashMap<String, String>) -> Record {
        let mut detail = written.service.contract().record(event_detail::TYPE_ID);
        detail.set(cv_object::ID, event.get(cv_object::ID).clone());
        show(&mut detail, event);
        let Some(original) = &self.detail else { return detail };
        for field in
            [event_detail::EVENT_SUMMARY_HEADER, event_detail::FAQ_DETAIL, event_detail::STAFF_DETAIL]
        {
            detail.set(field, original.get(field).clone());
        }
        detail.set(event_detail::FEES, original.get(event_detail::FEES).clone());
        for_each(&mut detail, event_detail::FEES, |fee| {
            fee.set(fees::FEE_ID, written.service.new_id());
            fee.set(fees::CREATED_DATE, written.session.at);
            fee.set(fees::LAST_MODIFIED_DATE, written.session.at);
            follow(fee, fees::PRODUCT_ID, renamed);
        });
        detail
    }
}

/// Gives a record another identifier and notes which it had.
fn rename(record: &mut Record, field: FieldId, new: Guid, renamed: &mut HashMap<String, String>) {
    let new = new.to_string();
    if let Some(old) = record.text(field) {
        renamed.insert(old.to_owned(), new.clone());
    }
    record.set(field, new);
}

/// Lets a member that named something of the original name the copy's.
fn follow(record: &mut Record, field: FieldId, renamed: &HashMap<String, String>) {
    if let Some(new) = record.text(field).and_then(|old| renamed.get(old)).cloned() {
        record.set(field, new);
    }
}

fn for_each(record: &mut Record, detail: FieldId, mut change: impl FnMut(&mut Record)) {
    if let Value::List(mut items) = record.take(detail) {
        items.iter_mut().filter_map(Value::as_record_mut).for_each(&mut change);
        record.set(detail, Value::List(items));
    }
}

impl Copies {
    fn write(
        self,
        parts: &Parts<'_>,
        written: &Written<'_>,
        writer: &mut Writer<'_>,
    ) -> Result<(), StoreError> {
        if self.events.is_empty() {
            return Ok(());
        }
        let (account, at) = (written.session.account.id, written.session.at);
        writer.insert(account, object_type::SESSION, &self.sessions, at)?;
        writer.insert(account, object_type::EVENT_QUESTION, &self.questions, at)?;
        writer.insert(account, object_type::EVENT_DETAIL, &self.details, at)?;
        self.copy_fields(parts, written, writer)?;
        writer.update(account, object_type::EVENT, &self.events, at)
    }

    /// Gives each copy the custom fields of what it is a copy of that it has no value of its own for. Only events can
    /// have some: the call's records have none of sessions.
    fn copy_fields(
        &self,
        parts: &Parts<'_>,
        written: &Written<'_>,
        writer: &mut Writer<'_>,
    ) -> Result<(), StoreError> {
        let account = written.session.account.id;
        let Some(link) = link(written) else { return Ok(()) };
        let events: Vec<Guid> = self.events.iter().filter_map(id_of).collect();
        let own = writer.links(account, link, &events)?.into_iter().zip(&events);
        let own = own.flat_map(|(rows, event)| rows.into_iter().map(|(field, _)| (*event, field)));
        let own: HashSet<(Guid, Guid)> = own.collect();
        let mut rows = Vec::new();
        for (old, new) in &self.owners {
            let values = parts.fields.get(old).into_iter().flatten();
            let missing = values.filter(|(field, _)| !own.contains(&(*new, *field)));
            rows.extend(missing.map(|(field, value)| (*new, *field, value.clone())));
        }
        writer.link(account, link, &rows)
    }
}

/// The custom fields of events, which are kept with those of sessions.
fn link(written: &Written<'_>) -> Option<LinkId> {
    written.service.contract().link_of(object_type::EVENT, event::CUSTOM_FIELD_DETAIL)
}
