//! Search: every operator on every kind of column.

use crate::support::{Database, guid, object, on_all, with_texts};
use contract::handles::enumeration::primary_address_type;
use contract::handles::object::{contact, contact_group, event};
use contract::handles::object_type::{CONTACT, CONTACT_GROUP, ENTITY_CUSTOM_FIELD, EVENT};
use contract::{
    Contract, Decimal, FieldId, LinkId, ObjectId, Record, Scalar, Source, Timestamp, TypeRef, Value,
};
use store::Operator::{self, *};
use store::{AccountId, Column, Filter, StoreError, Test};

on_all![
    text_compares_without_case,
    key_members_compare_as_other_text_does,
    letters_of_every_script_compare_without_case,
    letters_that_few_texts_have_are_found,
    wildcards_and_quotes_are_ordinary_letters,
    numbers_compare_as_numbers,
    decimals_compare_exactly,
    doubles_compare_as_numbers,
    dates_compare_as_instants,
    booleans_that_are_not_set_are_false,
    enumerations_compare_as_their_text,
    ids_compare_in_any_form,
    links_compare_by_what_they_link_to,
    a_custom_fields_value_is_searched_through_its_link,
    filters_nest,
    more_than_the_limit_gives_one_more,
    answers_stand_in_creation_order,
    accounts_are_searched_apart,
    values_that_cannot_be_compared_are_refused,
    many_values_and_many_tests_are_taken,
    many_tests_of_one_column_are_each_decided,
    tests_of_one_custom_field_are_about_the_same_value,
];

/// No object is found.
const NOTHING: [u64; 0] = [];

fn test(column: Column, operator: Operator, values: Vec<Value>) -> Filter {
    Filter::Test(Test { column, operator, values })
}

fn search(db: &Database, account: AccountId, object: ObjectId, filter: Filter) -> Vec<u64> {
    let ids = db.read(move |reader| reader.search(account, object, &filter, 100));
    ids.iter().map(|id| (0..1000).find(|number| guid(*number) == *id).unwrap()).collect()
}

/// Records 0, 1, … with the values of one member, and what each comparison finds among them.
fn check(
    db: &Database,
    kind: ObjectId,
    field: FieldId,
    stored: Vec<Value>,
    cases: &[(Operator, Value, &[u64])],
) {
    let account = db.account(&format!("{}.{}", kind.0, field.0));
    let records = stored.into_iter().enumerate().map(|(number, value)| {
        let mut record = object(kind, guid(number as u64));
        record.set(field, value);
        record
    });
    db.insert(account, kind, records.collect());
    for (operator, value, found) in cases {
        let filter = test(Column::Own(field), *operator, vec![value.clone()]);
        assert_eq!(&search(db, account, kind, filter), found, "{operator:?} {value:?}");
    }
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| Value::from(*text)).chain([Value::Absent]).collect()
}

/// What holds for text holds for a member with a key column as well.
const TEXT_CASES: &[(Operator, &str, &[u64])] = &[
    (Equals, "SMITH", &[0, 1]),
    (Equals, " smith ", &[0, 1]),
    (Equals, "smit", &[]),
    (Equals, "", &[4, 5]),
    (NotEqual, "smith", &[2, 3, 4, 5]),
    (NotEqual, "", &[0, 1, 2, 3]),
    (Less, "smith", &[3, 4]),
    (LessOrEqual, "Smith", &[0, 1, 3, 4]),
    (Greater, "smith", &[2]),
    (GreaterOrEqual, "smith", &[0, 1, 2]),
    (Contains, "MIT", &[0, 1, 2]),
    (Contains, "mith ", &[]),
    (DoesNotContain, "mit", &[3, 4, 5]),
    (StartsWith, "SMI", &[0, 1, 2]),
    (StartsWith, " smithe", &[2]),
    (StartsWith, "smith ", &[]),
    (StartsWith, "mit", &[]),
    (Includes, "SMITH", &[0, 1]),
    (Excludes, "SMITH", &[2, 3, 4, 5]),
];

fn check_text(db: &Database, field: FieldId) {
    let stored = texts(&["Smith", " sMITH ", "Smithers", "Jones", ""]);
    let cases: Vec<_> =
        TEXT_CASES.iter().map(|(operator, text, found)| (*operator, Value::from(*text), *found)).collect();
    check(db, CONTACT, field, stored, &cases);
}

fn text_compares_without_case(db: &Database) {
    check_text(db, contact::LAST_NAME);
}

/// One text differs: an empty key is not kept, so that it is before nothing.
fn key_members_compare_as_other_text_does(db: &Database) {
    check_text(db, contact::SOURCE_ID);
}

fn letters_of_every_script_compare_without_case(db: &Database) {
    for field in [contact::LAST_NAME, contact::SOURCE_ID] {
        let stored = texts(&["ÅNGSTRÖM", "Ιωάννης Παπαδόπουλος", "ΟΔΟΣΑ", "Щукин", "Ǆemal", "山田🦀"]);
        let cases: Vec<(Operator, Value, &[u64])> = vec![
            (Equals, "ångström".into(), &[0]),
            (StartsWith, "ÅNG".into(), &[0]),
            (Contains, "ΠΑΠΑΔΌΠΟΥΛΟΣ".into(), &[1]),
            (Contains, "οδος".into(), &[2]),
            (StartsWith, "ΟΔΟΣ".into(), &[2]),
            (Equals, "ЩУКИН".into(), &[3]),
            (StartsWith, "ǆ".into(), &[4]),
            (Contains, "田🦀".into(), &[5]),
            (StartsWith, "山".into(), &[5]),
            (Less, "b".into(), &[]),
            (Greater, "z".into(), &[0, 1, 2, 3, 4, 5]),
        ];
        check(db, CONTACT, field, stored, &cases);
    }
}

/// The Kelvin sign folds to an ASCII letter; PostgreSQL does not keep U+0000.
fn letters_that_few_texts_have_are_found(db: &Database) {
    for field in [contact::LAST_NAME, contact::SOURCE_ID] {
        let stored =
            ["\u{212a}elvin", "KELVIN\u{a0}", "kelvin\u{0}", "kel\u{1}vin", "\u{1}\u{1}", "\u{b}Viv\u{c}\t"];
        let stored = texts(&stored);
        let cases: Vec<(Operator, Value, &[u64])> = vec![
            (Equals, "kelvin".into(), &[0, 1]),
            (Equals, "kelvin\u{0}".into(), &[2]),
            (Equals, "\u{0}".into(), &[]),
            (Equals, "viv".into(), &[5]),
            (NotEqual, "kelvin".into(), &[2, 3, 4, 5, 6]),
            (Contains, "elv".into(), &[0, 1, 2]),
            (Contains, "KELV".into(), &[0, 1, 2]),
            (Contains, "\u{0}".into(), &[2]),
            (Contains, "\u{1}".into(), &[3, 4]),
            (StartsWith, "k".into(), &[0, 1, 2, 3]),
            (StartsWith, "kel\u{1}".into(), &[3]),
            (Less, "kelvin".into(), &[3, 4]),
            (Greater, "kelvin".into(), &[2, 5]),
        ];
        check(db, CONTACT, field, stored, &cases);
    }
}

fn wildcards_and_quotes_are_ordinary_letters(db: &Database) {
    for field in [contact::LAST_NAME, contact::SOURCE_ID] {
        let stored = texts(&["100% sure", "100 sure", "a_b", "axb", "O'Neil", r#"a"b\c"#]);
        let cases: Vec<(Operator, Value, &[u64])> = vec![
            (Contains, "%".into(), &[0]),
            (StartsWith, "100%".into(), &[0]),
            (Contains, "_".into(), &[2]),
            (StartsWith, "a_".into(), &[2]),
            (Equals, "o'neil".into(), &[4]),
            (Contains, r#""B\"#.into(), &[5]),
            (Equals, "' OR 1=1 --".into(), &[]),
        ];
        check(db, CONTACT, field, stored, &cases);
    }
}

/// A column of an object type whose member is of that scalar type.
fn column_of(scalar: Scalar) -> (ObjectId, FieldId) {
    let contract = Contract::get().unwrap();
    crate::support::objects()
        .find_map(|kind| {
            let mut fields = contract.model.ty(contract.object(kind).ty).fields();
            let found = fields.find(|(_, member)| member.ty == TypeRef::Scalar(scalar) && !member.repeated);
            found.map(|(field, _)| (kind, field))
        })
        .unwrap()
}

fn numbers_compare_as_numbers(db: &Database) {
    let (kind, field) = column_of(Scalar::Int);
    let stored = [9, 10, -1].map(Value::Integer).into_iter().chain([Value::Absent]).collect();
    let number = Value::Integer;
    check(
        db,
        kind,
        field,
        stored,
        &[
            (Equals, number(10), &[1]),
            (NotEqual, number(10), &[0, 2, 3]),
            (Less, number(10), &[0, 2]),
            (LessOrEqual, number(9), &[0, 2]),
            (Greater, number(9), &[1]),
            (GreaterOrEqual, number(9), &[0, 1]),
            (Contains, "1".into(), &[1, 2]),
            (DoesNotContain, "1".into(), &[0, 3]),
            (StartsWith, number(1), &[1]),
            (Includes, number(-1), &[2]),
            (Excludes, number(-1), &[0, 1, 3]),
        ],
    );
}

fn decimals_compare_exactly(db: &Database) {
    let (kind, field) = column_of(Scalar::Decimal);
    let decimal = |text: &str| Value::Decimal(text.parse::<Decimal>().unwrap());
    let stored = ["9.50", "10", "12345678901234567890.01", "12345678901234567890.02"].map(decimal);
    let stored = stored.into_iter().chain([Value::Absent]).collect();
    check(
        db,
        kind,
        field,
        stored,
        &[
            (Equals, decimal("9.5"), &[0]),
            (Equals, Value::Integer(10), &[1]),
            (NotEqual, decimal("9.5"), &[1, 2, 3, 4]),
            (Less, decimal("10.0"), &[0]),
            (LessOrEqual, decimal("10.0"), &[0, 1]),
            (Greater, decimal("12345678901234567890.01"), &[3]),
            (GreaterOrEqual, decimal("12345678901234567890.01"), &[2, 3]),
            (Contains, ".50".into(), &[0]),
            (DoesNotContain, "0".into(), &[4]),
            (StartsWith, "9".into(), &[0]),
            (Includes, decimal("10.000"), &[1]),
            (Excludes, decimal("10"), &[0, 2, 3, 4]),
        ],
    );
}

fn doubles_compare_as_numbers(db: &Database) {
    let (kind, field) = column_of(Scalar::Double);
    let double = Value::Double;
    let stored = [0.5, 10.0, -1e20].map(double).into_iter().chain([Value::Absent]).collect();
    check(
        db,
        kind,
        field,
        stored,
        &[
            (Equals, double(0.5), &[0]),
            (Equals, Value::Integer(10), &[1]),
            (Equals, Value::Decimal(Decimal::new(50, 2)), &[0]),
            (NotEqual, double(0.5), &[1, 2, 3]),
            (Less, double(0.5), &[2]),
            (LessOrEqual, double(0.5), &[0, 2]),
            (Greater, double(0.5), &[1]),
            (GreaterOrEqual, double(0.5), &[0, 1]),
            (Contains, "e+20".into(), &[2]),
            (DoesNotContain, "0".into(), &[3]),
            (StartsWith, "0.".into(), &[0]),
            (Includes, double(10.0), &[1]),
            (Excludes, double(10.0), &[0, 2, 3]),
        ],
    );
}

fn dates_compare_as_instants(db: &Database) {
    let time = |seconds: i64| Value::Time(Timestamp(seconds * 1_000_000));
    let stored = vec![time(0), time(86_400), time(-1), Value::Absent];
    check(
        db,
        CONTACT,
        contact::CREATED_DATE,
        stored,
        &[
            (Equals, time(86_400), &[1]),
            (NotEqual, time(86_400), &[0, 2, 3]),
            (Less, time(0), &[2]),
            (LessOrEqual, time(0), &[0, 2]),
            (Greater, time(0), &[1]),
            (GreaterOrEqual, time(0), &[0, 1]),
            (Contains, "1970-01".into(), &[0, 1]),
            (DoesNotContain, "1970".into(), &[2, 3]),
            (StartsWith, "1970-01-02t".into(), &[1]),
            (Includes, time(-1), &[2]),
            (Excludes, time(-1), &[0, 1, 3]),
        ],
    );
}

fn booleans_that_are_not_set_are_false(db: &Database) {
    let truth = Value::Boolean;
    check(
        db,
        CONTACT,
        contact::OPTED_IN,
        vec![truth(true), truth(false), Value::Absent],
        &[
            (Equals, truth(true), &[0]),
            (Equals, truth(false), &[1, 2]),
            (NotEqual, truth(true), &[1, 2]),
            (NotEqual, truth(false), &[0]),
            (Less, truth(true), &[1, 2]),
            (LessOrEqual, truth(true), &[0, 1, 2]),
            (Greater, truth(false), &[0]),
            (GreaterOrEqual, truth(false), &[0, 1, 2]),
            (Contains, "RU".into(), &[0]),
            (DoesNotContain, "ru".into(), &[1, 2]),
            (StartsWith, "f".into(), &[1, 2]),
            (Includes, truth(false), &[1, 2]),
            (Excludes, truth(false), &[0]),
        ],
    );
}

fn enumerations_compare_as_their_text(db: &Database) {
    let (work, home) =
        (Value::Enumeration(primary_address_type::WORK), Value::Enumeration(primary_address_type::HOME));
    check(
        db,
        CONTACT,
        contact::PRIMARY_ADDRESS_TYPE,
        vec![work.clone(), home.clone(), Value::Absent],
        &[
            (Equals, work.clone(), &[0]),
            (Equals, "HOME".into(), &[1]),
            (Equals, "".into(), &[2]),
            (NotEqual, work.clone(), &[1, 2]),
            (Less, work.clone(), &[1]),
            (LessOrEqual, work.clone(), &[0, 1]),
            (Greater, home.clone(), &[0]),
            (GreaterOrEqual, home.clone(), &[0, 1]),
            (Contains, "O".into(), &[0, 1]),
            (DoesNotContain, "r".into(), &[1, 2]),
            (StartsWith, "w".into(), &[0]),
            (Includes, home.clone(), &[1]),
            (Excludes, home, &[0, 2]),
        ],
    );
}

fn ids_compare_in_any_form(db: &Database) {
    let account = db.account("1");
    db.insert(account, CONTACT, (0..3).map(|number| object(CONTACT, guid(number))).collect());
    assert!(guid(0) < guid(2) && guid(2) < guid(1));
    let id = guid(1).to_string();
    let find = |column, operator, value: &str| {
        search(db, account, CONTACT, test(column, operator, vec![value.into()]))
    };
    for column in [Column::Id, Column::Own(contact::ID)] {
        for form in [id.clone(), id.to_lowercase(), format!("{{{id}}}")] {
            assert_eq!(find(column, Equals, &form), [1]);
            assert_eq!(find(column, Includes, &form), [1]);
            assert_eq!(find(column, NotEqual, &form), [0, 2]);
            assert_eq!(find(column, Excludes, &form), [0, 2]);
        }
        assert_eq!(find(column, Equals, "nonsense"), NOTHING);
        assert_eq!(find(column, NotEqual, "nonsense"), [0, 1, 2]);
        assert_eq!(find(column, Contains, &id[3..30].to_lowercase()), [1]);
        assert_eq!(find(column, DoesNotContain, &id[3..30]), [0, 2]);
        assert_eq!(find(column, StartsWith, &id[..8]), [1]);
        let middle = guid(2).to_string().to_lowercase();
        assert_eq!(find(column, Less, &middle), [0]);
        assert_eq!(find(column, LessOrEqual, &middle), [0, 2]);
        assert_eq!(find(column, Greater, &middle), [1]);
        assert_eq!(find(column, GreaterOrEqual, &middle), [1, 2]);
    }
}

fn link(table: &str) -> LinkId {
    let links = &Contract::get().unwrap().links;
    LinkId(links.iter().position(|link| link.table == table).unwrap() as u16)
}

/// Contact 0 is in both groups, 1 in the first, 2 in the second, 3 in none.
fn with_groups(db: &Database) -> AccountId {
    let account = db.account("1");
    db.insert(account, CONTACT, (0..4).map(|number| object(CONTACT, guid(number))).collect());
    let group = |number, name| with_texts(CONTACT_GROUP, guid(number), &[(contact_group::NAME, name)]);
    db.insert(account, CONTACT_GROUP, vec![group(11, "Press"), group(12, "Staff")]);
    let rows = [(0, 11), (0, 12), (1, 11), (2, 12)].map(|(owner, target)| (guid(owner), guid(target), None));
    db.write(move |writer| writer.link(account, link("contact_group_member"), &rows));
    account
}

fn links_compare_by_what_they_link_to(db: &Database) {
    let account = with_groups(db);
    let link = link("contact_group_member");
    let find = |source, operator, value: &str| {
        let column = Column::Link { link, source, target: None };
        search(db, account, CONTACT, test(column, operator, vec![value.into()]))
    };
    let id = guid(11).to_string();
    assert_eq!(find(Source::Id, Equals, &id), [0, 1]);
    assert_eq!(find(Source::Id, NotEqual, &id), [2, 3]);
    let name = Source::Target(contact_group::NAME);
    for (operator, value, found) in [
        (Equals, "PRESS", &[0, 1][..]),
        (NotEqual, "press", &[2, 3]),
        (Less, "q", &[0, 1]),
        (LessOrEqual, "press", &[0, 1]),
        (Greater, "press", &[0, 2]),
        (GreaterOrEqual, "press", &[0, 1, 2]),
        (Contains, "ES", &[0, 1]),
        (DoesNotContain, "es", &[2, 3]),
        (StartsWith, "sta", &[0, 2]),
        (Includes, "staff", &[0, 2]),
        (Excludes, "staff", &[1, 3]),
    ] {
        assert_eq!(find(name, operator, value), found, "{operator:?} {value}");
    }
}

fn a_custom_fields_value_is_searched_through_its_link(db: &Database) {
    let account = db.account("1");
    db.insert(account, CONTACT, (0..4).map(|number| object(CONTACT, guid(number))).collect());
    db.insert(
        account,
        ENTITY_CUSTOM_FIELD,
        [31, 32].map(|number| object(ENTITY_CUSTOM_FIELD, guid(number))).into(),
    );
    let rows = [(0, 31, "Red"), (1, 31, "blue"), (1, 32, "red"), (2, 32, "red")]
        .map(|(owner, target, value)| (guid(owner), guid(target), Some(value.to_owned())));
    let link = link("custom_field_value");
    db.write(move |writer| writer.link(account, link, &rows));
    let find = |target, operator, value: &str| {
        let column = Column::Link { link, source: Source::Value, target };
        search(db, account, CONTACT, test(column, operator, vec![value.into()]))
    };
    assert_eq!(find(None, Equals, "RED"), [0, 1, 2]);
    assert_eq!(find(Some(guid(31)), Equals, "RED"), [0]);
    assert_eq!(find(Some(guid(31)), NotEqual, "red"), [1, 2, 3]);
    assert_eq!(find(Some(guid(31)), StartsWith, "B"), [1]);
    assert_eq!(find(Some(guid(32)), Excludes, "blue"), [0, 1, 2, 3]);
    assert_eq!(find(Some(guid(33)), Contains, ""), NOTHING);
}

fn filters_nest(db: &Database) {
    let account = with_groups(db);
    let records = [(0, "a"), (1, "b"), (2, "a"), (3, "b")]
        .map(|(number, name)| with_texts(CONTACT, guid(number), &[(contact::LAST_NAME, name)]));
    db.write(move |writer| writer.update(account, CONTACT, &records, Timestamp(1)));
    let named = |name: &str| test(Column::Own(contact::LAST_NAME), Equals, vec![name.into()]);
    let press = || {
        let (link, source) = (link("contact_group_member"), Source::Target(contact_group::NAME));
        test(Column::Link { link, source, target: None }, Equals, vec!["press".into()])
    };
    let find = |filter| search(db, account, CONTACT, filter);
    assert_eq!(find(Filter::All(vec![named("a"), press()])), [0]);
    assert_eq!(find(Filter::Any(vec![named("a"), press()])), [0, 1, 2]);
    assert_eq!(find(Filter::All(vec![Filter::Any(vec![named("a"), named("b")]), press()])), [0, 1]);
    assert_eq!(find(Filter::All(vec![])), [0, 1, 2, 3]);
    assert_eq!(find(Filter::Any(vec![])), NOTHING);
    assert_eq!(find(test(Column::Own(contact::LAST_NAME), Equals, vec![])), NOTHING);
    let several = test(Column::Own(contact::LAST_NAME), Includes, vec!["A".into(), "B".into()]);
    assert_eq!(find(several), [0, 1, 2, 3]);
    let neither = test(Column::Own(contact::LAST_NAME), Excludes, vec!["A".into(), "c".into()]);
    assert_eq!(find(neither), [1, 3]);
}

fn more_than_the_limit_gives_one_more(db: &Database) {
    let account = db.account("1");
    db.insert(account, CONTACT, (0..5).map(|number| object(CONTACT, guid(number))).collect());
    for (limit, found) in [(0, 1), (3, 4), (4, 5), (5, 5), (usize::MAX, 5)] {
        let ids = db.read(move |reader| reader.search(account, CONTACT, &Filter::All(vec![]), limit));
        assert_eq!(ids.len(), found, "limit {limit}");
    }
}

fn answers_stand_in_creation_order(db: &Database) {
    let account = db.account("1");
    let numbers = [5, 3, 9, 1, 7];
    // Ids and keys in other orders than the rows.
    let records = numbers.map(|number| {
        with_texts(CONTACT, guid(number), &[(contact::EMAIL_ADDRESS, &format!("x{}@b", number % 4))])
    });
    db.insert(account, CONTACT, records.into());
    let mail =
        |operator, value: &str| test(Column::Own(contact::EMAIL_ADDRESS), operator, vec![value.into()]);
    assert_eq!(search(db, account, CONTACT, Filter::All(vec![])), numbers);
    assert_eq!(search(db, account, CONTACT, mail(StartsWith, "X")), numbers);
    assert_eq!(search(db, account, CONTACT, mail(Equals, "x1@b")), [5, 9, 1]);
    let either = Filter::Any(vec![mail(Equals, "x3@b"), mail(Equals, "x1@b")]);
    assert_eq!(search(db, account, CONTACT, either), numbers);
}

fn accounts_are_searched_apart(db: &Database) {
    let (one, other) = (db.account("1"), db.account("2"));
    db.insert(one, CONTACT, vec![object(CONTACT, guid(1))]);
    db.insert(other, CONTACT, vec![object(CONTACT, guid(2))]);
    for filter in [
        Filter::All(vec![]),
        test(Column::Own(contact::EMAIL_ADDRESS), NotEqual, vec!["x".into()]),
        Filter::Any(vec![
            test(Column::Id, Equals, vec![guid(1).to_string().into()]),
            test(Column::Id, Equals, vec![guid(2).to_string().into()]),
        ]),
    ] {
        assert_eq!(search(db, one, CONTACT, filter.clone()), [1], "{filter:?}");
        assert_eq!(search(db, other, CONTACT, filter), [2]);
    }
}

fn values_that_cannot_be_compared_are_refused(db: &Database) {
    let account = db.account("1");
    let refused = |object, field, operator, value, table: &str, column: &str| {
        let filter = test(Column::Own(field), operator, vec![value]);
        let error = db.try_read(move |reader| reader.search(account, object, &filter, 1)).unwrap_err();
        let (table, column) = (table.to_owned(), column.to_owned());
        assert_eq!(error, StoreError::Filter { table, column });
    };
    refused(CONTACT, contact::OPTED_IN, Equals, "true".into(), "contact", "opted_in");
    refused(CONTACT, contact::CREATED_DATE, Less, "2024".into(), "contact", "created_date");
    refused(EVENT, event::PRODUCT_DETAIL, Equals, "x".into(), "event", "product_detail");
    refused(CONTACT, contact::LAST_NAME, Equals, Value::Nil, "contact", "last_name");
    let key = (CONTACT, contact::LAST_NAME);
    assert!(db.try_read(move |reader| reader.find(account, key, &[])).is_err(), "not a key");
}

fn many_values_and_many_tests_are_taken(db: &Database) {
    let account = db.account("1");
    let records: Vec<Record> = (0..3)
        .map(|number| {
            let text = number.to_string();
            with_texts(CONTACT, guid(number), &[(contact::TITLE, &text), (contact::SOURCE_ID, &text)])
        })
        .collect();
    db.insert(account, CONTACT, records);
    let values: Vec<Value> = (1..20_000).map(|number: u32| Value::from(number.to_string())).collect();
    let includes = test(Column::Own(contact::TITLE), Includes, values.clone());
    assert_eq!(search(db, account, CONTACT, includes), [1, 2]);
    let tests = values[..5_000].iter();
    let tests = tests.map(|value| test(Column::Own(contact::TITLE), Contains, vec![value.clone()])).collect();
    assert_eq!(search(db, account, CONTACT, Filter::Any(tests)), [1, 2]);
    for operator in [Equals, StartsWith] {
        let tests = values[..5_000].iter();
        let keys = tests.map(|value| test(Column::Own(contact::SOURCE_ID), operator, vec![value.clone()]));
        assert_eq!(search(db, account, CONTACT, Filter::Any(keys.collect())), [1, 2]);
    }

    let filter = test(Column::Own(contact::TITLE), Includes, vec![Value::from("x"); 40_000]);
    let error = db.try_read(move |reader| reader.search(account, CONTACT, &filter, 1));
    assert_eq!(error, Err(StoreError::FilterSize));
}

fn many_tests_of_one_column_are_each_decided(db: &Database) {
    let account = db.account("1");
    let titles = ["Alpha Beta", "beta gamma", "Gamma ALPHA", ""];
    let contact =
        |(number, title): (u64, &&str)| with_texts(CONTACT, guid(number), &[(contact::TITLE, *title)]);
    let records: Vec<Record> = (0..).zip(&titles).map(contact).collect();
    db.insert(account, CONTACT, records.into_iter().chain([object(CONTACT, guid(4))]).collect());
    let title = |operator, text: &str| test(Column::Own(contact::TITLE), operator, vec![text.into()]);
    let find = |filter| search(db, account, CONTACT, filter);
    let several =
        |tests: &[(Operator, &str)]| tests.iter().map(|(operator, text)| title(*operator, text)).collect();
    for (tests, all, any) in [
        (&[(Contains, "ALPHA"), (Contains, "beta")][..], &[0][..], &[0, 1, 2][..]),
        (&[(Contains, "alpha"), (Contains, "alpha"), (DoesNotContain, "beta")], &[2], &[0, 2, 3, 4]),
        (&[(DoesNotContain, "alpha"), (DoesNotContain, "beta")], &[3, 4], &[1, 2, 3, 4]),
        (&[(Contains, "beta"), (StartsWith, "b"), (Less, "c")], &[1], &[0, 1, 3]),
        (&[(Equals, ""), (NotEqual, "x"), (DoesNotContain, "a")], &[3, 4], &[0, 1, 2, 3, 4]),
        (&[(Contains, "a"), (Contains, "nowhere")], &[], &[0, 1, 2]),
    ] {
        assert_eq!(find(Filter::All(several(tests))), all, "all of {tests:?}");
        assert_eq!(find(Filter::Any(several(tests))), any, "any of {tests:?}");
    }
    let nested = Filter::Any(several(&[(Contains, "gamma"), (Equals, "")]));
    assert_eq!(find(Filter::All(vec![nested, title(Contains, "alpha")])), [2]);
    let many =
        |operator| (0..256).map(|number| title(operator, &format!("part {number}"))).collect::<Vec<_>>();
    assert_eq!(find(Filter::All(many(DoesNotContain))), [0, 1, 2, 3, 4]);
    assert_eq!(find(Filter::Any([many(Contains), vec![title(Contains, "BETA")]].concat())), [0, 1]);
}

/// A contact has one value of a custom field at most, but is in any number of groups.
fn tests_of_one_custom_field_are_about_the_same_value(db: &Database) {
    let (account, field) = (with_groups(db), link("custom_field_value"));
    db.insert(account, ENTITY_CUSTOM_FIELD, vec![object(ENTITY_CUSTOM_FIELD, guid(31))]);
    let rows = [(0, "red wine"), (1, "white wine"), (2, "")]
        .map(|(owner, value)| (guid(owner), guid(31), Some(value.to_owned())));
    db.write(move |writer| writer.link(account, field, &rows));
    let find = |filter| search(db, account, CONTACT, filter);
    let of = |column: Column, tests: &[(Operator, &str)]| {
        tests.iter().map(|(operator, text)| test(column, *operator, vec![(*text).into()])).collect::<Vec<_>>()
    };
    let value = Column::Link { link: field, source: Source::Value, target: Some(guid(31)) };
    let group = Source::Target(contact_group::NAME);
    let group = Column::Link { link: link("contact_group_member"), source: group, target: None };
    for (column, tests, all, any) in [
        (value, [(Contains, "RED"), (Contains, "wine")], &[0][..], &[0, 1][..]),
        (value, [(DoesNotContain, "red"), (NotEqual, "white wine")], &[2, 3], &[0, 1, 2, 3]),
        (value, [(Contains, "wine"), (DoesNotContain, "red")], &[1], &[0, 1, 2, 3]),
        (group, [(Contains, "press"), (StartsWith, "STA")], &[0], &[0, 1, 2]),
        (group, [(NotEqual, "press"), (DoesNotContain, "staff")], &[3], &[1, 2, 3]),
        (group, [(Equals, "press"), (NotEqual, "staff")], &[1], &[0, 1, 3]),
    ] {
        assert_eq!(find(Filter::All(of(column, &tests))), all, "all of {tests:?}");
        assert_eq!(find(Filter::Any(of(column, &tests))), any, "any of {tests:?}");
    }
}
