//! Questions whose answers are numbers, and those about two ends at once.

use crate::support::{Database, guid, object, on_all, with_texts};
use contract::handles::enumeration::invitee_status::{ACCEPTED, DECLINED};
use contract::handles::object::{contact, invitee};
use contract::handles::object_type::{CONTACT, CONTACT_GROUP, EVENT, INVITEE};
use contract::{EnumValue, Guid, Record, Timestamp, Value};
use store::{AccountId, Group, StoreError};

on_all![
    those_who_refer_are_counted_by_their_values,
    what_has_changed_since_is_counted,
    only_what_is_an_objects_own_is_counted_by,
    many_targets_are_counted_as_one,
    who_refers_to_both_is_known,
    pairs_are_linked_or_not,
    what_is_asked_is_counted,
];

const FAIR: u64 = 10;
const SHOW: u64 = 11;

fn invited(id: u64, event: u64, status: Option<EnumValue>, came: Option<bool>) -> Record {
    let mut record = object(INVITEE, guid(id));
    record.set(invitee::EVENT_ID, guid(event).to_string());
    record.set(invitee::CONTACT_ID, guid(id % 2 + 1).to_string());
    record.set(invitee::STATUS, status.map_or(Value::Absent, Value::Enumeration));
    record.set(invitee::PARTICIPANT, came.map_or(Value::Absent, Value::from));
    record
}

/// Two events with five invitees: 21 to 24, and 25.
fn season(db: &Database) -> AccountId {
    let account = db.account("1");
    db.insert(account, EVENT, vec![object(EVENT, guid(FAIR)), object(EVENT, guid(SHOW))]);
    let invitees = vec![
        invited(21, FAIR, Some(ACCEPTED), Some(true)),
        invited(22, FAIR, Some(ACCEPTED), Some(true)),
        invited(23, FAIR, Some(ACCEPTED), None),
        invited(24, FAIR, None, None),
        invited(25, SHOW, Some(DECLINED), Some(false)),
    ];
    db.insert(account, INVITEE, invitees);
    account
}

/// The groups of each event in one order.
fn counted(db: &Database, account: AccountId, events: &[u64]) -> Vec<Vec<String>> {
    let events: Vec<Guid> = events.iter().map(|event| guid(*event)).collect();
    let by = [invitee::STATUS, invitee::PARTICIPANT];
    let groups =
        db.read(move |reader| reader.count_referring(account, (INVITEE, invitee::EVENT_ID), &events, &by));
    let shown = |Group { values, count }: &Group| match &values[..] {
        [Value::Enumeration(status), came] => format!("{} {came:?}: {count}", status.0),
        [none, came] => format!("{none:?} {came:?}: {count}"),
        _ => panic!("{values:?}"),
    };
    let sorted = |groups: &Vec<Group>| {
        let mut groups: Vec<String> = groups.iter().map(shown).collect();
        groups.sort();
        groups
    };
    groups.iter().map(sorted).collect()
}

fn those_who_refer_are_counted_by_their_values(db: &Database) {
    let account = season(db);
    let accepted = ACCEPTED.0;
    let fair = vec![
        format!("{accepted} Absent: 1"),
        format!("{accepted} Boolean(true): 2"),
        "Absent Absent: 1".to_owned(),
    ];
    let show = vec![format!("{} Boolean(false): 1", DECLINED.0)];
    let found = counted(db, account, &[SHOW, 99, FAIR, SHOW]);
    assert_eq!(found, [show.clone(), vec![], fair, show]);
    let other = db.account("2");
    assert_eq!(counted(db, other, &[FAIR]), [Vec::<String>::new()]);
    let all = db.read(move |reader| {
        reader.count_referring(account, (INVITEE, invitee::EVENT_ID), &[guid(FAIR)], &[])
    });
    assert_eq!(all, [[Group { values: vec![], count: 4 }]]);
}

/// In a file, what an update changes waits beside the tables.
fn what_has_changed_since_is_counted(db: &Database) {
    let account = season(db);
    for round in 0..2 {
        let ids = [guid(21), guid(22), guid(23), guid(24)];
        db.write(move |writer| {
            let mut found: Vec<Record> = writer.get(account, INVITEE, &ids)?.into_iter().flatten().collect();
            found.iter_mut().for_each(|record| record.set(invitee::PARTICIPANT, round == 0));
            writer.update(account, INVITEE, &found, Timestamp(1))
        });
        let came = format!("Absent Boolean({}): 1", round == 0);
        assert!(counted(db, account, &[FAIR])[0].contains(&came), "{round}");
    }
    // A job sees what it has changed itself.
    let counts = db.write(move |writer| {
        let mut found: Vec<Record> =
            writer.get(account, INVITEE, &[guid(24)])?.into_iter().flatten().collect();
        found.iter_mut().for_each(|record| record.set(invitee::STATUS, Value::Enumeration(DECLINED)));
        writer.update(account, INVITEE, &found, Timestamp(2))?;
        writer.count_referring(account, (INVITEE, invitee::EVENT_ID), &[guid(FAIR)], &[invitee::STATUS])
    });
    let declined = Group { values: vec![Value::Enumeration(DECLINED)], count: 1 };
    assert!(counts[0].contains(&declined), "{counts:?}");
}

fn only_what_is_an_objects_own_is_counted_by(db: &Database) {
    let account = season(db);
    for (field, by) in [
        (invitee::EVENT_ID, invitee::FIRST_NAME),
        (invitee::EVENT_ID, contract::handles::object::cv_object::ID),
        (invitee::STATUS, invitee::STATUS),
    ] {
        let found =
            db.try_read(move |reader| reader.count_referring(account, (INVITEE, field), &[guid(1)], &[by]));
        assert!(matches!(found, Err(StoreError::Filter { .. })), "{found:?}");
    }
}

fn many_targets_are_counted_as_one(db: &Database) {
    let account = season(db);
    let others: Vec<u64> = (1_000..1_450).collect();
    let events: Vec<u64> = [FAIR].into_iter().chain(others).chain([FAIR, SHOW]).collect();
    let found = counted(db, account, &events);
    assert_eq!((found[0].len(), found[452].len()), (3, 1));
    assert_eq!(found[0], found[451]);
    assert!(found[1..451].iter().all(Vec::is_empty));
}

fn who_refers_to_both_is_known(db: &Database) {
    let account = season(db);
    let both = move |first, second, other: u64| {
        let contacts = [guid(2), guid(99), guid(1), guid(2)];
        db.try_read(move |reader| {
            reader.referring_both(account, INVITEE, (first, &contacts), (second, guid(other)))
        })
    };
    let ids = |ids: &[u64]| ids.iter().map(|id| guid(*id)).collect::<Vec<Guid>>();
    let found = both(invitee::CONTACT_ID, invitee::EVENT_ID, FAIR).unwrap();
    assert_eq!(found, [ids(&[21, 23]), vec![], ids(&[22, 24]), ids(&[21, 23])]);
    let found = both(invitee::CONTACT_ID, invitee::EVENT_ID, SHOW).unwrap();
    assert_eq!(found, [ids(&[25]), vec![], vec![], ids(&[25])]);
    for (first, second) in [(invitee::CONTACT_ID, invitee::STATUS), (invitee::STATUS, invitee::CONTACT_ID)] {
        assert!(matches!(both(first, second, FAIR), Err(StoreError::Filter { .. })));
    }
}

fn pairs_are_linked_or_not(db: &Database) {
    let account = db.account("1");
    let link = crate::support::contract().link_of(CONTACT, contact::CONTACT_GROUP_DETAIL).unwrap();
    db.insert(account, CONTACT_GROUP, vec![with_texts(CONTACT_GROUP, guid(7), &[])]);
    db.write(move |writer| writer.link(account, link, &[(guid(1), guid(7), None), (guid(2), guid(8), None)]));
    let pairs = [(1, 7), (1, 8), (7, 1), (2, 8), (1, 7)].map(|(owner, target)| (guid(owner), guid(target)));
    let found = db.read(move |reader| reader.linked(account, link, &pairs));
    assert_eq!(found, [true, false, false, true, true]);
    let other = db.account("2");
    assert_eq!(db.read(move |reader| reader.linked(other, link, &pairs)), [false; 5]);
    assert!(db.read(move |reader| reader.linked(account, link, &[])).is_empty());
}

fn what_is_asked_is_counted(db: &Database) {
    let account = season(db);
    let ids: Vec<Guid> = (21..26).map(guid).collect();
    let (statements, rows) = db.read(move |reader| {
        let before = reader.asked();
        reader.get(account, INVITEE, &ids)?;
        reader.referring(account, INVITEE, invitee::EVENT_ID, &[guid(FAIR)])?;
        let after = reader.asked();
        Ok((after.statements - before.statements, after.rows - before.rows))
    });
    assert_eq!((statements, rows), (2, 9));
}
