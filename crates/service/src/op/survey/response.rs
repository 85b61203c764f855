//! Responses: what a respondent answered, question by question.

use crate::Service;
use crate::parent;
use crate::question::{Answered, Part, Question};
use crate::session::Session;
use contract::handles::enumeration::respondent_status;
use contract::handles::list::response_method;
use contract::handles::object::{
    answer, cv_object, respondent, response, response_survey_detail, survey_detail,
};
use contract::handles::object_type;
use contract::table::fold;
use contract::{Contract, Decimal, EnumValue, Guid, Record, Value};
use std::collections::HashMap;
use store::{Reader, StoreError, Writer};

/// Responses that are read at a time.
const READ: usize = 500;

/// The responses that a call changes.
pub(super) struct Responses<'a> {
    session: &'a Session,
    survey: &'a Record,
    status: EnumValue,
    /// The survey's responses that may be those of the call's respondents.
    stored: HashMap<Guid, Record>,
    /// The responses of a respondent, by its folded identifier.
    of_respondent: HashMap<String, Vec<Guid>>,
    open: HashMap<String, Response>,
    order: Vec<String>,
    count: Option<i64>,
}

/// A response, and whether the store has it.
pub(super) struct Response {
    record: Record,
    is_new: bool,
}

impl<'a> Responses<'a> {
    /// Reads the responses that respondents have or name, now or once a record's transaction names it.
    pub fn read<'r>(
        reader: &Reader<'_>,
        (session, survey, status): (&'a Session, &'a Record, EnumValue),
        respondents: impl Iterator<Item = &'r Record>,
        records: &[Record],
    ) -> Result<Responses<'a>, StoreError> {
        let account = session.account.id;
        let (mut owners, mut named) = (Vec::new(), Vec::new());
        for respondent in respondents {
            owners.push(fold(respondent.text(cv_object::ID).unwrap_or_default()));
            named.extend(respondent.text(respondent::RESPONSE_ID).and_then(Guid::parse));
        }
        named.extend(
            records.iter().filter_map(|record| Guid::parse(record.text(cv_object::TRANSACTION_ID)?.trim())),
        );
        let key = (object_type::RESPONSE, response::RESPONDENT_ID);
        let of_respondents = reader.find(account, key, &owners)?;
        named.extend(of_respondents.iter().flatten());
        named.sort_unstable();
        named.dedup();
        let mut stored = HashMap::new();
        for ids in named.chunks(READ) {
            let found = ids.iter().zip(reader.get(account, object_type::RESPONSE, ids)?);
            let found = found.filter_map(|(id, found)| Some((*id, found?)));
            stored.extend(found.filter(|(_, found)| parent::is(found.text(response::SURVEY_ID), survey)));
        }
        let of_respondent = owners.into_iter().zip(of_respondents).collect();
        let (open, order, count) = (HashMap::new(), Vec::new(), None);
        Ok(Responses { session, survey, status, stored, of_respondent, open, order, count })
    }

    /// The respondent's response, made where there is none.
    pub fn open(
        &mut self,
        writer: &Writer<'_>,
        service: &Service,
        respondent: Option<&mut Record>,
    ) -> Result<&mut Response, StoreError> {
        let contract = service.contract();
        let mut nobody = contract.record(respondent::TYPE_ID);
        let respondent = respondent.unwrap_or(&mut nobody);
        let owner = respondent.text(cv_object::ID).unwrap_or_default().to_owned();
        if !self.open.contains_key(&owner) {
            let opened = match self.stored(respondent) {
                Some(record) => Response { record, is_new: false },
                None => {
                    let number = self.next_number(writer)?;
                    Response { record: self.fresh(service, respondent, number), is_new: true }
                }
            };
            if respondent.get(respondent::RESPONSE_ID).is_absent() {
                respondent.set(respondent::RESPONSE_ID, opened.record.get(response::RESPONSE_ID).clone());
            }
            self.order.push(owner.clone());
            self.open.insert(owner.clone(), opened);
        }
        let fresh = || Response { record: contract.record(response::TYPE_ID), is_new: true };
        Ok(self.open.entry(owner).or_insert_with(fresh))
    }

    /// The response that is the respondent's, or else the one that it names.
    fn stored(&self, respondent: &Record) -> Option<Record> {
        let owner = fold(respondent.text(cv_object::ID).unwrap_or_default());
        let own = self.of_respondent.get(&owner).into_iter().flatten().copied();
        let named = respondent.text(respondent::RESPONSE_ID).and_then(Guid::parse);
        own.chain(named).find_map(|id| self.stored.get(&id)).cloned()
    }

    /// Responses of a survey are numbered from one.
    fn next_number(&mut self, writer: &Writer<'_>) -> Result<i64, StoreError> {
        let count = match self.count {
            Some(count) => count,
            None => {
                let survey: Vec<Guid> =
                    self.survey.text(cv_object::ID).and_then(Guid::parse).into_iter().collect();
                let of = (object_type::RESPONSE, response::SURVEY_ID);
                let groups = writer.count_referring(self.session.account.id, of, &survey, &[])?.concat();
                i64::try_from(groups.iter().map(|group| group.count).sum::<u64>()).unwrap_or(i64::MAX)
            }
        };
        self.count = Some(count + 1);
        Ok(count + 1)
    }

    fn fresh(&self, service: &Service, respondent: &Record, number: i64) -> Record {
        let mut record = service.contract().record(response::TYPE_ID);
        let id = service.new_id().to_string();
        let named = respondent.text(respondent::RESPONSE_ID).unwrap_or(&id).to_owned();
        record.set(response::RESPONSE_ID, named);
        record.set(cv_object::ID, id);
        record.set(response::RESPONDENT_ID, respondent.get(cv_object::ID).clone());
        record.set(response::CONTACT_ID, respondent.get(respondent::CONTACT_ID).clone());
        record.set(response::SURVEY_ID, self.survey.get(cv_object::ID).clone());
        record.set(response::INTERNAL_NOTE, respondent.get(respondent::INTERNAL_NOTE).clone());
        record.set(response::REFERENCE_ID, respondent.get(respondent::REFERENCE_ID).clone());
        record.set(response::RESPONSE_METHOD, response_method::API);
        record.set(response::RESPONSE_NUMBER, Value::Integer(number));
        record
    }

    /// Writes the responses with the call's status and stamps.
    pub fn write(mut self, contract: &Contract, writer: &mut Writer<'_>) -> Result<(), StoreError> {
        let (account, at) = (self.session.account.id, self.session.at);
        let status =
            contract.model.enumeration(respondent_status::ENUM_ID).values.get(usize::from(self.status.0));
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        for key in &self.order {
            let Some(Response { mut record, is_new }) = self.open.remove(key) else { continue };
            record.set(response::STATUS, status.map_or("", String::as_str));
            record.set(response::LAST_MODIFIED_DATE, at);
            record.set(response::MODIFIED_BY, self.session.user.as_str());
            if self.status != respondent_status::PARTIAL_RESPONSE
                && record.get(response::COMPLETION_DATE).is_absent()
            {
                record.set(response::COMPLETION_DATE, at);
            }
            if is_new { created.push(record) } else { updated.push(record) }
        }
        writer.insert(account, object_type::RESPONSE, &created, at)?;
        writer.update(account, object_type::RESPONSE, &updated, at)
    }
}

impl Response {
    /// Lays an answer over what was answered to the question before.
    pub fn answer(&mut self, contract: &Contract, answered: &Answered<'_>) {
        let question = answered.question;
        let mut items = match self.record.take(response::SURVEY_DETAIL) {
            Value::List(items) => items,
            _ => Vec::new(),
        };
        let same = |detail: &Record| {
            let text = |field| detail.text(field).unwrap_or_default();
            text(response_survey_detail::QUESTION_CODE) == question.code
                && text(response_survey_detail::QUESTION_NUMBER) == question.number
                && text(response_survey_detail::QUESTION_TEXT) == question.text
        };
        let found = items.iter().position(|item| matches!(item, Value::Record(detail) if same(detail)));
        let mut detail = match found.map(|index| items.remove(index)) {
            Some(Value::Record(detail)) if answered.adds => *detail,
            _ => fresh(contract, question),
        };
        for part in &answered.parts {
            detail.push(survey_detail::ANSWER, row(contract, question, part));
        }
        items.insert(found.unwrap_or(items.len()), detail.into());
        self.record.set(response::SURVEY_DETAIL, Value::List(items));
    }
}

fn fresh(contract: &Contract, question: &Question) -> Record {
    let mut detail = contract.record(response_survey_detail::TYPE_ID);
    detail.set(survey_detail::QUESTION_TEXT, question.text.as_str());
    detail.set(survey_detail::QUESTION_EXPORT_VALUE, question.code.as_str());
    detail.set(survey_detail::QUESTION_TYPE, Value::Integer(question.kind_number()));
    detail.set(survey_detail::QUESTION_SCORE, Value::Decimal(Decimal::ZERO));
    detail.set(response_survey_detail::QUESTION_CODE, question.code.as_str());
    detail.set(response_survey_detail::QUESTION_NUMBER, question.number.as_str());
    detail
}

/// A part of an answer. Its members are all there, null where they say nothing.
fn row(contract: &Contract, question: &Question, part: &Part) -> Record {
    let mut row = contract.record(answer::TYPE_ID);
    for (field, _) in contract.model.ty(answer::TYPE_ID).fields() {
        row.set(field, Value::Nil);
    }
    let column = part.text.as_ref().filter(|_| part.row.is_some() && question.has_choices());
    let members = [
        (answer::ANSWER_PART, part.row.as_ref()),
        (answer::ANSWER_COLUMN, column),
        (answer::ANSWER_TEXT, part.text.as_ref()),
        (answer::ANSWER_OTHER, part.other.as_ref()),
    ];
    for (field, text) in members {
        if let Some(text) = text {
            row.set(field, text.as_str());
        }
    }
    row
}
