//! Invitees, registrations, check-in and transactions: one event to invite people to.

mod check_in;
mod details;
mod registration;
mod sessions;
mod transactions;
mod transfer;

use crate::harness::{Answer, Bench};
use contract::handles::message::session_reg_action;
use contract::handles::object::{
    cv_invitee, cv_object, event, event_detail, fees, product_detail, registration as registrations,
    session_reg_invitee, target_list_detail, weblink_detail,
};
use contract::handles::{object_type, operation};
use contract::{Code, Record, Value};

pub const NOBODY: &str = "00000000-0000-4000-8000-00000000FFFF";

/// An event, with what tests need to know of it.
pub struct Party {
    pub bench: Bench,
    pub event: String,
}

impl Party {
    /// An active event: members beside the usual ones, details by the given function.
    pub async fn with(members: &[(&str, &str)], details: impl Fn(&Bench, &mut Record)) -> Party {
        let bench = Bench::new().await;
        let usual = [("EventTitle", "Summit"), ("EventCode", "S1"), ("EventStatus", "Active")];
        let mut record = bench.record(event::TYPE_ID, &[&usual, members].concat());
        details(&bench, &mut record);
        let event = bench.put_record(object_type::EVENT, record).await;
        Party { bench, event }
    }

    pub async fn new(members: &[(&str, &str)]) -> Party {
        Party::with(members, |_, _| {}).await
    }

    /// A new contact as an invitee of the event.
    pub async fn invitee(&self, name: &str) -> String {
        let contact = self.bench.create(&[("LastName", name), ("FirstName", "Ada")]).await;
        let answers = self.transfer("Event", &self.event, "", &[&contact]).await;
        assert_eq!(answers[0].codes, []);
        answers[0].id.clone()
    }

    pub async fn invitees(&self, count: usize) -> Vec<String> {
        let mut out = Vec::new();
        for number in 0..count {
            out.push(self.invitee(&format!("I{number}")).await);
        }
        out
    }

    /// An invitee that is registered.
    pub async fn registered(&self, name: &str) -> String {
        let id = self.invitee(name).await;
        assert_eq!(self.register("Register", &[&id]).await, [vec![]]);
        id
    }

    pub async fn transfer(&self, kind: &str, activity: &str, list: &str, contacts: &[&str]) -> Vec<Answer> {
        let others = [("ActivityType", kind), ("ActivityId", activity), ("TargetedListId", list)];
        self.bench.batch_with(operation::TRANSFER_INVITEE, self.objects(contacts), &others).await
    }

    pub async fn register(&self, action: &str, ids: &[&str]) -> Vec<Vec<Code>> {
        self.register_for("", action, ids).await
    }

    pub async fn register_for(&self, item: &str, action: &str, ids: &[&str]) -> Vec<Vec<Code>> {
        let others = [("RegAction", action), ("EventId", &self.event), ("AdmissionItemID", item)];
        let operation = operation::SIMPLE_EVENT_REGISTRATION;
        codes(self.bench.batch_with(operation, self.objects(ids), &others).await)
    }

    pub async fn check_in(&self, kind: &str, product: &str, undo: &str, ids: &[&str]) -> Vec<Vec<Code>> {
        let others = [("AttendeeType", kind), ("ProductId", product), ("UndoCheckIn", undo)];
        codes(self.bench.batch_with(operation::CHECK_IN, self.objects(ids), &others).await)
    }

    /// A session of the event.
    pub async fn session(&self, members: &[(&str, &str)]) -> String {
        let usual = [("EventId", self.event.as_str()), ("ProductName", "Talk"), ("ProductCode", "T")];
        self.bench.put(object_type::SESSION, &[&usual, members].concat()).await
    }

    pub fn session_request(&self, action: &str, session: &str, ids: &[&str]) -> Record {
        let members = [("SessionRegActionType", action), ("ProductId", session)];
        let mut asked = self.bench.record(session_reg_invitee::TYPE_ID, &members);
        for id in ids {
            asked.push(session_reg_invitee::CV_INVITEE, self.named(id));
        }
        let mut request = self.bench.contract.record(session_reg_action::TYPE_ID);
        request.set(session_reg_action::CV_INVITEES, asked);
        request
    }

    pub async fn session_action(&self, action: &str, session: &str, ids: &[&str]) -> Vec<Vec<Code>> {
        let request = self.session_request(action, session, ids);
        let response = self.bench.call(operation::SESSION_REG_ACTION, request).await.unwrap();
        codes(self.bench.answers(operation::SESSION_REG_ACTION, &response))
    }

    /// An attendee by its Id, or by its confirmation number where the text is none.
    pub fn named(&self, id: &str) -> Record {
        let member = if id.len() == 36 || id.is_empty() { "Id" } else { "ConfirmationNumber" };
        self.bench.record(cv_invitee::TYPE_ID, &[(member, id), ("MessageId", "m")])
    }

    /// A fee for one of the event's products.
    pub async fn fee(&self, product: &str, amount: &str) {
        let fee = self.bench.record(fees::TYPE_ID, &[("FeeAmount", amount), ("ProductID", product)]);
        let mut detail = self.bench.record(event_detail::TYPE_ID, &[]);
        detail.push(event_detail::FEES, fee);
        detail.set(cv_object::ID, self.event.as_str());
        let job = move |writer: &mut store::Writer<'_>| {
            let account = writer.account("A001")?.unwrap().id;
            writer.insert(
                account,
                object_type::EVENT_DETAIL,
                std::slice::from_ref(&detail),
                contract::Timestamp(0),
            )
        };
        self.bench.store.write(job).await.unwrap();
    }

    /// A guest of an invitee's registration.
    pub async fn guest(&self, invitee: &str, members: &[(&str, &str)]) -> String {
        let registration = self.registration(invitee).await;
        let id = registration.text(cv_object::ID).unwrap().to_owned();
        let usual = [("EventID", self.event.as_str()), ("RegistrationID", &id), ("LastName", "Guest")];
        self.bench.put(object_type::GUEST, &[&usual, members].concat()).await
    }

    pub async fn invitee_of(&self, id: &str) -> Record {
        self.bench.retrieve(object_type::INVITEE, &[id]).await.unwrap().remove(0)
    }

    pub async fn status(&self, id: &str) -> String {
        let invitee = self.invitee_of(id).await;
        let found = invitee.enumeration(contract::handles::object::invitee::STATUS).unwrap();
        let id = contract::handles::enumeration::invitee_status::ENUM_ID;
        self.bench.contract.model.enumeration(id).values[usize::from(found.0)].clone()
    }

    /// The registration of an invitee.
    pub async fn registration(&self, invitee: &str) -> Record {
        let ids = self.bench.search_ids(object_type::REGISTRATION, "InviteeId", invitee).await;
        assert_eq!(ids.len(), 1);
        self.bench.retrieve(object_type::REGISTRATION, &[&ids[0]]).await.unwrap().remove(0)
    }

    /// What a registration's items say.
    pub async fn items(&self, invitee: &str, member: &str) -> Vec<String> {
        let registration = self.registration(invitee).await;
        registration.records(registrations::ORDER_DETAIL).map(|item| self.bench.show(item, member)).collect()
    }

    pub fn objects(&self, ids: &[&str]) -> Vec<Record> {
        let object = |id: &&str| self.bench.record(cv_object::TYPE_ID, &[("Id", id), ("MessageId", "m")]);
        ids.iter().map(object).collect()
    }
}

pub fn codes(answers: Vec<Answer>) -> Vec<Vec<Code>> {
    for answer in &answers {
        assert_eq!(answer.id.is_empty(), !answer.codes.is_empty(), "{answer:?}");
        assert_eq!(answer.reference.as_deref(), Some("m"));
    }
    answers.into_iter().map(|answer| answer.codes).collect()
}

/// A product of an event.
pub fn product(bench: &Bench, id: &str, members: &[(&str, &str)]) -> Record {
    bench.record(product_detail::TYPE_ID, &[&[("ProductId", id)], members].concat())
}

pub fn list(bench: &Bench, id: &str, name: &str, default: &str) -> Record {
    let members = [("TargetedListId", id), ("TargetedListName", name), ("TargetedListDefault", default)];
    bench.record(target_list_detail::TYPE_ID, &members)
}

pub fn link(bench: &Bench, target: &str, url: &str) -> Record {
    bench.record(weblink_detail::TYPE_ID, &[("Target", target), ("URL", url)])
}

/// A double as it is on the wire.
pub fn number(value: &Value) -> f64 {
    if let Value::Double(number) = value { *number } else { panic!("{value:?}") }
}
