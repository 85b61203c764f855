//! Members that refer to other objects, and those that show them.

use crate::support::{Database, contract, guid, object, on_all, with_texts};
use contract::handles::object::{contact, event, invitee};
use contract::handles::object_type::{CONTACT, EVENT, INVITEE};
use contract::{FieldId, Guid, Record, Timestamp, Value};
use store::{AccountId, Column, Filter, Operator, StoreError, Test};

on_all![
    what_is_shown_is_the_other_objects_present_value,
    an_object_that_is_gone_leaves_its_last_values,
    without_the_other_object_the_rows_own_values_show,
    what_is_no_id_is_not_set,
    who_refers_to_an_object_is_known,
    searching_compares_present_values,
    searching_by_the_object_referred_to,
    accounts_do_not_show_each_others_objects,
];

const ADA: u64 = 1;
const BO: u64 = 2;
const FAIR: u64 = 10;

/// Two contacts, an event, and an invitee of each contact: 21 and 22.
fn fair(db: &Database) -> AccountId {
    let account = db.account("1");
    let person = |id: u64, first: &str| {
        let mail = format!("{first}@lab.example");
        with_texts(CONTACT, guid(id), &[(contact::FIRST_NAME, first), (contact::EMAIL_ADDRESS, &mail)])
    };
    db.insert(account, CONTACT, vec![person(ADA, "Ada"), person(BO, "Bo")]);
    let mut fair = with_texts(EVENT, guid(FAIR), &[(event::EVENT_TITLE, "Fair")]);
    fair.set(event::EVENT_START_DATE, Timestamp(0));
    db.insert(account, EVENT, vec![fair]);
    db.insert(account, INVITEE, vec![invited(21, ADA), invited(22, BO)]);
    account
}

fn invited(id: u64, who: u64) -> Record {
    let (who, what) = (guid(who).to_string(), guid(FAIR).to_string());
    with_texts(INVITEE, guid(id), &[(invitee::CONTACT_ID, &who), (invitee::EVENT_ID, &what)])
}

fn read(db: &Database, account: AccountId, id: u64) -> Record {
    db.read(move |reader| reader.get(account, INVITEE, &[guid(id)])).remove(0).unwrap()
}

fn names(db: &Database, account: AccountId) -> Vec<Option<String>> {
    let all = db.read(move |reader| reader.all(account, INVITEE));
    all.iter().map(|record| record.text(invitee::FIRST_NAME).map(str::to_owned)).collect()
}

fn rename(db: &Database, account: AccountId, name: &str) {
    let record = with_texts(CONTACT, guid(ADA), &[(contact::FIRST_NAME, name)]);
    db.write(move |writer| writer.update(account, CONTACT, std::slice::from_ref(&record), Timestamp(1)));
}

fn what_is_shown_is_the_other_objects_present_value(db: &Database) {
    let account = fair(db);
    let first = read(db, account, 21);
    assert_eq!(first.text(invitee::FIRST_NAME), Some("Ada"));
    assert_eq!(first.text(invitee::EVENT_TITLE), Some("Fair"));
    assert_eq!(first.time(invitee::EVENT_START_DATE), Some(Timestamp(0)));
    assert_eq!(first.text(invitee::CONTACT_ID), Some(&*guid(ADA).to_string()));
    rename(db, account, "Ada Mae");
    assert_eq!(names(db, account), [Some("Ada Mae".to_owned()), Some("Bo".to_owned())]);
    assert_eq!(read(db, account, 21).get(invitee::EMAIL_ADDRESS), &Value::Absent, "cleared, so not shown");

    // Writing what was read does no harm, nor does writing something else.
    for written in [first.clone(), invited(21, ADA)] {
        db.write(move |writer| writer.update(account, INVITEE, std::slice::from_ref(&written), Timestamp(2)));
        assert_eq!(read(db, account, 21).text(invitee::FIRST_NAME), Some("Ada Mae"));
    }
}

fn an_object_that_is_gone_leaves_its_last_values(db: &Database) {
    let account = fair(db);
    rename(db, account, "Ada Mae");
    db.write(move |writer| writer.delete(account, CONTACT, &[guid(ADA)], Timestamp(2)));
    let left = read(db, account, 21);
    assert_eq!(left.text(invitee::FIRST_NAME), Some("Ada Mae"));
    assert_eq!(left.text(invitee::CONTACT_ID), Some(&*guid(ADA).to_string()), "the id stays");
    assert_eq!(left.text(invitee::EVENT_TITLE), Some("Fair"));
    db.write(move |writer| writer.delete(account, EVENT, &[guid(FAIR)], Timestamp(2)));
    assert_eq!(read(db, account, 21).time(invitee::EVENT_START_DATE), Some(Timestamp(0)));
    assert_eq!(names(db, account), [Some("Ada Mae".to_owned()), Some("Bo".to_owned())]);

    // A job that fails takes the copies back.
    let failed = db.try_write(move |writer| {
        writer.delete(account, CONTACT, &[guid(BO)], Timestamp(3))?;
        Err::<(), _>(StoreError::Abandoned)
    });
    assert_eq!(failed, Err(StoreError::Abandoned));
    let renamed = with_texts(CONTACT, guid(BO), &[(contact::FIRST_NAME, "Bob")]);
    db.write(move |writer| writer.update(account, CONTACT, std::slice::from_ref(&renamed), Timestamp(4)));
    assert_eq!(names(db, account)[1].as_deref(), Some("Bob"));
}

fn without_the_other_object_the_rows_own_values_show(db: &Database) {
    let account = fair(db);
    let mut record = invited(23, 99);
    record.set(invitee::FIRST_NAME, "Zoë");
    db.insert(account, INVITEE, vec![record.clone()]);
    let stored = read(db, account, 23);
    assert_eq!(stored.text(invitee::FIRST_NAME), Some("Zoë"));
    assert_eq!(stored.text(invitee::EVENT_TITLE), Some("Fair"));
}

fn what_is_no_id_is_not_set(db: &Database) {
    let account = fair(db);
    let texts = ["", "somebody", "00000000-0000-0000-0000-000000000000"];
    for (text, id) in texts.into_iter().zip(30..) {
        db.insert(account, INVITEE, vec![with_texts(INVITEE, guid(id), &[(invitee::CONTACT_ID, text)])]);
        assert_eq!(read(db, account, id), object(INVITEE, guid(id)), "{text}");
    }
    let lower = format!("{{{}}}", guid(ADA).to_string().to_lowercase());
    db.insert(account, INVITEE, vec![with_texts(INVITEE, guid(40), &[(invitee::CONTACT_ID, &lower)])]);
    assert_eq!(read(db, account, 40).text(invitee::CONTACT_ID), Some(&*guid(ADA).to_string()));
}

fn who_refers_to_an_object_is_known(db: &Database) {
    let account = fair(db);
    db.insert(account, INVITEE, vec![invited(9, ADA)]);
    let referring = |field: FieldId, targets: &[u64]| {
        let targets: Vec<Guid> = targets.iter().map(|target| guid(*target)).collect();
        db.try_read(move |reader| reader.referring(account, INVITEE, field, &targets))
    };
    let of_contacts = referring(invitee::CONTACT_ID, &[BO, ADA, 99]).unwrap();
    assert_eq!(of_contacts, [vec![guid(22)], vec![guid(21), guid(9)], vec![]]);
    assert_eq!(referring(invitee::EVENT_ID, &[FAIR]).unwrap(), [[21, 22, 9].map(guid)]);
    let table = contract().object(INVITEE).name.to_lowercase();
    let error = StoreError::Filter { table, column: "first_name".to_owned() };
    assert_eq!(referring(invitee::FIRST_NAME, &[ADA]), Err(error));
}

fn search(db: &Database, account: AccountId, field: FieldId, operator: Operator, text: &str) -> Vec<Guid> {
    let test = Test { column: Column::Own(field), operator, values: vec![Value::from(text)] };
    let filter = Filter::Test(test);
    db.read(move |reader| reader.search(account, INVITEE, &filter, 100))
}

fn searching_compares_present_values(db: &Database) {
    let account = fair(db);
    let named = |operator, text: &str| search(db, account, invitee::FIRST_NAME, operator, text);
    assert_eq!(named(Operator::Equals, "ADA"), [guid(21)]);
    rename(db, account, "Mae");
    assert_eq!(named(Operator::Equals, "ada"), []);
    assert_eq!(named(Operator::StartsWith, "ma"), [guid(21)]);
    assert_eq!(named(Operator::NotEqual, "mae"), [guid(22)]);
    db.write(move |writer| writer.delete(account, CONTACT, &[guid(ADA)], Timestamp(2)));
    assert_eq!(named(Operator::Equals, "mae"), [guid(21)]);
    let mail = search(db, account, invitee::EMAIL_ADDRESS, Operator::Equals, "bo@lab.example");
    assert_eq!(mail, [guid(22)]);
}

fn searching_by_the_object_referred_to(db: &Database) {
    let account = fair(db);
    db.insert(account, INVITEE, vec![object(INVITEE, guid(23))]);
    let of = |operator, text: &str| search(db, account, invitee::CONTACT_ID, operator, text);
    let ada = guid(ADA).to_string().to_lowercase();
    assert_eq!(of(Operator::Equals, &ada), [guid(21)]);
    assert_eq!(of(Operator::NotEqual, &ada), [guid(22), guid(23)]);
    assert_eq!(of(Operator::Equals, ""), [guid(23)]);
    assert_eq!(of(Operator::Equals, "nobody"), []);
    assert_eq!(of(Operator::StartsWith, &ada[..20]), [guid(21)]);
}

fn accounts_do_not_show_each_others_objects(db: &Database) {
    let one = fair(db);
    let other = db.account("2");
    db.insert(other, INVITEE, vec![invited(21, ADA)]);
    assert_eq!(names(db, other), [None]);
    let referring = db.read(move |reader| reader.referring(other, INVITEE, invitee::CONTACT_ID, &[guid(BO)]));
    assert_eq!(referring, [[]]);
    db.write(move |writer| writer.delete(other, CONTACT, &[guid(ADA)], Timestamp(1)));
    assert_eq!(names(db, one)[0].as_deref(), Some("Ada"));
}
