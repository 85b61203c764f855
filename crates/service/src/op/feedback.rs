//! Feedback after an event: answers to its questions, kept with the registrations.

use crate::batch::{self, Outcome};
use crate::parent;
use crate::question::{Answered, Codes, Part, Question, Sheet};
use crate::rules::id_text;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::enumeration::invitee_status;
use contract::handles::list::feedback_survey_type;
use contract::handles::object::{
    cv_object, event_answer, event_question, event_survey_detail, invitee, registration,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Contract, Guid, Record, Value};
use std::collections::{BTreeSet, HashMap};
use store::{AccountId, Reader, StoreError, Writer};

const CODES: Codes = Codes {
    survey_types: feedback_survey_type::LIST,
    unnamed: code::CV95106,
    unknown_id: code::CV95109,
    unknown_code: code::CV95103,
    unanswerable: code::CV95102,
    unanswered: code::CV95107,
    twice: code::CV95101,
};

/// CreatePostEventFeedback: each record is one answer of the invitee, or registration, that its Id
/// names.
pub(crate) async fn create_post_event_feedback(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::CREATE_POST_EVENT_FEEDBACK;
    let call = contract.call(operation);
    let ids = call.id.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let event = parent::named(call, &request);
    let (batch, records) = batch::records(contract, operation, request)?;
    let session = session.clone();
    let outcomes = service.store().write(move |writer| {
        let account = session.account.id;
        let event = match parent::find(writer, account, contract, call, event.as_deref())? {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(Vec::new()),
            Err(code) => return Ok(batch::all_refused(&records, code)),
        };
        let questions = questions(writer, contract, account, &event)?;
        let mut sheet = Sheet::new(&questions, CODES, session.at);
        let mut people = People::read(writer, account, &event, ids, &records)?;
        let mut outcomes = Vec::with_capacity(records.len());
        for record in &records {
            let result = people.find(record).and_then(|id| {
                let answered = sheet.take(id, record)?;
                people.answer(contract, id, &answered);
                Ok(id_text(record).and_then(Guid::parse).unwrap_or(id))
            });
            outcomes.push(Outcome::of(record, result));
        }
        let changed = people.changed(&session);
        writer.update(account, object_type::REGISTRATION, &changed, session.at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

fn questions(
    writer: &Writer<'_>,
    contract: &'static Contract,
    account: AccountId,
    event: &Record,
) -> Result<Vec<Question>, StoreError> {
    let event: Vec<Guid> = event.text(cv_object::ID).and_then(Guid::parse).into_iter().collect();
    let ids = writer.referring(account, object_type::EVENT_QUESTION, event_question::EVENT_ID, &event)?;
    let records = writer.get(account, object_type::EVENT_QUESTION, &ids.concat())?;
    Ok(records.iter().flatten().map(|record| Question::of_event(contract, record)).collect())
}

/// Those who answer, by the identifiers of their registrations.
struct People {
    ids: IdCodes,
    /// The registration of each identifier that a record has, or why there is none.
    named: HashMap<Guid, Result<Guid, Code>>,
    registrations: HashMap<Guid, (Record, bool)>,
}

impl People {
    /// Reads those that the records name: invitees of the event, or registrations.
    fn read(
        reader: &Reader<'_>,
        account: AccountId,
        event: &Record,
        ids: IdCodes,
        records: &[Record],
    ) -> Result<People, StoreError> {
        let of_event = |found: &Record, field| parent::is(found.text(field), event);
        let named: BTreeSet<Guid> =
            records.iter().filter_map(|record| Guid::parse(id_text(record)?)).collect();
        let named: Vec<Guid> = named.into_iter().collect();
        let invitees = reader.get(account, object_type::INVITEE, &named)?;
        let (mut accepted, mut others) = (Vec::new(), Vec::new());
        let mut people = People { ids, named: HashMap::new(), registrations: HashMap::new() };
        for (id, found) in named.into_iter().zip(invitees) {
            match found.filter(|found| of_event(found, invitee::EVENT_ID)) {
                None => others.push(id),
                Some(found) if found.enumeration(invitee::STATUS) == Some(invitee_status::ACCEPTED) => {
                    accepted.push(id);
                }
                Some(_) => drop(people.named.insert(id, Err(code::CV90104))),
            }
        }
        let (object, field) = (object_type::REGISTRATION, registration::INVITEE_ID);
        let referring = reader.referring(account, object, field, &accepted)?;
        let of_invitees = accepted.iter().zip(&referring).flat_map(|(id, of)| of.iter().map(|of| (*id, *of)));
        // An invitee that has no registration of the event has none.
        people.named.extend(accepted.iter().map(|id| (*id, Err(code::CV90104))));
        people.named.extend(others.iter().map(|id| (*id, Err(ids.invalid))));
        let wanted: Vec<(Guid, Guid)> = of_invitees.chain(others.iter().map(|id| (*id, *id))).collect();
        let wanted_ids: Vec<Guid> = wanted.iter().map(|(_, registration)| *registration).collect();
        let found = reader.get(account, object, &wanted_ids)?;
        for ((named, id), found) in wanted.into_iter().zip(found) {
            let Some(found) = found.filter(|found| of_event(found, registration::EVENT_ID)) else { continue };
            // The first counts.
            if let Some(named) = people.named.get_mut(&named).filter(|named| named.is_err()) {
                *named = Ok(id);
                people.registrations.entry(id).or_insert((found, false));
            }
        }
        Ok(people)
    }

    /// The registration of a record's person.
    fn find(&self, record: &Record) -> Result<Guid, Code> {
        let id = Guid::parse(id_text(record).ok_or(self.ids.missing)?).ok_or(self.ids.invalid)?;
        self.named.get(&id).copied().unwrap_or(Err(self.ids.invalid))
    }

    fn answer(&mut self, contract: &Contract, id: Guid, answered: &Answered<'_>) {
        let Some((registration, changed)) = self.registrations.get_mut(&id) else { return };
        *changed = true;
        let question = answered.question;
        let mut items = match registration.take(registration::EVENT_SURVEY_DETAIL) {
            Value::List(items) => items,
            _ => Vec::new(),
        };
        let found = items.iter().position(|item| match item {
            Value::Record(detail) => {
                let id = detail.text(event_survey_detail::QUESTION_ID).and_then(Guid::parse);
                id == Some(question.id)
            }
            _ => false,
        });
        let mut detail = match found.map(|index| items.remove(index)) {
            Some(Value::Record(detail)) if answered.adds => *detail,
            _ => fresh(contract, question),
        };
        for part in &answered.parts {
            add(contract, &mut detail, part);
        }
        items.push(detail.into());
        registration.set(registration::EVENT_SURVEY_DETAIL, Value::List(items));
    }

    fn changed(self, session: &Session) -> Vec<Record> {
        let changed = self.registrations.into_values().filter(|(_, changed)| *changed);
        changed
            .map(|(mut record, _)| {
                record.set(registration::LAST_MODIFIED_DATE, session.at);
                record.set(registration::MODIFIED_BY, session.user.as_str());
                record
            })
            .collect()
    }
}

fn fresh(contract: &Contract, question: &Question) -> Record {
    let mut detail = contract.record(event_survey_detail::TYPE_ID);
    detail.set(event_survey_detail::QUESTION_ID, question.id);
    detail.set(event_survey_detail::QUESTION_CODE, question.code.as_str());
    detail.set(event_survey_detail::QUESTION_TEXT, question.text.as_str());
    detail.set(event_survey_detail::SURVEY_TYPE, question.survey.as_str());
    detail
}

fn add(contract: &Contract, detail: &mut Record, part: &Part) {
    let mut answer = contract.record(event_answer::TYPE_ID);
    let members = [
        (event_answer::ANSWER_PART, &part.row),
        (event_answer::ANSWER_TEXT, &part.text),
        (event_answer::ANSWER_OTHER, &part.other),
    ];
    for (field, text) in members {
        if let Some(text) = text {
            answer.set(field, text.as_str());
        }
    }
    detail.push(event_survey_detail::ANSWER, answer);
    if let Some(text) = part.text.as_ref().or(part.other.as_ref()) {
        detail.push(event_survey_detail::ANSWER_TEXT, text.as_str());
    }
}
