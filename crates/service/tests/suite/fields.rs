//! Custom fields: definitions, and values on contacts.

use crate::harness::Bench;
use contract::Record;
use contract::handles::object::{contact, custom_field_detail, entity_custom_field, field_choice};
use contract::handles::{code, object_type, operation};

async fn new_field(bench: &Bench, category: &str, name: &str) -> String {
    let members =
        [("FieldName", name), ("FieldType", "Open Ended Text - One Line"), ("AnswerFormat", "General")];
    let field = bench.record(entity_custom_field::TYPE_ID, &members);
    let others = [("CustomFieldCategory", category)];
    bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![field], &others).await.remove(0).id
}

fn with_values(bench: &Bench, members: &[(&str, &str)], values: &[(&str, Option<&str>)]) -> Record {
    let mut record = bench.contact(members);
    for (id, value) in values {
        let mut detail = bench.record(custom_field_detail::TYPE_ID, &[("FieldId", id)]);
        if let Some(value) = value {
            detail.set(custom_field_detail::FIELD_VALUE, *value);
        }
        record.push(contact::CUSTOM_FIELD_DETAIL, detail);
    }
    record
}

fn values(contact: &Record) -> Vec<(&str, &str)> {
    let details = contact.records(contact::CUSTOM_FIELD_DETAIL);
    details
        .filter_map(|detail| {
            let name = detail.text(custom_field_detail::FIELD_NAME)?;
            Some((name, detail.text(custom_field_detail::FIELD_VALUE)?))
        })
        .collect()
}

#[tokio::test]
async fn a_definition_needs_a_name_and_a_type_and_keeps_its_choices() {
    let bench = Bench::new().await;
    let mut field =
        bench.record(entity_custom_field::TYPE_ID, &[("FieldName", "Colour"), ("FieldType", "Choice")]);
    for text in ["Red", "Green"] {
        let choice = bench.record(field_choice::TYPE_ID, &[("FieldChoiceText", text)]);
        field.push(entity_custom_field::FIELD_CHOICES, choice);
    }
    let nameless = bench.record(entity_custom_field::TYPE_ID, &[("FieldType", "Choice")]);
    let others = [("CustomFieldCategory", "ContactCustomField")];
    let answers = bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![field, nameless], &others).await;
    assert_eq!(answers[1].codes, [code::CV91101]);
    let found = bench.retrieve(object_type::ENTITY_CUSTOM_FIELD, &[&answers[0].id]).await.unwrap();
    let choices: Vec<_> = found[0]
        .records(entity_custom_field::FIELD_CHOICES)
        .map(|choice| choice.text(field_choice::FIELD_CHOICE_TEXT).unwrap())
        .collect();
    assert_eq!(choices, ["Red", "Green"]);
    let rename = |id: &str| bench.record(entity_custom_field::TYPE_ID, &[("Id", id), ("FieldName", "Hue")]);
    let records = vec![rename(&answers[0].id), rename(&answers[0].id), rename("x"), rename("")];
    let updates = bench.batch(operation::UPDATE_CUSTOM_FIELD, records).await;
    let codes: Vec<_> = updates.into_iter().map(|answer| answer.codes).collect();
    assert_eq!(codes, [vec![], vec![code::CV40118], vec![code::CV40110], vec![code::CV40113]]);
    let found = bench.retrieve(object_type::ENTITY_CUSTOM_FIELD, &[&answers[0].id]).await.unwrap();
    assert_eq!(bench.show(&found[0], "FieldName"), "Hue");
    assert_eq!(bench.show(&found[0], "FieldType"), "Choice");
    assert_eq!(found[0].records(entity_custom_field::FIELD_CHOICES).count(), 2);
}

#[tokio::test]
async fn values_are_set_kept_and_cleared_by_field_id() {
    let bench = Bench::new().await;
    let (x, y) = (
        new_field(&bench, "ContactCustomField", "X").await,
        new_field(&bench, "ContactCustomField", "Y").await,
    );
    let record = with_values(
        &bench,
        &[("LastName", "A")],
        &[(&x, Some("1")), (&y.to_lowercase(), Some(&"v".repeat(400)))],
    );
    let id = bench.batch(operation::CREATE_CONTACT, vec![record]).await.remove(0).id;
    let long = "v".repeat(300);
    assert_eq!(values(&bench.get(&id).await), [("X", "1"), ("Y", long.as_str())]);
    let record = with_values(&bench, &[("Id", &id)], &[(&x, Some("2")), (&y, None)]);
    assert_eq!(bench.batch(operation::UPDATE_CONTACT, vec![record]).await[0].codes, []);
    assert_eq!(values(&bench.get(&id).await), [("X", "2"), ("Y", long.as_str())]);
    let record = with_values(&bench, &[("Id", &id)], &[(&y, Some(""))]);
    bench.batch(operation::UPDATE_CONTACT, vec![record]).await;
    let contact = bench.get(&id).await;
    assert_eq!(values(&contact), [("X", "2")]);
    let detail = contact.records(contact::CUSTOM_FIELD_DETAIL).next().unwrap();
    assert_eq!(detail.text(custom_field_detail::FIELD_TYPE), Some("Open Ended Text - One Line"));
    assert_eq!(detail.text(custom_field_detail::FIELD_ID), Some(x.as_str()));
}

#[tokio::test]
async fn values_of_fields_that_contacts_do_not_have() {
    let bench = Bench::new().await;
    let own = new_field(&bench, "ContactCustomField", "X").await;
    let events = new_field(&bench, "EventCustomField", "E").await;
    let records = vec![
        with_values(&bench, &[("LastName", "A")], &[("00000000-0000-4000-8000-00000000FFFF", Some("1"))]),
        with_values(&bench, &[("LastName", "B")], &[(&events, Some("1"))]),
        with_values(&bench, &[("LastName", "C")], &[(&own, Some("1")), (&own, Some("2"))]),
        with_values(&bench, &[("LastName", "D")], &[("", Some("1"))]),
        with_values(&bench, &[("LastName", "E")], &[(&own, Some("1"))]),
    ];
    let answers = bench.batch(operation::CREATE_CONTACT, records).await;
    let unknown = vec![code::CV40111];
    let codes: Vec<_> = answers.into_iter().map(|answer| answer.codes).collect();
    assert_eq!(codes, [unknown.clone(), unknown.clone(), vec![code::CV40116], unknown, vec![]]);
}
