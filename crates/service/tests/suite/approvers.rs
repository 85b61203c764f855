//! Approvers.

use crate::harness::{Answer, Bench};
use contract::handles::object::{approver, delete_approver};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record};

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000FFFF";

fn approver(bench: &Bench, members: &[(&str, &str)]) -> Record {
    bench.record(approver::TYPE_ID, members)
}

async fn create(bench: &Bench, members: &[(&str, &str)]) -> Answer {
    bench.batch(operation::CREATE_APPROVER, vec![approver(bench, members)]).await.remove(0)
}

async fn update(bench: &Bench, members: &[(&str, &str)]) -> Vec<Code> {
    bench.batch(operation::UPDATE_APPROVER, vec![approver(bench, members)]).await.remove(0).codes
}

async fn shown(bench: &Bench, id: &str) -> [String; 4] {
    let found = bench.retrieve(object_type::APPROVER, &[id]).await.unwrap().remove(0);
    ["ApproverCategoryID", "ApproverCategory", "RequestorSourceValue", "ApproverEmail"]
        .map(|name| bench.show(&found, name))
}

/// A configuration of the category Travel for the source north: its Id and the category's.
async fn travel(bench: &Bench) -> (String, String) {
    let members =
        [("ApproverCategory", "Travel"), ("RequestorSourceValue", "north"), ("ApproverEmail", "n@x.org")];
    let answer = create(bench, &members).await;
    assert_eq!(answer.codes, []);
    let [category, ..] = shown(bench, &answer.id).await;
    (answer.id, category)
}

#[tokio::test]
async fn a_category_comes_with_its_first_approver() {
    let bench = Bench::new().await;
    let (id, category) = travel(&bench).await;
    assert_eq!(shown(&bench, &id).await, [category.as_str(), "Travel", "north", "n@x.org"]);
    let records = vec![
        approver(
            &bench,
            &[
                ("ApproverCategoryID", &category.to_lowercase()),
                ("RequestorSourceValue", "south"),
                ("ApproverEmail", "s@x.org"),
                ("MessageId", "m"),
            ],
        ),
        approver(&bench, &[]),
    ];
    let answers = bench.batch(operation::CREATE_APPROVER, records).await;
    assert_eq!((answers[0].codes.as_slice(), answers[0].reference.as_deref()), (&[][..], Some("m")));
    assert_eq!(shown(&bench, &answers[0].id).await, [category.as_str(), "Travel", "south", "s@x.org"]);
    assert_eq!(answers[1].codes, [code::CV85101, code::CV85115, code::CV85116]);
}

#[tokio::test]
async fn what_is_there_already_is_not_created() {
    let bench = Bench::new().await;
    let (_, category) = travel(&bench).await;
    let with = async |key: (&str, &str), source: &str, email: &str| {
        create(&bench, &[key, ("RequestorSourceValue", source), ("ApproverEmail", email)]).await.codes
    };
    assert_eq!(with(("ApproverCategory", "travel"), "south", "s@x.org").await, [code::CV85102]);
    assert_eq!(with(("ApproverCategory", "travel"), "North", "s@x.org").await, [code::CV85103]);
    assert_eq!(with(("ApproverCategory", "Food"), "north", "s@x").await, [code::CV85104]);
    assert_eq!(with(("ApproverCategoryID", UNKNOWN), "north", "s@x.org").await, [code::CV85106]);
    assert_eq!(with(("ApproverCategoryID", &category), "north", "s@x.org").await, [code::CV85114]);
    let food = || {
        approver(
            &bench,
            &[("ApproverCategory", "Food"), ("RequestorSourceValue", "a"), ("ApproverEmail", "a@x.org")],
        )
    };
    let answers = bench.batch(operation::CREATE_APPROVER, vec![food(), food()]).await;
    assert_eq!((answers[0].codes.as_slice(), answers[1].codes.as_slice()), (&[][..], &[code::CV85117][..]));
}

#[tokio::test]
async fn of_two_calls_that_race_for_a_category_one_wins() {
    let bench = Bench::new().await;
    let members = [("ApproverCategory", "Food"), ("RequestorSourceValue", "a"), ("ApproverEmail", "a@x.org")];
    let (one, two) = tokio::join!(create(&bench, &members), create(&bench, &members));
    let mut codes = [one.codes, two.codes];
    codes.sort();
    assert_eq!(codes, [vec![], vec![code::CV85103]]);
}

#[tokio::test]
async fn an_update_changes_who_approves_and_the_name_of_the_category() {
    let bench = Bench::new().await;
    let (id, category) = travel(&bench).await;
    let key = [("ApproverCategoryID", category.as_str()), ("RequestorSourceValue", "NORTH")];
    let with = |members: &[(&'static str, &'static str)]| [&key[..], members].concat();
    assert_eq!(
        update(&bench, &with(&[("ApproverEmail", "new@x.org"), ("ApproverCategory", "Trips")])).await,
        []
    );
    assert_eq!(shown(&bench, &id).await, [category.as_str(), "Trips", "north", "new@x.org"]);
    assert_eq!(update(&bench, &with(&[])).await, []);
    assert_eq!(update(&bench, &with(&[("ApproverEmail", "")])).await, [code::CV85116]);
    assert_eq!(update(&bench, &with(&[("ApproverEmail", "x")])).await, [code::CV85112]);
    assert_eq!(update(&bench, &with(&[("ApproverCategory", "")])).await, [code::CV85101]);
    let food = [("ApproverCategory", "Food"), ("RequestorSourceValue", "a"), ("ApproverEmail", "a@x.org")];
    assert_eq!(create(&bench, &food).await.codes, []);
    assert_eq!(update(&bench, &with(&[("ApproverCategory", "food")])).await, [code::CV85102]);
    assert_eq!(update(&bench, &[]).await, [code::CV85111, code::CV85115]);
    let elsewhere = [("ApproverCategoryID", category.as_str()), ("RequestorSourceValue", "south")];
    assert_eq!(update(&bench, &elsewhere).await, [code::CV85113]);
    let records = vec![approver(&bench, &key), approver(&bench, &key)];
    let answers = bench.batch(operation::UPDATE_APPROVER, records).await;
    assert_eq!((answers[0].source.as_str(), answers[1].codes.as_slice()), ("north", &[code::CV85117][..]));
}

#[tokio::test]
async fn an_approver_is_deleted_by_category_and_source() {
    let bench = Bench::new().await;
    let (id, category) = travel(&bench).await;
    let named = |category: &str, source: &str| {
        let members = [("ApproverCategoryID", category), ("RequestorSourceValue", source)];
        bench.record(delete_approver::TYPE_ID, &members)
    };
    let records = vec![
        named(&category, ""),
        named("", "north"),
        named(&category, "south"),
        named(UNKNOWN, "north"),
        named(&category, "north"),
        named(&category, "North"),
    ];
    let answers = bench.batch(operation::DELETE_APPROVER, records).await;
    let codes: Vec<_> = answers.iter().map(|answer| answer.codes.clone()).collect();
    let (missing, unknown) = (vec![code::CV85108], vec![code::CV85107]);
    assert_eq!(codes, [missing.clone(), missing, unknown.clone(), unknown, vec![], vec![code::CV85117]]);
    assert_eq!((&answers[4].id, answers[4].source.as_str()), (&id, "north"));
    assert!(bench.retrieve(object_type::APPROVER, &[&id]).await.unwrap().is_empty());
    travel(&bench).await;
}

#[tokio::test]
async fn each_call_has_its_limit() {
    let bench = Bench::new().await;
    for (operation, ty) in [
        (operation::CREATE_APPROVER, approver::TYPE_ID),
        (operation::UPDATE_APPROVER, approver::TYPE_ID),
        (operation::DELETE_APPROVER, delete_approver::TYPE_ID),
    ] {
        let records = |count: usize| (0..count).map(|_| bench.record(ty, &[])).collect();
        let fault = bench.call(operation, bench.request(operation, records(201), &[])).await.unwrap_err();
        assert_eq!(fault.code, code::CV30122);
        assert_eq!(bench.batch(operation, records(200)).await.len(), 200);
    }
}
