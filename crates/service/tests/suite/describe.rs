//! DescribeGlobal and DescribeCvObject.

use crate::harness::Bench;
use contract::handles::object::{
    answer_detail, array_of_look_up, custom_field, cv_object_type_array, describe_cv_object_result,
    describe_cv_object_results, describe_global_result, entity_custom_field, field, field_choice, look_up,
};
use contract::handles::{message, operation};
use contract::{Record, Value};

async fn global(bench: &Bench) -> Record {
    let request = bench.contract.record(message::describe_global::TYPE_ID);
    let mut response = bench.call(operation::DESCRIBE_GLOBAL, request).await.unwrap();
    let Value::Record(result) = response.take(message::describe_global_response::DESCRIBE_GLOBAL_RESULT)
    else {
        panic!("no result");
    };
    *result
}

async fn describe(bench: &Bench, objects: &[&str]) -> Vec<Record> {
    let values = &bench.contract.model.find_enumeration("CvObjectType").unwrap();
    let values = &bench.contract.model.enumeration(*values).values;
    let mut types = bench.contract.record(cv_object_type_array::TYPE_ID);
    for name in objects {
        let index = values.iter().position(|value| value == name).unwrap() as u16;
        types.push(cv_object_type_array::CV_OBJECT_TYPE, Value::Enumeration(contract::EnumValue(index)));
    }
    let mut request = bench.contract.record(message::describe_cv_object::TYPE_ID);
    request.set(message::describe_cv_object::OBJECT_TYPES, types);
    let response = bench.call(operation::DESCRIBE_CV_OBJECT, request).await.unwrap();
    let results = response.record(message::describe_cv_object_response::DESCRIBE_CV_OBJECT_RESULT).unwrap();
    results.records(describe_cv_object_results::DESCRIBE_CV_OBJECT_RESULT).cloned().collect()
}

#[tokio::test]
async fn the_global_answer_lists_types_limits_and_codes() {
    let bench = Bench::new().await;
    let result = global(&bench).await;
    assert_eq!(result.list(describe_global_result::CV_OBJECT_TYPES).len(), 42);
    assert_eq!(result.get(describe_global_result::MAX_BATCH_SIZE), &Value::Integer(200));
    assert_eq!(result.get(describe_global_result::MAX_RECORD_SET), &Value::Integer(25_000));
    let lookups = result.record(describe_global_result::LOOK_UPS).unwrap();
    let find = |kind: &str, id: &str| {
        let mut entries = lookups.records(array_of_look_up::LOOK_UP);
        let entry = entries.find(|e| e.text(look_up::TYPE) == Some(kind) && e.text(look_up::ID) == Some(id));
        entry.map(|entry| {
            (entry.text(look_up::NAME).unwrap().to_owned(), entry.text(look_up::CODE).unwrap().to_owned())
        })
    };
    assert_eq!(find("Country", "DE"), Some(("Germany".into(), "DEU".into())));
    assert_eq!(find("State", "TX"), Some(("Texas".into(), "US-TX".into())));
    assert_eq!(find("ContactType", "MEM"), Some(("Member".into(), "MEM".into())));
}

#[tokio::test]
async fn a_contact_is_described_as_captured() {
    let bench = Bench::new().await;
    let result = describe(&bench, &["Contact"]).await.remove(0);
    assert_eq!(result.boolean(describe_cv_object_result::REPLICATEABLE), Some(true));
    let row = |name: &str, location: &str| {
        let mut rows = result.records(describe_cv_object_result::FIELD);
        let row = rows.find(|row| {
            row.text(field::NAME) == Some(name) && row.text(field::OBJECT_LOCATION) == Some(location)
        });
        let row = row.unwrap_or_else(|| panic!("no {name} at {location}"));
        let flag = |flag| row.boolean(flag).unwrap();
        let length =
            if let Value::Integer(length) = row.get(field::MAX_LENGTH) { Some(*length) } else { None };
        let word = row.text(field::DATA_TYPE).unwrap().to_owned();
        (word, length, flag(field::SEARCHABLE), flag(field::REQUIRED), flag(field::READ_ONLY))
    };
    assert_eq!(row("LastName", "/Contact"), ("string".into(), Some(50), true, true, false));
    assert_eq!(row("CreatedDate", "/Contact"), ("Date Time".into(), None, true, false, true));
    assert_eq!(row("PrimaryAddress", "/Contact"), ("string".into(), Some(1), false, false, false));
    assert_eq!(
        row("GroupId", "/Contact/ContactGroupDetail"),
        ("string".into(), Some(36), true, false, false)
    );
    let active = result
        .records(describe_cv_object_result::FIELD)
        .find(|row| row.text(field::NAME) == Some("Active"))
        .unwrap();
    assert_eq!(active.text(field::DEFAULT_SEARCH_VALUE), Some("1"));
    assert_eq!(active.text(field::DEFAULT_VALUE), Some(""));
}

#[tokio::test]
async fn every_object_type_is_described_under_the_name_asked_for() {
    let bench = Bench::new().await;
    let names: Vec<&str> = bench.contract.objects.iter().map(|object| object.name.as_str()).collect();
    let results = describe(&bench, &names).await;
    let described: Vec<_> =
        results.iter().map(|result| result.text(describe_cv_object_result::NAME).unwrap()).collect();
    assert_eq!(described, names);
    assert!(results.iter().all(|result| result.records(describe_cv_object_result::FIELD).count() > 0));
    let event = &describe(&bench, &["Event"]).await[0];
    let mut fields = event.records(describe_cv_object_result::FIELD);
    assert!(fields.any(|row| row.text(field::NAME) == Some("EventLaunchDate  ")));
    assert!(describe(&bench, &[]).await.is_empty());
}

#[tokio::test]
async fn custom_fields_are_described_with_their_object() {
    let bench = Bench::new().await;
    let members = [
        ("FieldName", "Colour"),
        ("FieldType", "Choice - Single Answer (Drop-Down)"),
        ("AnswerFormat", "Single Choice"),
    ];
    let mut definition = bench.record(entity_custom_field::TYPE_ID, &members);
    definition.push(
        entity_custom_field::FIELD_CHOICES,
        bench.record(field_choice::TYPE_ID, &[("FieldChoiceText", "Red")]),
    );
    let others = [("CustomFieldCategory", "ContactCustomField")];
    let id = bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![definition], &others).await.remove(0).id;
    let results = describe(&bench, &["Contact", "Event"]).await;
    let described: Vec<&Record> = results[0].records(describe_cv_object_result::CUSTOM_FIELD).collect();
    assert_eq!(described.len(), 1);
    assert_eq!(described[0].text(custom_field::ID), Some(id.as_str()));
    assert_eq!(described[0].text(custom_field::CATEGORY), Some("Contact Custom Fields"));
    assert_eq!(described[0].text(custom_field::FORMAT), Some("Single Choice"));
    let answers: Vec<_> = described[0].records(custom_field::ANSWER_DETAIL).collect();
    assert_eq!(answers[0].text(answer_detail::ANSWER_TEXT), Some("Red"));
    assert_eq!(results[1].records(describe_cv_object_result::CUSTOM_FIELD).count(), 0);
    let lookups = global(&bench).await;
    let lookups = lookups.record(describe_global_result::LOOK_UPS).unwrap().clone();
    let entry =
        lookups.records(array_of_look_up::LOOK_UP).find(|entry| entry.text(look_up::ID) == Some(id.as_str()));
    assert_eq!(entry.unwrap().text(look_up::TYPE), Some("ContactCustomField"));
    assert_eq!(entry.unwrap().text(look_up::CODE), Some(""));
}

#[tokio::test]
async fn a_call_names_two_hundred_types_at_most() {
    let bench = Bench::new().await;
    assert_eq!(describe(&bench, &["Contact"; 200]).await.len(), 200);
    let mut types = bench.contract.record(cv_object_type_array::TYPE_ID);
    for _ in 0..201 {
        types.push(cv_object_type_array::CV_OBJECT_TYPE, Value::Enumeration(contract::EnumValue(0)));
    }
    let mut request = bench.contract.record(message::describe_cv_object::TYPE_ID);
    request.set(message::describe_cv_object::OBJECT_TYPES, types);
    let fault = bench.call(operation::DESCRIBE_CV_OBJECT, request).await.unwrap_err();
    assert_eq!(fault.code, contract::handles::code::CV30100);
}
