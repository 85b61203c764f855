//! CheckIn and ValidateInvitee.

use super::{NOBODY, Party};
use contract::handles::message::validate_invitee_response;
use contract::handles::object::{validate_invitee_result, validate_invitee_result_array};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record};

/// What ValidateInvitee tells: registered, paid, checked in.
type Told = (Option<bool>, Option<bool>, Option<bool>);

async fn validate(party: &Party, kind: &str, product: &str, ids: &[&str]) -> Vec<(Vec<Code>, Told)> {
    let records = ids.iter().map(|id| party.named(id)).collect();
    let others = [("ProductType", kind), ("ProductID", product), ("CheckPaidInFull", "true")];
    let request = party.bench.request(operation::VALIDATE_INVITEE, records, &others);
    let response = party.bench.call(operation::VALIDATE_INVITEE, request).await.unwrap();
    let answers = super::codes(party.bench.answers(operation::VALIDATE_INVITEE, &response));
    let results = response.record(validate_invitee_response::VALIDATE_INVITEE_RESULT).unwrap();
    let told = |result: &Record| {
        let truth = |field| result.boolean(field);
        (
            truth(validate_invitee_result::REGISTERED),
            truth(validate_invitee_result::PAID_IN_FULL),
            truth(validate_invitee_result::CHECKED_IN),
        )
    };
    let told = results.records(validate_invitee_result_array::VALIDATE_INVITEE_RESULT).map(told);
    answers.into_iter().zip(told).collect()
}

#[tokio::test]
async fn checking_in_at_an_event_and_taking_it_back() {
    let party = Party::new(&[]).await;
    let id = party.registered("A").await;
    assert_eq!(party.check_in("Event", &party.event, "false", &[&id]).await, [[]]);
    for record in [party.invitee_of(&id).await, party.registration(&id).await] {
        assert_eq!(party.bench.show(&record, "Participant"), "true");
    }
    party.bench.pass_seconds(5);
    // Without a product it is the attendee's own event; a second time changes nothing.
    assert_eq!(party.check_in("Event", "", "false", &[&id]).await, [[]]);
    assert_eq!(party.check_in("Event", "", "true", &[&id]).await, [[]]);
    for record in [party.invitee_of(&id).await, party.registration(&id).await] {
        assert_eq!(party.bench.show(&record, "Participant"), "false");
    }
    let guest = party.guest(&id, &[]).await;
    assert_eq!(party.check_in("Event", "", "false", &[&guest]).await, [[]]);
    let found = party.bench.retrieve(object_type::GUEST, &[&guest]).await.unwrap();
    assert_eq!(party.bench.show(&found[0], "Participant"), "true");
    assert_eq!(party.bench.show(&party.invitee_of(&id).await, "Participant"), "false");
}

#[tokio::test]
async fn checking_in_has_its_codes() {
    let party = Party::new(&[]).await;
    let session = party.session(&[]).await;
    let id = party.registered("A").await;
    let undecided = party.invitee("B").await;
    let results = party.check_in("Event", "", "false", &["", "x", NOBODY, &undecided, &id, &id]).await;
    let invalid = vec![code::CV60101];
    let expected =
        [invalid.clone(), invalid.clone(), invalid.clone(), vec![code::CV90104], vec![], vec![code::CV60102]];
    assert_eq!(results, expected);
    assert_eq!(party.check_in("Event", NOBODY, "false", &[&id]).await, [invalid]);
    assert_eq!(party.check_in("Session", &party.event, "false", &[&id]).await, [[code::CV97101]]);
    assert_eq!(party.check_in("Session", "", "false", &[&id]).await, [[code::CV97101]]);
    assert_eq!(party.check_in("Session", &session, "false", &[&id]).await, [[code::CV97102]]);
    assert_eq!(party.session_action("Register", &session, &[&id]).await, [[]]);
    assert_eq!(party.check_in("Session", &session, "false", &[&id]).await, [[]]);
    assert_eq!(party.items(&id, "Participant").await, ["true"]);
    assert_eq!(party.check_in("Session", &session, "true", &[&id]).await, [[]]);
    assert_eq!(party.items(&id, "Participant").await, ["false"]);
    let request = party.bench.request(operation::CHECK_IN, party.objects(&vec![NOBODY; 201]), &[]);
    assert_eq!(party.bench.call(operation::CHECK_IN, request).await.unwrap_err().code, code::CV30104);
}

#[tokio::test]
async fn validating_tells_what_is_true() {
    let party = Party::new(&[]).await;
    let session = party.session(&[]).await;
    party.fee(&session, "10").await;
    let id = party.registered("A").await;
    let undecided = party.invitee("B").await;
    let number = party.bench.show(&party.registration(&id).await, "ConfirmationNumber");
    let results = validate(&party, "Event", &party.event, &[&id, &number.to_lowercase(), &undecided]).await;
    let told = |truths: (bool, bool, bool)| (Some(truths.0), Some(truths.1), Some(truths.2));
    assert_eq!(results[0], (vec![], told((true, true, false))));
    assert_eq!(results[1], results[0]);
    assert_eq!(results[2], (vec![], told((false, false, false))));
    let results = validate(&party, "Session", &session, &[&id]).await;
    assert_eq!(results[0].1, told((false, false, false)));
    party.session_action("Register", &session, &[&id]).await;
    party.check_in("Session", &session, "false", &[&id]).await;
    party.check_in("Event", "", "false", &[&id]).await;
    assert_eq!(validate(&party, "Session", &session, &[&id]).await[0].1, told((true, false, true)));
    assert_eq!(validate(&party, "Event", &party.event, &[&id]).await[0].1, told((true, false, true)));
}

#[tokio::test]
async fn validating_has_its_codes() {
    let party = Party::new(&[]).await;
    let session = party.session(&[]).await;
    let id = party.registered("A").await;
    let results = validate(&party, "Event", &party.event, &["", "x", NOBODY, &id]).await;
    let codes: Vec<Vec<Code>> = results.into_iter().map(|(codes, _)| codes).collect();
    let unknown = vec![code::CV84001];
    assert_eq!(codes, [vec![code::CV91101], unknown.clone(), unknown, vec![]]);
    let other = party.bench.put(object_type::EVENT, &[]).await;
    let elsewhere = party.bench.put(object_type::SESSION, &[("EventId", &other)]).await;
    let cancelled = party.bench.put(object_type::EVENT, &[("EventStatus", "Cancelled")]).await;
    for (kind, product, code) in [
        ("Event", "", code::CV90103),
        ("Event", NOBODY, code::CV90103),
        ("Event", &session, code::CV90100),
        ("Session", &party.event, code::CV90100),
        ("Session", &elsewhere, code::CV90108),
        ("Event", &cancelled, code::CV90107),
    ] {
        assert_eq!(validate(&party, kind, product, &[&id]).await[0].0, [code], "{kind} {product}");
    }
    assert_eq!(validate(&party, "Event", &other, &[&id]).await[0].1.0, Some(false));
    let records = (0..201).map(|_| party.named(NOBODY)).collect();
    let request = party.bench.request(operation::VALIDATE_INVITEE, records, &[]);
    assert_eq!(party.bench.call(operation::VALIDATE_INVITEE, request).await.unwrap_err().code, code::CV30121);
}

#[tokio::test]
async fn attendees_of_one_registration_come_in_one_call() {
    let party = Party::new(&[]).await;
    let session = party.session(&[]).await;
    let id = party.registered("A").await;
    let guests = [party.guest(&id, &[]).await, party.guest(&id, &[]).await];
    let all = [id.as_str(), &guests[0], &guests[1]];
    assert_eq!(party.session_action("Register", &session, &all).await, [[], [], []]);
    assert_eq!(party.items(&id, "Action").await, ["Registered"; 3]);
    assert_eq!(party.check_in("Session", &session, "false", &all).await, [[], [], []]);
    assert_eq!(party.items(&id, "Participant").await, ["true"; 3]);
    assert_eq!(party.check_in("Session", &session, "true", &[&guests[0]]).await, [[]]);
    assert_eq!(party.items(&id, "Participant").await, ["true", "false", "true"]);
    assert_eq!(party.session_action("Unregister", &session, &[&guests[0], NOBODY]).await.len(), 2);
    assert_eq!(party.items(&id, "Action").await, ["Registered", "Cancelled", "Registered"]);
}
