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
use std::collections::HashMap;
use store::{AccountId, StoreError, Writer};

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
        let mut people = People { event: &event, account, ids, known: HashMap::new() };
        let mut outcomes = Vec::with_capacity(records.len());
        for record in &records {
            let result = match people.find(writer, record)? {
                Ok(id) => sheet.take(id, record).map(|answered| {
                    people.answer(contract, id, &answered);
                    id_text(record).and_then(Guid::parse).unwrap_or(id)
                }),
                Err(code) => Err(code),
            };
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
struct People<'a> {
    event: &'a Record,
    account: AccountId,
    ids: IdCodes,
    known: HashMap<Guid, (Record, bool)>,
}

impl People<'_> {
    /// The registration of a record's person.
    fn find(&mut self, writer: &Writer<'_>, record: &Record) -> Result<Result<Guid, Code>, StoreError> {
        let Some(text) = id_text(record) else { return Ok(Err(self.ids.missing)) };
        let Some(id) = Guid::parse(text) else { return Ok(Err(self.ids.invalid)) };
        if self.known.contains_key(&id) {
            return Ok(Ok(id));
        }
        let one = |object| Ok::<_, StoreError>(writer.get(self.account, object, &[id])?.pop().flatten());
        let of_event = |found: &Record, field| parent::is(found.text(field), self.event);
        let registration = match one(object_type::INVITEE)?.filter(|found| of_event(found, invitee::EVENT_ID))
        {
            Some(found) if found.enumeration(invitee::STATUS) != Some(invitee_status::ACCEPTED) => {
                return Ok(Err(code::CV90104));
            }
            Some(_) => {
                let field = registration::INVITEE_ID;
                let ids = writer.referring(self.account, object_type::REGISTRATION, field, &[id])?.concat();
                let found = writer.get(self.account, object_type::REGISTRATION, &ids)?;
                let mut found = found.into_iter().flatten();
                let Some(found) = found.find(|found| of_event(found, registration::EVENT_ID)) else {
                    return Ok(Err(code::CV90104));
                };
                found
            }
            None => {
                let found = one(object_type::REGISTRATION)?;
                let found = found.filter(|found| of_event(found, registration::EVENT_ID));
                let Some(found) = found else { return Ok(Err(self.ids.invalid)) };
                found
            }
        };
        let Some(id) = registration.text(cv_object::ID).and_then(Guid::parse) else {
            return Ok(Err(self.ids.invalid));
        };
        self.known.entry(id).or_insert((registration, false));
        Ok(Ok(id))
    }

    fn answer(&mut self, contract: &Contract, id: Guid, answered: &Answered<'_>) {
        let Some((registration, changed)) = self.known.get_mut(&id) else { return };
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
        let changed = self.known.into_values().filter(|(_, changed)| *changed);
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
