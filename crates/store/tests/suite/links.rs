//! Details that are links.

use crate::support::{Database, guid, object, on_all, with_texts};
use contract::handles::object::{
    contact, contact_group, contact_group_detail, custom_field_detail, distribution_list,
    distribution_list_detail, entity_custom_field,
};
use contract::handles::object_type::{CONTACT, CONTACT_GROUP, DISTRIBUTION_LIST, ENTITY_CUSTOM_FIELD, EVENT};
use contract::{Contract, Guid, LinkId, Record, Timestamp, Value};
use store::AccountId;

on_all![
    memberships_come_back_in_the_groups_creation_order,
    a_links_value_is_of_the_details_type,
    custom_field_values_carry_their_fields_name,
    many_owners_are_filled_in_chunks,
    linking_again_replaces_the_value,
    unlinking_tells_what_was_there,
    deleting_either_end_removes_the_link,
    accounts_do_not_see_each_others_links,
];

const GROUPS: &str = "contact_group_member";
const LISTS: &str = "distribution_list_member";
const VALUES: &str = "custom_field_value";

fn link(table: &str) -> LinkId {
    let links = &Contract::get().unwrap().links;
    LinkId(links.iter().position(|link| link.table == table).unwrap() as u16)
}

fn put(db: &Database, account: AccountId, table: &str, rows: &[(u64, u64, Option<&str>)]) {
    let rows: Vec<_> = rows
        .iter()
        .map(|(owner, target, value)| (guid(*owner), guid(*target), value.map(str::to_owned)))
        .collect();
    let link = link(table);
    db.write(move |writer| writer.link(account, link, &rows));
}

fn filled(db: &Database, account: AccountId, ids: &[u64]) -> Vec<Record> {
    let records: Vec<Record> = ids.iter().map(|id| object(CONTACT, guid(*id))).collect();
    db.read(move |reader| {
        let mut records = records.clone();
        reader.fill_links(account, CONTACT, &mut records)?;
        Ok(records)
    })
}

fn groups(db: &Database, account: AccountId, numbers: &[u64]) {
    let named = |number: &u64| {
        with_texts(CONTACT_GROUP, guid(*number), &[(contact_group::NAME, &format!("Group {number}"))])
    };
    db.insert(account, CONTACT_GROUP, numbers.iter().map(named).collect());
}

fn names(record: &Record) -> Vec<&str> {
    let details = record.records(contact::CONTACT_GROUP_DETAIL);
    details.map(|detail| detail.text(contact_group_detail::GROUP_NAME).unwrap()).collect()
}

fn memberships_come_back_in_the_groups_creation_order(db: &Database) {
    let account = db.account("1");
    groups(db, account, &[12, 11, 13]);
    put(db, account, GROUPS, &[(1, 11, None), (1, 12, None), (2, 13, None), (2, 99, None)]);
    let records = filled(db, account, &[2, 1, 3, 2]);
    assert_eq!(names(&records[0]), ["Group 13"], "a link to nothing is left out");
    assert_eq!(names(&records[1]), ["Group 12", "Group 11"]);
    assert!(records[2].get(contact::CONTACT_GROUP_DETAIL).is_absent());
    assert_eq!(records[3], records[0], "an owner asked for twice is filled twice");
    let first = records[1].records(contact::CONTACT_GROUP_DETAIL).next().unwrap();
    assert_eq!(first.text(contact_group_detail::GROUP_ID), Some(guid(12).to_string().as_str()));
}

fn a_links_value_is_of_the_details_type(db: &Database) {
    let account = db.account("1");
    let lists = [21, 22, 23].map(|number| {
        with_texts(DISTRIBUTION_LIST, guid(number), &[(distribution_list::DISTRIBUTION_LIST_NAME, "News")])
    });
    db.insert(account, DISTRIBUTION_LIST, lists.into());
    put(db, account, LISTS, &[(1, 21, Some("true")), (1, 22, Some("false")), (1, 23, None)]);
    let record = filled(db, account, &[1]).remove(0);
    let approved: Vec<_> = record
        .records(contact::DISTRIBUTION_LIST_DETAIL)
        .map(|detail| detail.boolean(distribution_list_detail::APPROVED))
        .collect();
    assert_eq!(approved, [Some(true), Some(false), None]);
}

fn custom_field_values_carry_their_fields_name(db: &Database) {
    let account = db.account("1");
    let field = with_texts(
        ENTITY_CUSTOM_FIELD,
        guid(31),
        &[(entity_custom_field::FIELD_NAME, "Shirt"), (entity_custom_field::FIELD_TYPE, "Choice")],
    );
    db.insert(account, ENTITY_CUSTOM_FIELD, vec![field]);
    put(db, account, VALUES, &[(1, 31, Some("XL")), (2, 31, Some("S"))]);
    let record = filled(db, account, &[1]).remove(0);
    let detail = record.records(contact::CUSTOM_FIELD_DETAIL).next().unwrap();
    let id = guid(31).to_string();
    for (field, text) in [
        (custom_field_detail::FIELD_ID, id.as_str()),
        (custom_field_detail::FIELD_NAME, "Shirt"),
        (custom_field_detail::FIELD_TYPE, "Choice"),
        (custom_field_detail::FIELD_VALUE, "XL"),
    ] {
        assert_eq!(detail.text(field), Some(text));
    }
    // The same table serves every type that has such details.
    let events = db.read(move |reader| {
        let mut events = vec![object(EVENT, guid(2))];
        reader.fill_links(account, EVENT, &mut events)?;
        Ok(events)
    });
    let field = contract::handles::object::event::CUSTOM_FIELD_DETAIL;
    assert_eq!(events[0].records(field).count(), 1);
}

fn many_owners_are_filled_in_chunks(db: &Database) {
    let account = db.account("1");
    groups(db, account, &[1000]);
    let rows: Vec<_> = (0..450).map(|owner| (owner, 1000, None)).collect();
    put(db, account, GROUPS, &rows);
    let records = filled(db, account, &(0..451).collect::<Vec<_>>());
    let filled = records.iter().filter(|record| names(record) == ["Group 1000"]).count();
    assert_eq!(filled, 450);
}

fn linking_again_replaces_the_value(db: &Database) {
    let account = db.account("1");
    put(db, account, VALUES, &[(1, 31, Some("a")), (1, 32, Some("b"))]);
    put(db, account, VALUES, &[(1, 31, Some("c")), (1, 32, None)]);
    let links = db.read(move |reader| reader.links(account, link(VALUES), &[guid(1), guid(2)]));
    let mut expected = vec![(guid(31), Some("c".to_owned())), (guid(32), None)];
    expected.sort();
    assert_eq!(links, [expected, vec![]]);
}

fn unlinking_tells_what_was_there(db: &Database) {
    let account = db.account("1");
    put(db, account, GROUPS, &[(1, 11, None), (1, 12, None)]);
    let rows = [(1, 12), (1, 13), (1, 12)].map(|(owner, target)| (guid(owner), guid(target)));
    let removed = db.write(move |writer| writer.unlink(account, link(GROUPS), &rows));
    assert_eq!(removed, [true, false, false]);
    let links = db.read(move |reader| reader.links(account, link(GROUPS), &[guid(1)]));
    assert_eq!(links, [[(guid(11), None)]]);
}

fn deleting_either_end_removes_the_link(db: &Database) {
    let account = db.account("1");
    groups(db, account, &[11, 12]);
    db.insert(account, CONTACT, [1, 2].map(|number| object(CONTACT, guid(number))).into());
    put(db, account, GROUPS, &[(1, 11, None), (1, 12, None), (2, 11, None)]);
    put(db, account, VALUES, &[(1, 31, Some("x"))]);
    let links = |table| {
        let ids = [guid(1), guid(2)];
        let links = db.read(move |reader| reader.links(account, link(table), &ids));
        links.into_iter().flatten().map(|(target, _)| target).collect::<Vec<Guid>>()
    };
    db.write(move |writer| writer.delete(account, CONTACT_GROUP, &[guid(12)], Timestamp(1)));
    assert_eq!(links(GROUPS), [guid(11), guid(11)]);
    db.write(move |writer| writer.delete(account, CONTACT, &[guid(1)], Timestamp(1)));
    assert_eq!((links(GROUPS), links(VALUES)), (vec![guid(11)], vec![]));
}

fn accounts_do_not_see_each_others_links(db: &Database) {
    let (one, other) = (db.account("1"), db.account("2"));
    groups(db, one, &[11]);
    groups(db, other, &[11]);
    put(db, one, GROUPS, &[(1, 11, None)]);
    assert_eq!(filled(db, other, &[1])[0].get(contact::CONTACT_GROUP_DETAIL), &Value::Absent);
    let removed = db.write(move |writer| writer.unlink(other, link(GROUPS), &[(guid(1), guid(11))]));
    assert_eq!(removed, [false]);
    assert_eq!(db.read(move |reader| reader.links(other, link(GROUPS), &[guid(1)])), [[]]);
    assert_eq!(names(&filled(db, one, &[1])[0]), ["Group 11"]);
}
