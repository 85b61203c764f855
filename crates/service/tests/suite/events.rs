//! Events: made without registration, changed, copied.

use crate::harness::Bench;
use contract::handles::object::{
    custom_field_detail, entity_custom_field, event, event_detail, event_parameters, event_question, fees,
    product_detail, session, target_list_detail,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, FieldId, ObjectId, Record, Value};

pub const UNKNOWN: &str = "00000000-0000-4000-8000-00000000FFFF";

const GOOD: [(&str, &str); 5] = [
    ("Title", "Spring meeting"),
    ("TimeZoneCode", "15"),
    ("StartDate", "2027-03-01T09:00:00"),
    ("PlannerFirstName", "Ada"),
    ("PlannerLastName", "Byron"),
];

fn parameters(bench: &Bench, members: &[(&str, &str)]) -> Record {
    bench.record(event_parameters::TYPE_ID, members)
}

fn good(bench: &Bench, others: &[(&str, &str)]) -> Record {
    parameters(bench, &[&GOOD[..], others].concat())
}

pub async fn new_event(bench: &Bench, others: &[(&str, &str)]) -> String {
    let answers = bench.batch(operation::CREATE_NO_REG_EVENT, vec![good(bench, others)]).await;
    assert_eq!(answers[0].codes, [], "{answers:?}");
    answers[0].id.clone()
}

pub async fn one(bench: &Bench, object: ObjectId, id: &str) -> Record {
    let mut found = bench.retrieve(object, &[id]).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

pub async fn new_field(bench: &Bench, category: &str, name: &str) -> String {
    let members = [("FieldName", name), ("FieldType", "Open Ended Text - One Line")];
    let field = bench.record(entity_custom_field::TYPE_ID, &members);
    let others = [("CustomFieldCategory", category)];
    bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![field], &others).await.remove(0).id
}

pub fn with_value(bench: &Bench, mut record: Record, detail: FieldId, id: &str, value: &str) -> Record {
    let members = [("FieldId", id), ("FieldValue", value)];
    record.push(detail, bench.record(custom_field_detail::TYPE_ID, &members));
    record
}

pub fn values(record: &Record, detail: FieldId) -> Vec<(&str, &str)> {
    let details = record.records(detail);
    details
        .filter_map(|detail| {
            Some((
                detail.text(custom_field_detail::FIELD_NAME)?,
                detail.text(custom_field_detail::FIELD_VALUE)?,
            ))
        })
        .collect()
}

async fn codes(bench: &Bench, operation: contract::OperationId, records: Vec<Record>) -> Vec<Vec<Code>> {
    bench.batch(operation, records).await.into_iter().map(|answer| answer.codes).collect()
}

#[tokio::test]
async fn parameters_become_an_event_with_a_code_a_status_and_stamps() {
    let bench = Bench::new().await;
    let others = [
        ("Description", "d"),
        ("Capacity", "50"),
        ("LocationName", "Hall"),
        ("Address1", "1 Main St"),
        ("City", "Boston"),
        ("StateCode", "ma"),
        ("CountryCode", "us"),
        ("EndDate", "2027-03-02T18:00:00"),
        ("RSVPByDate", "2027-02-01T00:00:00"),
        ("Category", "Trade Show"),
        ("Language", "German"),
        ("MessageId", "m"),
    ];
    let answer = bench.batch(operation::CREATE_NO_REG_EVENT, vec![good(&bench, &others)]).await.remove(0);
    assert_eq!(answer.reference.as_deref(), Some("m"));
    let event = one(&bench, object_type::EVENT, &answer.id).await;
    for (name, expected) in [
        ("EventTitle", "Spring meeting"),
        ("Timezone", "Eastern Time"),
        ("EventStartDate", "2027-03-01T09:00:00"),
        ("EventEndDate", "2027-03-02T18:00:00"),
        ("RSVPbyDate", "2027-02-01T00:00:00"),
        ("EventStatus", "No Registration Required"),
        ("Capacity", "Integer(50)"),
        ("Location", "Hall"),
        ("StreetAddress1", "1 Main St"),
        ("State", "Massachusetts"),
        ("StateCode", "MA"),
        ("CountryCode", "US"),
        ("Category", "Trade Show"),
        ("PlannerLastName", "Byron"),
        ("CreatedBy", "api"),
        ("LastModifiedDate", "2026-11-24T12:00:00"),
    ] {
        assert_eq!(bench.show(&event, name), expected, "{name}");
    }
    assert_eq!(event.text(event::EVENT_CODE).unwrap().len(), 11);
    let detail = one(&bench, object_type::EVENT_DETAIL, &answer.id).await;
    assert_eq!(detail.text(event_detail::EVENT_TITLE), Some("Spring meeting"));
    assert_eq!(detail.text(event_detail::EVENT_CODE), event.text(event::EVENT_CODE));
    assert_eq!(bench.show(&detail, "TotalInvitedCount"), "Integer(0)");
}

#[tokio::test]
async fn every_code_of_an_events_parameters() {
    let bench = Bench::new().await;
    let mut records = vec![parameters(&bench, &[]), good(&bench, &[])];
    for members in [
        &[("EndDate", "2027-03-01T09:00:00")][..],
        &[("StateCode", "ZZ"), ("CountryCode", "US")],
        &[("CountryCode", "XX")],
        &[("Capacity", "-1")],
        &[("RSVPByDate", "2027-03-01T09:00:01")],
        &[("EndDate", "2027-03-03T09:00:00"), ("RSVPByDate", "2027-03-02T09:00:00")],
        &[("PlannerEmailAddress", "x")],
        &[("StakeholderEmailAddress", "x")],
    ] {
        records.push(good(&bench, members));
    }
    let mut zone = good(&bench, &[]);
    zone.set(event_parameters::TIME_ZONE_CODE, "Moon");
    records.push(zone);
    records.push(with_value(&bench, good(&bench, &[]), event_parameters::CUSTOM_FIELD_DETAIL, UNKNOWN, "1"));
    let field = new_field(&bench, "EventCustomField", "E").await;
    let twice = with_value(&bench, good(&bench, &[]), event_parameters::CUSTOM_FIELD_DETAIL, &field, "1");
    records.push(with_value(&bench, twice, event_parameters::CUSTOM_FIELD_DETAIL, &field, "2"));
    let expected = [
        vec![code::CV94101, code::CV94102, code::CV94103, code::CV94104, code::CV94105],
        vec![],
        vec![code::CV94106],
        vec![code::CV94107],
        vec![code::CV94108],
        vec![code::CV94110],
        vec![code::CV94112],
        vec![],
        vec![code::CV40102],
        vec![code::CV40102],
        vec![code::CV94109],
        vec![code::CV40111],
        vec![code::CV40116],
    ];
    assert_eq!(codes(&bench, operation::CREATE_NO_REG_EVENT, records).await, expected);
}

#[tokio::test]
async fn limits() {
    let bench = Bench::new().await;
    let event = new_event(&bench, &[]).await;
    for (operation, others, expected) in [
        (operation::CREATE_NO_REG_EVENT, &[][..], code::CV30111),
        (operation::UPDATE_EVENT_PARAMETERS, &[][..], code::CV30100),
        (operation::COPY_EVENT, &[("EventId", event.as_str())][..], code::CV30117),
    ] {
        let records = (0..201).map(|_| good(&bench, &[])).collect();
        let fault = bench.call(operation, bench.request(operation, records, others)).await.unwrap_err();
        assert_eq!(fault.code, expected);
    }
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let bench = Bench::new().await;
    let field = new_field(&bench, "EventCustomField", "E").await;
    let id = new_event(&bench, &[("City", "Boston"), ("EndDate", "2027-03-05T00:00:00")]).await;
    bench.pass_seconds(60);
    let change = parameters(&bench, &[("Id", &id), ("Title", "Moved"), ("City", ""), ("Capacity", "9")]);
    let change = with_value(&bench, change, event_parameters::CUSTOM_FIELD_DETAIL, &field, "v");
    let update = |members: &[(&str, &str)]| parameters(&bench, members);
    let records =
        vec![change, update(&[("Id", &id)]), update(&[]), update(&[("Id", "x")]), update(&[("Id", UNKNOWN)])];
    let found = codes(&bench, operation::UPDATE_EVENT_PARAMETERS, records).await;
    let expected =
        [vec![], vec![code::CV40118], vec![code::CV40113], vec![code::CV40110], vec![code::CV40110]];
    assert_eq!(found, expected);
    let event = one(&bench, object_type::EVENT, &id).await;
    for (name, expected) in [
        ("EventTitle", "Moved"),
        ("City", ""),
        ("PlannerFirstName", "Ada"),
        ("EventEndDate", "2027-03-05T00:00:00"),
        ("LastModifiedDate", "2026-11-24T12:01:00"),
    ] {
        assert_eq!(bench.show(&event, name), expected, "{name}");
    }
    assert_eq!(values(&event, event::CUSTOM_FIELD_DETAIL), [("E", "v")]);
    let detail = one(&bench, object_type::EVENT_DETAIL, &id).await;
    assert_eq!(detail.text(event_detail::EVENT_TITLE), Some("Moved"));
    for (members, expected) in [
        (&[("Title", "")][..], code::CV94101),
        (&[("TimeZoneCode", "")], code::CV94102),
        (&[("PlannerFirstName", "")], code::CV94104),
        (&[("PlannerLastName", "")], code::CV94105),
        (&[("StartDate", "2027-03-06T00:00:00")], code::CV94106),
    ] {
        let record = update(&[&[("Id", id.as_str())][..], members].concat());
        assert_eq!(codes(&bench, operation::UPDATE_EVENT_PARAMETERS, vec![record]).await, [vec![expected]]);
    }
}

/// An event with all that is copied: two products, a session, a fee, a question, a target list and
/// custom fields.
async fn whole_event(bench: &Bench, members: &[(&str, &str)]) -> (String, String) {
    let mut record = bench.record(event::TYPE_ID, &[("EventTitle", "Old"), ("EventCode", "OLD")]);
    for (name, text) in members {
        let field = bench.contract.model.ty(event::TYPE_ID).find_any(name).unwrap();
        record.set(field, *text);
    }
    let start = bench.record(event::TYPE_ID, &[("EventStartDate", "2026-05-01T09:00:00")]);
    record.set(event::EVENT_START_DATE, start.time(event::EVENT_START_DATE).unwrap());
    let end = bench.record(event::TYPE_ID, &[("EventEndDate", "2026-05-02T09:00:00")]);
    record.set(event::EVENT_END_DATE, end.time(event::EVENT_END_DATE).unwrap());
    let product = [("ProductId", "P1"), ("ProductName", "Dinner"), ("ProductType", "Quantity Item")];
    record.push(event::PRODUCT_DETAIL, bench.record(product_detail::TYPE_ID, &product));
    let list = [("TargetedListId", "L1"), ("TargetedListName", "All")];
    record.push(event::TARGET_LIST_DETAIL, bench.record(target_list_detail::TYPE_ID, &list));
    let id = bench.put_record(object_type::EVENT, record).await;
    let members = [
        ("ProductName", "Talk"),
        ("StartTime", "2026-05-01T10:00:00"),
        ("EndTime", "2026-05-01T11:00:00"),
        ("Capacity", "3"),
    ];
    let talk = bench.record(session::TYPE_ID, &members);
    let field = new_field(bench, "SessionCustomField", "Room").await;
    let talk = with_value(bench, talk, session::CUSTOM_FIELD_DETAIL, &field, "Blue");
    let others = [("EventId", id.as_str())];
    let talk = bench.batch_with(operation::CREATE_SESSION, vec![talk], &others).await.remove(0);
    assert_eq!(talk.codes, []);
    let question = [("EventId", id.as_str()), ("QuestionText", "Diet?"), ("ProductId", talk.id.as_str())];
    bench.put(object_type::EVENT_QUESTION, &question).await;
    (id, talk.id)
}

#[tokio::test]
async fn a_copy_has_all_that_belongs_to_the_event_under_ids_of_its_own() {
    let bench = Bench::new().await;
    let (original, talk) = whole_event(&bench, &[("EventStatus", "Active")]).await;
    let field = new_field(&bench, "EventCustomField", "E").await;
    let other = new_field(&bench, "EventCustomField", "F").await;
    let change = parameters(&bench, &[("Id", &original)]);
    let change = with_value(&bench, change, event_parameters::CUSTOM_FIELD_DETAIL, &field, "1");
    let change = with_value(&bench, change, event_parameters::CUSTOM_FIELD_DETAIL, &other, "2");
    assert_eq!(codes(&bench, operation::UPDATE_EVENT_PARAMETERS, vec![change]).await, [vec![]]);
    let copy = parameters(&bench, &[("Title", "New"), ("StartDate", "2027-05-01T09:00:00")]);
    let copy = with_value(&bench, copy, event_parameters::CUSTOM_FIELD_DETAIL, &other, "3");
    let bad = parameters(&bench, &[("Title", "")]);
    let others = [("EventId", original.as_str())];
    let answers = bench.batch_with(operation::COPY_EVENT, vec![copy, bad], &others).await;
    assert_eq!(answers[0].codes, []);
    assert_eq!(answers[1].codes, [code::CV94101]);
    let event = one(&bench, object_type::EVENT, &answers[0].id).await;
    for (name, expected) in [
        ("EventTitle", "New"),
        ("EventStatus", "Pending"),
        ("EventStartDate", "2027-05-01T09:00:00"),
        ("EventEndDate", "2027-05-02T09:00:00"),
        ("CreatedBy", "api"),
    ] {
        assert_eq!(bench.show(&event, name), expected, "{name}");
    }
    assert_ne!(event.text(event::EVENT_CODE), Some("OLD"));
    assert_eq!(values(&event, event::CUSTOM_FIELD_DETAIL), [("E", "1"), ("F", "3")]);
    let list = event.records(event::TARGET_LIST_DETAIL).next().unwrap();
    assert_eq!(list.text(target_list_detail::TARGETED_LIST_NAME), Some("All"));
    assert_ne!(list.text(target_list_detail::TARGETED_LIST_ID), Some("L1"));
    let products: Vec<&Record> = event.records(event::PRODUCT_DETAIL).collect();
    assert_eq!(products.len(), 2);
    assert_eq!(products[0].text(product_detail::PRODUCT_NAME), Some("Dinner"));
    assert_ne!(products[0].text(product_detail::PRODUCT_ID), Some("P1"));
    assert_eq!(products[1].text(product_detail::PRODUCT_TYPE), Some("Session"));
    assert_eq!(bench.show(products[1], "StartTime"), "2027-05-01T10:00:00");
    let new_talk = products[1].text(product_detail::PRODUCT_ID).unwrap();
    assert_ne!(new_talk, talk);
    let found = one(&bench, object_type::SESSION, new_talk).await;
    assert_eq!(found.text(session::EVENT_ID), Some(answers[0].id.as_str()));
    assert_eq!(values(&found, session::CUSTOM_FIELD_DETAIL), [("Room", "Blue")]);
    let questions = bench.search_ids(object_type::EVENT_QUESTION, "EventId", &answers[0].id).await;
    assert_eq!(questions.len(), 1);
    let question = one(&bench, object_type::EVENT_QUESTION, &questions[0]).await;
    assert_eq!(question.text(event_question::PRODUCT_ID), Some(new_talk));
    assert_eq!(question.text(event_question::EVENT_TITLE), Some("New"));
    let event = one(&bench, object_type::EVENT, &original).await;
    assert_eq!(bench.show(&event, "EventTitle"), "Old");
    assert_eq!(event.records(event::PRODUCT_DETAIL).count(), 2);
}

#[tokio::test]
async fn a_copys_fees_follow_its_products() {
    let bench = Bench::new().await;
    let original = new_event(&bench, &[]).await;
    let request = parameters(&bench, &[("Id", &original)]);
    assert_eq!(codes(&bench, operation::UPDATE_EVENT_PARAMETERS, vec![request]).await, [vec![]]);
    let session = bench.record(session::TYPE_ID, &[("ProductName", "Talk")]);
    let others = [("EventId", original.as_str())];
    let talk = bench.batch_with(operation::CREATE_SESSION, vec![session], &others).await.remove(0).id;
    let mut detail = one(&bench, object_type::EVENT_DETAIL, &original).await;
    let members = [("FeeID", "F1"), ("FeeName", "Early"), ("ProductID", talk.as_str())];
    let mut fee = bench.record(fees::TYPE_ID, &members);
    fee.set(fees::FEE_AMOUNT, Value::Double(12.5));
    detail.push(event_detail::FEES, fee);
    bench.replace(object_type::EVENT_DETAIL, detail).await;
    let copy =
        bench.batch_with(operation::COPY_EVENT, vec![parameters(&bench, &[])], &others).await.remove(0);
    assert_eq!(copy.codes, []);
    let event = one(&bench, object_type::EVENT, &copy.id).await;
    assert_eq!(bench.show(&event, "EventStatus"), "No Registration Required");
    let product = event.records(event::PRODUCT_DETAIL).next().unwrap();
    let detail = one(&bench, object_type::EVENT_DETAIL, &copy.id).await;
    let fee = detail.records(event_detail::FEES).next().unwrap();
    assert_eq!(fee.get(fees::FEE_AMOUNT), &Value::Double(12.5));
    assert_ne!(fee.text(fees::FEE_ID), Some("F1"));
    assert_eq!(fee.text(fees::PRODUCT_ID), product.text(product_detail::PRODUCT_ID));
}

#[tokio::test]
async fn what_is_not_copied() {
    let bench = Bench::new().await;
    for (id, expected) in [("", code::CV40113), ("x", code::CV70109), (UNKNOWN, code::CV70109)] {
        let records = vec![parameters(&bench, &[]), parameters(&bench, &[("MessageId", "m")])];
        let answers = bench.batch_with(operation::COPY_EVENT, records, &[("EventId", id)]).await;
        assert_eq!(answers[1].reference.as_deref(), Some("m"));
        assert!(answers.iter().all(|answer| answer.codes == [expected]));
    }
    for kind in ["Express", "flex"] {
        let (id, _) = whole_event(&bench, &[("EventKind", kind)]).await;
        let others = [("EventId", id.as_str())];
        let request = bench.request(operation::COPY_EVENT, vec![parameters(&bench, &[])], &others);
        assert_eq!(bench.call(operation::COPY_EVENT, request).await.unwrap_err().code, code::CV20027);
    }
}
