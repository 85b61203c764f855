//! Sessions of events.

use crate::events::{UNKNOWN, new_event, new_field, one, values, with_value};
use crate::harness::Bench;
use contract::handles::object::{event, product_detail, session};
use contract::handles::{code, object_type, operation};
use contract::{Code, OperationId, Record};

fn record(bench: &Bench, members: &[(&str, &str)]) -> Record {
    bench.record(session::TYPE_ID, members)
}

async fn codes(bench: &Bench, operation: OperationId, event: &str, records: Vec<Record>) -> Vec<Vec<Code>> {
    let answers = bench.batch_with(operation, records, &[("EventId", event)]).await;
    answers.into_iter().map(|answer| answer.codes).collect()
}

#[tokio::test]
async fn a_session_belongs_to_its_event_and_shows_there() {
    let bench = Bench::new().await;
    let event = new_event(&bench, &[]).await;
    let field = new_field(&bench, "SessionCustomField", "Room").await;
    let members = [
        ("ProductName", "Talk"),
        ("ProductCode", "T1"),
        ("ProductType", "Session"),
        ("StartTime", "2027-03-01T10:00:00"),
        ("EndTime", "2027-03-01T11:00:00"),
        ("Capacity", "2"),
        ("EnableWaitlist", "true"),
        ("EventId", UNKNOWN),
        ("MessageId", "m"),
    ];
    let talk = with_value(&bench, record(&bench, &members), session::CUSTOM_FIELD_DETAIL, &field, "Blue");
    bench.pass_seconds(60);
    let records = vec![talk, record(&bench, &[("ProductName", "Plain")])];
    let answers =
        bench.batch_with(operation::CREATE_SESSION, records, &[("EventId", &event.to_lowercase())]).await;
    assert_eq!((answers[0].codes.len(), answers[0].reference.as_deref()), (0, Some("m")));
    let found = one(&bench, object_type::SESSION, &answers[0].id).await;
    assert_eq!(found.text(session::EVENT_ID), Some(event.as_str()));
    assert_eq!(values(&found, session::CUSTOM_FIELD_DETAIL), [("Room", "Blue")]);
    let shown = one(&bench, object_type::EVENT, &event).await;
    let products: Vec<&Record> = shown.records(event::PRODUCT_DETAIL).collect();
    assert_eq!(products.len(), 2);
    for (name, expected) in [
        ("ProductId", answers[0].id.as_str()),
        ("ProductName", "Talk"),
        ("ProductType", "Session"),
        ("Status", "Active"),
        ("StartTime", "2027-03-01T10:00:00"),
        ("Capacity", "Integer(2)"),
    ] {
        assert_eq!(bench.show(products[0], name), expected, "{name}");
    }
    assert_eq!(values(products[0], product_detail::CUSTOM_FIELD_DETAIL), [("Room", "Blue")]);
    let by_field = format!("CustomSessionField:{field}");
    let found = bench.search_ids(object_type::SESSION, &by_field, "blue").await;
    assert_eq!(found, [answers[0].id.clone()]);
    assert_eq!(bench.search_ids(object_type::SESSION, "EventId", &event).await.len(), 2);
    let updated = bench.updated(object_type::EVENT, "2026-11-24T12:01:00", "2026-11-24T12:02:00").await;
    assert_eq!(updated, [event]);
}

#[tokio::test]
async fn every_code_of_a_session() {
    let bench = Bench::new().await;
    let event = new_event(&bench, &[]).await;
    let named = |members: &[(&str, &str)]| record(&bench, &[&[("ProductName", "S")][..], members].concat());
    let field = new_field(&bench, "EventCustomField", "E").await;
    let own = new_field(&bench, "SessionCustomField", "S").await;
    let valued = |id: &str| with_value(&bench, named(&[]), session::CUSTOM_FIELD_DETAIL, id, "1");
    let records = vec![
        named(&[]),
        record(&bench, &[]),
        named(&[("ProductType", "Event")]),
        named(&[("StartTime", "2027-01-01T10:00:00"), ("EndTime", "2027-01-01T10:00:00")]),
        named(&[("Capacity", "-1")]),
        named(&[("WaitlistCapacity", "-1")]),
        valued(&field),
        with_value(&bench, valued(&own), session::CUSTOM_FIELD_DETAIL, &own, "2"),
    ];
    let expected = [
        vec![],
        vec![code::CV91101],
        vec![code::CV90100],
        vec![code::CV91102],
        vec![code::CV94110],
        vec![code::CV94110],
        vec![code::CV40111],
        vec![code::CV40116],
    ];
    assert_eq!(codes(&bench, operation::CREATE_SESSION, &event, records).await, expected);
    for operation in [operation::CREATE_SESSION, operation::UPDATE_SESSION] {
        for (event, expected) in [("", code::CV40113), ("x", code::CV70109), (UNKNOWN, code::CV70109)] {
            let found = codes(&bench, operation, event, vec![named(&[]), named(&[])]).await;
            assert_eq!(found, [vec![expected], vec![expected]]);
        }
        let records = (0..201).map(|_| named(&[])).collect();
        let request = bench.request(operation, records, &[("EventId", &event)]);
        assert_eq!(bench.call(operation, request).await.unwrap_err().code, code::CV30100);
    }
}

#[tokio::test]
async fn an_update_stays_within_the_event() {
    let bench = Bench::new().await;
    let event = new_event(&bench, &[]).await;
    let elsewhere = new_event(&bench, &[]).await;
    let record = |members: &[(&str, &str)]| record(&bench, members);
    let others = [("EventId", event.as_str())];
    let created = vec![record(&[("ProductName", "A"), ("Capacity", "2")]), record(&[("ProductName", "B")])];
    let answers = bench.batch_with(operation::CREATE_SESSION, created, &others).await;
    let (a, b) = (answers[0].id.as_str(), answers[1].id.as_str());
    let records = vec![
        record(&[("Id", a), ("Status", "ClosedForRegistration"), ("EventId", &elsewhere)]),
        record(&[("Id", a), ("ProductName", "again")]),
        record(&[("Id", b), ("ProductName", "")]),
        record(&[("ProductName", "nobody")]),
        record(&[("Id", "x")]),
        record(&[("Id", UNKNOWN)]),
    ];
    let invalid = vec![code::CV40110];
    let expected = [
        vec![],
        vec![code::CV40118],
        vec![code::CV91101],
        vec![code::CV40113],
        invalid.clone(),
        invalid.clone(),
    ];
    assert_eq!(codes(&bench, operation::UPDATE_SESSION, &event, records).await, expected);
    let records = vec![record(&[("Id", a), ("ProductName", "C")])];
    assert_eq!(codes(&bench, operation::UPDATE_SESSION, &elsewhere, records).await, [invalid]);
    let found = one(&bench, object_type::SESSION, a).await;
    assert_eq!(found.text(session::PRODUCT_NAME), Some("A"));
    assert_eq!(bench.show(&found, "Capacity"), "Integer(2)");
    let shown = one(&bench, object_type::EVENT, &event).await;
    let products: Vec<&Record> = shown.records(event::PRODUCT_DETAIL).collect();
    assert_eq!(bench.show(products[0], "Status"), "Closed");
    assert!(
        one(&bench, object_type::EVENT, &elsewhere).await.records(event::PRODUCT_DETAIL).next().is_none()
    );
}
