//! Advanced logic: choices of a custom field that depend on another's.

use crate::events::{UNKNOWN, new_field, one};
use crate::harness::Bench;
use contract::handles::object::{advanced_logic, advanced_logic_choices, entity_custom_field, field_choice};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record};

async fn choices(bench: &Bench, category: &str, texts: &[&str]) -> String {
    let mut field =
        bench.record(entity_custom_field::TYPE_ID, &[("FieldName", texts[0]), ("FieldType", "Choice")]);
    for text in texts {
        let choice = bench.record(field_choice::TYPE_ID, &[("FieldChoiceText", text)]);
        field.push(entity_custom_field::FIELD_CHOICES, choice);
    }
    let others = [("CustomFieldCategory", category)];
    bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![field], &others).await.remove(0).id
}

fn logic(bench: &Bench, id: &str, source: &str, rows: &[(&str, &[&str])]) -> Record {
    let mut record = bench.record(advanced_logic::TYPE_ID, &[("Id", id), ("SourceField", source)]);
    for (choice, shown) in rows {
        let mut row = bench.record(advanced_logic_choices::TYPE_ID, &[("SourceFieldChoice", choice)]);
        for text in *shown {
            row.push(advanced_logic_choices::FIELD_CHOICE, *text);
        }
        record.push(advanced_logic::ADVANCED_LOGIC_CHOICES, row);
    }
    record
}

async fn add(bench: &Bench, records: Vec<Record>) -> Vec<Vec<Code>> {
    let answers = bench.batch(operation::ADD_ADVANCED_LOGIC, records).await;
    answers.into_iter().map(|answer| answer.codes).collect()
}

fn rows(logic: &Record) -> Vec<(String, usize)> {
    let rows = logic.records(advanced_logic::ADVANCED_LOGIC_CHOICES);
    rows.map(|row| {
        let choice = row.text(advanced_logic_choices::SOURCE_FIELD_CHOICE).unwrap().to_owned();
        (choice, row.list(advanced_logic_choices::FIELD_CHOICE).len())
    })
    .collect()
}

#[tokio::test]
async fn logic_grows_row_by_row_and_begins_anew_with_another_source() {
    let bench = Bench::new().await;
    let country = choices(&bench, "ContactCustomField", &["US", "FR"]).await;
    let region = choices(&bench, "ContactCustomField", &["East", "West"]).await;
    let city = choices(&bench, "ContactCustomField", &["Boston", "Paris", "Lyon"]).await;
    let first = logic(&bench, &city, &country, &[("US", &["Boston"]), ("FR", &["Paris"])]);
    let answers = bench.batch(operation::ADD_ADVANCED_LOGIC, vec![first]).await;
    assert_eq!((answers[0].id.as_str(), answers[0].codes.len()), (city.as_str(), 0));
    let second = logic(&bench, &city.to_lowercase(), &country.to_lowercase(), &[("fr", &["paris", "lyon"])]);
    assert_eq!(add(&bench, vec![second]).await, [[]]);
    let found = one(&bench, object_type::ADVANCED_LOGIC, &city).await;
    assert_eq!(rows(&found), [("US".to_owned(), 1), ("fr".to_owned(), 2)]);
    assert_eq!(add(&bench, vec![logic(&bench, &city, &region, &[("East", &["Boston"])])]).await, [[]]);
    let found = one(&bench, object_type::ADVANCED_LOGIC, &city).await;
    assert_eq!(rows(&found), [("East".to_owned(), 1)]);
    assert_eq!(found.text(advanced_logic::SOURCE_FIELD), Some(region.as_str()));
    assert_eq!(bench.search_ids(object_type::ADVANCED_LOGIC, "SourceField", &region).await, [city]);
}

#[tokio::test]
async fn every_code_of_logic() {
    let bench = Bench::new().await;
    let source = choices(&bench, "EventCustomField", &["US", "FR"]).await;
    let child = choices(&bench, "EventCustomField", &["Boston"]).await;
    let free = new_field(&bench, "EventCustomField", "Free").await;
    let other = choices(&bench, "ContactCustomField", &["US"]).await;
    let good: &[(&str, &[&str])] = &[("US", &["Boston"])];
    let record = |id: &str, source: &str, rows: &[(&str, &[&str])]| logic(&bench, id, source, rows);
    for (records, expected) in [
        (
            vec![record(&child, &source, good), record(&child, &source, good)],
            vec![vec![], vec![code::CV40118]],
        ),
        (vec![record("", &source, good)], vec![vec![code::CV40113]]),
        (vec![record("x", &source, good)], vec![vec![code::CV40110]]),
        (vec![record(UNKNOWN, &source, good)], vec![vec![code::CV40110]]),
        (vec![record(&child, "", good)], vec![vec![code::CV91101]]),
        (vec![record(&child, &source, &[])], vec![vec![code::CV91101]]),
        (vec![record(&child, UNKNOWN, good)], vec![vec![code::CV91102]]),
        (vec![record(&child, &child, good)], vec![vec![code::CV91102]]),
        (vec![record(&child, &other, good)], vec![vec![code::CV91102]]),
        (vec![record(&child, &source, &[("DE", &["Boston"])])], vec![vec![code::CV91102]]),
        (vec![record(&child, &source, &[("US", &["Berlin"])])], vec![vec![code::CV99747]]),
        (vec![record(&free, &source, good)], vec![vec![code::CV99747]]),
    ] {
        assert_eq!(add(&bench, records).await, expected);
    }
    let records = (0..201).map(|_| record("", "", &[])).collect();
    let request = bench.request(operation::ADD_ADVANCED_LOGIC, records, &[]);
    assert_eq!(bench.call(operation::ADD_ADVANCED_LOGIC, request).await.unwrap_err().code, code::CV30100);
}
