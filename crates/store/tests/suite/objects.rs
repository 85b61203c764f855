//! Objects: in, out, changed, gone.

use crate::support::{Database, contract, full, guid, object, objects, on_all, with_texts};
use contract::handles::object::{contact, cv_object};
use contract::handles::object_type::{CONTACT, CONTACT_GROUP, EVENT};
use contract::{Guid, Record, Timestamp, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::StoreError;

on_all![
    every_member_of_every_type_comes_back,
    members_not_set_stay_so,
    answers_stand_in_the_order_of_the_questions,
    all_gives_creation_order,
    pages_follow_each_other_in_creation_order,
    an_update_replaces_every_member,
    keys_follow_their_members,
    a_deleted_object_is_gone,
    accounts_do_not_see_each_other,
    records_that_do_not_fit_are_refused,
    a_null_item_of_a_list_comes_back,
];

fn every_member_of_every_type_comes_back(db: &Database) {
    let account = db.account("1");
    let mut runner = TestRunner::new(Config { cases: 8, failure_persistence: None, ..Config::default() });
    let seeds = any::<(u64, u64)>();
    runner
        .run(&seeds, |(id, seed)| {
            for kind in objects() {
                let id = guid(id ^ u64::from(kind.0));
                let record = full(kind, id, seed);
                let written = vec![record.clone()];
                db.insert(account, kind, written);
                let read = db.read(move |reader| reader.get(account, kind, &[id]));
                prop_assert_eq!(&read[0], &Some(record), "{}", contract().object(kind).name);
                db.write(move |writer| writer.delete(account, kind, &[id], Timestamp(0)));
            }
            Ok(())
        })
        .unwrap();
}

fn members_not_set_stay_so(db: &Database) {
    let account = db.account("1");
    for kind in objects() {
        let record = object(kind, guid(1));
        db.insert(account, kind, vec![record.clone()]);
        assert_eq!(db.read(move |reader| reader.get(account, kind, &[guid(1)])), [Some(record)]);
    }
}

fn answers_stand_in_the_order_of_the_questions(db: &Database) {
    let account = db.account("1");
    db.insert(account, CONTACT, (0..5).map(|number| object(CONTACT, guid(number))).collect());
    let ids = [4, 9, 0, 4].map(guid);
    let (records, exist) = db.read(move |reader| {
        Ok((reader.get(account, CONTACT, &ids)?, reader.exists(account, CONTACT, &ids)?))
    });
    let found = |number| Some(object(CONTACT, guid(number)));
    assert_eq!(records, [found(4), None, found(0), found(4)]);
    assert_eq!(exist, [true, false, true, true]);
}

fn all_gives_creation_order(db: &Database) {
    let account = db.account("1");
    let records: Vec<Record> = [7, 3, 9, 1].map(|number| object(CONTACT_GROUP, guid(number))).into();
    db.insert(account, CONTACT_GROUP, records.clone());
    let (all, count) = db
        .read(move |reader| Ok((reader.all(account, CONTACT_GROUP)?, reader.count(account, CONTACT_GROUP)?)));
    assert_eq!(all, records);
    assert_eq!(count, 4);
}

fn pages_follow_each_other_in_creation_order(db: &Database) {
    let (account, other) = (db.account("1"), db.account("2"));
    let numbers = [5, 1, 4, 2, 3];
    for number in numbers {
        db.insert(account, CONTACT, vec![object(CONTACT, guid(number))]);
        db.insert(other, CONTACT, vec![object(CONTACT, guid(number + 10))]);
    }
    let page = |after: Option<u64>, limit| {
        db.read(move |reader| reader.page(account, CONTACT, after.map(guid), limit))
    };
    let records = |numbers: &[u64]| -> Vec<Record> {
        numbers.iter().map(|number| object(CONTACT, guid(*number))).collect()
    };
    assert_eq!(page(None, 9), records(&numbers));
    assert_eq!(page(None, 2), records(&[5, 1]));
    assert_eq!(page(Some(1), 2), records(&[4, 2]));
    assert_eq!(page(Some(2), 2), records(&[3]));
    assert_eq!(page(Some(3), 2), []);
    assert_eq!(page(Some(11), 2), [], "an object of another account");
}

fn an_update_replaces_every_member(db: &Database) {
    let account = db.account("1");
    for kind in objects() {
        db.insert(account, kind, vec![full(kind, guid(1), 1)]);
        for record in [full(kind, guid(1), 2), object(kind, guid(1))] {
            let records = vec![record.clone()];
            db.write(move |writer| writer.update(account, kind, &records, Timestamp(1)));
            assert_eq!(db.read(move |reader| reader.get(account, kind, &[guid(1)])), [Some(record)]);
        }
    }
}

fn keys_follow_their_members(db: &Database) {
    let account = db.account("1");
    let find = |texts: &[&str]| {
        let folded: Vec<String> = texts.iter().map(|text| contract::table::fold(text)).collect();
        db.read(move |reader| reader.find(account, (CONTACT, contact::EMAIL_ADDRESS), &folded))
    };
    let mail = |number, text| with_texts(CONTACT, guid(number), &[(contact::EMAIL_ADDRESS, text)]);
    db.insert(account, CONTACT, vec![mail(2, " Zoë@Example.COM "), mail(1, "zoë@example.com"), mail(3, "")]);
    assert_eq!(find(&["ZOË@example.com", "nobody", ""]), [vec![guid(2), guid(1)], vec![], vec![]]);

    let records = vec![mail(2, "new@example.com"), object(CONTACT, guid(1)), mail(3, "Third")];
    db.write(move |writer| writer.update(account, CONTACT, &records, Timestamp(1)));
    assert_eq!(
        find(&["zoë@example.com", "NEW@example.com", "third"]),
        [vec![], vec![guid(2)], vec![guid(3)]]
    );
}

fn a_deleted_object_is_gone(db: &Database) {
    let account = db.account("1");
    let mail = [(contact::EMAIL_ADDRESS, "a@b")];
    db.insert(account, CONTACT, vec![with_texts(CONTACT, guid(1), &mail), object(CONTACT, guid(2))]);
    let deleted =
        db.write(move |writer| writer.delete(account, CONTACT, &[guid(3), guid(1), guid(1)], Timestamp(1)));
    assert_eq!(deleted, [false, true, false]);
    let (exist, found) = db.read(move |reader| {
        let found = reader.find(account, (CONTACT, contact::EMAIL_ADDRESS), &["a@b".to_owned()])?;
        Ok((reader.exists(account, CONTACT, &[guid(1), guid(2)])?, found))
    });
    assert_eq!((exist, found), (vec![false, true], vec![vec![]]));
}

fn accounts_do_not_see_each_other(db: &Database) {
    let (one, other) = (db.account("1"), db.account("2"));
    let named = |name| with_texts(CONTACT, guid(1), &[(contact::EMAIL_ADDRESS, name)]);
    // The same id in both, so that nothing but the account tells them apart.
    db.insert(one, CONTACT, vec![named("one"), object(CONTACT, guid(2))]);
    db.insert(other, CONTACT, vec![named("other")]);
    let records = vec![named("changed")];
    db.write(move |writer| writer.update(other, CONTACT, &records, Timestamp(1)));
    db.write(move |writer| writer.delete(other, CONTACT, &[guid(2)], Timestamp(1)));

    db.read(move |reader| {
        assert_eq!(reader.get(one, CONTACT, &[guid(1)])?, [Some(named("one"))]);
        assert_eq!(reader.get(other, CONTACT, &[guid(1), guid(2)])?, [Some(named("changed")), None]);
        assert_eq!((reader.count(one, CONTACT)?, reader.count(other, CONTACT)?), (2, 1));
        assert_eq!(reader.all(other, CONTACT)?, [named("changed")]);
        assert_eq!(reader.exists(other, CONTACT, &[guid(2)])?, [false]);
        let key = (CONTACT, contact::EMAIL_ADDRESS);
        assert_eq!(reader.find(other, key, &["one".to_owned()])?, [Vec::<Guid>::new()]);
        Ok(())
    });
}

fn records_that_do_not_fit_are_refused(db: &Database) {
    let account = db.account("1");
    let write = |record: Record| {
        let records = vec![record];
        db.try_write(move |writer| writer.insert(account, CONTACT, &records, Timestamp(0)))
    };
    let no_fit =
        |column: &str| Err(StoreError::Record { table: "contact".to_owned(), column: column.to_owned() });
    let mut no_id = object(CONTACT, guid(1));
    no_id.set(cv_object::ID, "not a GUID");
    assert_eq!(write(no_id), no_fit("id"));
    assert_eq!(write(object(EVENT, guid(1))), no_fit("id"));
    let mut number = object(CONTACT, guid(1));
    number.set(contact::COMPANY, Value::Integer(1));
    assert_eq!(write(number), no_fit("company"));

    assert_eq!(write(object(CONTACT, guid(1))), Ok(()));
    let duplicate = StoreError::Duplicate { table: "contact".to_owned() };
    assert_eq!(write(object(CONTACT, guid(1))), Err(duplicate));
    let records = vec![object(CONTACT, guid(2))];
    let missing = db.try_write(move |writer| writer.update(account, CONTACT, &records, Timestamp(1)));
    assert_eq!(missing, Err(StoreError::Missing { table: "contact".to_owned() }));
}

fn a_null_item_of_a_list_comes_back(db: &Database) {
    let account = db.account("1");
    let mut record = full(EVENT, guid(1), 5);
    let (field, _) = contract()
        .model
        .ty(record.ty())
        .fields()
        .find(|(field, member)| member.repeated && contract().link_of(EVENT, *field).is_none())
        .unwrap();
    record.push(field, Value::Nil);
    db.insert(account, EVENT, vec![record.clone()]);
    assert_eq!(db.read(move |reader| reader.get(account, EVENT, &[guid(1)])), [Some(record)]);
}
