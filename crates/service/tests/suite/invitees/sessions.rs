//! SessionRegAction.

use super::{NOBODY, Party, codes};
use contract::handles::{code, object_type, operation};

#[tokio::test]
async fn registering_and_unregistering() {
    let party = Party::new(&[]).await;
    let session = party.session(&[("Capacity", "5"), ("StartTime", "2026-12-01T09:00:00")]).await;
    party.fee(&session, "25.5").await;
    let id = party.registered("A").await;
    let number = party.bench.show(&party.registration(&id).await, "ConfirmationNumber");
    assert_eq!(party.session_action("Register", &session, &[&id]).await, [vec![]]);
    assert_eq!(party.session_action("Register", &session, &[&number]).await, [[code::CV90105]]);
    for (member, value) in [
        ("ProductName", "Talk"),
        ("ProductCode", "T"),
        ("ProductType", "Session"),
        ("StartTime", "2026-12-01T09:00:00"),
        ("Action", "Registered"),
        ("AmountDue", "Double(25.5)"),
        ("LastName", "A"),
    ] {
        assert_eq!(party.items(&id, member).await, [value], "{member}");
    }
    assert_eq!(
        party.session_action("Unregister", &session, &[&number, &id]).await,
        [vec![], vec![code::CV90106]]
    );
    assert_eq!(party.items(&id, "Action").await, ["Cancelled"]);
    assert_eq!(party.items(&id, "AmountDue").await, ["Double(0.0)"]);
    assert_eq!(party.session_action("Register", &session, &[&id]).await, [vec![]]);
    assert_eq!(party.items(&id, "Action").await, ["Registered"]);
}

#[tokio::test]
async fn mistakes_have_their_codes() {
    let party = Party::new(&[]).await;
    let session = party.session(&[]).await;
    let id = party.registered("A").await;
    let undecided = party.invitee("B").await;
    let results = party.session_action("Register", &session, &["", "x", NOBODY, &undecided, &id]).await;
    let unknown = vec![code::CV84001];
    let expected = [vec![code::CV91101], unknown.clone(), unknown, vec![code::CV90104], vec![]];
    assert_eq!(results, expected);
    for none in ["", "x", NOBODY, &party.event] {
        assert_eq!(party.session_action("Register", none, &[&id]).await, [[code::CV90103]], "{none}");
    }
    let other = party.bench.put(object_type::EVENT, &[("EventTitle", "Other")]).await;
    let elsewhere = party.bench.put(object_type::SESSION, &[("EventId", &other)]).await;
    assert_eq!(party.session_action("Register", &elsewhere, &[&id]).await, [[code::CV90108]]);
    let cancelled = party.bench.put(object_type::EVENT, &[("EventStatus", "Cancelled")]).await;
    let cancelled = party.bench.put(object_type::SESSION, &[("EventId", &cancelled)]).await;
    assert_eq!(party.session_action("Register", &cancelled, &[&id]).await, [[code::CV90107]]);
    for members in [("Status", "ClosedForRegistration"), ("AutoCloseDate", "2026-11-24T11:59:59")] {
        let closed = party.session(&[members]).await;
        assert_eq!(party.session_action("Register", &closed, &[&id]).await, [[code::CV90107]]);
    }
    let included = party.session(&[("IsIncluded", "true")]).await;
    let guest = party.registered("C").await;
    assert_eq!(party.session_action("Unregister", &included, &[&guest]).await, [[code::CV90110]]);
    assert_eq!(party.check_in("Session", &session, "false", &[&id]).await, [[]]);
    assert_eq!(party.session_action("Unregister", &session, &[&id]).await, [[code::CV90110]]);
    let request = party.session_request("Register", &session, &vec![NOBODY; 201]);
    let fault = party.bench.call(operation::SESSION_REG_ACTION, request).await.unwrap_err();
    assert_eq!(fault.code, code::CV30123);
}

#[tokio::test]
async fn one_session_of_a_group_is_enough() {
    let party = Party::new(&[]).await;
    let one = party.session(&[("SessionGroup", "morning")]).await;
    let other = party.session(&[("SessionGroup", "morning")]).await;
    let id = party.registered("A").await;
    assert_eq!(party.session_action("Register", &one, &[&id]).await, [[]]);
    assert_eq!(party.session_action("Register", &other, &[&id]).await, [[code::CV90109]]);
    assert_eq!(party.session_action("Unregister", &one, &[&id]).await, [[]]);
    assert_eq!(party.session_action("Register", &other, &[&id]).await, [[]]);
}

#[tokio::test]
async fn who_finds_no_seat_waits_while_there_are_places() {
    let party = Party::new(&[]).await;
    let members = [("Capacity", "1"), ("EnableWaitlist", "true"), ("WaitlistCapacity", "1")];
    let session = party.session(&members).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(party.registered(name).await);
    }
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let full = vec![code::CV70107];
    assert_eq!(party.session_action("Register", &session, &all).await, [vec![], vec![], full.clone()]);
    assert_eq!(party.items(all[1], "Action").await, ["Waitlisted"]);
    assert_eq!(party.check_in("Session", &session, "false", &[all[1]]).await, [[code::CV97102]]);
    // Still full: who waits goes on waiting.
    assert_eq!(party.session_action("Register", &session, &[all[1]]).await, [&full[..]]);
    assert_eq!(party.session_action("Unregister", &session, &[all[0]]).await, [[]]);
    assert_eq!(party.session_action("Register", &session, &[all[1], all[2]]).await, [[], []]);
    assert_eq!(party.items(all[1], "Action").await, ["Registered"]);
    assert_eq!(party.items(all[2], "Action").await, ["Waitlisted"]);
    assert_eq!(party.session_action("Unregister", &session, &[all[2]]).await, [[]]);
    assert_eq!(party.session_action("Register", &session, &[all[0]]).await, [[]]);
}

#[tokio::test]
async fn a_guest_has_a_seat_of_its_own() {
    let party = Party::new(&[]).await;
    let session = party.session(&[("Capacity", "1")]).await;
    let id = party.registered("A").await;
    let guest = party.guest(&id, &[("GuestConfirmationNumber", "GUEST000001")]).await;
    assert_eq!(party.session_action("Register", &session, &["guest000001"]).await, [[]]);
    assert_eq!(party.session_action("Register", &session, &[&id]).await, [[code::CV70107]]);
    assert_eq!(party.items(&id, "LastName").await, ["Guest"]);
    assert_eq!(party.session_action("Register", &session, &[&guest]).await, [[code::CV90105]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_race_for_a_sessions_last_seat_one_wins() {
    let party = std::sync::Arc::new(Party::new(&[]).await);
    let session = party.session(&[("Capacity", "2")]).await;
    let mut tasks = Vec::new();
    for name in 0..8 {
        let id = party.registered(&format!("R{name}")).await;
        let (party, session) = (party.clone(), session.clone());
        tasks.push(async move {
            let request = party.session_request("Register", &session, &[&id]);
            let response = party.bench.call(operation::SESSION_REG_ACTION, request).await.unwrap();
            codes(party.bench.answers(operation::SESSION_REG_ACTION, &response)).remove(0)
        });
    }
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut won = 0;
    for task in tasks {
        won += usize::from(task.await.unwrap().is_empty());
    }
    assert_eq!(won, 2);
}
