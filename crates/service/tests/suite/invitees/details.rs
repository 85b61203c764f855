//! UpdateInviteeInternalInfo, UpdateGuestInfo and UpdateRegistrationType.

use super::{NOBODY, Party, codes};
use contract::handles::object::{
    answer_detail, cv_answer, cv_object, event_question, guest, internal_info_detail, invitee, registration,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record};

async fn question(party: &Party, survey: &str, code: &str, choices: &[&str]) -> String {
    let members = [
        ("EventId", party.event.as_str()),
        ("SurveyType", survey),
        ("QuestionCode", code),
        ("QuestionText", "Which?"),
    ];
    let mut record = party.bench.record(event_question::TYPE_ID, &members);
    for choice in choices {
        let choice = party.bench.record(answer_detail::TYPE_ID, &[("AnswerText", choice)]);
        record.push(event_question::ANSWER_DETAIL, choice);
    }
    party.bench.put_record(object_type::EVENT_QUESTION, record).await
}

async fn answer(party: &Party, event: &str, answers: &[[&str; 4]]) -> Vec<Vec<Code>> {
    let record = |[id, question, code, answer]: &[&str; 4]| {
        let members = [
            ("Id", *id),
            ("QuestionID", question),
            ("QuestionCode", code),
            ("Answer", answer),
            ("MessageId", "m"),
        ];
        party.bench.record(cv_answer::TYPE_ID, &members)
    };
    let records = answers.iter().map(record).collect();
    let operation = operation::UPDATE_INVITEE_INTERNAL_INFO;
    codes(party.bench.batch_with(operation, records, &[("EventId", event)]).await)
}

fn said(invitee: &Record) -> Vec<String> {
    let texts = invitee.records(invitee::INTERNAL_INFO_DETAIL);
    texts
        .flat_map(|detail| detail.list(internal_info_detail::ANSWER_TEXT))
        .map(|text| text.as_text().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn internal_answers_replace_each_other() {
    let party = Party::new(&[]).await;
    let color = question(&party, "Internal Information", "COLOR", &["Red", "Blue"]).await;
    question(&party, "Internal Information", "NOTE", &[]).await;
    let id = party.invitee("A").await;
    let event = party.event.clone();
    let results = answer(&party, &event, &[[&id, &color, "", "blue"], [&id, "", "note", "VIP"]]).await;
    assert_eq!(results, [[], []]);
    assert_eq!(said(&party.invitee_of(&id).await), ["Blue", "VIP"]);
    assert_eq!(answer(&party, &event, &[[&id, "", "COLOR", "Red"]]).await, [[]]);
    let invitee = party.invitee_of(&id).await;
    assert_eq!(said(&invitee), ["Red", "VIP"]);
    let detail = invitee.records(invitee::INTERNAL_INFO_DETAIL).next().unwrap();
    assert_eq!(detail.text(internal_info_detail::QUESTION_TEXT), Some("Which?"));
}

#[tokio::test]
async fn internal_answers_have_their_codes() {
    let party = Party::new(&[]).await;
    question(&party, "Internal Information", "A", &["Yes"]).await;
    question(&party, "Registration", "B", &[]).await;
    let id = party.invitee("A").await;
    let event = party.event.clone();
    let rows: [([&str; 4], &[Code]); 10] = [
        (["", "", "A", "Yes"], &[code::CV95105]),
        (["x", "", "A", "Yes"], &[code::CV84001]),
        ([NOBODY, "", "A", "Yes"], &[code::CV84001]),
        ([&id, "", "", "Yes"], &[code::CV95106]),
        ([&id, NOBODY, "", "Yes"], &[code::CV95109]),
        ([&id, "", "C", "Yes"], &[code::CV95103]),
        ([&id, "", "B", "Yes"], &[code::CV95102]),
        ([&id, "", "A", " "], &[code::CV95107]),
        ([&id, "", "A", "Yes"], &[]),
        ([&id, "", "a", "Yes"], &[code::CV95101]),
    ];
    let sent: Vec<[&str; 4]> = rows.iter().map(|(row, _)| *row).collect();
    let expected: Vec<Vec<Code>> = rows.iter().map(|(_, codes)| codes.to_vec()).collect();
    assert_eq!(answer(&party, &event, &sent).await, expected);
    assert_eq!(answer(&party, &event, &[[&id, "", "A", "No"]]).await, [[code::CV91102]]);
    assert_eq!(answer(&party, "", &[[&id, "", "A", "Yes"]]).await, [[code::CV95104]]);
    assert_eq!(answer(&party, NOBODY, &[[&id, "", "A", "Yes"]]).await, [[code::CV95108]]);
    let records = (0..201).map(|_| party.bench.record(cv_answer::TYPE_ID, &[])).collect();
    let request = party.bench.request(operation::UPDATE_INVITEE_INTERNAL_INFO, records, &[]);
    let fault = party.bench.call(operation::UPDATE_INVITEE_INTERNAL_INFO, request).await.unwrap_err();
    assert_eq!(fault.code, code::CV30100);
}

#[tokio::test]
async fn guests_say_who_they_are() {
    let party = Party::new(&[]).await;
    let id = party.registered("A").await;
    let one = party.guest(&id, &[("FirstName", "Gus"), ("City", "Bonn")]).await;
    let update = async |event: &str, members: &[(&str, &str)]| {
        let record = party.bench.record(guest::TYPE_ID, &[&[("MessageId", "m")], members].concat());
        let operation = operation::UPDATE_GUEST_INFO;
        codes(party.bench.batch_with(operation, vec![record], &[("EventId", event)]).await).remove(0)
    };
    let event = party.event.as_str();
    let members = [
        ("Id", one.as_str()),
        ("LastName", "Adams"),
        ("City", ""),
        ("Email", "g@x.example"),
        ("CountryCode", "de"),
        ("EventCode", "X"),
    ];
    assert_eq!(update(event, &members).await, []);
    let found = party.bench.retrieve(object_type::GUEST, &[&one]).await.unwrap().remove(0);
    for (member, value) in [
        ("FirstName", "Gus"),
        ("LastName", "Adams"),
        ("City", ""),
        ("Email", "g@x.example"),
        ("Country", "Germany"),
        ("EventCode", "S1"),
        ("LastModifiedBy", "api"),
    ] {
        assert_eq!(party.bench.show(&found, member), value, "{member}");
    }
    let registration = party.registration(&id).await;
    let shown = registration.records(registration::GUEST_DETAIL).next().unwrap();
    assert_eq!(party.bench.show(shown, "LastName"), "Adams");
    let other = party.bench.put(object_type::EVENT, &[]).await;
    for (event, members, code) in [
        ("", vec![("Id", one.as_str())], code::CV70109),
        (NOBODY, vec![("Id", one.as_str())], code::CV70109),
        (event, vec![], code::CV40113),
        (event, vec![("Id", "x")], code::CV40110),
        (event, vec![("Id", NOBODY)], code::CV40110),
        (&other, vec![("Id", one.as_str())], code::CV40110),
        (event, vec![("Id", &one), ("Email", "g")], code::CV40102),
        (event, vec![("Id", &one), ("CCEmail", "g")], code::CV40119),
        (event, vec![("Id", &one), ("DateOfBirth", "2030-01-01T00:00:00")], code::CV40123),
        (event, vec![("Id", &one), ("CountryCode", "ZZZ")], code::CV92116),
    ] {
        assert_eq!(update(event, &members).await, [code], "{members:?}");
    }
    let record = || party.bench.record(guest::TYPE_ID, &[("Id", &one), ("MessageId", "m")]);
    let others = [("EventId", event)];
    let answers =
        party.bench.batch_with(operation::UPDATE_GUEST_INFO, vec![record(), record()], &others).await;
    assert_eq!(codes(answers), [vec![], vec![code::CV40118]]);
    let request =
        party.bench.request(operation::UPDATE_GUEST_INFO, (0..201).map(|_| record()).collect(), &others);
    assert_eq!(
        party.bench.call(operation::UPDATE_GUEST_INFO, request).await.unwrap_err().code,
        code::CV30100
    );
}

#[tokio::test]
async fn a_registration_gets_another_type() {
    let party = Party::new(&[]).await;
    let id = party.registered("A").await;
    let registration = party.registration(&id).await;
    let own = registration.text(cv_object::ID).unwrap();
    let record = |members: &[(&str, &str)]| {
        party.bench.record(registration::TYPE_ID, &[&[("MessageId", "m")], members].concat())
    };
    let records = vec![
        record(&[("Id", own), ("RegistrationTypeCode", "SPK"), ("Status", "Denied")]),
        record(&[("Id", own), ("RegistrationTypeCode", "SPK")]),
        record(&[("RegistrationTypeCode", "SPK")]),
        record(&[("Id", NOBODY), ("RegistrationTypeCode", "SPK")]),
    ];
    let operation = operation::UPDATE_REGISTRATION_TYPE;
    let others = [("EventId", party.event.as_str())];
    let results = codes(party.bench.batch_with(operation, records, &others).await);
    assert_eq!(results, [vec![], vec![code::CV40118], vec![code::CV40113], vec![code::CV40110]]);
    let stored = party.registration(&id).await;
    for (member, value) in
        [("RegistrationTypeCode", "SPK"), ("RegistrationType", "SPK"), ("Status", "Accepted")]
    {
        assert_eq!(party.bench.show(&stored, member), value);
    }
    let results = codes(party.bench.batch_with(operation, vec![record(&[("Id", own)])], &others).await);
    assert_eq!(results, [[code::CV91101]]);
    let records = vec![record(&[("Id", own), ("RegistrationTypeCode", "SPK")])];
    assert_eq!(codes(party.bench.batch_with(operation, records, &[]).await), [[code::CV70109]]);
    let records = (0..201).map(|_| record(&[])).collect();
    let request = party.bench.request(operation, records, &others);
    assert_eq!(party.bench.call(operation, request).await.unwrap_err().code, code::CV30100);
}
