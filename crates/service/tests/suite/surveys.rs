//! Answers to surveys, and feedback after events.

use crate::events::{UNKNOWN, new_event, one};
use crate::harness::{Answer, Bench};
use contract::handles::object::{
    answer, answer_detail, cv_answer, event_answer, event_question, event_survey_detail, registration,
    respondent, response, response_survey_detail, row_detail, survey_detail, survey_question,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record, Value};

struct Survey {
    bench: Bench,
    id: String,
    contact: String,
    respondent: String,
}

async fn question(survey: &Survey, members: &[(&str, &str)], rows: &[&str], choices: &[&str]) -> String {
    let bench = &survey.bench;
    let members = [&[("SurveyId", survey.id.as_str())][..], members].concat();
    let mut record = bench.record(survey_question::TYPE_ID, &members);
    for row in rows {
        record.push(survey_question::ROW_DETAIL, bench.record(row_detail::TYPE_ID, &[("RowText", row)]));
    }
    for choice in choices {
        let choice = bench.record(answer_detail::TYPE_ID, &[("AnswerText", choice)]);
        record.push(survey_question::ANSWER_DETAIL, choice);
    }
    bench.put_record(object_type::SURVEY_QUESTION, record).await
}

async fn new_survey(ticketing: &str) -> Survey {
    let bench = Bench::new().await;
    let members = [("SurveyTitle", "How was it?"), ("SurveyCode", "S1"), ("Ticketing", ticketing)];
    let id = bench.put(object_type::SURVEY, &members).await;
    let contact = bench.create(&[("LastName", "Byron"), ("FirstName", "Ada")]).await;
    let members = [("ContactId", contact.as_str()), ("SurveyId", id.as_str()), ("Status", "Visited")];
    let respondent = bench.put(object_type::RESPONDENT, &members).await;
    Survey { bench, id, contact, respondent }
}

async fn send(survey: &Survey, status: &str, answers: &[&[(&str, &str)]]) -> Vec<Answer> {
    let bench = &survey.bench;
    let record = |members: &&[(&str, &str)]| {
        let record = [&[("Id", survey.respondent.as_str())][..], members].concat();
        bench.record(cv_answer::TYPE_ID, &record)
    };
    let records = answers.iter().map(record).collect();
    let others = [("SurveyId", survey.id.as_str()), ("RespondentStatus", status)];
    bench.batch_with(operation::CREATE_SURVEY_ANSWER, records, &others).await
}

fn codes(answers: Vec<Answer>) -> Vec<Vec<Code>> {
    answers.into_iter().map(|answer| answer.codes).collect()
}

async fn responses(survey: &Survey) -> Vec<Record> {
    let ids = survey.bench.search_ids(object_type::RESPONSE, "SurveyId", &survey.id).await;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    if ids.is_empty() {
        Vec::new()
    } else {
        survey.bench.retrieve(object_type::RESPONSE, &ids).await.unwrap()
    }
}

/// Code, and the parts of the answer: row, column, text, other.
fn answered(response: &Record) -> Vec<(String, Vec<[Option<String>; 4]>)> {
    let part = |row: &Record| {
        [answer::ANSWER_PART, answer::ANSWER_COLUMN, answer::ANSWER_TEXT, answer::ANSWER_OTHER]
            .map(|field| row.text(field).map(str::to_owned))
    };
    let details = response.records(response::SURVEY_DETAIL);
    details
        .map(|detail| {
            let code = detail.text(response_survey_detail::QUESTION_CODE).unwrap().to_owned();
            (code, detail.records(survey_detail::ANSWER).map(part).collect())
        })
        .collect()
}

fn text(text: &str) -> [Option<String>; 4] {
    [None, None, Some(text.to_owned()), None]
}

#[tokio::test]
async fn answers_make_a_response_and_complete_it() {
    let survey = new_survey("false").await;
    let kind = ("QuestionType", "Open Ended Text - One Line");
    let q1 = question(&survey, &[("QuestionCode", "Q1"), ("QuestionText", "Why?"), kind], &[], &[]).await;
    question(&survey, &[("QuestionCode", "Q2"), kind, ("QuestionNumber", "2")], &[], &[]).await;
    let answers = send(
        &survey,
        "Partial Response",
        &[&[("QuestionID", &q1), ("Answer", "Because"), ("MessageId", "m")]],
    )
    .await;
    assert_eq!((answers[0].id.as_str(), answers[0].reference.as_deref()), (&*survey.respondent, Some("m")));
    let found = responses(&survey).await.remove(0);
    for (name, expected) in [
        ("Status", "Partial Response"),
        ("ContactId", &*survey.contact),
        ("LastName", "Byron"),
        ("SurveyTitle", "How was it?"),
        ("CompletionDate", "-"),
        ("ModifiedBy", "api"),
        ("ResponseMethod", "API"),
        ("ResponseNumber", "Integer(1)"),
        ("LastModifiedDate", "2026-11-24T12:00:00"),
    ] {
        assert_eq!(survey.bench.show(&found, name), expected, "{name}");
    }
    assert_eq!(answered(&found), [("Q1".to_owned(), vec![text("Because")])]);
    let detail = found.records(response::SURVEY_DETAIL).next().unwrap();
    assert_eq!(detail.get(survey_detail::QUESTION_TYPE), &Value::Integer(3));
    survey.bench.pass_seconds(60);
    let second: &[&[(&str, &str)]] =
        &[&[("QuestionCode", "q2"), ("Answer", "Yes")], &[("QuestionCode", "Q1"), ("Answer", "Still")]];
    assert_eq!(codes(send(&survey, "Complete Response", second).await), [vec![], vec![]]);
    let found = responses(&survey).await;
    assert_eq!(found.len(), 1);
    let expected = [("Q1".to_owned(), vec![text("Still")]), ("Q2".to_owned(), vec![text("Yes")])];
    assert_eq!(answered(&found[0]), expected);
    assert_eq!(survey.bench.show(&found[0], "CompletionDate"), "2026-11-24T12:01:00");
    let respondent = one(&survey.bench, object_type::RESPONDENT, &survey.respondent).await;
    assert_eq!(respondent.text(respondent::RESPONSE_ID), found[0].text(response::RESPONSE_ID));
    assert_eq!(survey.bench.show(&respondent, "Status"), "Enumeration(EnumValue(3))");
    let back = send(&survey, "Partial Response", &[&[("QuestionCode", "Q1"), ("Answer", "x")]]).await;
    assert_eq!(codes(back), [[code::CV99612]]);
}

#[tokio::test]
async fn every_form_of_answer() {
    let survey = new_survey("false").await;
    let colours = ["Red", "Green"];
    let one = ("QuestionType", "Choice - Single Answer");
    let many = ("QuestionType", "Choice - Multiple Answers");
    for (code, members, rows, choices) in [
        ("text", &[("MaximumCharacters", "5"), ("MinimumCharacters", "2")][..], &[][..], &[][..]),
        ("number", &[("AnswerFormat", "Numeric")], &[], &[]),
        ("date", &[("AnswerFormat", "Date"), ("QuestionType", "Date/Time")], &[], &[]),
        ("one", &[one], &[], &colours),
        ("other", &[one, ("AllowOther", "true")], &[], &colours),
        ("none", &[one, ("AllowNA", "true")], &[], &colours),
        ("many", &[many], &[], &colours),
        ("two", &[("MaximumSelections", "2")], &[], &["A", "B", "C"]),
        ("grid", &[("QuestionType", "Matrix - Single Answer")], &["Food", "Room"], &["Good", "Bad"]),
        ("free grid", &[], &["Food"], &[]),
        ("upload", &[("QuestionType", "File Upload")], &[], &[]),
    ] {
        question(&survey, &[&[("QuestionCode", code)][..], members].concat(), rows, choices).await;
    }
    let bad = vec![code::CV91102];
    for (question, answer, expected) in [
        ("text", "abc", vec![]),
        ("text", "abcdef", bad.clone()),
        ("text", "a", bad.clone()),
        ("number", "12.5", vec![]),
        ("number", "twelve", bad.clone()),
        ("date", "2026-11-24", vec![]),
        ("date", "soon", bad.clone()),
        ("one", "red ", vec![]),
        ("one", "Blue", bad.clone()),
        ("one", "Red|Green", bad.clone()),
        ("other", "Blue", vec![]),
        ("none", "n/a", vec![]),
        ("many", "Green|Red", vec![]),
        ("many", "Green|Blue", bad.clone()),
        ("two", "A|B", vec![]),
        ("two", "A|B|C", bad.clone()),
        ("grid", "Food=Good|Room=bad", vec![]),
        ("grid", "Bar=Good", bad.clone()),
        ("grid", "Good", bad.clone()),
        ("free grid", "Food=fine", vec![]),
        ("upload", "x", vec![code::CV99613]),
    ] {
        let sent = [("QuestionCode", question), ("Answer", answer)];
        let found = send(&survey, "Partial Response", &[&sent]).await;
        assert_eq!(codes(found), [expected], "{question} {answer}");
    }
    let some = |text: &str| Some(text.to_owned());
    let found = responses(&survey).await.remove(0);
    let expected = [
        ("text", vec![text("abc")]),
        ("number", vec![text("12.5")]),
        ("date", vec![text("2026-11-24")]),
        ("one", vec![text("Red")]),
        ("other", vec![[None, None, None, some("Blue")]]),
        ("none", vec![text("N/A")]),
        ("many", vec![text("Green"), text("Red")]),
        ("two", vec![text("A"), text("B")]),
        (
            "grid",
            vec![
                [some("Food"), some("Good"), some("Good"), None],
                [some("Room"), some("Bad"), some("Bad"), None],
            ],
        ),
        ("free grid", vec![[some("Food"), None, some("fine"), None]]),
    ];
    assert_eq!(answered(&found), expected.map(|(code, parts)| (code.to_owned(), parts)));
}

#[tokio::test]
async fn several_records_add_up_where_a_question_takes_several() {
    let survey = new_survey("false").await;
    question(&survey, &[("QuestionCode", "many"), ("MaximumSelections", "2")], &[], &["A", "B"]).await;
    question(&survey, &[("QuestionCode", "one")], &[], &[]).await;
    let answers: &[&[(&str, &str)]] = &[
        &[("QuestionCode", "many"), ("Answer", "A")],
        &[("QuestionCode", "one"), ("Answer", "x")],
        &[("QuestionCode", "many"), ("Answer", "B")],
        &[("QuestionCode", "one"), ("Answer", "y")],
    ];
    let found = send(&survey, "Partial Response", answers).await;
    assert_eq!(codes(found), [vec![], vec![], vec![], vec![code::CV50102]]);
    let expected = [("many", vec![text("A"), text("B")]), ("one", vec![text("x")])];
    let expected = expected.map(|(code, parts)| (code.to_owned(), parts));
    assert_eq!(answered(&responses(&survey).await[0]), expected);
}

#[tokio::test]
async fn every_code_of_an_answer() {
    let survey = new_survey("false").await;
    let bench = &survey.bench;
    question(&survey, &[("QuestionCode", "Q")], &[], &[]).await;
    let elsewhere = bench.put(object_type::SURVEY, &[("SurveyTitle", "Other")]).await;
    let other = bench.put(object_type::SURVEY_QUESTION, &[("SurveyId", &elsewhere)]).await;
    let stranger = bench.put(object_type::RESPONDENT, &[("SurveyId", &elsewhere)]).await;
    let record = |members: &[(&str, &str)]| bench.record(cv_answer::TYPE_ID, members);
    let own = survey.respondent.as_str();
    let records = vec![
        record(&[("Id", own), ("QuestionCode", "Q"), ("Answer", "x")]),
        record(&[("Id", own), ("QuestionCode", "R"), ("Answer", "x")]),
        record(&[("Id", own), ("QuestionID", &other), ("Answer", "x")]),
        record(&[("Id", own), ("QuestionID", "x"), ("Answer", "x")]),
        record(&[("Id", own), ("Answer", "x")]),
        record(&[("Id", own), ("QuestionCode", "Q"), ("Answer", "")]),
        record(&[("QuestionCode", "Q"), ("Answer", "x")]),
        record(&[("Id", "x"), ("QuestionCode", "Q"), ("Answer", "x")]),
        record(&[("Id", &stranger), ("QuestionCode", "Q"), ("Answer", "x")]),
    ];
    let expected = [
        vec![],
        vec![code::CV99611],
        vec![code::CV99615],
        vec![code::CV99615],
        vec![code::CV99614],
        vec![code::CV91101],
        vec![code::CV40113],
        vec![code::CV50101],
        vec![code::CV50101],
    ];
    let operation = operation::CREATE_SURVEY_ANSWER;
    let others = [("SurveyId", survey.id.as_str()), ("RespondentStatus", "Disqualified Response")];
    assert_eq!(codes(bench.batch_with(operation, records, &others).await), expected);
    for (id, expected) in [("", code::CV40113), ("x", code::CV50105), (UNKNOWN, code::CV50105)] {
        let others = [("SurveyId", id), ("RespondentStatus", "Complete Response")];
        let found = bench.batch_with(operation, vec![record(&[]), record(&[])], &others).await;
        assert_eq!(codes(found), [[expected], [expected]]);
    }
    for status in ["No Response", "Visited"] {
        let others = [("SurveyId", survey.id.as_str()), ("RespondentStatus", status)];
        let request = bench.request(operation, vec![record(&[])], &others);
        assert_eq!(bench.call(operation, request).await.unwrap_err().code, code::CV20020);
    }
    let records = (0..201).map(|_| record(&[])).collect();
    let fault = bench.call(operation, bench.request(operation, records, &others)).await.unwrap_err();
    assert_eq!(fault.code, code::CV30118);
}

#[tokio::test]
async fn a_ticketing_surveys_respondent_answers_for_its_ticket() {
    let survey = new_survey("true").await;
    question(&survey, &[("QuestionCode", "Q")], &[], &[]).await;
    let answer = [("QuestionCode", "Q"), ("Answer", "x")];
    let with = |ticket| [&answer[..], &[("TransactionID", ticket)]].concat();
    let found = send(&survey, "Complete Response", &[&answer, &with("T1"), &with("T2"), &with("t1")]).await;
    assert_eq!(codes(found), [vec![code::CV99618], vec![], vec![code::CV50108], vec![code::CV50102]]);
    assert_eq!(codes(send(&survey, "Complete Response", &[&answer]).await), [[]]);
    let tickets: Vec<String> =
        responses(&survey).await.iter().map(|found| survey.bench.show(found, "ResponseID")).collect();
    assert_eq!(tickets, ["T1"]);
    let respondent = one(&survey.bench, object_type::RESPONDENT, &survey.respondent).await;
    assert_eq!(respondent.text(respondent::RESPONSE_ID), Some("T1"));
}

#[tokio::test]
async fn calls_at_once_make_one_response() {
    let survey = new_survey("false").await;
    for code in ["A", "B", "C", "D"] {
        question(&survey, &[("QuestionCode", code)], &[], &[]).await;
    }
    let answers = ["A", "B", "C", "D"].map(|code| [("QuestionCode", code), ("Answer", "x")]);
    let [a, b, c, d] = &answers;
    let status = "Partial Response";
    let (a, b, c, d): ([&[_]; 1], [&[_]; 1], [&[_]; 1], [&[_]; 1]) = ([a], [b], [c], [d]);
    tokio::join!(
        send(&survey, status, &a),
        send(&survey, status, &b),
        send(&survey, status, &c),
        send(&survey, status, &d)
    );
    let found = responses(&survey).await;
    assert_eq!(found.len(), 1);
    assert_eq!(answered(&found[0]).len(), 4);
}

struct Feedback {
    bench: Bench,
    event: String,
    invitee: String,
    registration: String,
}

async fn attended() -> Feedback {
    let bench = Bench::new().await;
    let event = new_event(&bench, &[]).await;
    let invitee = bench.put(object_type::INVITEE, &[("EventId", &event), ("Status", "Accepted")]).await;
    let members = [("EventId", event.as_str()), ("InviteeId", invitee.as_str())];
    let registration = bench.put(object_type::REGISTRATION, &members).await;
    Feedback { bench, event, invitee, registration }
}

async fn event_question(feedback: &Feedback, code: &str, survey: &str, choices: &[&str]) -> String {
    let bench = &feedback.bench;
    let members = [
        ("EventId", feedback.event.as_str()),
        ("QuestionCode", code),
        ("SurveyType", survey),
        ("QuestionText", "How?"),
        ("QuestionType", "Choice - Multiple Answers"),
    ];
    let mut record = bench.record(event_question::TYPE_ID, &members);
    for choice in choices {
        let choice = bench.record(answer_detail::TYPE_ID, &[("AnswerText", choice)]);
        record.push(event_question::ANSWER_DETAIL, choice);
    }
    bench.put_record(object_type::EVENT_QUESTION, record).await
}

async fn give(feedback: &Feedback, event: &str, answers: &[&[(&str, &str)]]) -> Vec<Answer> {
    let bench = &feedback.bench;
    let records = answers.iter().map(|members| bench.record(cv_answer::TYPE_ID, members)).collect();
    bench.batch_with(operation::CREATE_POST_EVENT_FEEDBACK, records, &[("EventId", event)]).await
}

#[tokio::test]
async fn feedback_is_kept_with_the_registration() {
    let feedback = attended().await;
    let id = event_question(&feedback, "F1", "Post-Event Feedback", &["Food", "Talks"]).await;
    event_question(&feedback, "F2", "", &[]).await;
    feedback.bench.pass_seconds(60);
    let (invitee, registration) = (feedback.invitee.as_str(), feedback.registration.as_str());
    let first: &[&[(&str, &str)]] = &[
        &[("Id", invitee), ("QuestionID", &id), ("Answer", "Food"), ("MessageId", "m")],
        &[("Id", invitee), ("QuestionID", &id), ("Answer", "talks")],
        &[("Id", registration), ("QuestionCode", "F2"), ("Answer", "Fine")],
    ];
    let answers = give(&feedback, &feedback.event, first).await;
    assert_eq!((answers[0].id.as_str(), answers[0].reference.as_deref()), (invitee, Some("m")));
    assert_eq!(answers[2].id, registration);
    assert_eq!(codes(answers), [[], [], []]);
    let found = one(&feedback.bench, object_type::REGISTRATION, registration).await;
    let details: Vec<&Record> = found.records(registration::EVENT_SURVEY_DETAIL).collect();
    assert_eq!(details.len(), 2);
    assert_eq!(details[0].text(event_survey_detail::QUESTION_TEXT), Some("How?"));
    assert_eq!(details[0].text(event_survey_detail::SURVEY_TYPE), Some("Post-Event Feedback"));
    let texts: Vec<_> = details[0].records(event_survey_detail::ANSWER).collect();
    assert_eq!(texts[1].text(event_answer::ANSWER_TEXT), Some("Talks"));
    assert_eq!(details[0].list(event_survey_detail::ANSWER_TEXT), ["Food".into(), "Talks".into()]);
    assert_eq!(feedback.bench.show(&found, "LastModifiedDate"), "2026-11-24T12:01:00");
    let again: &[&[(&str, &str)]] = &[&[("Id", invitee), ("QuestionID", &id), ("Answer", "Food")]];
    assert_eq!(codes(give(&feedback, &feedback.event, again).await), [[]]);
    let found = one(&feedback.bench, object_type::REGISTRATION, registration).await;
    let details: Vec<&Record> = found.records(registration::EVENT_SURVEY_DETAIL).collect();
    assert_eq!(details.len(), 2);
    assert_eq!(details[1].list(event_survey_detail::ANSWER_TEXT), ["Food".into()]);
}

/// The members of an answer, and its codes.
type Case<'a> = (&'a [(&'a str, &'a str)], Vec<Code>);

#[tokio::test]
async fn every_code_of_feedback() {
    let feedback = attended().await;
    let bench = &feedback.bench;
    event_question(&feedback, "F", "Post-Event Feedback", &[]).await;
    event_question(&feedback, "N", "Internal Information", &[]).await;
    event_question(&feedback, "C", "Post-Event Feedback", &["A"]).await;
    let declined =
        bench.put(object_type::INVITEE, &[("EventId", &feedback.event), ("Status", "Declined")]).await;
    let alone =
        bench.put(object_type::INVITEE, &[("EventId", &feedback.event), ("Status", "Accepted")]).await;
    let elsewhere = bench.put(object_type::INVITEE, &[("EventId", UNKNOWN), ("Status", "Accepted")]).await;
    let id = ("Id", feedback.invitee.as_str());
    let (code_f, answer) = (("QuestionCode", "F"), ("Answer", "x"));
    let cases: [Case<'_>; 13] = [
        (&[id, code_f, answer], vec![]),
        (&[id, code_f, answer], vec![code::CV95101]),
        (&[id, ("QuestionCode", "N"), answer], vec![code::CV95102]),
        (&[id, ("QuestionCode", "X"), answer], vec![code::CV95103]),
        (&[code_f, answer], vec![code::CV95105]),
        (&[id, answer], vec![code::CV95106]),
        (&[id, code_f], vec![code::CV95107]),
        (&[id, ("QuestionID", UNKNOWN), answer], vec![code::CV95109]),
        (&[("Id", UNKNOWN), code_f, answer], vec![code::CV84001]),
        (&[("Id", &elsewhere), code_f, answer], vec![code::CV84001]),
        (&[("Id", &declined), code_f, answer], vec![code::CV90104]),
        (&[("Id", &alone), code_f, answer], vec![code::CV90104]),
        (&[id, ("QuestionCode", "C"), answer], vec![code::CV91102]),
    ];
    let sent: Vec<&[(&str, &str)]> = cases.iter().map(|(members, _)| *members).collect();
    let found = codes(give(&feedback, &feedback.event, &sent).await);
    assert_eq!(found, cases.map(|(_, codes)| codes));
    for (event, expected) in [("", code::CV95104), ("x", code::CV95108), (UNKNOWN, code::CV95108)] {
        assert_eq!(codes(give(&feedback, event, &[&[], &[]]).await), [[expected], [expected]]);
    }
    let records = (0..201).map(|_| bench.record(cv_answer::TYPE_ID, &[])).collect();
    let operation = operation::CREATE_POST_EVENT_FEEDBACK;
    let request = bench.request(operation, records, &[("EventId", &feedback.event)]);
    assert_eq!(bench.call(operation, request).await.unwrap_err().code, code::CV30100);
}
