//! The change log.

use crate::support::{Database, guid, object, on_all};
use contract::handles::object_type::{BUDGET_ITEM, CONTACT};
use contract::{Guid, Timestamp};
use store::AccountId;

on_all![
    a_span_holds_its_start_and_not_its_end,
    an_object_appears_once_and_where_it_first_changed,
    what_was_deleted_is_no_longer_changed,
    more_than_the_limit_gives_one_more,
    types_and_accounts_have_logs_of_their_own,
];

fn insert(db: &Database, account: AccountId, number: u64, at: i64) {
    db.write(move |writer| writer.insert(account, CONTACT, &[object(CONTACT, guid(number))], Timestamp(at)));
}

fn touch(db: &Database, account: AccountId, number: u64, at: i64) {
    db.write(move |writer| writer.touch(account, CONTACT, &[guid(number)], Timestamp(at)));
}

fn changed(db: &Database, account: AccountId, from: i64, until: i64) -> Vec<Guid> {
    db.read(move |reader| reader.changed(account, CONTACT, Timestamp(from), Timestamp(until), 100))
}

fn a_span_holds_its_start_and_not_its_end(db: &Database) {
    let account = db.account("1");
    for (number, at) in [(1, 10), (2, 20), (3, 30)] {
        insert(db, account, number, at);
    }
    assert_eq!(changed(db, account, 10, 30), [guid(1), guid(2)]);
    assert_eq!(changed(db, account, 11, 31), [guid(2), guid(3)]);
    assert_eq!(changed(db, account, 30, 30), []);
    assert_eq!(changed(db, account, 31, i64::MAX), []);
    assert_eq!(changed(db, account, i64::MIN, i64::MAX).len(), 3);
}

fn an_object_appears_once_and_where_it_first_changed(db: &Database) {
    let account = db.account("1");
    for number in [1, 2] {
        insert(db, account, number, 0);
    }
    for (number, at) in [(2, 10), (1, 20), (2, 30), (1, 30), (1, 30)] {
        touch(db, account, number, at);
    }
    assert_eq!(changed(db, account, 1, 100), [guid(2), guid(1)]);
    assert_eq!(changed(db, account, 11, 100), [guid(1), guid(2)]);
    db.write(move |writer| writer.update(account, CONTACT, &[object(CONTACT, guid(1))], Timestamp(50)));
    assert_eq!(changed(db, account, 50, 51), [guid(1)]);
}

fn what_was_deleted_is_no_longer_changed(db: &Database) {
    let account = db.account("1");
    for number in [1, 2] {
        insert(db, account, number, 10);
    }
    db.write(move |writer| writer.delete(account, CONTACT, &[guid(1), guid(3)], Timestamp(20)));
    assert_eq!(changed(db, account, 0, 100), [guid(2)]);
    let deleted = |from, until| {
        db.read(move |reader| reader.deleted(account, CONTACT, Timestamp(from), Timestamp(until), 100))
    };
    assert_eq!(deleted(0, 100), [guid(1)], "an object that was not there was not deleted");
    assert_eq!(deleted(0, 20), []);
    assert_eq!(deleted(20, 21), [guid(1)]);
}

fn more_than_the_limit_gives_one_more(db: &Database) {
    let account = db.account("1");
    for number in 0..5 {
        insert(db, account, number, 10);
    }
    for (limit, found) in [(0, 1), (3, 4), (4, 5), (5, 5)] {
        let ids =
            db.read(move |reader| reader.changed(account, CONTACT, Timestamp(0), Timestamp(100), limit));
        assert_eq!(ids.len(), found, "limit {limit}");
    }
}

fn types_and_accounts_have_logs_of_their_own(db: &Database) {
    let (one, other) = (db.account("1"), db.account("2"));
    insert(db, one, 1, 10);
    insert(db, other, 2, 10);
    db.write(move |writer| writer.insert(one, BUDGET_ITEM, &[object(BUDGET_ITEM, guid(3))], Timestamp(10)));
    assert_eq!(changed(db, one, 0, 100), [guid(1)]);
    assert_eq!(changed(db, other, 0, 100), [guid(2)]);
}
