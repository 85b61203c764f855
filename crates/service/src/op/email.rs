//! SendEmail: mails to the people of an event, a survey or a campaign.
//!
//! What each mail is, for whom, and its words are in `contract/emails.txt`. A call writes a history
//! for each recipient and a mail into the outbox, in one transaction; delivery is the outbox's
//! business ([`crate::outbox`]).

mod activity;
mod recipients;
mod render;
mod request;

pub(crate) use activity::outcome_members;

use crate::batch::{self, Outcome};
use crate::rules::is_email;
use crate::session::Session;
use crate::{Fault, Service};
use contract::handles::enumeration::email_template;
use contract::handles::object::{campaign, contact, cv_object};
use contract::handles::{code, object_type, operation};
use contract::{Contract, EnumValue, Guid, Record, Words};
use recipients::{Recipient, Recipients};
use request::{Request, Sending};
use std::collections::BTreeMap;
use store::{CustomMail, Mail, MailState, StoreError, Writer};

/// SendEmail: each record names a recipient.
///
/// # Errors
/// CV91107 for more than 200 recipients, CV91101 for none. What else is wrong with the request is
/// answered on each recipient.
pub(crate) async fn send_email(
    service: &Service,
    session: &Session,
    message: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let request = Request::read(&message);
    let (batch, records) = batch::records(contract, operation::SEND_EMAIL, message)?;
    if records.is_empty() {
        return Err(Fault::new(code::CV91101, "no recipient"));
    }
    let job = Job {
        contract,
        request,
        new_ids: records.iter().map(|_| (service.new_id(), service.new_id())).collect(),
        records,
        session: session.clone(),
        from: service.settings().mail_from.clone(),
        delivers: service.settings().delivers_mail,
    };
    let outcomes = service.store().write(move |writer| job.run(writer)).await?;
    Ok(batch::response(contract, operation::SEND_EMAIL, batch, outcomes))
}

/// The words of a custom mail, read.
///
/// # Errors
/// A place for a value that names no member.
pub(crate) fn words(contract: &Contract, mail: &CustomMail) -> Result<(Words, Vec<Words>), String> {
    let read = |line| Words::read(line, &contract.model);
    Ok((read(&mail.subject)?, mail.text.lines().map(read).collect::<Result<_, _>>()?))
}

/// What a history calls a mail.
fn template_name(contract: &Contract, template: EnumValue) -> &str {
    let names = &contract.model.enumeration(email_template::ENUM_ID).values;
    names.get(usize::from(template.0)).map_or("", String::as_str)
}

struct Job {
    contract: &'static Contract,
    request: Request,
    records: Vec<Record>,
    /// For each record, the ids of its history and of its mail.
    new_ids: Vec<(Guid, Guid)>,
    session: Session,
    from: String,
    delivers: bool,
}

impl Job {
    fn run(&self, writer: &mut Writer<'_>) -> Result<Vec<Outcome>, StoreError> {
        let account = self.session.account.id;
        let sending = match self.request.resolve(writer, self.contract, account)? {
            Ok(sending) => sending,
            Err(code) => {
                let refused = |record| Outcome::refused(record, vec![code]);
                return Ok(self.records.iter().map(refused).collect());
            }
        };
        let Some(codes) = self.contract.call(operation::SEND_EMAIL).id else {
            return Err(StoreError::Abandoned);
        };
        let how = (codes, self.request.resend);
        let mut recipients = Recipients::read(writer, self.contract, account, &sending, how, &self.records)?;
        let (mut histories, mut mails, mut contacts) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut outcomes = Vec::with_capacity(self.records.len());
        for (record, ids) in self.records.iter().zip(&self.new_ids) {
            match recipients.next(record) {
                Ok(recipient) => {
                    outcomes.push(Outcome::accepted(record, recipient.id));
                    mails.push(self.mail(&sending, &recipient, *ids));
                    histories.push(self.history(&sending, &recipient, ids.0));
                    contacts.extend(self.reached(&recipient));
                }
                Err(code) => outcomes.push(Outcome::refused(record, vec![code])),
            }
        }
        let contacts: Vec<Record> = contacts.into_values().collect();
        writer.insert(account, sending.activity.history.object, &histories, self.session.at)?;
        writer.update(account, object_type::CONTACT, &contacts, self.session.at)?;
        writer.queue_mail(account, &mails)?;
        Ok(outcomes)
    }

    fn mail(&self, sending: &Sending, recipient: &Recipient<'_>, (history, id): (Guid, Guid)) -> Mail {
        let objects = [recipient.contact, recipient.record, &sending.activity_record];
        let text = render::text(self.contract, &sending.text, &objects);
        let copy = recipient.contact.text(contact::CC_EMAIL_ADDRESS).map(str::trim);
        Mail {
            id,
            created: self.session.at,
            state: MailState::Queued,
            attempts: 0,
            next_attempt: self.delivers.then_some(self.session.at),
            error: None,
            history: (sending.activity.history.object, history),
            contact: recipient.contact_id,
            from: self.sender(sending).to_owned(),
            to: recipient.address.to_owned(),
            copy: copy.filter(|address| is_email(address)).map(str::to_owned),
            subject: render::subject(self.contract, &sending.subject, &objects),
            html: render::html(&text),
            text,
        }
    }

    fn history(&self, sending: &Sending, recipient: &Recipient<'_>, id: Guid) -> Record {
        let members = &sending.activity.history;
        let mut history = self.contract.record(self.contract.object(members.object).ty);
        history.set(cv_object::ID, id);
        history.set(members.activity, sending.activity_id);
        history.set(members.contact, recipient.contact_id);
        history.set(members.recipient, recipient.id);
        if let (Some(field), Some(taking_part)) = (members.target_list, &sending.activity.taking_part) {
            history.set(field, recipient.record.get(taking_part.target_list).clone());
        }
        if let Some(field) = members.kind {
            history.set(field, template_name(self.contract, sending.email.template));
        }
        if !sending.name.is_empty() {
            history.set(members.name, sending.name.as_str());
        }
        history.set(members.sent, self.session.at);
        history.set(members.status, self.contract.emails.sent.as_str());
        history.set(members.from, self.sender(sending));
        history.set(members.to, recipient.address);
        history.set(members.viewed, false);
        history.set(members.bounced, false);
        history.set(members.modified, self.session.at);
        history
    }

    /// A campaign has a sender of its own.
    fn sender<'a>(&'a self, sending: &'a Sending) -> &'a str {
        let own = match sending.activity.object {
            object_type::CAMPAIGN => sending.activity_record.text(campaign::FROM_EMAIL_ADDRESS),
            _ => None,
        };
        own.map(str::trim).filter(|address| is_email(address)).unwrap_or(&self.from)
    }

    /// The contact with its new status, if that is one.
    fn reached(&self, recipient: &Recipient<'_>) -> Option<(Guid, Record)> {
        let sent = self.contract.emails.sent.as_str();
        if recipient.contact.text(contact::EMAIL_ADDRESS_STATUS) == Some(sent) {
            return None;
        }
        let mut changed = recipient.contact.clone();
        changed.set(contact::EMAIL_ADDRESS_STATUS, sent);
        Some((recipient.contact_id, changed))
    }
}
