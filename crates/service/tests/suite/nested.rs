//! Lists below one record, and lists that are no batch: how many items they may have.

use crate::harness::Bench;
use contract::handles::object::{array_of_string, cv_object_type_array, cv_search, filter, id_array};
use contract::handles::{code, message, object, object_type, operation};
use contract::{Contract, OperationId, Record, TypeId, TypeRef, Value};
use service::Settings;

/// A record of a type, or of one that extends it, with a list of so many items.
fn with_items(contract: &Contract, ty: TypeId, count: usize) -> Option<Record> {
    let types = (0..contract.model.types.len()).map(|index| TypeId(index as u16));
    types.filter(|derived| contract.model.extends(*derived, ty)).find_map(|ty| {
        let (field, member) = contract.model.ty(ty).fields().find(|(_, member)| member.repeated)?;
        let mut record = contract.record(ty);
        for _ in 0..count {
            match member.ty {
                TypeRef::Complex(inner) => record.push(field, contract.record(inner)),
                _ => record.push(field, "a"),
            }
        }
        Some(record)
    })
}

#[tokio::test]
async fn every_batch_refuses_a_record_with_too_many_items() {
    let bench = Bench::with(Settings { nested_items: 3, ..Settings::default() }).await;
    let (contract, mut tried) = (bench.contract, 0);
    for index in 0..contract.model.operations.len() {
        let operation = OperationId(index as u16);
        let call = contract.call(operation);
        let Some(batch) = call.batch else { continue };
        let Some(mut large) = with_items(contract, batch.item_type, 4) else { continue };
        let fits = with_items(contract, batch.item_type, 3).unwrap();
        let name = &contract.model.operation(operation).name;
        if let Some(field) = contract.model.ty(large.ty()).find_any("MessageId") {
            large.set(field, "m");
        }
        let records = match call.limit {
            Some((1, _)) => vec![large],
            _ => vec![fits, large.clone(), large],
        };
        let count = records.len();
        let response = bench.call(operation, bench.request(operation, records, &[])).await;
        let answers = bench.answers(operation, &response.unwrap());
        assert_eq!(answers.len(), count, "{name}");
        for answer in answers.iter().skip(usize::from(count > 1)) {
            assert_eq!(answer.codes, [code::CV91102], "{name}");
            assert_eq!(answer.reference.as_deref().unwrap_or("m"), "m", "{name}");
            assert_eq!(answer.id, "", "{name}");
        }
        assert!(count == 1 || answers[0].codes != [code::CV91102], "{name}: {answers:?}");
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[tokio::test]
async fn a_refused_record_harms_no_other_and_a_thousand_items_fit() {
    let bench = Bench::new().await;
    let details = |name: &str, count| {
        let mut contact = bench.contact(&[
            ("LastName", name),
            ("SourceId", name),
            ("EmailAddress", &format!("{name}@x.example")),
        ]);
        for _ in 0..count {
            contact.push(
                object::contact::DISTRIBUTION_LIST_DETAIL,
                bench.contract.record(object::distribution_list_detail::TYPE_ID),
            );
        }
        contact
    };
    let records =
        vec![details("a", 1001), details("b", 1000), details("c", 1001), details("d", 0), details("e", 1001)];
    let answers = bench.batch(operation::CREATE_CONTACT, records).await;
    let codes: Vec<usize> = answers.iter().map(|answer| answer.codes.len()).collect();
    assert_eq!(codes, [1, 0, 1, 0, 1]);
    let sources: Vec<&str> = answers.iter().map(|answer| answer.source.as_str()).collect();
    assert_eq!(sources, ["a", "b", "c", "d", "e"]);
    assert!(bench.search_ids(object_type::CONTACT, "LastName", "a").await.is_empty());
    assert_eq!(bench.search_ids(object_type::CONTACT, "LastName", "d").await, [answers[3].id.clone()]);
    // Past the call's limit the call fails whole, whatever its records hold.
    let request = bench.request(operation::CREATE_CONTACT, vec![details("a", 1001); 201], &[]);
    assert_eq!(bench.call(operation::CREATE_CONTACT, request).await.unwrap_err().code, code::CV30101);
}

#[tokio::test]
async fn lists_outside_of_batches_have_limits_too() {
    let bench = Bench::with(Settings { nested_items: 3, ..Settings::default() }).await;
    let contract = bench.contract;
    let search = |filters: usize, values: usize| {
        let mut one = bench.record(filter::TYPE_ID, &[("Field", "LastName"), ("Operator", "Includes")]);
        let mut array = contract.record(array_of_string::TYPE_ID);
        (0..values).for_each(|_| array.push(array_of_string::VALUE, "a"));
        one.set(filter::VALUE_ARRAY, array);
        let mut search = bench.record(cv_search::TYPE_ID, &[("SearchType", "AndSearch")]);
        (0..filters).for_each(|_| search.push(cv_search::FILTER, one.clone()));
        let mut request = bench.record(message::search::TYPE_ID, &[("ObjectType", "Contact")]);
        request.set(message::search::CV_SEARCH_OBJECT, search);
        (operation::SEARCH, request)
    };
    let retrieve = |count: usize| {
        let mut ids = contract.record(id_array::TYPE_ID);
        (0..count).for_each(|_| ids.push(id_array::ID, "00000000-0000-0000-0000-000000000001"));
        let mut request = bench.record(message::retrieve::TYPE_ID, &[("ObjectType", "Contact")]);
        request.set(message::retrieve::IDS, ids);
        (operation::RETRIEVE, request)
    };
    let describe = |count: usize| {
        let mut types = contract.record(cv_object_type_array::TYPE_ID);
        let contact = Value::Enumeration(contract::EnumValue(object_type::CONTACT_GROUP.0));
        (0..count).for_each(|_| types.push(cv_object_type_array::CV_OBJECT_TYPE, contact.clone()));
        let mut request = contract.record(message::describe_cv_object::TYPE_ID);
        request.set(message::describe_cv_object::OBJECT_TYPES, types);
        (operation::DESCRIBE_CV_OBJECT, request)
    };
    for ((operation, request), expected) in [
        (search(256, 3), None),
        (search(257, 1), Some(code::CV20010)),
        (search(1, 4), Some(code::CV20010)),
        (retrieve(200), None),
        (retrieve(201), Some(code::CV20021)),
        (describe(200), None),
        (describe(201), Some(code::CV30100)),
    ] {
        let answer = bench.call(operation, request).await;
        assert_eq!(answer.err().map(|fault| fault.code), expected);
    }
}
