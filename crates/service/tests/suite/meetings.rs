//! Meeting requests.

use crate::harness::Bench;
use contract::handles::object::{
    custom_field_detail, entity_custom_field, event_request_info, meeting_request, user,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record};
use std::collections::HashSet;

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000FFFF";

fn meeting(bench: &Bench, members: &[(&str, &str)], info: &[(&str, &str)]) -> Record {
    let mut record = bench.record(meeting_request::TYPE_ID, members);
    if !info.is_empty() {
        let info = bench.record(event_request_info::TYPE_ID, info);
        record.push(meeting_request::EVENT_REQUEST_INFO, info);
    }
    record
}

async fn create(bench: &Bench, record: Record) -> Result<String, Vec<Code>> {
    let answer = bench.batch(operation::CREATE_MEETING_REQUEST, vec![record]).await.remove(0);
    if answer.codes.is_empty() { Ok(answer.id) } else { Err(answer.codes) }
}

async fn update(bench: &Bench, record: Record) -> Vec<Code> {
    bench.batch(operation::UPDATE_MEETING_REQUEST, vec![record]).await.remove(0).codes
}

/// The request of a code, which is all that its maker is told.
async fn of_code(bench: &Bench, code: &str) -> Record {
    let found = bench.store.read(|reader| {
        let account = reader.account("A001")?.unwrap().id;
        reader.all(account, object_type::MEETING_REQUEST)
    });
    let found = found.await.unwrap();
    let found = found.iter().find(|found| found.text(meeting_request::REQUEST_CODE) == Some(code)).unwrap();
    let id = found.text(meeting_request::ID).unwrap().to_owned();
    bench.retrieve(object_type::MEETING_REQUEST, &[&id]).await.unwrap().remove(0)
}

async fn new_requester(bench: &Bench) -> String {
    let members = [
        ("UserType", "Requester"),
        ("Username", "ada"),
        ("Email", "ada@example.org"),
        ("FirstName", "Ada"),
        ("LastName", "Byron"),
        ("Password", "engine no. 1"),
    ];
    bench.batch(operation::CREATE_USER, vec![bench.record(user::TYPE_ID, &members)]).await.remove(0).id
}

#[tokio::test]
async fn a_request_is_answered_with_its_code_and_shows_its_requester() {
    let bench = Bench::new().await;
    let requester = new_requester(&bench).await;
    let members = [("RequestName", "Offsite"), ("RequesterId", requester.as_str()), ("RequestCode", "mine")];
    let info = [("EventTitle", "T"), ("EventCountryCode", "usa")];
    let code = create(&bench, meeting(&bench, &members, &info)).await.unwrap();
    assert_eq!(code.len(), 11);
    let found = of_code(&bench, &code).await;
    for (name, text) in [
        ("RequestName", "Offsite"),
        ("RequestStatus", "Submitted"),
        ("RequesterLastName", "Byron"),
        ("RequesterEmailAddress", "ada@example.org"),
        ("CreatedBy", "api"),
        ("LastModifiedDate", "2026-11-24T12:00:00"),
    ] {
        assert_eq!(bench.show(&found, name), text, "{name}");
    }
    let kept = found.records(meeting_request::EVENT_REQUEST_INFO).next().unwrap();
    assert_eq!(kept.text(event_request_info::EVENT_COUNTRY), Some("United States"));
    let change = bench.record(user::TYPE_ID, &[("Id", &requester), ("LastName", "King")]);
    assert_eq!(bench.batch(operation::UPDATE_USER, vec![change]).await[0].codes, []);
    assert_eq!(bench.show(&of_code(&bench, &code).await, "RequesterLastName"), "King");
}

#[tokio::test]
async fn wrong_values_have_their_codes() {
    let bench = Bench::new().await;
    for (members, info, expected) in [
        (&[("RequestStatus", "Perhaps")][..], &[][..], code::CV99641),
        (&[], &[("EventCountryCode", "XX")], code::CV99623),
        (&[("RequesterId", UNKNOWN)], &[], code::CV92109),
    ] {
        assert_eq!(create(&bench, meeting(&bench, members, info)).await, Err(vec![expected]));
    }
    let mut record = meeting(&bench, &[], &[]);
    let detail = bench.record(custom_field_detail::TYPE_ID, &[("FieldId", UNKNOWN), ("FieldValue", "x")]);
    record.push(meeting_request::CUSTOM_FIELD_DETAIL, detail);
    assert_eq!(create(&bench, record).await, Err(vec![code::CV40111]));
}

#[tokio::test]
async fn a_call_makes_one_request() {
    let bench = Bench::new().await;
    let records = vec![meeting(&bench, &[], &[]), meeting(&bench, &[], &[])];
    let request = bench.request(operation::CREATE_MEETING_REQUEST, records, &[]);
    let fault = bench.call(operation::CREATE_MEETING_REQUEST, request).await.unwrap_err();
    assert_eq!(fault.code, code::CV30100);
    let call = || create(&bench, meeting(&bench, &[], &[]));
    let (one, two) = tokio::join!(call(), call());
    assert_eq!(HashSet::from([one.unwrap(), two.unwrap()]).len(), 2);
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_send() {
    let bench = Bench::new().await;
    let field = bench.record(entity_custom_field::TYPE_ID, &[("FieldName", "Dress"), ("FieldType", "Text")]);
    let others = [("CustomFieldCategory", "EventCustomField")];
    let field = bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![field], &others).await.remove(0).id;
    let info = [("EventTitle", "T"), ("EventCity", "Oslo"), ("EventCountryCode", "NO")];
    let code = create(&bench, meeting(&bench, &[("RequestName", "Offsite"), ("FormName", "F")], &info)).await;
    let code = code.unwrap();
    let id = of_code(&bench, &code).await.text(meeting_request::ID).unwrap().to_owned();
    let members = [("Id", id.as_str()), ("RequestStatus", "approved"), ("FormName", "")];
    let mut record = meeting(&bench, &members, &[("EventCity", "Bergen"), ("EventTitle", "")]);
    let detail = bench.record(custom_field_detail::TYPE_ID, &[("FieldId", &field), ("FieldValue", "black")]);
    record.push(meeting_request::CUSTOM_FIELD_DETAIL, detail);
    let answers = bench.batch(operation::UPDATE_MEETING_REQUEST, vec![record]).await;
    assert_eq!((answers[0].codes.as_slice(), &answers[0].id), (&[][..], &id));
    let found = of_code(&bench, &code).await;
    let shown = ["RequestName", "RequestStatus", "FormName"].map(|name| bench.show(&found, name));
    assert_eq!(shown, ["Offsite", "Approved", ""]);
    let kept: Vec<&Record> = found.records(meeting_request::EVENT_REQUEST_INFO).collect();
    let kept =
        [event_request_info::EVENT_TITLE, event_request_info::EVENT_CITY, event_request_info::EVENT_COUNTRY]
            .map(|field| kept[0].text(field));
    assert_eq!(kept, [None, Some("Bergen"), Some("Norway")]);
    assert_eq!(found.records(meeting_request::CUSTOM_FIELD_DETAIL).count(), 1);
    let by_id = |id: &str| meeting(&bench, &[("Id", id), ("RequestName", "x")], &[]);
    let records = vec![by_id(""), by_id("x"), by_id(UNKNOWN), by_id(&id), by_id(&id)];
    let answers = bench.batch(operation::UPDATE_MEETING_REQUEST, records).await;
    let codes: Vec<_> = answers.into_iter().map(|answer| answer.codes).collect();
    let invalid = vec![code::CV40110];
    assert_eq!(codes, [vec![code::CV40113], invalid.clone(), invalid, vec![], vec![code::CV40118]]);
    assert_eq!(
        update(&bench, meeting(&bench, &[("Id", &id), ("RequestStatus", "x")], &[])).await,
        [code::CV99641]
    );
    let records = (0..201).map(|_| by_id(&id)).collect();
    let request = bench.request(operation::UPDATE_MEETING_REQUEST, records, &[]);
    let fault = bench.call(operation::UPDATE_MEETING_REQUEST, request).await.unwrap_err();
    assert_eq!(fault.code, code::CV30100);
}
