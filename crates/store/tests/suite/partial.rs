//! Objects of which something can't be read, as something other than the program wrote to their rows.

use crate::support::{Database, guid, object, on_all, with_texts};
use contract::handles::object::{event, invitee};
use contract::handles::object_type::{CONTACT, EVENT, INVITEE};
use contract::{FieldId, Guid, ObjectId, Record, Timestamp};
use store::{AccountId, PartialRecord, StoreError};

on_all![
    what_can_be_read_is_given_and_the_rest_is_named,
    what_cannot_be_read_of_another_object_is_named_where_it_shows,
];

const GOOD: u64 = 1;
const BAD: u64 = 2;

/// The last instant that a column can hold, in the year 294247.
const SPOIL: &str = "UPDATE event SET event_start_date = 9223372036854775807 WHERE event_title = 'Bad'";

fn events(db: &Database) -> AccountId {
    let account = db.account("1");
    let named = |id, title| {
        let mut record = with_texts(EVENT, guid(id), &[(event::EVENT_TITLE, title)]);
        record.set(event::EVENT_START_DATE, Timestamp(0));
        record
    };
    db.insert(account, EVENT, vec![named(GOOD, "Good"), named(BAD, "Bad")]);
    account
}

fn partial(db: &Database, account: AccountId, kind: ObjectId, ids: &[Guid]) -> Vec<Option<PartialRecord>> {
    let ids = ids.to_vec();
    db.read(move |reader| reader.get_partial(account, kind, &ids))
}

fn stored(table: &str) -> StoreError {
    StoreError::Stored { table: table.to_owned(), column: "event_start_date".to_owned() }
}

fn titled(found: Option<&PartialRecord>, field: FieldId) -> Option<&str> {
    found.and_then(|found| found.record.text(field))
}

fn what_can_be_read_is_given_and_the_rest_is_named(db: &Database) {
    let account = events(db);
    let ids = [guid(BAD), guid(7), guid(GOOD)];
    let whole: Vec<Option<Record>> = db.read(move |reader| reader.get(account, EVENT, &ids));
    let found = partial(db, account, EVENT, &ids);
    let records = found.iter().map(|found| found.as_ref().map(|found| found.record.clone()));
    assert_eq!(records.collect::<Vec<_>>(), whole);
    assert!(found.iter().flatten().all(|found| found.unreadable.is_empty()));
    assert_eq!(partial(db, account, EVENT, &[]), []);

    if !db.execute(SPOIL) {
        return;
    }
    assert_eq!(db.try_read(move |reader| reader.get(account, EVENT, &ids)), Err(stored("event")));
    let found = partial(db, account, EVENT, &ids);
    let bad = found[0].as_ref();
    assert_eq!(titled(bad, event::EVENT_TITLE), Some("Bad"));
    assert_eq!(bad.map(|bad| &*bad.unreadable), Some(&[event::EVENT_START_DATE][..]));
    assert_eq!(found[1], None);
    let good = found[2].as_ref();
    assert_eq!(good.map(|good| (Some(&good.record), &*good.unreadable)), Some((whole[2].as_ref(), &[][..])));
}

fn what_cannot_be_read_of_another_object_is_named_where_it_shows(db: &Database) {
    let account = events(db);
    db.insert(account, CONTACT, vec![object(CONTACT, guid(5))]);
    let (who, what) = (guid(5).to_string(), guid(BAD).to_string());
    let invited = with_texts(INVITEE, guid(9), &[(invitee::CONTACT_ID, &who), (invitee::EVENT_ID, &what)]);
    db.insert(account, INVITEE, vec![invited]);
    if !db.execute(SPOIL) {
        return;
    }
    assert_eq!(db.try_read(move |reader| reader.get(account, INVITEE, &[guid(9)])), Err(stored("invitee")));
    let found = partial(db, account, INVITEE, &[guid(9)]);
    assert_eq!(titled(found[0].as_ref(), invitee::EVENT_TITLE), Some("Bad"));
    assert_eq!(found[0].as_ref().map(|found| &*found.unreadable), Some(&[invitee::EVENT_START_DATE][..]));
    assert_eq!(
        partial(db, account, CONTACT, &[guid(5)])[0].as_ref().map(|found| found.unreadable.len()),
        Some(0)
    );
}
