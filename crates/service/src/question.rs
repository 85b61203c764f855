//! Questions of events and surveys, and what an answer to one may say.
//!
//! What form an answer has follows from what the question has: rows make a grid, choices a choice,
//! otherwise it is text, which the answer format may make a number or a date. An answer comes in as
//! one text; several choices stand with `|` between them, the rows of a grid as `row=choice`.

use contract::handles::code;
use contract::handles::list;
use contract::handles::object::{
    answer_detail, cv_answer, cv_object, event_question, row_detail, survey_question,
};
use contract::scalar::{parse_date_time, parse_decimal};
use contract::{Code, Contract, FieldId, Guid, Lists, Record, Timestamp};
use std::collections::{HashMap, HashSet};

const BETWEEN: char = '|';
const ROW: char = '=';

/// The identifier of nothing.
const NOBODY: Guid = Guid([0; 16]);

/// A question.
#[derive(Debug)]
pub(crate) struct Question {
    pub id: Guid,
    /// Which survey of an event it belongs to.
    pub survey: String,
    pub code: String,
    pub number: String,
    pub text: String,
    pub kind: String,
    lists: &'static Lists,
    choices: Named,
    rows: Named,
    format: String,
    allows_other: bool,
    allows_none: bool,
    most_choices: Option<usize>,
    characters: (Option<usize>, Option<usize>),
}

/// One part of an answer.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Part {
    pub row: Option<String>,
    pub text: Option<String>,
    pub other: Option<String>,
}

/// Which codes a call has for answers to questions that are not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    /// The list of an event's survey types whose questions the call answers.
    pub survey_types: &'static str,
    pub unnamed: Code,
    pub unknown_id: Code,
    pub unknown_code: Code,
    pub unanswerable: Code,
    pub unanswered: Code,
    pub twice: Code,
}

/// Texts that answers name, in any case.
#[derive(Debug)]
struct Named(HashMap<String, String>);

impl Named {
    fn new(texts: impl IntoIterator<Item = String>) -> Named {
        let mut out = HashMap::new();
        for text in texts {
            out.entry(lower(&text)).or_insert(text);
        }
        Named(out)
    }

    /// The first that an answer names.
    fn find(&self, text: &str) -> Option<&String> {
        self.0.get(&lower(text))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The answers of one call.
pub(crate) struct Sheet<'q> {
    questions: &'q [Question],
    /// Where the first question of each identifier and of each code is.
    by_id: HashMap<Guid, usize>,
    by_code: HashMap<String, usize>,
    codes: Codes,
    now: Timestamp,
    seen: HashSet<(Guid, usize)>,
}

/// What one record answers.
#[derive(Debug)]
pub(crate) struct Answered<'q> {
    pub question: &'q Question,
    pub parts: Vec<Part>,
    /// Whether an earlier record of the call answers the same for the same person, which this one
    /// then adds to.
    pub adds: bool,
}

impl<'q> Sheet<'q> {
    /// A sheet for answers to those questions.
    pub fn new(questions: &'q [Question], codes: Codes, now: Timestamp) -> Sheet<'q> {
        let (mut by_id, mut by_code) = (HashMap::new(), HashMap::new());
        for (place, question) in questions.iter().enumerate() {
            by_id.entry(question.id).or_insert(place);
            by_code.entry(lower(&question.code)).or_insert(place);
        }
        Sheet { questions, by_id, by_code, codes, now, seen: HashSet::new() }
    }

    /// Reads the answer in a record of somebody.
    ///
    /// # Errors
    /// The sheet's codes; CV91102 for what the question does not allow.
    pub fn take(&mut self, owner: Guid, record: &Record) -> Result<Answered<'q>, Code> {
        let name = (record.text(cv_answer::QUESTION_ID), record.text(cv_answer::QUESTION_CODE));
        let (index, question) = self.named(name)?;
        let answer = sent(record.text(cv_answer::ANSWER));
        let parts = question.read(answer.ok_or(self.codes.unanswered)?, self.now)?;
        let adds = self.seen.contains(&(owner, index));
        if adds && !question.takes_several() {
            return Err(self.codes.twice);
        }
        self.seen.insert((owner, index));
        Ok(Answered { question, parts, adds })
    }

    /// The question that an answer names, by its identifier or else its code.
    fn named(&self, (id, code): (Option<&str>, Option<&str>)) -> Result<(usize, &'q Question), Code> {
        let codes = self.codes;
        let place = match (sent(id), sent(code)) {
            (None, None) => return Err(codes.unnamed),
            (Some(id), _) => {
                let id = Guid::parse(id).ok_or(codes.unknown_id)?;
                self.by_id.get(&id).ok_or(codes.unknown_id)?
            }
            (None, Some(code)) => self.by_code.get(&lower(code)).ok_or(codes.unknown_code)?,
        };
        let question = self.questions.get(*place).ok_or(codes.unknown_id)?;
        if question.is_unanswerable(codes.survey_types) {
            return Err(codes.unanswerable);
        }
        Ok((*place, question))
    }
}

impl Question {
    /// A question of an event.
    pub fn of_event(contract: &'static Contract, record: &Record) -> Question {
        let text = |field| record.text(field).unwrap_or_default().to_owned();
        Question {
            lists: &contract.lists,
            id: record.text(cv_object::ID).and_then(Guid::parse).unwrap_or(NOBODY),
            survey: text(event_question::SURVEY_TYPE),
            code: text(event_question::QUESTION_CODE),
            number: String::new(),
            text: text(event_question::QUESTION_TEXT),
            kind: text(event_question::QUESTION_TYPE),
            choices: texts(record, event_question::ANSWER_DETAIL, answer_detail::ANSWER_TEXT),
            rows: texts(record, event_question::ROW_DETAIL, row_detail::ROW_TEXT),
            format: String::new(),
            allows_other: record.boolean(event_question::ALLOW_OTHER) == Some(true),
            allows_none: false,
            most_choices: None,
            characters: (None, None),
        }
    }

    /// A question of a survey.
    pub fn of_survey(contract: &'static Contract, record: &Record) -> Question {
        let text = |field| record.text(field).unwrap_or_default().to_owned();
        let number = |field| record.text(field).and_then(|text| text.trim().parse::<usize>().ok());
        Question {
            lists: &contract.lists,
            id: record.text(cv_object::ID).and_then(Guid::parse).unwrap_or(NOBODY),
            survey: String::new(),
            code: text(survey_question::QUESTION_CODE),
            number: text(survey_question::QUESTION_NUMBER),
            text: text(survey_question::QUESTION_TEXT),
            kind: text(survey_question::QUESTION_TYPE),
            choices: texts(record, survey_question::ANSWER_DETAIL, answer_detail::ANSWER_TEXT),
            rows: texts(record, survey_question::ROW_DETAIL, row_detail::ROW_TEXT),
            format: text(survey_question::ANSWER_FORMAT),
            allows_other: record.boolean(survey_question::ALLOW_OTHER) == Some(true),
            allows_none: record.boolean(survey_question::ALLOW_NA) == Some(true),
            most_choices: number(survey_question::MAXIMUM_SELECTIONS),
            characters: (
                number(survey_question::MINIMUM_CHARACTERS),
                number(survey_question::MAXIMUM_CHARACTERS),
            ),
        }
    }

    /// The number of the question's type among those of the list; 0 for another.
    pub fn kind_number(&self) -> i64 {
        let kinds = self.lists.values(list::survey_question_type::LIST);
        let index = kinds.iter().position(|kind| is(kind, &self.kind));
        index.and_then(|index| i64::try_from(index + 1).ok()).unwrap_or(0)
    }

    /// Whether a list of the contract has that value.
    fn lists(&self, list: &str, value: &str) -> bool {
        self.lists.values(list).iter().any(|known| is(known, value))
    }

    fn is_unanswerable(&self, survey_types: &str) -> bool {
        let is_elsewhere = !self.survey.is_empty() && !self.lists(survey_types, &self.survey);
        is_elsewhere || self.lists(list::unanswered_question_type::LIST, &self.kind)
    }

    /// Whether it is answered by choosing.
    pub fn has_choices(&self) -> bool {
        !self.choices.is_empty()
    }

    /// Whether one answer may name several choices, or parts of it come in several records.
    pub fn takes_several(&self) -> bool {
        let by_kind = || self.lists(list::several_answers_question_type::LIST, &self.kind);
        !self.rows.is_empty()
            || !self.choices.is_empty() && self.most_choices.map_or_else(by_kind, |most| most > 1)
    }

    /// The parts of an answer.
    ///
    /// # Errors
    /// CV91102 for what the question does not allow.
    pub fn read(&self, answer: &str, now: Timestamp) -> Result<Vec<Part>, Code> {
        let answer = answer.trim();
        if self.allows_none && self.lists(list::no_answer::LIST, answer) {
            return Ok(vec![Part { row: None, text: Some(answer.to_uppercase()), other: None }]);
        }
        if !self.rows.is_empty() {
            return answer.split(BETWEEN).map(|part| self.row(part, now)).collect();
        }
        if self.choices.is_empty() {
            return Ok(vec![Part { row: None, text: Some(self.free(answer, now)?), other: None }]);
        }
        let parts: Vec<&str> =
            if self.takes_several() { answer.split(BETWEEN).collect() } else { vec![answer] };
        if self.most_choices.is_some_and(|most| parts.len() > most.max(1)) {
            return Err(code::CV91102);
        }
        parts.into_iter().map(|part| self.choice(part)).collect()
    }

    fn row(&self, part: &str, now: Timestamp) -> Result<Part, Code> {
        let (row, answer) = part.split_once(ROW).ok_or(code::CV91102)?;
        let row = self.rows.find(row).ok_or(code::CV91102)?;
        let part = if self.choices.is_empty() {
            Part { row: None, text: Some(self.free(answer.trim(), now)?), other: None }
        } else {
            self.choice(answer)?
        };
        Ok(Part { row: Some(row.clone()), ..part })
    }

    fn choice(&self, text: &str) -> Result<Part, Code> {
        match self.choices.find(text) {
            Some(choice) => Ok(Part { row: None, text: Some(choice.clone()), other: None }),
            None if self.allows_other => {
                Ok(Part { row: None, text: None, other: Some(text.trim().to_owned()) })
            }
            None => Err(code::CV91102),
        }
    }

    fn free(&self, text: &str, now: Timestamp) -> Result<String, Code> {
        let length = text.chars().count();
        let (least, most) = self.characters;
        let good = least.is_none_or(|least| length >= least)
            && most.is_none_or(|most| most == 0 || length <= most)
            && (!self.lists(list::number_format::LIST, &self.format) || parse_decimal(text).is_ok())
            && (!self.lists(list::date_format::LIST, &self.format) || parse_date_time(text, now).is_ok());
        if good { Ok(text.to_owned()) } else { Err(code::CV91102) }
    }
}

fn sent(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn is(one: &str, other: &str) -> bool {
    lower(one) == lower(other)
}

fn lower(text: &str) -> String {
    text.trim().to_lowercase()
}

fn texts(record: &Record, detail: FieldId, field: FieldId) -> Named {
    Named::new(record.records(detail).filter_map(|detail| detail.text(field)).map(str::to_owned))
}
