//! UpdateInviteeInternalInfo: a planner's answers, for invitees, to an event's internal questions.

use super::attendee::{Attendee, Attendees, event_of};
use crate::batch::{self, Outcome};
use crate::question::{Answered, Codes, Part, Question, Sheet};
use crate::rules::id_text;
use crate::session::Session;
use crate::{Fault, Service, parent};
use contract::handles::list::internal_survey_type;
use contract::handles::object::{event_answer, event_question, internal_info_detail, invitee};
use contract::handles::{code, object_type, operation};
use contract::{Code, Contract, Guid, Record, Value};
use store::{Reader, StoreError, Writer};

const CODES: Codes = Codes {
    survey_types: internal_survey_type::LIST,
    unnamed: code::CV95106,
    unknown_id: code::CV95109,
    unknown_code: code::CV95103,
    unanswerable: code::CV95102,
    unanswered: code::CV95107,
    twice: code::CV95101,
};

/// UpdateInviteeInternalInfo: each record is an answer of the invitee that its Id names; it takes the
/// place of the one that the invitee had.
///
/// # Errors
/// CV30100 past the limit; the store's trouble.
pub(crate) async fn update_invitee_internal_info(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::UPDATE_INVITEE_INTERNAL_INFO;
    let event = parent::named(contract.call(operation), &request);
    let (batch, records) = batch::records(contract, operation, request)?;
    let call = Call { contract, session: session.clone() };
    let outcomes = service.store().write(move |writer| call.run(writer, event.as_deref(), &records));
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

struct Call {
    contract: &'static Contract,
    session: Session,
}

impl Call {
    fn run(
        &self,
        writer: &mut Writer<'_>,
        event: Option<&str>,
        records: &[Record],
    ) -> Result<Vec<Outcome>, StoreError> {
        let operation = operation::UPDATE_INVITEE_INTERNAL_INFO;
        let event = match event_of(writer, self.session.account.id, self.contract, operation, event)? {
            Ok((id, _)) => id,
            Err(code) => return Ok(batch::all_refused(records, code)),
        };
        let questions = self.questions(writer, event)?;
        let mut sheet = Sheet::new(&questions, CODES, self.session.at);
        let account = self.session.account.id;
        let ids = records.iter().filter_map(|record| Guid::parse(id_text(record)?));
        let mut attendees = Attendees::read(writer, account, ids)?;
        let outcome = |record| Outcome::of(record, self.answer(&mut attendees, event, &mut sheet, record));
        let outcomes = records.iter().map(outcome).collect();
        attendees.write(writer, account, self.session.at)?;
        Ok(outcomes)
    }

    fn questions(&self, reader: &Reader<'_>, event: Guid) -> Result<Vec<Question>, StoreError> {
        let (account, field) = (self.session.account.id, event_question::EVENT_ID);
        let ids = reader.referring(account, object_type::EVENT_QUESTION, field, &[event])?.concat();
        let records = reader.get(account, object_type::EVENT_QUESTION, &ids)?;
        Ok(records.iter().flatten().map(|record| Question::of_event(self.contract, record)).collect())
    }

    fn answer(
        &self,
        attendees: &mut Attendees,
        event: Guid,
        sheet: &mut Sheet<'_>,
        record: &Record,
    ) -> Result<Guid, Code> {
        let id = Guid::parse(id_text(record).ok_or(code::CV95105)?);
        let is_here = |found: &Attendee| found.is_invitee() && found.event() == Some(event);
        let found = id.and_then(|id| attendees.get(id)).filter(is_here);
        let mut attendee = found.ok_or(code::CV84001)?;
        let id = attendee.id;
        let answered = sheet.take(id, record)?;
        self.note(&mut attendee.record, &answered);
        attendees.keep(attendee, self.session.at);
        Ok(id)
    }

    /// Notes an answer in the place of the one that was there, or with those of the same call.
    fn note(&self, record: &mut Record, answered: &Answered<'_>) {
        let id = answered.question.id.to_string();
        let mut details = match record.take(invitee::INTERNAL_INFO_DETAIL) {
            Value::List(details) => details,
            _ => Vec::new(),
        };
        let is_it = |value: &Value| match value {
            Value::Record(detail) => detail.text(internal_info_detail::QUESTION_ID) == Some(&*id),
            _ => false,
        };
        let found = details.iter().position(is_it);
        let mut detail = match found.and_then(|index| details.get(index)) {
            Some(Value::Record(detail)) if answered.adds => (**detail).clone(),
            _ => self.contract.record(internal_info_detail::TYPE_ID),
        };
        detail.set(internal_info_detail::QUESTION_TEXT, answered.question.text.as_str());
        answered.parts.iter().for_each(|part| self.add(&mut detail, part));
        detail.set(internal_info_detail::QUESTION_ID, id);
        match found.and_then(|index| details.get_mut(index)) {
            Some(old) => *old = detail.into(),
            None => details.push(detail.into()),
        }
        record.set(invitee::INTERNAL_INFO_DETAIL, Value::List(details));
    }

    fn add(&self, detail: &mut Record, part: &Part) {
        let mut answer = self.contract.record(event_answer::TYPE_ID);
        for (field, text) in [
            (event_answer::ANSWER_PART, &part.row),
            (event_answer::ANSWER_TEXT, &part.text),
            (event_answer::ANSWER_OTHER, &part.other),
        ] {
            answer.set(field, text.as_deref().map_or(Value::Absent, Value::from));
        }
        detail.push(internal_info_detail::ANSWER, answer);
        if let Some(text) = part.text.as_ref().or(part.other.as_ref()) {
            detail.push(internal_info_detail::ANSWER_TEXT, text.as_str());
        }
    }
}
