//! The calls that `bench search` measures.

use super::named::{self, NAMES};
use crate::contacts::{self, DIGITS};
use crate::message;
use crate::people;
use crate::retrieve::retrieve_one;
use contract::handles::enumeration::{cv_search_operator_type as is, cv_search_type};
use contract::handles::message::search;
use contract::handles::object::{contact, cv_search, filter};
use contract::handles::{object_type, operation};
use contract::{Contract, EnumValue, FieldId, OperationId, Value};

/// Calls of a kind that are rendered beforehand and sent in turn, each about other contacts.
const RENDERED: usize = 500;

/// A kind of call.
pub struct Kind {
    /// For the report.
    pub name: &'static str,
    /// What is called.
    pub operation: OperationId,
    /// The calls, to be sent in turn.
    pub calls: Vec<Call>,
}

/// A message and what its answer has.
pub struct Call {
    /// The message.
    pub bytes: Vec<u8>,
    /// The identifiers in the answer, in order.
    pub ids: Vec<String>,
}

/// The kinds of call. Retrieve is the first, the indexed Search the second; the others use no index.
///
/// Every Company holds what is sought in it, so that it rules nobody out before the other filters are looked at.
/// The server adds a filter of its own, for Active.
pub fn kinds(contract: &Contract, session: &str, count: usize) -> Vec<Kind> {
    let numbers = || (0..RENDERED).map(|turn| (turn * 7919 + 1) * 104_729 % count);
    let retrieve = |number| Call {
        bytes: retrieve_one(contract, session, &people::id(number)),
        ids: vec![people::id(number)],
    };
    let company = || (contact::COMPANY, is::CONTAINS, "SONS int".to_owned());
    let name = |number| (contact::LAST_NAME, is::STARTS_WITH, named::last_name(number)[..15].to_owned());
    let excluded = |truth: bool| (contact::EXCLUDED_FROM_EMAIL, is::EQUALS, truth.to_string());
    let mail = |number: usize| contacts::email(&format!("{number:0DIGITS$}")).to_uppercase();
    let mail = |number| (contact::EMAIL_ADDRESS, is::EQUALS, mail(number));
    let indexed = |number| Call {
        bytes: find(contract, session, true, [company(), name(number), mail(number)]),
        ids: vec![people::id(number)],
    };
    let unindexed = |number: usize| Call {
        bytes: find(contract, session, true, [company(), name(number), excluded(true)]),
        ids: (number % NAMES..count)
            .step_by(NAMES)
            .filter(|other| named::is_excluded(*other))
            .map(people::id)
            .collect(),
    };
    let nothing = |field| (field, is::CONTAINS, "no such text".to_owned());
    let any = |_| Call {
        bytes: find(
            contract,
            session,
            false,
            [contact::COMPANY, contact::FIRST_NAME, contact::LAST_NAME].map(nothing),
        ),
        ids: vec![],
    };
    let kind = |name, operation, calls| Kind { name, operation, calls };
    vec![
        kind("Retrieve by Id", operation::RETRIEVE, numbers().map(retrieve).collect()),
        kind("Search, one filter of three indexed", operation::SEARCH, numbers().map(indexed).collect()),
        kind(
            "Search, none of three indexed, all hold",
            operation::SEARCH,
            numbers().map(unindexed).collect(),
        ),
        kind("Search, none of three indexed, any holds", operation::SEARCH, vec![any(0)]),
    ]
}

fn find(
    contract: &Contract,
    session: &str,
    all: bool,
    filters: [(FieldId, EnumValue, String); 3],
) -> Vec<u8> {
    let mut wanted = contract.record(cv_search::TYPE_ID);
    let kind = if all { cv_search_type::AND_SEARCH } else { cv_search_type::OR_SEARCH };
    wanted.set(cv_search::SEARCH_TYPE, Value::Enumeration(kind));
    for (field, operator, value) in filters {
        let mut test = contract.record(filter::TYPE_ID);
        test.set(filter::FIELD, contract.model.member(contact::TYPE_ID, field).name.as_str());
        test.set(filter::OPERATOR, Value::Enumeration(operator));
        test.set(filter::VALUE, value);
        wanted.push(cv_search::FILTER, test);
    }
    let mut body = contract.record(search::TYPE_ID);
    body.set(search::OBJECT_TYPE, Value::Enumeration(EnumValue(object_type::CONTACT.0)));
    body.set(search::CV_SEARCH_OBJECT, wanted);
    message::request(contract, operation::SEARCH, Some(session), &body).into_bytes()
}
