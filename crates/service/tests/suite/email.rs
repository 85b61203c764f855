//! SendEmail: who gets which mail, and what is told of it.

use crate::harness::{Answer, Bench};
use contract::handles::{code, object_type, operation};
use contract::{Code, Guid, ObjectId, Record};
use service::{Delivery, Settings};
use store::{Mail, MailState};

const NOBODY: &str = "00000000-0000-0000-0000-0000000000aa";

/// An account with an event, a survey and a campaign.
struct Season {
    bench: Bench,
    event: String,
    survey: String,
    campaign: String,
}

impl Season {
    async fn new() -> Season {
        Season::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Season {
        let bench = Bench::with(settings).await;
        let event = [("EventTitle", "Harvest Fair"), ("EventStartDate", "2026-12-01T18:00:00")];
        let event = bench.put(object_type::EVENT, &event).await;
        let survey = bench.put(object_type::SURVEY, &[("SurveyTitle", "How was it?")]).await;
        let campaign = bench.put(object_type::CAMPAIGN, &[("FromEmailAddress", "news@fair.example")]).await;
        Season { bench, event, survey, campaign }
    }

    async fn contact(&self, name: &str) -> String {
        let address = format!("{name}@guests.example");
        self.bench.create(&[("FirstName", name), ("LastName", "Guest"), ("EmailAddress", &address)]).await
    }

    /// An invitee of the event with a contact of its own.
    async fn invitee(&self, name: &str, status: &str) -> String {
        let contact = self.contact(name).await;
        self.invitee_of(&contact, &self.event, &[("Status", status)]).await
    }

    async fn invitee_of(&self, contact: &str, event: &str, others: &[(&str, &str)]) -> String {
        let members = [&[("ContactId", contact), ("EventId", event)], others].concat();
        self.bench.put(object_type::INVITEE, &members).await
    }

    async fn respondent(&self, name: &str, status: &str) -> String {
        let contact = self.contact(name).await;
        let members = [("ContactId", &*contact), ("SurveyId", &self.survey), ("Status", status)];
        self.bench.put(object_type::RESPONDENT, &members).await
    }

    fn recipients(&self, ids: &[&str]) -> Vec<Record> {
        let batch = self.bench.contract.call(operation::SEND_EMAIL).batch.unwrap();
        let record = |(index, id): (usize, &&str)| {
            self.bench.record(batch.item_type, &[("Id", id), ("MessageId", &format!("m{index}"))])
        };
        ids.iter().enumerate().map(record).collect()
    }

    async fn send_with(&self, ids: &[&str], members: &[(&str, &str)]) -> Vec<Answer> {
        self.bench.batch_with(operation::SEND_EMAIL, self.recipients(ids), members).await
    }

    async fn send(&self, template: &str, ids: &[&str]) -> Vec<Vec<Code>> {
        self.send_named(("Event", &self.event), (template, ""), false, ids).await
    }

    async fn send_named(
        &self,
        (kind, activity): (&str, &str),
        (template, name): (&str, &str),
        resend: bool,
        ids: &[&str],
    ) -> Vec<Vec<Code>> {
        let members = [
            ("ActivityType", kind),
            ("ActivityId", activity),
            ("EmailTemplateName", template),
            ("EmailName", name),
            ("ResendToPreviousRecipients", if resend { "true" } else { "false" }),
        ];
        self.send_with(ids, &members).await.into_iter().map(|answer| answer.codes).collect()
    }

    async fn outbox(&self) -> Vec<Mail> {
        self.bench.service.admin().outbox("A001", 1000).await.unwrap()
    }

    async fn all(&self, object: ObjectId) -> Vec<Record> {
        let job = move |reader: &store::Reader<'_>| reader.all(reader.account("A001")?.unwrap().id, object);
        self.bench.store.read(job).await.unwrap()
    }

    async fn status_of(&self, contact: &str) -> String {
        self.bench.show(&self.bench.get(contact).await, "EmailAddressStatus")
    }
}

#[tokio::test]
async fn a_confirmation_is_queued_and_told_of() {
    let season = Season::new().await;
    let bench = &season.bench;
    let contact = season.contact("Ada").await;
    let others = [("Status", "Accepted"), ("ConfirmationNumber", "XK4"), ("TargetedListName", "Friends")];
    let invitee = season.invitee_of(&contact, &season.event, &others).await;
    let members = [
        ("ActivityType", "Event"),
        ("ActivityId", &*season.event),
        ("EmailTemplateName", "RegistrationConfirmation"),
        ("ResendToPreviousRecipients", "false"),
    ];
    let answers = season.send_with(&[&invitee], &members).await;
    assert_eq!((&*answers[0].id, answers[0].reference.as_deref()), (&*invitee, Some("m0")));

    let mails = season.outbox().await;
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!((&*mail.from, &*mail.to), ("noreply@localhost", "Ada@guests.example"));
    assert_eq!(mail.subject, "You are registered: Harvest Fair");
    assert_eq!(
        mail.text,
        "Dear Ada Guest,\n\nyou are registered for Harvest Fair.\nIt begins: 2026-12-01 18:00 GMT\n\
         Your confirmation number: XK4\n"
    );
    assert!(mail.html.contains("<p>Dear Ada Guest,</p>"), "{}", mail.html);
    assert_eq!((mail.state, mail.next_attempt), (MailState::Queued, None));

    let id = mail.history.1.to_string();
    let history = bench.retrieve(object_type::EVENT_EMAIL_HISTORY, &[&id]).await.unwrap().remove(0);
    for (member, expected) in [
        ("EventId", &*season.event),
        ("InviteeId", &invitee),
        ("ContactId", &contact),
        ("TargetList", "Friends"),
        ("EmailSentDate", "2026-11-24T12:00:00"),
        ("EmailStatus", "Email Sent"),
        ("EmailType", "RegistrationConfirmation"),
        ("FromEmailAddress", "noreply@localhost"),
        ("ToEmailAddress", "Ada@guests.example"),
        ("EmailViewed", "false"),
        ("EmailBounced", "false"),
        ("LastModifiedDate", "2026-11-24T12:00:00"),
    ] {
        assert_eq!(bench.show(&history, member), expected, "{member}");
    }
    assert_eq!(season.status_of(&contact).await, "Email Sent");
}

#[tokio::test]
async fn a_bad_recipient_harms_no_other() {
    let season = Season::new().await;
    let [ada, bo, cy] = [
        season.invitee("Ada", "Accepted").await,
        season.invitee("Bo", "Declined").await,
        season.invitee("Cy", "Accepted").await,
    ];
    let codes = season.send("EventReminder", &[&ada, "x", "", NOBODY, &ada, &bo, &cy]).await;
    assert_eq!(
        codes,
        [
            vec![],
            vec![code::CV91200],
            vec![code::CV91200],
            vec![code::CV91201],
            vec![code::CV91202],
            vec![code::CV91207],
            vec![]
        ]
    );
    assert_eq!(season.outbox().await.len(), 2);
    assert_eq!(season.all(object_type::EVENT_EMAIL_HISTORY).await.len(), 2);
}

#[tokio::test]
async fn the_contact_decides_whether_it_gets_mail() {
    let season = Season::new().await;
    let bench = &season.bench;
    let elsewhere = bench.put(object_type::EVENT, &[("EventTitle", "Other")]).await;
    let contact = season.contact("Ada").await;
    let stranger = season.invitee_of(&contact, &elsewhere, &[]).await;
    assert_eq!(season.send("Invitation", &[&stranger]).await, [[code::CV91201]]);

    let orphan = season.invitee_of(NOBODY, &season.event, &[]).await;
    assert_eq!(season.send("Invitation", &[&orphan]).await, [[code::CV91203]]);

    let mute = bench.create(&[("LastName", "Mute")]).await;
    let mute = season.invitee_of(&mute, &season.event, &[]).await;
    assert_eq!(season.send("Invitation", &[&mute]).await, [[code::CV91205]]);

    let invitee = season.invitee_of(&contact, &season.event, &[]).await;
    assert_eq!(bench.update(&[("Id", &contact), ("ExcludedFromEmail", "true")]).await, []);
    assert_eq!(season.send("Invitation", &[&invitee]).await, [[code::CV91206]]);
    let gone = [("LastName", "Gone"), ("EmailAddress", "gone@guests.example"), ("ExcludedFromEmail", "true")];
    let gone = [&gone[..], &[("LastOptOutBy", "Invitee Self Unsubscribe")]].concat();
    let gone = bench.put(object_type::CONTACT, &gone).await;
    let gone = season.invitee_of(&gone, &season.event, &[]).await;
    assert_eq!(season.send("Invitation", &[&gone]).await, [[code::CV91210]]);

    assert_eq!(bench.update(&[("Id", &contact), ("ExcludedFromEmail", "false")]).await, []);
    assert_eq!(season.send("Invitation", &[&invitee]).await, [[]]);
}

#[tokio::test]
async fn nobody_gets_a_mail_twice_unless_asked_for() {
    let season = Season::new().await;
    season.bench.service.admin().set_custom_mail("A001", "Tips", "Tips", "x").await.unwrap();
    season.bench.service.admin().set_custom_mail("A001", "More tips", "More", "x").await.unwrap();
    let ada = season.invitee("Ada", "Accepted").await;
    let event = ("Event", &*season.event);
    for (mail, resend, expected) in [
        (("EventReminder", ""), false, &[][..]),
        (("EventReminder", ""), false, &[code::CV91204]),
        (("EventReminder", ""), true, &[]),
        (("CustomAttendeeMessage", ""), false, &[]),
        (("CustomEmail", "Tips"), false, &[]),
        (("CustomEmail", "TIPS"), false, &[code::CV91204]),
        (("CustomEmail", "More tips"), false, &[]),
    ] {
        assert_eq!(season.send_named(event, mail, resend, &[&ada]).await, [expected], "{mail:?}");
    }
    assert_eq!(season.outbox().await.len(), 5);
}

#[tokio::test]
async fn of_two_calls_at_once_one_sends() {
    let season = Season::new().await;
    let ada = season.invitee("Ada", "Accepted").await;
    let (ids, event) = ([&*ada], "EventReminder");
    let calls = tokio::join!(season.send(event, &ids), season.send(event, &ids), season.send(event, &ids));
    let mut answers = [calls.0, calls.1, calls.2].concat();
    answers.sort();
    assert_eq!(answers, [vec![], vec![code::CV91204], vec![code::CV91204]]);
    assert_eq!(season.outbox().await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_answered_on_every_recipient() {
    let season = Season::new().await;
    let ada = season.invitee("Ada", "Pending Approval").await;
    let (event, survey) = (&*season.event, &*season.survey);
    for (activity, mail, expected) in [
        (("Event", ""), ("Invitation", ""), code::CV91101),
        (("Event", "42"), ("Invitation", ""), code::CV91102),
        (("Event", event), ("SurveyInvitation", ""), code::CV91103),
        (("Survey", survey), ("Invitation", ""), code::CV91103),
        (("Campaigns", &*season.campaign), ("Regret", ""), code::CV91103),
        (("Event", survey), ("Invitation", ""), code::CV91105),
        (("Survey", event), ("SurveyInvitation", ""), code::CV91106),
        (("Campaigns", NOBODY), ("CustomEmail", "x"), code::CV91108),
        (("Event", event), ("CustomEmail", ""), code::CV91101),
        (("Event", event), ("CustomEmail", "Unheard of"), code::CV91208),
        (("Event", event), ("ApprovalPending", ""), code::CV91209),
    ] {
        let codes = season.send_named(activity, mail, false, &[&ada, "x"]).await;
        assert_eq!(codes, [[expected], [expected]], "{activity:?} {mail:?}");
    }
    let lacks_template = season.send_with(&[&ada], &[("ActivityType", "Event"), ("ActivityId", event)]).await;
    assert_eq!(lacks_template[0].codes, [code::CV91101]);
    assert_eq!(season.outbox().await, []);
}

#[tokio::test]
async fn two_hundred_recipients_are_the_limit_and_none_are_too_few() {
    let season = Season::new().await;
    for (count, expected) in [(0, code::CV91101), (201, code::CV91107)] {
        let records = season.recipients(&vec!["x"; count]);
        let request = season.bench.request(operation::SEND_EMAIL, records, &[]);
        assert_eq!(season.bench.call(operation::SEND_EMAIL, request).await.unwrap_err().code, expected);
    }
    assert_eq!(season.send("Invitation", &["x"; 200]).await.len(), 200);
}

#[tokio::test]
async fn an_event_that_approves_tells_of_it() {
    let season = Season::new().await;
    let members = [("EventTitle", "Gala"), ("RegistrationApproval", "true")];
    let gala = season.bench.put(object_type::EVENT, &members).await;
    let contact = season.contact("Ada").await;
    let pending = season.invitee_of(&contact, &gala, &[("Status", "Pending Approval")]).await;
    let send = async |mail| season.send_named(("Event", &gala), (mail, ""), false, &[&pending]).await;
    assert_eq!(send("ApprovalPending").await, [[]]);
    assert_eq!(send("ApprovalDenied").await, [[code::CV91207]]);
}

#[tokio::test]
async fn each_mail_goes_to_its_statuses_only() {
    let season = Season::new().await;
    let statuses = ["No Response", "Visited", "Accepted", "Declined", "Cancelled", "Waitlisted"];
    let mut invitees = Vec::new();
    for status in statuses {
        invitees.push(season.invitee(&status.replace(' ', ""), status).await);
    }
    let ids: Vec<&str> = invitees.iter().map(String::as_str).collect();
    for (mail, expected) in [
        ("Invitation", &["No Response", "Visited"][..]),
        ("InvitationReminder", &["No Response", "Visited"]),
        ("RegistrationConfirmation", &["Accepted"]),
        ("Regret", &["Declined"]),
        ("CancellationConfirmation", &["Cancelled"]),
        ("CustomInviteeMessage", &statuses),
    ] {
        let codes = season.send(mail, &ids).await;
        let got =
            statuses.iter().zip(&codes).filter(|(_, codes)| codes.is_empty()).map(|(status, _)| *status);
        assert_eq!(got.collect::<Vec<_>>(), expected, "{mail}");
    }
}

#[tokio::test]
async fn surveys_and_campaigns_have_histories_of_their_own() {
    let season = Season::new().await;
    let bench = &season.bench;
    let (partial, done) = (
        season.respondent("Bo", "Partial Response").await,
        season.respondent("Cy", "Complete Response").await,
    );
    let survey = ("Survey", &*season.survey);
    let codes = season.send_named(survey, ("SurveyCompletionMessage", ""), false, &[&partial, &done]).await;
    assert_eq!(codes, [vec![code::CV91207], vec![]]);
    let history = season.all(object_type::SURVEY_EMAIL_HISTORY).await.remove(0);
    assert_eq!(bench.show(&history, "RespondentId"), done);
    assert_eq!(bench.show(&history, "EmailType"), "SurveyCompletionMessage");

    let words = ("Hello {Contact.FirstName}", "Dear {Contact.FirstName},\n\nread {Event.EventTitle}\n");
    bench.service.admin().set_custom_mail("A001", "Spring news", words.0, words.1).await.unwrap();
    let contact = season.contact("Ada").await;
    let campaign = ("Campaigns", &*season.campaign);
    let send =
        async |resend| season.send_named(campaign, ("CustomEmail", "spring news"), resend, &[&contact]).await;
    assert_eq!(send(false).await, [[]]);
    assert_eq!(send(false).await, [[code::CV91204]]);
    assert_eq!(send(true).await, [[]]);
    let history = season.all(object_type::E_MARKETING_EMAIL_HISTORY).await.remove(0);
    assert_eq!(bench.show(&history, "CampaignID"), season.campaign);
    assert_eq!(bench.show(&history, "FromEmailAddress"), "news@fair.example");
    let mail = season.outbox().await.remove(0);
    assert_eq!((&*mail.subject, &*mail.text), ("Hello Ada", "Dear Ada,\n"));
}

#[tokio::test]
async fn a_custom_mail_with_a_place_for_nothing_is_refused() {
    let bench = Bench::new().await;
    let refused =
        bench.service.admin().set_custom_mail("A001", "x", "y", "{Contact.Secret}").await.unwrap_err();
    assert!(refused.to_string().contains("{Contact.Secret}"), "{refused}");
}

#[tokio::test]
async fn a_mail_is_tried_until_it_is_taken() {
    let settings = Settings { delivers_mail: true, mail_attempts: 3, ..Settings::default() };
    let season = Season::with(settings).await;
    let (ada, outbox) = (season.invitee("Ada", "Accepted").await, season.bench.service.outbox());
    assert_eq!(season.send("EventReminder", &[&ada]).await, [[]]);
    for (wait, delivery, state) in [
        (0, Delivery::Later("connection"), MailState::Queued),
        (15, Delivery::Later("connection"), MailState::Queued),
        (30, Delivery::Taken, MailState::Sent),
    ] {
        if wait > 0 {
            season.bench.pass_seconds(wait - 1);
            assert_eq!(outbox.take(10, 60).await.unwrap(), []);
            season.bench.pass_seconds(1);
        }
        let (account, mail) = outbox.take(10, 60).await.unwrap().remove(0);
        assert_eq!(outbox.report(account, &mail, delivery).await.unwrap(), state);
    }
    let mail = season.outbox().await.remove(0);
    assert_eq!((mail.state, mail.attempts, mail.error), (MailState::Sent, 3, None));
    season.bench.pass_seconds(10_000);
    assert_eq!(outbox.take(10, 60).await.unwrap(), []);
}

#[tokio::test]
async fn a_mail_that_nobody_reports_on_is_due_again() {
    let season = Season::with(Settings { delivers_mail: true, ..Settings::default() }).await;
    let (ada, ben) = (season.invitee("Ada", "Accepted").await, season.invitee("Ben", "Accepted").await);
    assert_eq!(season.send("EventReminder", &[&ada, &ben]).await, [[], []]);
    let (one, other) = (season.bench.service.outbox(), season.bench.service.outbox());
    let take = async |outbox: &service::Outbox, limit| {
        outbox.take(limit, 60).await.unwrap().into_iter().map(|(_, mail)| mail.to).collect::<Vec<_>>()
    };
    let first = take(&one, 1).await;
    let second = take(&other, 5).await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
    season.bench.pass_seconds(59);
    assert_eq!(take(&one, 5).await.len(), 0);
    season.bench.pass_seconds(1);
    assert_eq!(take(&other, 5).await.len(), 2);
}

#[tokio::test]
async fn an_address_that_bounces_is_undeliverable_and_may_be_tried_anew() {
    let season = Season::with(Settings { delivers_mail: true, ..Settings::default() }).await;
    let contact = season.contact("Ada").await;
    let invitee = season.invitee_of(&contact, &season.event, &[]).await;
    assert_eq!(season.send("Invitation", &[&invitee]).await, [[]]);
    let outbox = season.bench.service.outbox();
    let (account, mail) = outbox.take(10, 60).await.unwrap().remove(0);
    season.bench.pass_seconds(60);
    let state = outbox.report(account, &mail, Delivery::Bounced("recipient refused")).await.unwrap();
    assert_eq!(state, MailState::Failed);
    let history = season.all(object_type::EVENT_EMAIL_HISTORY).await.remove(0);
    assert_eq!(season.bench.show(&history, "EmailBounced"), "true");
    assert_eq!(season.bench.show(&history, "EmailStatus"), "Undeliverable");
    assert_eq!(season.bench.show(&history, "LastModifiedDate"), "2026-11-24T12:01:00");
    assert_eq!(season.status_of(&contact).await, "Undeliverable");
    assert_eq!(season.send("Invitation", &[&invitee]).await, [[]]);
    assert_eq!(season.status_of(&contact).await, "Email Sent");
}

#[tokio::test]
async fn a_mail_is_found_by_its_id() {
    let season = Season::new().await;
    let ada = season.invitee("Ada", "Accepted").await;
    assert_eq!(season.send("EventReminder", &[&ada]).await, [[]]);
    let id = season.outbox().await[0].id.to_string();
    let admin = season.bench.service.admin();
    assert_eq!(admin.mail(&id).await.unwrap(), season.outbox().await[0]);
    for unknown in ["x", &Guid([1; 16]).to_string()] {
        assert!(admin.mail(unknown).await.is_err());
    }
}
