//! Search, Retrieve, GetUpdated, GetDeleted.

use crate::harness::{Bench, ids};
use contract::handles::enumeration::cv_object_type;
use contract::handles::object::{
    array_of_string, contact, contact_group, custom_field_detail, cv_object, cv_search, entity_custom_field,
    filter,
};
use contract::handles::{code, message, object_type, operation};
use contract::{Code, Record, Value};
use service::{AccountChange, Settings};

/// Contacts by last name: A, B and C, with what the tests look for.
async fn three(bench: &Bench) -> [String; 3] {
    let a = [
        ("LastName", "Árnason"),
        ("EmailAddress", "a@x.example"),
        ("JoinDate", "2020-01-01"),
        ("Company", "Acme 100%"),
    ];
    let b = [
        ("LastName", "Berg"),
        ("EmailAddress", "b@x.example"),
        ("ExcludedFromEmail", "true"),
        ("SourceId", "S_1"),
    ];
    let c = [
        ("LastName", "Costa"),
        ("EmailAddress", "c@y.example"),
        ("SourceId", "Sx1"),
        ("Company", "acme 1000"),
    ];
    [bench.create(&a).await, bench.create(&b).await, bench.create(&c).await]
}

fn request(bench: &Bench, kind: &str, filters: &[(&str, &str, &[&str])]) -> Record {
    let mut query = bench.record(cv_search::TYPE_ID, &[("SearchType", kind)]);
    for (field, operator, values) in filters {
        let mut test = bench.record(filter::TYPE_ID, &[("Field", field), ("Operator", operator)]);
        if let [value] = values {
            test.set(filter::VALUE, *value);
        } else {
            let mut array = bench.contract.record(array_of_string::TYPE_ID);
            values.iter().for_each(|value| array.push(array_of_string::VALUE, *value));
            test.set(filter::VALUE_ARRAY, array);
        }
        query.push(cv_search::FILTER, test);
    }
    let mut request = bench.contract.record(message::search::TYPE_ID);
    request.set(message::search::OBJECT_TYPE, Value::Enumeration(cv_object_type::CONTACT));
    request.set(message::search::CV_SEARCH_OBJECT, query);
    request
}

async fn find(bench: &Bench, kind: &str, filters: &[(&str, &str, &[&str])]) -> Result<Vec<String>, Code> {
    let response =
        bench.call(operation::SEARCH, request(bench, kind, filters)).await.map_err(|fault| fault.code)?;
    Ok(ids(&response, message::search_response::SEARCH_RESULT))
}

#[tokio::test]
async fn every_operator_finds_what_it_says() {
    let bench = Bench::new().await;
    let [a, b, c] = three(&bench).await;
    let cases: &[(&str, &str, &[&str], &[&String])] = &[
        ("LastName", "Equals", &["ÁRNASON"], &[&a]),
        ("LastName", "Not Equal to", &["berg"], &[&a, &c]),
        ("LastName", "Less than", &["berg"], &[]),
        ("LastName", "Greater than", &["berg"], &[&a, &c]),
        ("LastName", "Starts with", &["co"], &[&c]),
        ("LastName", "Contains", &["OST"], &[&c]),
        ("LastName", "Does not Contain", &["ost"], &[&a, &b]),
        ("LastName", "Includes", &["berg", "COSTA", "nobody"], &[&b, &c]),
        ("LastName", "Excludes", &["berg", "costa"], &[&a]),
        ("Company", "Contains", &["100%"], &[&a]),
        ("Company", "Equals", &[""], &[&b]),
        ("SourceId", "Equals", &["s_1"], &[&b]),
        ("SourceId", "Starts with", &["S_"], &[&b]),
        ("EmailAddress", "Contains", &["@x."], &[&a, &b]),
        ("EmailAddress", "Equals", &["B@X.example"], &[&b]),
        ("ExcludedFromEmail", "Equals", &["1"], &[&b]),
        ("ExcludedFromEmail", "Equals", &["false"], &[&a, &c]),
        ("ExcludedFromEmail", "Not Equal to", &["TRUE"], &[&a, &c]),
        ("CreatedDate", "Greater than or Equal to", &["2026-11-24T12:00:00"], &[&a, &b, &c]),
        ("CreatedDate", "Less than", &["11/24/2026"], &[]),
        ("CreatedDate", "Less than or Equal to", &["2026-11-25"], &[&a, &b, &c]),
        ("Id", "Equals", &[&a.to_lowercase()], &[&a]),
        ("Id", "Includes", &[&a, &c], &[&a, &c]),
    ];
    for (field, operator, values, expected) in cases {
        let found = find(&bench, "AndSearch", &[(field, operator, values)]).await;
        let expected = expected.iter().map(|id| (*id).clone()).collect();
        assert_eq!(found, Ok(expected), "{field} {operator} {values:?}");
    }
}

#[tokio::test]
async fn filters_are_joined_by_and_or_by_or() {
    let bench = Bench::new().await;
    let [a, b, c] = three(&bench).await;
    let filters: &[(&str, &str, &[&str])] =
        &[("EmailAddress", "Contains", &["@x."]), ("ExcludedFromEmail", "Equals", &["true"])];
    assert_eq!(find(&bench, "AndSearch", filters).await, Ok(vec![b.clone()]));
    assert_eq!(find(&bench, "OrSearch", filters).await, Ok(vec![a.clone(), b.clone()]));
    assert_eq!(find(&bench, "AndSearch", &[]).await, Ok(vec![a.clone(), b.clone(), c.clone()]));
    let mut without = request(&bench, "AndSearch", &[]);
    without.take(message::search::CV_SEARCH_OBJECT);
    without.take(message::search::OBJECT_TYPE);
    let response = bench.call(operation::SEARCH, without).await.unwrap();
    assert_eq!(ids(&response, message::search_response::SEARCH_RESULT), [a, b, c]);
}

#[tokio::test]
async fn only_active_contacts_are_found_unless_asked_for() {
    let bench = Bench::new().await;
    let [a, b, c] = three(&bench).await;
    bench.update(&[("Id", &b), ("Active", "false")]).await;
    assert_eq!(find(&bench, "OrSearch", &[("LastName", "Equals", &["berg"])]).await, Ok(vec![]));
    assert_eq!(find(&bench, "AndSearch", &[("Active", "Equals", &["false"])]).await, Ok(vec![b.clone()]));
    assert_eq!(find(&bench, "AndSearch", &[("Active", "Includes", &["1", "0"])]).await, Ok(vec![a, b, c]));
}

#[tokio::test]
async fn groups_and_custom_fields_can_be_searched() {
    let bench = Bench::new().await;
    let [a, b, _] = three(&bench).await;
    let group = bench.record(contact_group::TYPE_ID, &[("Name", "Board")]);
    let group = bench.batch(operation::CREATE_CONTACT_GROUP, vec![group]).await.remove(0).id;
    let members = vec![bench.record(cv_object::TYPE_ID, &[("Id", &a)])];
    let others = [("Action", "Add"), ("GroupId", group.as_str())];
    bench.batch_with(operation::MANAGE_CONTACT_GROUP_MEMBERS, members, &others).await;
    let field = bench.record(entity_custom_field::TYPE_ID, &[("FieldName", "Colour"), ("FieldType", "Text")]);
    let others = [("CustomFieldCategory", "ContactCustomField")];
    let field = bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![field], &others).await.remove(0).id;
    let mut record = bench.contact(&[("Id", &b)]);
    let value =
        bench.record(custom_field_detail::TYPE_ID, &[("FieldId", &field), ("FieldValue", "Dark Red")]);
    record.push(contact::CUSTOM_FIELD_DETAIL, value);
    bench.batch(operation::UPDATE_CONTACT, vec![record]).await;
    let custom = format!("CustomContactField:{}", field.to_lowercase());
    let cases: &[(&str, &str, &[&str], &[&String])] = &[
        ("GroupId", "Equals", &[&group], &[&a]),
        ("GroupName", "Starts with", &["bo"], &[&a]),
        (&custom, "Equals", &["dark red"], &[&b]),
        (&custom, "Contains", &["RED"], &[&b]),
    ];
    for (field, operator, values, expected) in cases {
        let found = find(&bench, "AndSearch", &[(field, operator, values)]).await;
        assert_eq!(found, Ok(expected.iter().map(|id| (*id).clone()).collect()), "{field} {operator}");
    }
    for bad in ["CustomContactField:nonsense", "CustomContactField", &format!("CustomContactField:{group}")] {
        assert_eq!(find(&bench, "AndSearch", &[(bad, "Equals", &["x"])]).await, Err(code::CV20016), "{bad}");
    }
}

#[tokio::test]
async fn searches_that_cannot_be_run() {
    let bench = Bench::new().await;
    three(&bench).await;
    for (field, operator, value, expected) in [
        ("Nonsense", "Equals", "x", code::CV20010),
        ("Title", "Equals", "x", code::CV20010),
        ("lastname", "Equals", "x", code::CV20010),
        ("", "Equals", "x", code::CV20010),
        ("CustomTravelField:x", "Equals", "x", code::CV20010),
        ("CreatedDate", "Equals", "soon", code::CV20010),
        ("Active", "Equals", "maybe", code::CV20010),
        ("CreatedDate", "Contains", "2026-01-01", code::CV20015),
        ("Active", "Less than", "1", code::CV20015),
    ] {
        let found = find(&bench, "AndSearch", &[(field, operator, &[value])]).await;
        assert_eq!(found, Err(expected), "{field} {operator} {value}");
    }
    let filters = vec![("LastName", "Not Equal to", &["x"][..]); 257];
    assert_eq!(find(&bench, "AndSearch", &filters).await, Err(code::CV20010));
    assert_eq!(find(&bench, "AndSearch", &filters[..256]).await.map(|found| found.len()), Ok(3));
}

#[tokio::test]
async fn a_search_gives_no_more_identifiers_than_the_account_may_get() {
    let bench = Bench::with(Settings { max_record_set: 2, ..Settings::default() }).await;
    three(&bench).await;
    assert_eq!(find(&bench, "AndSearch", &[]).await, Err(code::CV20012));
    assert_eq!(find(&bench, "AndSearch", &[("EmailAddress", "Contains", &["@x."])]).await.unwrap().len(), 2);
    let change = AccountChange { max_record_set: Some(Some(3)), ..AccountChange::default() };
    bench.service.admin().set_account("A001", change).await.unwrap();
    assert_eq!(find(&bench, "AndSearch", &[]).await.unwrap().len(), 3);
}

#[tokio::test]
async fn retrieve_gives_what_is_there_in_the_order_asked() {
    let bench = Bench::new().await;
    let [a, _, c] = three(&bench).await;
    let unknown = "00000000-0000-4000-8000-00000000FFFF";
    let found = bench.retrieve(object_type::CONTACT, &[&c, unknown, &a.to_lowercase()]).await.unwrap();
    let names: Vec<String> = found.iter().map(|record| bench.show(record, "LastName")).collect();
    assert_eq!(names, ["Costa", "Árnason"]);
    let codes = |ids: Vec<String>| {
        let bench = &bench;
        async move {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            bench.retrieve(object_type::CONTACT, &ids).await.unwrap_err().code
        }
    };
    assert_eq!(codes(vec![]).await, code::CV20018);
    assert_eq!(codes(vec![a.clone(), "x".into()]).await, code::CV20001);
    assert_eq!(codes(vec![a.clone(); 201]).await, code::CV20021);
    assert_eq!(bench.retrieve(object_type::CONTACT, &vec![a.as_str(); 200]).await.unwrap().len(), 200);
    assert!(bench.retrieve(object_type::EVENT, &[&a]).await.unwrap().is_empty());
}

async fn changes(
    bench: &Bench,
    deleted: bool,
    object: &str,
    from: &str,
    until: &str,
) -> Result<Vec<String>, Code> {
    let members = [("ObjectType", object), ("StartDate", from), ("EndDate", until)];
    let (operation, ty, result) = if deleted {
        let result = message::get_deleted_response::GET_DELETED_RESULT;
        (operation::GET_DELETED, message::get_deleted::TYPE_ID, result)
    } else {
        let result = message::get_updated_response::GET_UPDATED_RESULT;
        (operation::GET_UPDATED, message::get_updated::TYPE_ID, result)
    };
    let response = bench.call(operation, bench.record(ty, &members)).await.map_err(|fault| fault.code)?;
    Ok(ids(&response, result))
}

#[tokio::test]
async fn changes_are_found_to_the_minute_the_start_included_and_the_end_not() {
    let bench = Bench::new().await;
    bench.set_time("2026-11-24T12:30:15");
    let a = bench.create(&[("LastName", "A")]).await;
    bench.set_time("2026-11-24T12:31:00");
    let b = bench.create(&[("LastName", "B")]).await;
    let updated = |from, until| changes(&bench, false, "Contact", from, until);
    assert_eq!(updated("2026-11-24T12:30:59", "2026-11-24T12:31:59").await, Ok(vec![a.clone()]));
    assert_eq!(updated("2026-11-24T12:31:00", "2026-11-24T12:32:00").await, Ok(vec![b.clone()]));
    assert_eq!(updated("2026-11-24T12:30:00", "2026-11-24T12:30:59").await, Ok(vec![]));
    assert_eq!(updated("2026-11-24T12:00:00", "2026-11-24T11:00:00").await, Err(code::CV20013));
    bench.set_time("2026-11-24T12:40:00");
    bench.update(&[("Id", &a), ("Title", "T")]).await;
    assert_eq!(updated("2026-11-24T12:40:00", "2026-11-24T12:41:00").await, Ok(vec![a.clone()]));
    let mut all = updated("2026-11-24T12:00:00", "2026-11-24T13:00:00").await.unwrap();
    all.sort();
    let mut expected = vec![a.clone(), b.clone()];
    expected.sort();
    assert_eq!(all, expected);
    bench.batch(operation::DELETE_CONTACT, vec![bench.record(cv_object::TYPE_ID, &[("Id", &a)])]).await;
    assert_eq!(updated("2026-11-24T12:00:00", "2026-11-24T13:00:00").await, Ok(vec![b]));
    let deleted = changes(&bench, true, "Contact", "2026-11-24T12:40:00", "2026-11-24T12:41:00").await;
    assert_eq!(deleted, Ok(vec![a]));
}

#[tokio::test]
async fn too_many_changes_and_types_without_any() {
    let bench = Bench::with(Settings { max_changes: 2, ..Settings::default() }).await;
    three(&bench).await;
    let span = ("2026-11-24T12:00:00", "2026-11-24T12:01:00");
    assert_eq!(changes(&bench, false, "Contact", span.0, span.1).await, Err(code::CV20012));
    assert_eq!(changes(&bench, false, "Event", span.0, span.1).await, Ok(vec![]));
    for object in
        ["Budget", "Respondent", "UserGroup", "UserRole", "ConversionRate", "AdvancedLogic", "EventCards"]
    {
        assert_eq!(changes(&bench, false, object, span.0, span.1).await, Err(code::CV10001), "{object}");
    }
}
