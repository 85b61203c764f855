//! Requests for proposals and rate histories.

use crate::harness::Bench;
use contract::handles::object::{
    cv_object, rate_history, rfp, rfp_event_info, rfp_key_contact_info, rfp_parameters, rfp_sleep_room_info,
    supplier, supplier_rate_history_detail, user, user_detail, user_group_detail, visibility_defaults,
};
use contract::handles::{code, message, object, object_type, operation};
use contract::{Record, Value};

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000FFFF";

async fn new_user(bench: &Bench, sees: &str) -> String {
    let role = bench.put(object_type::USER_ROLE, &[("UserRoleName", "Planner")]).await;
    let members = [
        ("UserType", "Application"),
        ("Username", "ada"),
        ("UserRoleId", role.as_str()),
        ("Email", "ada@example.org"),
        ("FirstName", "Ada"),
        ("LastName", "Byron"),
        ("Password", "engine no. 1"),
    ];
    let mut record = bench.record(user::TYPE_ID, &members);
    let defaults = [("UserGroupId", sees), ("VisibilityType", "RFP")];
    record.push(user::VISIBILITY_DEFAULTS, bench.record(visibility_defaults::TYPE_ID, &defaults));
    bench.batch(operation::CREATE_USER, vec![record]).await.remove(0).id
}

fn parameters(bench: &Bench, members: &[(&str, &str)]) -> Record {
    let required = [("RFPType", "Meeting"), ("RFPName", "Autumn")];
    bench.record(rfp_parameters::TYPE_ID, &[&required[..], members].concat())
}

#[tokio::test]
async fn an_rfp_takes_its_parameters_over_and_is_seen_by_the_users_groups() {
    let bench = Bench::new().await;
    let group = bench.put(object_type::USER_GROUP, &[("UserGroupName", "Buyers")]).await;
    let user = new_user(&bench, &group).await;
    let members = [
        ("CurrencyCode", "eur"),
        ("EventName", "E"),
        ("EventStartDate", "2027-03-01T09:00:00"),
        ("EventEndDate", "2027-03-03T09:00:00"),
        ("TotalAttendees", "120"),
        ("KeyContactLastName", "Byron"),
        ("KeyContactCountryCode", "us"),
        ("KeyContactStateCode", "va"),
        ("MessageId", "m"),
    ];
    let mut record = parameters(&bench, &members);
    record.set(rfp_parameters::BUDGETED_ROOM_RATE, Value::Double(129.5));
    let records = vec![record, bench.record(rfp_parameters::TYPE_ID, &[])];
    let others = [("UserId", user.as_str())];
    let request = bench.request(operation::CREATE_RFP, records, &others);
    let response = bench.call(operation::CREATE_RFP, request).await.unwrap();
    let answers = bench.answers(operation::CREATE_RFP, &response);
    assert_eq!(answers[0].reference.as_deref(), Some("m"));
    assert_eq!(answers[1].codes, [code::CV81102, code::CV81103]);
    let found = bench.retrieve(object_type::RFP, &[&answers[0].id]).await.unwrap().remove(0);
    let result = response.record(message::create_rfp_response::CREATE_RFP_RESULT).unwrap();
    let items: Vec<&Record> = result.records(object::create_rfp_result_array::CREATE_RFP_RESULT).collect();
    let code = items[0].text(object::create_rfp_result::CODE).unwrap();
    assert_eq!((code.len(), items[1].text(object::create_rfp_result::CODE)), (11, Some("")));
    for (name, text) in [
        ("RFPType", "Meeting"),
        ("RFPName", "Autumn"),
        ("RFPStatus", "Draft"),
        ("RFPCode", code),
        ("Currency", "Euro"),
        ("CreatedBy", "api"),
    ] {
        assert_eq!(bench.show(&found, name), text, "{name}");
    }
    let event = found.record(rfp::EVENT_INFO).unwrap();
    assert_eq!(event.text(rfp_event_info::EVENT_NAME), Some("E"));
    assert_eq!(event.text(rfp_event_info::TOTAL_ATTENDEES), Some("120"));
    let contact = found.record(rfp::KEY_CONTACT_INFO).unwrap();
    assert_eq!(contact.text(rfp_key_contact_info::KEY_CONTACT_STATE), Some("Virginia"));
    assert_eq!(contact.text(rfp_key_contact_info::KEY_CONTACT_COUNTRY_CODE), Some("US"));
    let rooms = found.record(rfp::SLEEP_ROOM_INFO).unwrap();
    assert_eq!(rooms.get(rfp_sleep_room_info::BUDGETED_ROOM_RATE), &Value::Double(129.5));
    let viewer = found.records(rfp::USER_VISIBILITY_DETAIL).next().unwrap();
    assert_eq!(viewer.text(user_detail::USER_NAME), Some("ada"));
    let viewers = found.records(rfp::USER_GROUP_VISIBILITY_DETAIL).next().unwrap();
    assert_eq!(viewers.text(user_group_detail::USER_GROUP_NAME), Some("Buyers"));
}

#[tokio::test]
async fn wrong_parameters_have_their_codes() {
    let bench = Bench::new().await;
    let group = bench.put(object_type::USER_GROUP, &[("UserGroupName", "Buyers")]).await;
    let user = new_user(&bench, &group).await;
    let dates = [("EventStartDate", "2027-03-01T09:00:00"), ("EventEndDate", "2027-03-01T09:00:00")];
    for (members, expected) in [
        (&[("RFPType", "Imaginary")][..], code::CV81104),
        (&[("CurrencyCode", "XXQ")], code::CV81105),
        (&[("KeyContactStateCode", "QQQ")], code::CV81106),
        (&[("KeyContactCountryCode", "XX")], code::CV81107),
        (&dates, code::CV81108),
    ] {
        let records = vec![parameters(&bench, members)];
        let answers = bench.batch_with(operation::CREATE_RFP, records, &[("UserId", &user)]).await;
        assert_eq!(answers[0].codes, [expected]);
    }
    let records = vec![parameters(&bench, &[]), parameters(&bench, &[])];
    let answers = bench.batch(operation::CREATE_RFP, records.clone()).await;
    assert!(answers.iter().all(|answer| answer.codes == [code::CV81101]));
    for user in ["x", UNKNOWN] {
        let request = bench.request(operation::CREATE_RFP, records.clone(), &[("UserId", user)]);
        assert_eq!(bench.call(operation::CREATE_RFP, request).await.unwrap_err().code, code::CV20019);
    }
    let records = (0..201).map(|_| parameters(&bench, &[])).collect();
    let request = bench.request(operation::CREATE_RFP, records, &[("UserId", &user)]);
    assert_eq!(bench.call(operation::CREATE_RFP, request).await.unwrap_err().code, code::CV30119);
}

#[tokio::test]
async fn a_rate_history_is_created_shown_by_its_supplier_and_deleted() {
    let bench = Bench::new().await;
    let venue = bench.put(object_type::SUPPLIER, &[("Name", "Hotel")]).await;
    let mut record =
        bench.record(rate_history::TYPE_ID, &[("VenueID", &venue), ("RateName", "Rack"), ("MessageId", "m")]);
    record.set(rate_history::MINIMUM_RATE, Value::Double(80.25));
    let answer = bench.batch(operation::CREATE_RATE_HISTORY, vec![record]).await.remove(0);
    assert_eq!(answer.reference.as_deref(), Some("m"));
    let found = bench.retrieve(object_type::RATE_HISTORY, &[&answer.id]).await.unwrap().remove(0);
    assert_eq!(found.text(rate_history::ID_2), Some(answer.id.as_str()));
    assert_eq!(found.get(rate_history::MINIMUM_RATE), &Value::Double(80.25));
    let shown = ["CreatedDate", "VenueName", "VenueCode"].map(|name| bench.show(&found, name));
    assert_eq!(shown, ["2026-11-24T12:00:00", "Hotel", ""]);
    let elsewhere = [("VenueID", UNKNOWN)];
    let records = vec![
        bench.record(rate_history::TYPE_ID, &elsewhere),
        bench.record(rate_history::TYPE_ID, &[("VenueName", "Barn")]),
    ];
    let answers = bench.batch(operation::CREATE_RATE_HISTORY, records).await;
    assert_eq!((answers[0].codes.as_slice(), answers[1].codes.as_slice()), (&[code::CV99101][..], &[][..]));
    let barn = bench.retrieve(object_type::RATE_HISTORY, &[&answers[1].id]).await.unwrap().remove(0);
    assert_eq!(bench.show(&barn, "VenueName"), "Barn");
    let hotel = bench.retrieve(object_type::SUPPLIER, &[&venue]).await.unwrap().remove(0);
    let details: Vec<_> = hotel.records(supplier::RATE_HISTORY_DETAIL).collect();
    assert_eq!(details[0].text(supplier_rate_history_detail::RATE_HISTORY_ID), Some(answer.id.as_str()));
    let by_id = |id: &str| bench.record(cv_object::TYPE_ID, &[("Id", id)]);
    let records = ["", "x", UNKNOWN, &answer.id, &answer.id].map(by_id).to_vec();
    let answers = bench.batch(operation::DELETE_RATE_HISTORY, records).await;
    let codes: Vec<_> = answers.into_iter().map(|answer| answer.codes).collect();
    let invalid = vec![code::CV40110];
    assert_eq!(codes, [vec![code::CV96101], invalid.clone(), invalid, vec![], vec![code::CV40118]]);
    assert!(bench.retrieve(object_type::RATE_HISTORY, &[&answer.id]).await.unwrap().is_empty());
    for (operation, ty) in [
        (operation::CREATE_RATE_HISTORY, rate_history::TYPE_ID),
        (operation::DELETE_RATE_HISTORY, cv_object::TYPE_ID),
    ] {
        let records = (0..201).map(|_| bench.record(ty, &[])).collect();
        let fault = bench.call(operation, bench.request(operation, records, &[])).await.unwrap_err();
        assert_eq!(fault.code, code::CV30100);
    }
}
