//! Users and user groups.

use crate::harness::{Bench, PASSWORD, ids};
use contract::handles::object::{
    contact_group, custom_field_detail, cv_object, entity_custom_field, filter, user, user_group_detail,
    visibility_defaults,
};
use contract::handles::{code, message, object, object_type, operation};
use contract::{Code, EnumValue, FieldId, ObjectId, OperationId, Record, Value};
use service::UserChange;

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000FFFF";

async fn new_role(bench: &Bench) -> String {
    bench.put(object_type::USER_ROLE, &[("UserRoleName", "Planner")]).await
}

async fn new_group(bench: &Bench, name: &str) -> String {
    bench.put(object_type::USER_GROUP, &[("UserGroupName", name)]).await
}

/// A good user, with some members changed; an empty one is left out.
fn user(bench: &Bench, role: &str, changes: &[(&str, &str)]) -> Record {
    let mut members = vec![
        ("UserType", "Application"),
        ("Username", "ada"),
        ("UserRoleId", role),
        ("Email", "ada@example.org"),
        ("FirstName", "Ada"),
        ("LastName", "Byron"),
        ("Password", "engine no. 1"),
    ];
    for (name, text) in changes {
        members.retain(|(known, _)| known != name);
        if !text.is_empty() {
            members.push((name, text));
        }
    }
    bench.record(user::TYPE_ID, &members)
}

async fn create(bench: &Bench, record: Record) -> Result<String, Vec<Code>> {
    let answer = bench.batch(operation::CREATE_USER, vec![record]).await.remove(0);
    if answer.codes.is_empty() { Ok(answer.id) } else { Err(answer.codes) }
}

async fn update(bench: &Bench, record: Record) -> Vec<Code> {
    bench.batch(operation::UPDATE_USER, vec![record]).await.remove(0).codes
}

async fn get(bench: &Bench, object: ObjectId, id: &str) -> Option<Record> {
    bench.retrieve(object, &[id]).await.unwrap().pop()
}

async fn search(bench: &Bench, object: ObjectId, field: &str, value: &str) -> Vec<String> {
    let mut request = bench.contract.record(message::search::TYPE_ID);
    request.set(message::search::OBJECT_TYPE, Value::Enumeration(EnumValue(object.0)));
    let mut search = bench.contract.record(object::cv_search::TYPE_ID);
    let mut test = bench.record(filter::TYPE_ID, &[("Field", field), ("Value", value)]);
    test.set(filter::OPERATOR, Value::Enumeration(EnumValue(0)));
    search.push(object::cv_search::FILTER, test);
    request.set(message::search::CV_SEARCH_OBJECT, search);
    let response = bench.call(operation::SEARCH, request).await.unwrap();
    ids(&response, message::search_response::SEARCH_RESULT)
}

#[tokio::test]
async fn a_user_is_created_and_never_shows_its_password() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    let codes = [("CountryCode", "us"), ("StateCode", "VA"), ("MessageId", "m")];
    let records = vec![user(&bench, &role, &codes), user(&bench, &role, &[("Username", "")])];
    let answers = bench.batch(operation::CREATE_USER, records).await;
    assert_eq!(answers[0].reference.as_deref(), Some("m"));
    assert_eq!(answers[1].codes, [code::CV92102]);
    let found = get(&bench, object_type::USER, &answers[0].id).await.unwrap();
    for (name, text) in [
        ("Username", "ada"),
        ("Password", ""),
        ("Active", "true"),
        ("ChangePasswordOnLogin", "true"),
        ("UserRole", "Planner"),
        ("UserRoleId", &role),
        ("Country", "United States"),
        ("State", "Virginia"),
        ("CreatedBy", "api"),
        ("CreatedDate", "2026-11-24T12:00:00"),
        ("LastModifiedDate", "2026-11-24T12:00:00"),
    ] {
        assert_eq!(bench.show(&found, name), text, "{name}");
    }
    let id = contract::Guid::parse(&answers[0].id).unwrap();
    let hash = async || {
        let kept = bench.store.read(move |reader| {
            let account = reader.account("A001")?.unwrap().id;
            reader.get(account, object_type::USER, &[id])
        });
        kept.await.unwrap().remove(0).unwrap().text(user::PASSWORD).unwrap().to_owned()
    };
    let first = hash().await;
    assert!(first.starts_with("$argon2id$"));
    for (sent, stays) in [("", true), ("engine no. 2", false)] {
        let change = bench.record(user::TYPE_ID, &[("Id", &answers[0].id), ("Password", sent)]);
        assert_eq!(update(&bench, change).await, []);
        let now = hash().await;
        assert!((now == first) == stays && now.starts_with("$argon2id$"));
    }
    assert!(get(&bench, object_type::MEETING_REQUEST_USER, &answers[0].id).await.is_none());
}

#[tokio::test]
async fn every_required_member_has_its_code() {
    let bench = Bench::new().await;
    let empty = bench.record(user::TYPE_ID, &[]);
    let required = [
        code::CV92101,
        code::CV92102,
        code::CV92103,
        code::CV92105,
        code::CV92106,
        code::CV92107,
        code::CV92108,
    ];
    assert_eq!(create(&bench, empty).await, Err(required.to_vec()));
    assert_eq!(create(&bench, user(&bench, "", &[])).await, Err(vec![code::CV92104]));
    let role = new_role(&bench).await;
    let by_sign_on = user(&bench, &role, &[("Password", ""), ("FederatedId", "f1")]);
    assert!(create(&bench, by_sign_on).await.is_ok());
}

#[tokio::test]
async fn wrong_values_have_their_codes() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    for (name, text, expected) in [
        ("UserRoleId", UNKNOWN, code::CV92111),
        ("DefaultContactGroupId", UNKNOWN, code::CV92112),
        ("Email", "ada@example", code::CV92115),
        ("CountryCode", "XX", code::CV92116),
        ("StateCode", "XX", code::CV92117),
    ] {
        assert_eq!(create(&bench, user(&bench, &role, &[(name, text)])).await, Err(vec![expected]), "{name}");
    }
    let group = bench.record(contact_group::TYPE_ID, &[("Name", "G")]);
    let group = bench.batch(operation::CREATE_CONTACT_GROUP, vec![group]).await.remove(0).id;
    let id = create(&bench, user(&bench, &role, &[("DefaultContactGroupId", &group)])).await.unwrap();
    let nothing = "00000000-0000-0000-0000-000000000000";
    assert_eq!(
        update(&bench, bench.record(user::TYPE_ID, &[("Id", &id), ("DefaultContactGroupId", nothing)])).await,
        []
    );
}

#[tokio::test]
async fn names_and_federated_ids_are_nobody_elses() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    let record =
        |name: &str, federated: &str| user(&bench, &role, &[("Username", name), ("FederatedId", federated)]);
    let records = vec![record("ada", "f1"), record("ADA ", ""), record("bob", "F1"), record("bob", "f2")];
    let answers = bench.batch(operation::CREATE_USER, records).await;
    let codes: Vec<_> = answers.iter().map(|answer| answer.codes.clone()).collect();
    assert_eq!(codes, [vec![], vec![code::CV92121], vec![code::CV92121], vec![]]);
    assert_eq!(create(&bench, record("Ada", "")).await, Err(vec![code::CV92119]));
    assert_eq!(create(&bench, record("eve", "f2")).await, Err(vec![code::CV92120]));
    let bob = &answers[3].id;
    assert_eq!(
        update(&bench, bench.record(user::TYPE_ID, &[("Id", bob), ("Username", "ada")])).await,
        [code::CV92119]
    );
    assert_eq!(update(&bench, bench.record(user::TYPE_ID, &[("Id", bob), ("Username", "bob")])).await, []);
}

#[tokio::test]
async fn of_two_calls_that_race_for_a_name_one_wins() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    let call = || create(&bench, user(&bench, &role, &[]));
    let (one, two, three) = tokio::join!(call(), call(), call());
    let won = [&one, &two, &three].into_iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1);
    assert!([one, two, three].iter().filter_map(|r| r.as_ref().err()).all(|codes| codes == &[code::CV92119]));
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_send() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    let id =
        create(&bench, user(&bench, &role, &[("Title", "Countess"), ("Active", "false")])).await.unwrap();
    let change = |members: &[(&str, &str)]| {
        let members: Vec<_> = [("Id", id.as_str())].into_iter().chain(members.iter().copied()).collect();
        bench.record(user::TYPE_ID, &members)
    };
    bench.pass_seconds(60);
    assert_eq!(update(&bench, change(&[("FirstName", "Augusta"), ("Title", "")])).await, []);
    let found = get(&bench, object_type::USER, &id).await.unwrap();
    let shown = ["FirstName", "Title", "Active", "LastModifiedDate"].map(|name| bench.show(&found, name));
    assert_eq!(shown, ["Augusta", "", "false", "2026-11-24T12:01:00"]);
    for (name, expected) in [
        ("Username", code::CV92102),
        ("UserRoleId", code::CV92104),
        ("Email", code::CV92105),
        ("FirstName", code::CV92106),
        ("LastName", code::CV92107),
    ] {
        assert_eq!(update(&bench, change(&[(name, "")])).await, [expected], "{name}");
    }
    assert_eq!(update(&bench, change(&[("UserType", "Requester")])).await, [code::CV92118]);
    let by_id = |id: &str| bench.record(user::TYPE_ID, &[("Id", id), ("Title", "x")]);
    let records = vec![by_id(&id), by_id(""), by_id("x"), by_id(UNKNOWN), by_id(&id)];
    let answers = bench.batch(operation::UPDATE_USER, records).await;
    let codes: Vec<_> = answers.into_iter().map(|answer| answer.codes).collect();
    let invalid = vec![code::CV92109];
    assert_eq!(codes, [vec![], vec![code::CV92110], invalid.clone(), invalid, vec![code::CV92121]]);
}

#[tokio::test]
async fn groups_and_default_visibility_come_with_the_user() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    let (g, h) = (new_group(&bench, "G").await, new_group(&bench, "H").await);
    let group = |id: &str| bench.record(user_group_detail::TYPE_ID, &[("UserGroupId", id)]);
    let sees = |id: &str| {
        bench.record(
            visibility_defaults::TYPE_ID,
            &[("UserGroupId", id), ("VisibilityType", "Meeting Requests")],
        )
    };
    let with = |mut record: Record, field: FieldId, details: Vec<Record>| {
        details.into_iter().for_each(|detail| record.push(field, detail));
        record
    };
    let (groups, defaults) = (user::USER_GROUP_DETAIL, user::VISIBILITY_DEFAULTS);
    let record = with(user(&bench, &role, &[]), groups, vec![group(&g)]);
    let id = create(&bench, with(record, defaults, vec![sees(&h)])).await.unwrap();
    let found = get(&bench, object_type::USER, &id).await.unwrap();
    assert_eq!(found.records(groups).next().unwrap().text(user_group_detail::USER_GROUP_NAME), Some("G"));
    let kept = found.records(defaults).next().unwrap();
    assert_eq!(kept.text(visibility_defaults::USER_GROUP_NAME), Some("H"));
    let kind = contract::handles::enumeration::cv_visibility_type::MEETING_REQUESTS;
    assert_eq!(kept.enumeration(visibility_defaults::VISIBILITY_TYPE), Some(kind));
    let untyped = bench.record(visibility_defaults::TYPE_ID, &[("UserGroupId", &g)]);
    let change = || bench.record(user::TYPE_ID, &[("Id", &id)]);
    for (field, details, expected) in [
        (groups, vec![group(UNKNOWN)], code::CV92113),
        (groups, vec![group(&h), group(&h)], code::CV92122),
        (groups, vec![group(&g)], code::CV92128),
        (defaults, vec![sees(UNKNOWN)], code::CV92114),
        (defaults, vec![sees(&g), sees(&g)], code::CV92123),
        (defaults, vec![untyped], code::CV92124),
        (defaults, vec![sees(&h)], code::CV92127),
    ] {
        assert_eq!(update(&bench, with(change(), field, details)).await, [expected]);
    }
    assert_eq!(update(&bench, with(change(), groups, vec![group(&h)])).await, []);
    let found = get(&bench, object_type::USER, &id).await.unwrap();
    assert_eq!(found.records(groups).count(), 2);
}

#[tokio::test]
async fn a_requester_is_also_a_meeting_request_user() {
    let bench = Bench::new().await;
    let field = bench.record(entity_custom_field::TYPE_ID, &[("FieldName", "Badge"), ("FieldType", "Text")]);
    let others = [("CustomFieldCategory", "UserCustomField")];
    let field = bench.batch_with(operation::CREATE_CUSTOM_FIELD, vec![field], &others).await.remove(0).id;
    let mut record = user(&bench, "", &[("UserType", "Requester")]);
    let badge = bench.record(custom_field_detail::TYPE_ID, &[("FieldId", &field), ("FieldValue", "7")]);
    record.push(user::CUSTOM_FIELD_DETAIL, badge);
    let id = create(&bench, record).await.unwrap();
    let twin = get(&bench, object_type::MEETING_REQUEST_USER, &id).await.unwrap();
    let shown = ["Username", "Email", "Active", "Password", "CreatedBy"].map(|name| bench.show(&twin, name));
    assert_eq!(shown, ["ada", "ada@example.org", "true", "", "api"]);
    let details = object::meeting_request_user::CUSTOM_FIELD_DETAIL;
    assert_eq!(twin.records(details).next().unwrap().text(custom_field_detail::FIELD_VALUE), Some("7"));
    assert_eq!(search(&bench, object_type::MEETING_REQUEST_USER, "Username", "Ada").await, [id.as_str()]);
    assert!(search(&bench, object_type::USER, "Username", "Ada").await.is_empty());
    assert_eq!(search(&bench, object_type::USER, "UserType", "Requester").await, [id.as_str()]);
    assert_eq!(update(&bench, bench.record(user::TYPE_ID, &[("Id", &id), ("LastName", "King")])).await, []);
    let twin = get(&bench, object_type::MEETING_REQUEST_USER, &id).await.unwrap();
    assert_eq!(bench.show(&twin, "LastName"), "King");
    let answers =
        bench.batch(operation::DELETE_USER, vec![bench.record(cv_object::TYPE_ID, &[("Id", &id)])]).await;
    assert_eq!(answers[0].codes, []);
    assert!(get(&bench, object_type::MEETING_REQUEST_USER, &id).await.is_none());
}

#[tokio::test]
async fn a_user_with_an_active_api_user_stays() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    let admin = bench.service.admin();
    admin.add_user("A001", "Ada", PASSWORD, "").await.unwrap();
    let id = create(&bench, user(&bench, &role, &[])).await.unwrap();
    let by_id = |id: &str| bench.record(cv_object::TYPE_ID, &[("Id", id)]);
    let records = ["", "x", UNKNOWN, &id].map(by_id).to_vec();
    let answers = bench.batch(operation::DELETE_USER, records).await;
    let codes: Vec<_> = answers.into_iter().flat_map(|answer| answer.codes).collect();
    assert_eq!(codes, [code::CV92126, code::CV92109, code::CV92109, code::CV92129]);
    admin.set_user("A001", "ada", UserChange { active: Some(false), ..UserChange::default() }).await.unwrap();
    let answers = bench.batch(operation::DELETE_USER, vec![by_id(&id), by_id(&id)]).await;
    assert_eq!(answers[0].codes, []);
    assert_eq!(answers[1].codes, [code::CV92121]);
    assert!(get(&bench, object_type::USER, &id).await.is_none());
}

#[tokio::test]
async fn users_are_put_into_a_group_and_taken_out() {
    let bench = Bench::new().await;
    let role = new_role(&bench).await;
    let group = new_group(&bench, "G").await;
    let id = create(&bench, user(&bench, &role, &[])).await.unwrap();
    let manage = async |action: &str, group: &str, ids: &[&str]| {
        let records = ids.iter().map(|id| bench.record(cv_object::TYPE_ID, &[("Id", id)])).collect();
        let others = [("Action", action), ("GroupId", group)];
        let answers = bench.batch_with(operation::MANAGE_USER_GROUP, records, &others).await;
        answers.into_iter().map(|answer| answer.codes).collect::<Vec<_>>()
    };
    let invalid = vec![code::CV92109];
    let expected = [vec![], vec![code::CV93103], vec![code::CV93102], invalid.clone(), invalid];
    assert_eq!(manage("Add", &group, &[&id, &id, "", "x", UNKNOWN]).await, expected);
    let found = get(&bench, object_type::USER, &id).await.unwrap();
    assert_eq!(found.records(user::USER_GROUP_DETAIL).count(), 1);
    for group in ["", "x", UNKNOWN] {
        assert_eq!(manage("Add", group, &[&id]).await, [vec![code::CV93101]]);
    }
    assert_eq!(manage("Remove", &group, &[&id, &id]).await, [vec![], vec![code::CV93104]]);
    let found = get(&bench, object_type::USER, &id).await.unwrap();
    assert_eq!(found.records(user::USER_GROUP_DETAIL).count(), 0);
    assert!(get(&bench, object_type::USER_GROUP, &group).await.is_some());
}

#[tokio::test]
async fn each_call_has_its_limit() {
    let bench = Bench::new().await;
    let limits: [(OperationId, _, _); 4] = [
        (operation::CREATE_USER, user::TYPE_ID, code::CV30108),
        (operation::UPDATE_USER, user::TYPE_ID, code::CV30109),
        (operation::DELETE_USER, cv_object::TYPE_ID, code::CV30110),
        (operation::MANAGE_USER_GROUP, cv_object::TYPE_ID, code::CV30112),
    ];
    for (operation, ty, expected) in limits {
        let records = |count: usize| (0..count).map(|_| bench.record(ty, &[])).collect();
        let fault = bench.call(operation, bench.request(operation, records(201), &[])).await.unwrap_err();
        assert_eq!(fault.code, expected);
        assert_eq!(bench.batch(operation, records(200)).await.len(), 200);
    }
}
