//! Contact groups and distribution lists.

use crate::harness::Bench;
use contract::handles::object::{
    contact, contact_group, contact_group_detail, cv_object, distribution_list, distribution_list_detail,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record};

async fn new_group(bench: &Bench, name: &str) -> String {
    let group = bench.record(contact_group::TYPE_ID, &[("Name", name), ("ShortDescription", "d")]);
    bench.batch(operation::CREATE_CONTACT_GROUP, vec![group]).await.remove(0).id
}

async fn new_list(bench: &Bench, name: &str) -> String {
    let members = [("DistributionListName", name), ("Active", "true"), ("SecurityType", "Semi-Private")];
    let list = bench.record(distribution_list::TYPE_ID, &members);
    bench.batch(operation::CREATE_DISTRIBUTION_LIST, vec![list]).await.remove(0).id
}

async fn manage(bench: &Bench, action: &str, group: &str, ids: &[&str]) -> Vec<Vec<Code>> {
    let records = ids.iter().map(|id| bench.record(cv_object::TYPE_ID, &[("Id", id)])).collect();
    let others = [("Action", action), ("GroupId", group)];
    let answers = bench.batch_with(operation::MANAGE_CONTACT_GROUP_MEMBERS, records, &others).await;
    answers.into_iter().map(|answer| answer.codes).collect()
}

fn groups_of(contact: &Record) -> Vec<&str> {
    let details = contact.records(contact::CONTACT_GROUP_DETAIL);
    details.filter_map(|detail| detail.text(contact_group_detail::GROUP_NAME)).collect()
}

#[tokio::test]
async fn a_group_needs_a_name() {
    let bench = Bench::new().await;
    let group = |members: &[(&str, &str)]| bench.record(contact_group::TYPE_ID, members);
    let records = vec![
        group(&[("Name", "G"), ("GroupType", "private"), ("MessageId", "m")]),
        group(&[("ShortDescription", "no name")]),
        group(&[("Name", "H"), ("GroupType", "Imaginary")]),
    ];
    let answers = bench.batch(operation::CREATE_CONTACT_GROUP, records).await;
    assert_eq!(answers[0].reference.as_deref(), Some("m"));
    assert_eq!(answers[1].codes, [code::CV90102]);
    assert_eq!(answers[2].codes, [code::CV99617]);
    let found = bench.retrieve(object_type::CONTACT_GROUP, &[&answers[0].id]).await.unwrap();
    assert_eq!(bench.show(&found[0], "GroupType"), "Private");
    let records = (0..201).map(|_| group(&[("Name", "N")])).collect();
    let request = bench.request(operation::CREATE_CONTACT_GROUP, records, &[]);
    let fault = bench.call(operation::CREATE_CONTACT_GROUP, request).await.unwrap_err();
    assert_eq!(fault.code, code::CV90101);
}

#[tokio::test]
async fn contacts_are_put_into_a_group_and_taken_out() {
    let bench = Bench::new().await;
    let group = new_group(&bench, "G").await;
    let a = bench.create(&[("LastName", "A")]).await;
    let b = bench.create(&[("LastName", "B")]).await;
    let unknown = "00000000-0000-4000-8000-00000000FFFF";
    let results = manage(&bench, "Add", &group, &[&a, &b, &a, "", "x", unknown]).await;
    let invalid = vec![code::CV80101];
    let expected = [vec![], vec![], vec![code::CV80103], vec![code::CV80102], invalid.clone(), invalid];
    assert_eq!(results, expected);
    assert_eq!(manage(&bench, "Add", &group, &[&a]).await, [vec![code::CV80103]]);
    assert_eq!(groups_of(&bench.get(&a).await), ["G"]);
    assert_eq!(manage(&bench, "Remove", &group, &[&a, &a]).await, [vec![], vec![code::CV80104]]);
    assert!(groups_of(&bench.get(&a).await).is_empty());
    assert_eq!(groups_of(&bench.get(&b).await), ["G"]);
    assert_eq!(manage(&bench, "Add", "", &[&a]).await, [vec![code::CV80102]]);
    assert_eq!(manage(&bench, "Add", unknown, &[&a, &b]).await, [vec![code::CV80101], vec![code::CV80101]]);
}

#[tokio::test]
async fn a_contact_brings_its_groups_and_never_leaves_one_by_an_update() {
    let bench = Bench::new().await;
    let (g, h) = (new_group(&bench, "G").await, new_group(&bench, "H").await);
    let detail =
        |id: &str| bench.record(contact_group_detail::TYPE_ID, &[("GroupId", id), ("GroupName", "x")]);
    let mut record = bench.contact(&[("LastName", "A")]);
    record.push(contact::CONTACT_GROUP_DETAIL, detail(&g.to_lowercase()));
    let id = bench.batch(operation::CREATE_CONTACT, vec![record]).await.remove(0).id;
    assert_eq!(groups_of(&bench.get(&id).await), ["G"]);
    let mut record = bench.contact(&[("Id", &id)]);
    record.push(contact::CONTACT_GROUP_DETAIL, detail(&h));
    assert_eq!(bench.batch(operation::UPDATE_CONTACT, vec![record]).await[0].codes, []);
    assert_eq!(groups_of(&bench.get(&id).await), ["G", "H"]);
    let mut twice = bench.contact(&[("LastName", "B")]);
    twice.push(contact::CONTACT_GROUP_DETAIL, detail(&g));
    twice.push(contact::CONTACT_GROUP_DETAIL, detail(&g));
    let mut unknown = bench.contact(&[("LastName", "C")]);
    unknown.push(contact::CONTACT_GROUP_DETAIL, detail(&id));
    let answers = bench.batch(operation::CREATE_CONTACT, vec![twice, unknown]).await;
    assert_eq!(answers[0].codes, [code::CV40117]);
    assert_eq!(answers[1].codes, [code::CV40112]);
}

#[tokio::test]
async fn distribution_lists_have_approved_and_pending_members() {
    let bench = Bench::new().await;
    let list = new_list(&bench, "L").await;
    let a = bench.create(&[("LastName", "A")]).await;
    let b = bench.create(&[("LastName", "B")]).await;
    let operation = operation::MANAGE_DISTRIBUTION_LIST_MEMBERS;
    let object = |id: &str| bench.record(cv_object::TYPE_ID, &[("Id", id), ("MessageId", "m")]);
    for (action, id, codes) in
        [("Add", &a, vec![]), ("Add as Pending", &b, vec![]), ("Add", &b, vec![code::CV89103])]
    {
        let others = [("Action", action), ("DistListId", list.as_str())];
        let answers = bench.batch_with(operation, vec![object(id)], &others).await;
        assert_eq!(answers[0].codes, codes);
        if codes.is_empty() {
            assert_eq!((answers[0].id.as_str(), answers[0].reference.as_deref()), (list.as_str(), Some("m")));
        }
    }
    for (id, approved) in [(&a, true), (&b, false)] {
        let contact = bench.get(id).await;
        let details: Vec<&Record> = contact.records(contact::DISTRIBUTION_LIST_DETAIL).collect();
        assert_eq!(details.len(), 1);
        assert_eq!(details[0].boolean(distribution_list_detail::APPROVED), Some(approved));
        assert_eq!(details[0].text(distribution_list_detail::DISTRIBUTION_LIST_NAME), Some("L"));
        assert_eq!(details[0].text(cv_object::ID), Some(list.as_str()));
    }
    let others = [("Action", "Remove"), ("DistListId", list.as_str())];
    let answers = bench.batch_with(operation, vec![object(&a), object(&a)], &others).await;
    assert_eq!(answers[1].codes, [code::CV89104]);
    let answers = bench.batch_with(operation, vec![object(&a)], &[("Action", "Add")]).await;
    assert_eq!(answers[0].codes, [code::CV89102]);
}

#[tokio::test]
async fn a_distribution_list_needs_name_active_flag_and_security_type() {
    let bench = Bench::new().await;
    let list = bench.record(distribution_list::TYPE_ID, &[]);
    let answers = bench.batch(operation::CREATE_DISTRIBUTION_LIST, vec![list]).await;
    assert_eq!(answers[0].codes, [code::CV83101, code::CV83102, code::CV83103]);
}
