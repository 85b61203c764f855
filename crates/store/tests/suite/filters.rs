//! Filters of every shape: each database finds what the one in memory finds.

use crate::support::{Database, contract, guid, object, objects, on_all};
use contract::handles::enumeration::primary_address_type;
use contract::handles::object::{contact, contact_group, cv_object, invitee};
use contract::handles::object_type::{CONTACT, CONTACT_GROUP, INVITEE};
use contract::{Decimal, FieldId, LinkId, ObjectId, Record, Scalar, Source, Timestamp, TypeRef, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use store::Operator::*;
use store::{AccountId, Column, Filter, Operator, StoreError, Test};

on_all![
    members_and_links_are_searched_as_in_memory,
    what_is_shown_is_searched_as_in_memory,
    numbers_are_searched_as_in_memory,
];

const OPERATORS: [Operator; 11] = [
    Equals,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Contains,
    DoesNotContain,
    StartsWith,
    Includes,
    Excludes,
];

/// Objects of each kind that is searched.
const OBJECTS: u64 = 40;

/// A column to search, and values that are likely to be told apart in it.
type Searched = (Column, Vec<Value>);

/// Texts that differ little, or in letters that fold to others, or that a database may not like.
fn texts() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "smith",
        "Smith",
        " sMITH ",
        "Smithers",
        "mit",
        "k",
        "\u{212a}",
        "ß",
        "ς",
        "Σ",
        "İ",
        "i\u{307}",
        "Ångström",
        "å",
        "%",
        "100%_",
        "a\u{0}b",
        "a\u{1}b",
        "\u{0}",
        "\u{1}\u{1}",
        "\u{a0}x\u{85}",
        "x",
        "viv",
        "\u{b}Viv ",
        "\u{10ffff}",
        "'",
        "0",
        "1970-01",
        "true",
        "e",
    ];
    texts.map(Value::from).to_vec()
}

/// Ids of objects there are, and what is none.
fn ids() -> Vec<Value> {
    let ids = (0..6).map(|number| guid(number).to_string()).collect::<Vec<_>>();
    let forms = [ids[1].to_lowercase(), format!("{{{}}}", ids[2]), ids[3][..9].to_owned(), String::new()];
    ids.into_iter().chain(forms).chain(["nobody".to_owned()]).map(Value::from).collect()
}

/// Values of a member's type.
fn values(ty: TypeRef) -> Vec<Value> {
    let decimal = |text: &str| Value::Decimal(text.parse::<Decimal>().unwrap());
    match ty {
        TypeRef::Scalar(Scalar::Boolean) => [true, false].map(Value::from).to_vec(),
        TypeRef::Scalar(Scalar::Int | Scalar::Long) => [-10, -1, 0, 1, 10].map(Value::Integer).to_vec(),
        TypeRef::Scalar(Scalar::Decimal) => {
            ["-1", "0", "0.00", "1.5", "1.50", "1e-7", "10"].map(decimal).to_vec()
        }
        TypeRef::Scalar(Scalar::Double) => [-1.5, 0.0, 1.5, 10.0, 1e30].map(Value::Double).to_vec(),
        TypeRef::Scalar(Scalar::DateTime) => {
            [-1, 0, 1, 86_400_000_000].map(Timestamp).map(Value::from).to_vec()
        }
        TypeRef::Enumeration(_) => {
            [primary_address_type::WORK, primary_address_type::HOME].map(Value::Enumeration).to_vec()
        }
        _ => texts(),
    }
}

/// Objects whose member `field` has one of its values, or none, each time in another order.
fn fill(records: &mut [Record], field: FieldId, values: &[Value]) {
    for (number, record) in records.iter_mut().enumerate() {
        let place = number * (2 * usize::from(field.0) + 1) % (values.len() + 1);
        if let Some(value) = values.get(place) {
            record.set(field, value.clone());
        }
    }
}

fn ty(kind: ObjectId, field: FieldId) -> TypeRef {
    contract().model.member(contract().object(kind).ty, field).ty
}

/// Objects with values in those members, and the members as columns to search.
fn objects_with(kind: ObjectId, fields: &[FieldId]) -> (Vec<Record>, Vec<Searched>) {
    let mut records: Vec<Record> = (0..OBJECTS).map(|number| object(kind, guid(number))).collect();
    let mut searched = vec![(Column::Id, ids()), (Column::Own(cv_object::ID), ids())];
    for &field in fields {
        let values = values(ty(kind, field));
        fill(&mut records, field, &values);
        searched.push((Column::Own(field), [values, texts()].concat()));
    }
    (records, searched)
}

fn filters(searched: Vec<Searched>) -> impl Strategy<Value = Filter> {
    let test = (select(searched), select(OPERATORS.to_vec())).prop_flat_map(|((column, pool), operator)| {
        vec(select(pool), 0..3).prop_map(move |values| Filter::Test(Test { column, operator, values }))
    });
    test.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Filter::All), vec(inner, 0..4).prop_map(Filter::Any),]
    })
}

/// Searches in both databases, which have the same objects, by many filters.
fn compare(dbs: [&Database; 2], account: AccountId, kind: ObjectId, searched: Vec<Searched>) {
    let mut runner = TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() });
    let test = |(filter, limit): (Filter, usize)| {
        let search = |db: &Database| {
            let filter = filter.clone();
            let found = db.try_read(move |reader| reader.search(account, kind, &filter, limit));
            // Of several tests with values of the wrong kind, either may be the one that is told.
            found.map_err(|error| matches!(error, StoreError::Filter { .. }))
        };
        prop_assert_eq!(search(dbs[0]), search(dbs[1]), "{:?}", filter);
        Ok(())
    };
    runner.run(&(filters(searched), prop_oneof![Just(0), Just(5), Just(100)]), test).unwrap();
}

fn link(table: &str) -> LinkId {
    LinkId(contract().links.iter().position(|link| link.table == table).unwrap() as u16)
}

fn members_and_links_are_searched_as_in_memory(db: &Database) {
    let fields = [
        contact::LAST_NAME,
        contact::SOURCE_ID,
        contact::OPTED_IN,
        contact::CREATED_DATE,
        contact::PRIMARY_ADDRESS_TYPE,
    ];
    let (contacts, mut searched) = objects_with(CONTACT, &fields);
    let (groups, _) = objects_with(CONTACT_GROUP, &[contact_group::NAME]);
    let (members, values) = (link("contact_group_member"), link("custom_field_value"));
    for (link, source) in
        [(members, Source::Id), (members, Source::Target(contact_group::NAME)), (values, Source::Value)]
    {
        for target in [None, Some(guid(3))] {
            let pool = if source == Source::Id { ids() } else { texts() };
            searched.push((Column::Link { link, source, target }, pool));
        }
    }
    let texts = texts();
    let text = |number: u64| texts.get(number as usize % (texts.len() + 5)).and_then(Value::as_text);
    let rows: Vec<_> = (0..OBJECTS * 2)
        .map(|number| (guid(number % 29), guid(number * 7 % 11), text(number).map(str::to_owned)))
        .collect();
    let memory = Database::memory();
    let account = db.account("1");
    memory.account("1");
    for db in [db, &memory] {
        let (groups, rows) = (groups.clone(), rows.clone());
        db.insert(account, CONTACT, contacts.clone());
        db.insert(account, CONTACT_GROUP, groups);
        db.write(move |writer| {
            writer.link(account, members, &rows)?;
            writer.link(account, values, &rows)
        });
    }
    compare([db, &memory], account, CONTACT, searched);
}

fn what_is_shown_is_searched_as_in_memory(db: &Database) {
    let (contacts, _) = objects_with(CONTACT, &[contact::FIRST_NAME, contact::EMAIL_ADDRESS]);
    let shown = [invitee::FIRST_NAME, invitee::EMAIL_ADDRESS, invitee::CONFIRMATION_NUMBER];
    let (mut invitees, mut searched) = objects_with(INVITEE, &shown);
    fill(&mut invitees, invitee::CONTACT_ID, &ids());
    searched.push((Column::Own(invitee::CONTACT_ID), ids()));
    let memory = Database::memory();
    let account = db.account("1");
    memory.account("1");
    for db in [db, &memory] {
        db.insert(account, CONTACT, contacts[..5].to_vec());
        db.insert(account, INVITEE, invitees.clone());
    }
    compare([db, &memory], account, INVITEE, searched);
}

fn numbers_are_searched_as_in_memory(db: &Database) {
    let memory = Database::memory();
    let account = db.account("1");
    memory.account("1");
    for scalar in [Scalar::Int, Scalar::Decimal, Scalar::Double] {
        let found = objects().find_map(|kind| {
            let mut fields = contract().model.ty(contract().object(kind).ty).fields();
            let found = fields.find(|(_, member)| member.ty == TypeRef::Scalar(scalar) && !member.repeated);
            found.map(|(field, _)| (kind, field))
        });
        let (kind, field) = found.unwrap();
        let (records, searched) = objects_with(kind, &[field]);
        for db in [db, &memory] {
            db.write({
                let records = records.clone();
                move |writer| {
                    let ids: Vec<_> = (0..OBJECTS).map(guid).collect();
                    writer.delete(account, kind, &ids, Timestamp(0))?;
                    writer.insert(account, kind, &records, Timestamp(0))
                }
            });
        }
        compare([db, &memory], account, kind, searched);
    }
}
