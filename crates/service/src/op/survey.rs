//! Answers to surveys: a respondent's response.

mod response;

use crate::batch::{self, Outcome};
use crate::parent;
use crate::question::{Codes, Question, Sheet};
use crate::rules::id_text;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::enumeration::respondent_status;
use contract::handles::list::feedback_survey_type;
use contract::handles::message::create_survey_answer as parameters;
use contract::handles::object::{cv_object, respondent, survey, survey_question};
use contract::handles::{code, object_type, operation};
use contract::table::fold;
use contract::{Code, Contract, EnumValue, Guid, Record};
use response::Responses;
use std::collections::{BTreeSet, HashMap};
use store::{AccountId, Reader, StoreError, Writer};

const CODES: Codes = Codes {
    // A survey's own questions are of no event's survey.
    survey_types: feedback_survey_type::LIST,
    unnamed: code::CV99614,
    unknown_id: code::CV99615,
    unknown_code: code::CV99611,
    unanswerable: code::CV99613,
    unanswered: code::CV91101,
    twice: code::CV50102,
};

/// CreateSurveyAnswer: each record is one answer of the respondent that its Id names, who then has
/// the call's status.
///
/// # Errors
/// CV20020 for a status that no answers lead to.
pub(crate) async fn create_survey_answer(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::CREATE_SURVEY_ANSWER;
    let call = contract.call(operation);
    let ids = call.id.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let status = request.enumeration(parameters::RESPONDENT_STATUS).unwrap_or(respondent_status::NO_RESPONSE);
    if [respondent_status::NO_RESPONSE, respondent_status::VISITED].contains(&status) {
        return Err(Fault::new(code::CV20020, "a status without answers"));
    }
    let parent = parent::named(call, &request);
    let (batch, records) = batch::records(contract, operation, request)?;
    let (session, service) = (session.clone(), service.clone());
    let store = service.store().clone();
    let outcomes = store.write(move |writer| {
        let account = session.account.id;
        let survey = match parent::find(writer, account, contract, call, parent.as_deref())? {
            Ok(Some(survey)) => survey,
            Ok(None) => return Ok(Vec::new()),
            Err(code) => return Ok(batch::all_refused(&records, code)),
        };
        let questions = questions(writer, contract, account, &survey)?;
        let respondents = Respondents::read(writer, account, &survey, (ids, status), &records)?;
        let known = respondents.known.values().map(|(respondent, _)| respondent);
        let responses = Responses::read(writer, (&session, &survey, status), known, &records)?;
        let mut work = Work {
            service: &service,
            sheet: Sheet::new(&questions, CODES, session.at),
            respondents,
            responses,
        };
        let mut outcomes = Vec::with_capacity(records.len());
        for record in &records {
            outcomes.push(Outcome::of(record, work.answer(writer, record)?));
        }
        work.responses.write(contract, writer)?;
        writer.update(account, object_type::RESPONDENT, &work.respondents.changed(), session.at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

/// One call's work.
struct Work<'a> {
    service: &'a Service,
    sheet: Sheet<'a>,
    respondents: Respondents<'a>,
    responses: Responses<'a>,
}

impl Work<'_> {
    /// Takes one answer; its respondent comes back.
    fn answer(&mut self, writer: &Writer<'_>, record: &Record) -> Result<Result<Guid, Code>, StoreError> {
        let id = match self.respondents.find(record) {
            Ok(id) => id,
            Err(code) => return Ok(Err(code)),
        };
        let answered = match self.sheet.take(id, record) {
            Ok(answered) => answered,
            Err(code) => return Ok(Err(code)),
        };
        let respondent = self.respondents.answered(id);
        let response = self.responses.open(writer, self.service, respondent)?;
        response.answer(self.service.contract(), &answered);
        Ok(Ok(id))
    }
}

fn questions(
    writer: &Writer<'_>,
    contract: &'static Contract,
    account: AccountId,
    survey: &Record,
) -> Result<Vec<Question>, StoreError> {
    let survey: Vec<Guid> = survey.text(cv_object::ID).and_then(Guid::parse).into_iter().collect();
    let ids = writer.referring(account, object_type::SURVEY_QUESTION, survey_question::SURVEY_ID, &survey)?;
    let records = writer.get(account, object_type::SURVEY_QUESTION, &ids.concat())?;
    Ok(records.iter().flatten().map(|record| Question::of_survey(contract, record)).collect())
}

/// Those who answer.
struct Respondents<'a> {
    survey: &'a Record,
    ids: IdCodes,
    status: EnumValue,
    known: HashMap<Guid, (Record, bool)>,
}

impl<'a> Respondents<'a> {
    /// Reads the respondents of the survey that records name.
    fn read(
        reader: &Reader<'_>,
        account: AccountId,
        survey: &'a Record,
        (ids, status): (IdCodes, EnumValue),
        records: &[Record],
    ) -> Result<Respondents<'a>, StoreError> {
        let named: BTreeSet<Guid> =
            records.iter().filter_map(|record| Guid::parse(id_text(record)?)).collect();
        let named: Vec<Guid> = named.into_iter().collect();
        let found = named.iter().zip(reader.get(account, object_type::RESPONDENT, &named)?);
        let found = found.filter_map(|(id, found)| Some((*id, found?)));
        let known = found.filter(|(_, found)| parent::is(found.text(respondent::SURVEY_ID), survey));
        let known = known.map(|(id, found)| (id, (found, false))).collect();
        Ok(Respondents { survey, ids, status, known })
    }

    /// The respondent of a record. A status never goes back: who has completed the survey can
    /// change answers, but has completed it.
    fn find(&mut self, record: &Record) -> Result<Guid, Code> {
        let id = Guid::parse(id_text(record).ok_or(self.ids.missing)?).ok_or(self.ids.invalid)?;
        let (found, _) = self.known.get_mut(&id).ok_or(self.ids.invalid)?;
        admit(self.survey, self.status, found, record).map(|()| id)
    }

    /// Notes that the respondent has answered.
    fn answered(&mut self, id: Guid) -> Option<&mut Record> {
        let (record, changed) = self.known.get_mut(&id)?;
        *changed = true;
        record.set(respondent::STATUS, contract::Value::Enumeration(self.status));
        Some(record)
    }

    fn changed(self) -> Vec<Record> {
        self.known.into_values().filter(|(_, changed)| *changed).map(|(record, _)| record).collect()
    }
}

/// Whether a respondent may answer now. A ticketing survey has a respondent for each ticket, whose
/// number is the response's.
fn admit(survey: &Record, status: EnumValue, respondent: &mut Record, record: &Record) -> Result<(), Code> {
    if survey.boolean(survey::TICKETING) == Some(true) {
        let sent = record.text(cv_object::TRANSACTION_ID).map(str::trim).filter(|text| !text.is_empty());
        match (respondent.text(respondent::RESPONSE_ID), sent) {
            (None, None) => return Err(code::CV99618),
            (Some(own), Some(sent)) if fold(own) != fold(sent) => return Err(code::CV50108),
            (None, Some(sent)) => respondent.set(respondent::RESPONSE_ID, sent),
            (Some(_), _) => {}
        }
    }
    let current = respondent.enumeration(respondent::STATUS);
    let goes_back = current.is_some_and(|current| current.0 > status.0);
    if goes_back { Err(code::CV99612) } else { Ok(()) }
}
