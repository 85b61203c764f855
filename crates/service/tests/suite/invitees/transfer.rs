//! TransferInvitee.

use super::{NOBODY, Party, codes, link, list};
use contract::handles::message::transfer_invitee_response;
use contract::handles::object::{
    event, invitee, survey, transfer_invitee_result, transfer_invitee_result_array, weblink_detail,
};
use contract::handles::{code, object_type, operation};

const FIRST: &str = "11111111-0000-4000-8000-000000000001";
const SECOND: &str = "11111111-0000-4000-8000-000000000002";

async fn party() -> Party {
    Party::with(&[], |bench, record| {
        record.push(event::TARGET_LIST_DETAIL, list(bench, FIRST, "First", "false"));
        record.push(event::TARGET_LIST_DETAIL, list(bench, SECOND, "Second", "true"));
        record.push(event::WEBLINK_DETAIL, link(bench, "Summary", "https://events.example/s1"));
        record.push(event::WEBLINK_DETAIL, link(bench, "Agenda", "https://events.example/s1?page=a"));
    })
    .await
}

#[tokio::test]
async fn a_contact_becomes_an_invitee_once() {
    let party = party().await;
    let contact = party.bench.create(&[("LastName", "Ng"), ("EmailAddress", "ng@x.example")]).await;
    let first = party.transfer("Event", &party.event, "", &[&contact]).await;
    let again = party.transfer("Event", &party.event, "", &[&contact]).await;
    assert_eq!((first[0].codes.len(), &first[0].id), (0, &again[0].id));
    let invitee = party.invitee_of(&first[0].id).await;
    assert_eq!(party.status(&first[0].id).await, "No Response");
    for (member, value) in [
        ("LastName", "Ng"),
        ("EmailAddress", "ng@x.example"),
        ("EventTitle", "Summit"),
        ("TargetedListId", SECOND),
        ("TargetedListName", "Second"),
        ("Participant", "false"),
    ] {
        assert_eq!(party.bench.show(&invitee, member), value, "{member}");
    }
    let links: Vec<&str> = invitee
        .records(invitee::WEBLINK_DETAIL)
        .map(|link| link.text(weblink_detail::URL).unwrap())
        .collect();
    let id = &first[0].id;
    assert_eq!(links[0], format!("https://events.example/s1?i={id}"));
    assert_eq!(links[1], format!("https://events.example/s1?page=a&i={id}"));
}

#[tokio::test]
async fn the_answer_carries_the_invitees_own_links() {
    let party = party().await;
    let contact = party.bench.create(&[("LastName", "Ng")]).await;
    let others = [("ActivityType", "Event"), ("ActivityId", party.event.as_str())];
    let records = party.objects(&[&contact, NOBODY]);
    let request = party.bench.request(operation::TRANSFER_INVITEE, records, &others);
    let response = party.bench.call(operation::TRANSFER_INVITEE, request).await.unwrap();
    let results = response.record(transfer_invitee_response::TRANSFER_INVITEE_RESULT).unwrap();
    let results: Vec<_> =
        results.records(transfer_invitee_result_array::TRANSFER_INVITEE_RESULT).cloned().collect();
    let links = |index: usize| results[index].records(transfer_invitee_result::WEBLINK_DETAIL).count();
    assert_eq!((links(0), links(1)), (2, 0));
}

#[tokio::test]
async fn mistakes_in_records_harm_no_other() {
    let party = party().await;
    let contact = party.bench.create(&[("LastName", "Ng")]).await;
    let answers = party.transfer("Event", &party.event, "", &["", "x", NOBODY, &contact, &contact]).await;
    let expected =
        [vec![code::CV50101], vec![code::CV50101], vec![code::CV50103], vec![], vec![code::CV50102]];
    assert_eq!(codes(answers), expected);
}

#[tokio::test]
async fn the_activity_and_its_list_must_be_there() {
    let party = party().await;
    let contact = party.bench.create(&[("LastName", "Ng")]).await;
    let transfer = async |kind: &str, activity: &str, list: &str| {
        codes(party.transfer(kind, activity, list, &[&contact]).await).remove(0)
    };
    assert_eq!(transfer("Event", "", "").await, [code::CV50105]);
    assert_eq!(transfer("Event", NOBODY, "").await, [code::CV50105]);
    assert_eq!(transfer("Survey", &party.event, "").await, [code::CV50106]);
    assert_eq!(transfer("Event", &party.event, NOBODY).await, [code::CV99616]);
    assert_eq!(transfer("Event", &party.event, FIRST).await, []);
    // Invited already, but to the first list.
    assert_eq!(transfer("Event", &party.event, SECOND).await, [code::CV50104]);
}

#[tokio::test]
async fn two_hundred_and_no_more() {
    let party = party().await;
    let ids = vec![NOBODY; 201];
    let others = [("ActivityType", "Event"), ("ActivityId", party.event.as_str())];
    let request = party.bench.request(operation::TRANSFER_INVITEE, party.objects(&ids), &others);
    let fault = party.bench.call(operation::TRANSFER_INVITEE, request).await.unwrap_err();
    assert_eq!(fault.code, code::CV30106);
}

#[tokio::test]
async fn a_campaigns_recipient_is_the_contact() {
    let party = party().await;
    let campaign = party.bench.put(object_type::CAMPAIGN, &[("CampaignName", "News")]).await;
    let contact = party.bench.create(&[("LastName", "Ng")]).await;
    let answers = party.transfer("Campaigns", &campaign, "", &[&contact]).await;
    assert_eq!((answers[0].codes.len(), &answers[0].id), (0, &contact));
    let answers = party.transfer("Campaigns", &campaign, FIRST, &[&contact]).await;
    assert_eq!(answers[0].codes, [code::CV99616]);
}

#[tokio::test]
async fn a_survey_knows_its_transactions() {
    let party = party().await;
    let bench = &party.bench;
    let plain = bench.put(object_type::SURVEY, &[("SurveyTitle", "Plain")]).await;
    let members = [("SurveyTitle", "Tickets"), ("Ticketing", "true")];
    let tickets = bench.put_record(object_type::SURVEY, bench.record(survey::TYPE_ID, &members)).await;
    let a = bench.create(&[("LastName", "A")]).await;
    let b = bench.create(&[("LastName", "B")]).await;
    let transfer = async |survey: &str, contact: &str, transaction: &str| {
        let mut record = party.objects(&[contact]).remove(0);
        record.set(contract::handles::object::cv_object::TRANSACTION_ID, transaction);
        let others = [("ActivityType", "Survey"), ("ActivityId", survey)];
        let answers = bench.batch_with(operation::TRANSFER_INVITEE, vec![record], &others).await;
        answers.into_iter().next().map(|answer| (answer.id, answer.codes)).unwrap()
    };
    assert_eq!(transfer(&tickets, &a, "").await.1, [code::CV99618]);
    let (one, _) = transfer(&tickets, &a, "T-1").await;
    let (two, _) = transfer(&tickets, &a, "T-2").await;
    assert_ne!(one, two);
    assert_eq!(transfer(&tickets, &a, "t-1").await, (one.clone(), vec![]));
    assert_eq!(transfer(&tickets, &b, "T-1").await.1, [code::CV50107]);
    let (first, none) = transfer(&plain, &a, "").await;
    assert_eq!(none, []);
    assert_eq!(transfer(&plain, &a, "").await.0, first);
    assert_eq!(transfer(&plain, &a, "T-9").await.1, [code::CV50108]);
    assert_eq!(transfer(&plain, &b, "T-9").await.1, []);
    let found = bench.retrieve(object_type::RESPONDENT, &[&one]).await.unwrap();
    assert_eq!(bench.show(&found[0], "ResponseID"), "T-1");
    assert_eq!(bench.show(&found[0], "SurveyTitle"), "Tickets");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_race_make_one_invitee() {
    let party = std::sync::Arc::new(party().await);
    let contact = party.bench.create(&[("LastName", "Ng")]).await;
    let tasks = (0..6).map(|_| {
        let (party, contact) = (party.clone(), contact.clone());
        tokio::spawn(async move { party.transfer("Event", &party.event, "", &[&contact]).await.remove(0).id })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(party.bench.search_ids(object_type::INVITEE, "ContactId", &contact).await.len(), 1);
}
