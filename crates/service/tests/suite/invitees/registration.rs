//! SimpleEventRegistration.

use super::{NOBODY, Party, product};
use contract::Code;
use contract::handles::object::{event, registration};
use contract::handles::{code, object_type, operation};

const ITEM: &str = "22222222-0000-4000-8000-000000000001";
const OTHER: &str = "22222222-0000-4000-8000-000000000002";
const DINNER: &str = "22222222-0000-4000-8000-000000000003";

async fn one(party: &Party, action: &str, id: &str) -> Vec<Code> {
    party.register(action, &[id]).await.remove(0)
}

#[tokio::test]
async fn registering_makes_a_registration_with_a_number() {
    let party = Party::with(&[], |bench, record| {
        let members = [("ProductName", "Seat"), ("ProductType", "Admission Item")];
        record.push(event::PRODUCT_DETAIL, product(bench, ITEM, &members));
        let members = [("ProductName", "Dinner"), ("ProductType", "Quantity Item"), ("IsIncluded", "true")];
        record.push(event::PRODUCT_DETAIL, product(bench, DINNER, &members));
    })
    .await;
    party.fee(ITEM, "99.9").await;
    party.session(&[("ProductName", "Opening"), ("IsIncluded", "true")]).await;
    party.session(&[("ProductName", "Workshop")]).await;
    let id = party.registered("Ng").await;
    assert_eq!(party.status(&id).await, "Accepted");
    let registration = party.registration(&id).await;
    let number = party.bench.show(&registration, "ConfirmationNumber");
    assert_eq!(number.len(), 11);
    assert_eq!(party.bench.show(&party.invitee_of(&id).await, "ConfirmationNumber"), number);
    for (member, value) in [
        ("Status", "Accepted"),
        ("LastName", "Ng"),
        ("EventTitle", "Summit"),
        ("RegistrationDate", "2026-11-24T12:00:00"),
        ("OriginalResponseDate", "2026-11-24T12:00:00"),
        ("ModifiedBy", "api"),
        ("ResponseMethod", "API"),
        ("Participant", "false"),
    ] {
        assert_eq!(party.bench.show(&registration, member), value, "{member}");
    }
    assert_eq!(party.items(&id, "ProductName").await, ["Seat", "Dinner", "Opening"]);
    assert_eq!(party.items(&id, "AmountDue").await, ["Double(99.9)", "Double(0.0)", "Double(0.0)"]);
    assert_eq!(party.items(&id, "Action").await, ["Registered"; 3]);
    assert_eq!(
        party.bench.search_ids(object_type::REGISTRATION, "ConfirmationNumber", &number).await.len(),
        1
    );
}

#[tokio::test]
async fn every_forbidden_edge_has_its_code() {
    let party = Party::new(&[("WaitlistEnabled", "true")]).await;
    let ids = party.invitees(8).await;
    let start = [
        "No Response",
        "Accepted",
        "Declined",
        "Visited",
        "Waitlisted",
        "Cancelled",
        "Pending Approval",
        "Denied Approval",
    ];
    let reset = async |id: &str, status: &str| {
        let mut record = party.invitee_of(id).await;
        let with = party.bench.record(record.ty(), &[("Status", status)]);
        let field = contract::handles::object::invitee::STATUS;
        record.set(field, with.get(field).clone());
        party.bench.replace(object_type::INVITEE, record).await;
    };
    let denied = code::CV70108;
    let (registered, declined) = (code::CV70103, code::CV70104);
    let (waits, not_accepted) = (code::CV70105, code::CV70106);
    for (action, to, forbidden) in [
        ("Register", "Accepted", vec![(1, registered), (7, denied)]),
        ("Decline", "Declined", vec![(1, declined), (2, declined), (7, denied)]),
        ("Waitlist", "Waitlisted", vec![(1, waits), (4, waits), (7, denied)]),
        ("Cancel", "Cancelled", [0, 2, 3, 4, 5, 6, 7].map(|from| (from, not_accepted)).to_vec()),
    ] {
        for (from, id) in start.iter().zip(&ids) {
            reset(id, from).await;
        }
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let results = party.register(action, &all).await;
        for (from, codes) in results.iter().enumerate() {
            let expected: Vec<Code> =
                forbidden.iter().filter(|(index, _)| *index == from).map(|(_, code)| *code).collect();
            assert_eq!(*codes, expected, "{action} from {}", start[from]);
            let status = if codes.is_empty() { to } else { start[from] };
            assert_eq!(party.status(&ids[from]).await, status, "{action} from {}", start[from]);
        }
    }
}

#[tokio::test]
async fn ids_and_events_must_be_there() {
    let party = Party::new(&[]).await;
    let id = party.invitee("A").await;
    let results = party.register("Register", &["", "x", NOBODY, &id, &id]).await;
    let invalid = vec![code::CV70101];
    assert_eq!(results, [invalid.clone(), invalid.clone(), invalid, vec![], vec![code::CV70102]]);
    let elsewhere = Party { event: NOBODY.to_owned(), ..party };
    assert_eq!(elsewhere.register("Register", &[&id]).await, [[code::CV70109]]);
    let nowhere = Party { event: String::new(), ..elsewhere };
    assert_eq!(nowhere.register("Register", &[&id]).await, [[code::CV70109]]);
    let other = nowhere.bench.put(object_type::EVENT, &[("EventTitle", "Other")]).await;
    let other = Party { event: other, ..nowhere };
    assert_eq!(other.register("Register", &[&id]).await, [[code::CV70101]]);
    assert_eq!(other.register_for(ITEM, "Register", &[&id]).await, [[code::CV90103]]);
    assert_eq!(other.register_for("x", "Register", &[&id]).await, [[code::CV90103]]);
    let ids = vec![NOBODY; 201];
    let request = other.bench.request(operation::SIMPLE_EVENT_REGISTRATION, other.objects(&ids), &[]);
    let fault = other.bench.call(operation::SIMPLE_EVENT_REGISTRATION, request).await.unwrap_err();
    assert_eq!(fault.code, code::CV30105);
}

#[tokio::test]
async fn the_events_status_decides() {
    for (status, register, waitlist) in [
        ("Active", None, Some(code::CV70111)),
        ("Pending", Some(code::CV70113), Some(code::CV70113)),
        ("Closed", Some(code::CV70113), Some(code::CV70111)),
        ("Completed", Some(code::CV70112), Some(code::CV70112)),
        ("Cancelled", Some(code::CV70112), Some(code::CV70112)),
        ("No Registration Required", Some(code::CV70110), Some(code::CV70110)),
    ] {
        let party = Party::new(&[("EventStatus", status)]).await;
        let id = party.invitee("A").await;
        assert_eq!(one(&party, "Waitlist", &id).await, waitlist.into_iter().collect::<Vec<_>>(), "{status}");
        assert_eq!(one(&party, "Register", &id).await, register.into_iter().collect::<Vec<_>>(), "{status}");
    }
    let party = Party::new(&[("RSVPbyDate", "2026-11-24T12:00:00")]).await;
    let (a, b) = (party.invitee("A").await, party.invitee("B").await);
    assert_eq!(one(&party, "Register", &a).await, []);
    party.bench.pass_seconds(1);
    assert_eq!(one(&party, "Register", &b).await, [code::CV70113]);
    assert_eq!(one(&party, "Decline", &b).await, []);
    assert_eq!(one(&party, "Cancel", &a).await, []);
}

#[tokio::test]
async fn a_full_event_takes_nobody_until_somebody_cancels() {
    let party = Party::new(&[("Capacity", "2"), ("WaitlistEnabled", "true")]).await;
    let ids = party.invitees(4).await;
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let full = vec![code::CV70107];
    assert_eq!(party.register("Register", &all).await, [vec![], vec![], full.clone(), full.clone()]);
    assert_eq!(one(&party, "Waitlist", all[2]).await, []);
    assert_eq!(one(&party, "Register", all[2]).await, full);
    assert_eq!(party.status(all[2]).await, "Waitlisted");
    assert_eq!(one(&party, "Cancel", all[0]).await, []);
    assert_eq!(one(&party, "Register", all[2]).await, []);
    assert_eq!(one(&party, "Register", all[3]).await, full);
}

#[tokio::test]
async fn guests_sit_on_seats_too() {
    let party = Party::new(&[("Capacity", "2")]).await;
    let ids = party.invitees(2).await;
    assert_eq!(one(&party, "Register", &ids[0]).await, []);
    let guest = party.guest(&ids[0], &[("FirstName", "Gus")]).await;
    assert_eq!(one(&party, "Register", &ids[1]).await, [code::CV70107]);
    let details: Vec<_> =
        party.registration(&ids[0]).await.records(registration::GUEST_DETAIL).cloned().collect();
    assert_eq!(details.len(), 1);
    assert_eq!(party.bench.show(&details[0], "FirstName"), "Gus");
    assert_eq!(one(&party, "Cancel", &ids[0]).await, []);
    let found = party.bench.retrieve(object_type::GUEST, &[&guest]).await.unwrap();
    assert_eq!(party.bench.show(&found[0], "Status"), "Cancelled");
    assert_eq!(one(&party, "Register", &ids[1]).await, []);
}

#[tokio::test]
async fn an_admission_item_has_seats_of_its_own() {
    let party = Party::with(&[], |bench, record| {
        for (id, capacity) in [(ITEM, "1"), (OTHER, "9")] {
            let members = [("ProductType", "Admission Item"), ("Capacity", capacity)];
            record.push(event::PRODUCT_DETAIL, product(bench, id, &members));
        }
        record.push(event::PRODUCT_DETAIL, product(bench, DINNER, &[("ProductType", "Tax")]));
    })
    .await;
    let ids = party.invitees(3).await;
    let results = party.register_for(ITEM, "Register", &[&ids[0], &ids[1]]).await;
    assert_eq!(results, [vec![], vec![code::CV70107]]);
    assert_eq!(party.register_for(OTHER, "Register", &[&ids[1]]).await, [[]]);
    // With several of them, none is taken for granted.
    assert_eq!(party.register("Register", &[&ids[2]]).await, [[]]);
    assert!(party.items(&ids[2], "ProductId").await.is_empty());
    assert_eq!(party.register_for(DINNER, "Register", &[&ids[2]]).await, [[code::CV90103]]);
}

#[tokio::test]
async fn who_cancels_and_comes_back_keeps_its_registration() {
    let party = Party::new(&[]).await;
    let id = party.registered("A").await;
    let first = party.registration(&id).await;
    party.bench.pass_seconds(60);
    assert_eq!(one(&party, "Cancel", &id).await, []);
    let cancelled = party.registration(&id).await;
    assert_eq!(party.bench.show(&cancelled, "Status"), "Cancelled");
    assert_eq!(party.bench.show(&cancelled, "CancelledDate"), "2026-11-24T12:01:00");
    assert_eq!(one(&party, "Register", &id).await, []);
    let second = party.registration(&id).await;
    assert_eq!(party.bench.show(&second, "CancelledDate"), "-");
    assert_eq!(party.bench.show(&second, "OriginalResponseDate"), "2026-11-24T12:00:00");
    for member in ["Id", "ConfirmationNumber"] {
        assert_eq!(party.bench.show(&first, member), party.bench.show(&second, member));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_race_for_the_last_seat_one_wins() {
    let party = std::sync::Arc::new(Party::new(&[("Capacity", "3")]).await);
    let ids = party.invitees(12).await;
    let tasks = ids.iter().map(|id| {
        let (party, id) = (party.clone(), id.clone());
        tokio::spawn(async move { party.register("Register", &[&id]).await.remove(0) })
    });
    let mut won = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap()[..] {
            [] => won += 1,
            [code] => assert_eq!(code, code::CV70107),
            _ => panic!("several codes"),
        }
    }
    assert_eq!(won, 3);
    assert_eq!(party.bench.search_ids(object_type::REGISTRATION, "EventId", &party.event).await.len(), 3);
    // The same invitee twice at once is one registration.
    let party = std::sync::Arc::new(Party::new(&[]).await);
    let id = party.invitee("A").await;
    let tasks = (0..6).map(|_| {
        let (party, id) = (party.clone(), id.clone());
        tokio::spawn(async move { party.register("Register", &[&id]).await.remove(0) })
    });
    let mut won = 0;
    for task in tasks.collect::<Vec<_>>() {
        won += usize::from(task.await.unwrap().is_empty());
    }
    assert_eq!(won, 1);
    party.registration(&id).await;
}
