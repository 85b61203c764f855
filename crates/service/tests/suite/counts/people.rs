//! Calls about the people of an event or a survey.

use super::{Ready, hold, some};
use crate::harness::Bench;
use crate::invitees::{Party, product};
use contract::handles::object::{cv_answer, cv_object, event, transaction};
use contract::handles::{object_type, operation};
use contract::{ObjectId, OperationId, Record};

const BADGE: &str = "00000000-0000-4000-8000-0000000000C1";

/// An event that so many are invited to.
async fn party(count: usize) -> (Party, Vec<String>) {
    let party = Party::with(&[("Capacity", "500")], |bench, record| {
        let members = [("ProductType", "Admission Item"), ("ProductName", "Badge"), ("Capacity", "500")];
        record.push(event::PRODUCT_DETAIL, product(bench, BADGE, &members));
    })
    .await;
    let bench = &party.bench;
    let contacts =
        some(bench, object_type::CONTACT, count, |number| vec![("LastName", format!("L{number}"))]).await;
    let invitees = some(bench, object_type::INVITEE, count, |number| {
        vec![
            ("ContactId", contacts[number].clone()),
            ("EventId", party.event.clone()),
            ("Status", "No Response".to_owned()),
        ]
    })
    .await;
    party.session(&[("IsIncluded", "true")]).await;
    party.fee(BADGE, "10").await;
    (party, invitees)
}

/// One that all of them are registered for, each with a guest.
async fn registered(count: usize) -> (Party, Vec<String>) {
    let (party, invitees) = party(count).await;
    let ids: Vec<&str> = invitees.iter().map(String::as_str).collect();
    assert!(party.register("Register", &ids).await.iter().all(Vec::is_empty));
    let mut registrations = Vec::new();
    for id in &ids {
        registrations.extend(party.bench.search_ids(object_type::REGISTRATION, "InviteeId", id).await);
    }
    some(&party.bench, object_type::GUEST, count, |number| {
        vec![("EventID", party.event.clone()), ("RegistrationID", registrations[number].clone())]
    })
    .await;
    (party, invitees)
}

fn named(party: &Party, ids: &[String]) -> Vec<Record> {
    ids.iter().map(|id| party.bench.record(cv_object::TYPE_ID, &[("Id", id)])).collect()
}

fn ready(party: Party, operation: OperationId, records: Vec<Record>, others: &[(&str, &str)]) -> Ready {
    let event = party.event.clone();
    let others: Vec<(&str, &str)> =
        others.iter().map(|(name, text)| (*name, if *text == "event" { &*event } else { *text })).collect();
    Ready::new(party.bench, operation, records, &others)
}

#[tokio::test]
async fn registrations() {
    hold(async |count| {
        let (party, ids) = party(count).await;
        let records = named(&party, &ids);
        let others = [("RegAction", "Register"), ("EventId", "event")];
        ready(party, operation::SIMPLE_EVENT_REGISTRATION, records, &others)
    })
    .await;
}

#[tokio::test]
async fn cancellations() {
    hold(async |count| {
        let (party, ids) = registered(count).await;
        let records = named(&party, &ids);
        let others = [("RegAction", "Cancel"), ("EventId", "event")];
        ready(party, operation::SIMPLE_EVENT_REGISTRATION, records, &others)
    })
    .await;
}

#[tokio::test]
async fn check_ins() {
    hold(async |count| {
        let (party, ids) = registered(count).await;
        let records = named(&party, &ids);
        let others = [("AttendeeType", "Event"), ("ProductId", "event")];
        ready(party, operation::CHECK_IN, records, &others)
    })
    .await;
}

#[tokio::test]
async fn registrations_for_a_session() {
    hold(async |count| {
        let (party, ids) = registered(count).await;
        let session = party.session(&[("Capacity", "500"), ("SessionGroup", "G")]).await;
        party.session(&[("SessionGroup", "G")]).await;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let request = party.session_request("Register", &session, &ids);
        Ready { bench: party.bench, operation: operation::SESSION_REG_ACTION, request }
    })
    .await;
}

#[tokio::test]
async fn validations() {
    hold(async |count| {
        let (party, ids) = registered(count).await;
        let records = ids.iter().map(|id| party.named(id)).collect();
        let others = [("ProductType", "Event"), ("ProductID", "event"), ("CheckPaidInFull", "true")];
        ready(party, operation::VALIDATE_INVITEE, records, &others)
    })
    .await;
}

#[tokio::test]
async fn transactions() {
    hold(async |count| {
        let (party, ids) = registered(count).await;
        let record = |id: &String| {
            let members = [("TransactionType", "Offline Charge"), ("InviteeId", id), ("Amount", "10")];
            party.bench.record(transaction::TYPE_ID, &members)
        };
        let records = ids.iter().map(record).collect();
        ready(party, operation::CREATE_TRANSACTION, records, &[("EventId", "event")])
    })
    .await;
}

#[tokio::test]
async fn transfers() {
    for (kind, activity) in [("Event", object_type::EVENT), ("Survey", object_type::SURVEY)] {
        hold(async |count| {
            let bench = Bench::new().await;
            let activity = bench.put(activity, &[]).await;
            let contacts =
                some(&bench, object_type::CONTACT, count, |_| vec![("LastName", "L".to_owned())]).await;
            let record = |(number, id): (usize, &String)| {
                let mut record = bench.record(cv_object::TYPE_ID, &[("Id", id)]);
                record.set(cv_object::TRANSACTION_ID, format!("T{number}"));
                record
            };
            let records = contacts.iter().enumerate().map(record).collect();
            let others = [("ActivityType", kind), ("ActivityId", &*activity)];
            Ready::new(bench, operation::TRANSFER_INVITEE, records, &others)
        })
        .await;
    }
}

fn answers(bench: &Bench, ids: &[String]) -> Vec<Record> {
    let record = |id: &String| {
        bench.record(cv_answer::TYPE_ID, &[("Id", id), ("QuestionCode", "Q"), ("Answer", "Yes")])
    };
    ids.iter().map(record).collect()
}

async fn question(bench: &Bench, object: ObjectId, members: &[(&str, &str)]) {
    bench.put(object, &[&[("QuestionCode", "Q"), ("QuestionText", "Why?")], members].concat()).await;
}

#[tokio::test]
async fn answers_to_questions_of_an_event() {
    for (survey, operation) in [
        ("Internal Information", operation::UPDATE_INVITEE_INTERNAL_INFO),
        ("Post-Event Feedback", operation::CREATE_POST_EVENT_FEEDBACK),
    ] {
        hold(async |count| {
            let (party, ids) = registered(count).await;
            let members = [("EventId", party.event.as_str()), ("SurveyType", survey)];
            question(&party.bench, object_type::EVENT_QUESTION, &members).await;
            let records = answers(&party.bench, &ids);
            ready(party, operation, records, &[("EventId", "event")])
        })
        .await;
    }
}

#[tokio::test]
async fn answers_to_a_survey() {
    for again in [false, true] {
        hold(async |count| {
            let bench = Bench::new().await;
            let survey = bench.put(object_type::SURVEY, &[("SurveyTitle", "S")]).await;
            question(&bench, object_type::SURVEY_QUESTION, &[("SurveyId", &survey)]).await;
            let ids = some(&bench, object_type::RESPONDENT, count, |_| {
                vec![("SurveyId", survey.clone()), ("Status", "Visited".to_owned())]
            })
            .await;
            let others = [("SurveyId", survey.as_str()), ("RespondentStatus", "Complete Response")];
            let operation = operation::CREATE_SURVEY_ANSWER;
            if again {
                bench.batch_with(operation, answers(&bench, &ids), &others).await;
            }
            let records = answers(&bench, &ids);
            Ready::new(bench, operation, records, &others)
        })
        .await;
    }
}

#[tokio::test]
async fn mails() {
    hold(async |count| {
        let bench = Bench::new().await;
        let event = bench.put(object_type::EVENT, &[("EventTitle", "Fair")]).await;
        let contacts = some(&bench, object_type::CONTACT, count, |number| {
            vec![("LastName", "L".to_owned()), ("EmailAddress", format!("a{number}@lab.example"))]
        })
        .await;
        let invitees = some(&bench, object_type::INVITEE, count, |number| {
            vec![("ContactId", contacts[number].clone()), ("EventId", event.clone())]
        })
        .await;
        // Each has had another mail of the event.
        some(&bench, object_type::EVENT_EMAIL_HISTORY, count, |number| {
            vec![
                ("InviteeId", invitees[number].clone()),
                ("EventId", event.clone()),
                ("EmailType", "Save The Date".to_owned()),
            ]
        })
        .await;
        let batch = bench.contract.call(operation::SEND_EMAIL).batch.unwrap();
        let records = invitees.iter().map(|id| bench.record(batch.item_type, &[("Id", id)])).collect();
        let others = [
            ("ActivityType", "Event"),
            ("ActivityId", event.as_str()),
            ("EmailTemplateName", "Invitation"),
            ("ResendToPreviousRecipients", "false"),
        ];
        Ready::new(bench, operation::SEND_EMAIL, records, &others)
    })
    .await;
}
