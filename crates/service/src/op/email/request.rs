//! What a request asks for, as far as it can be told without its recipients.

use super::activity::{self, Activity};
use contract::handles::code;
use contract::handles::message::send_email;
use contract::handles::object::{event, send_email_request};
use contract::{Code, Contract, Email, EnumValue, Guid, Record, Words};
use store::{AccountId, Reader, StoreError};

/// The request without its recipients.
pub(super) struct Request {
    activity: Option<EnumValue>,
    activity_id: String,
    template: Option<EnumValue>,
    name: String,
    pub resend: bool,
}

/// The mail that is to be sent.
pub(super) struct Sending {
    pub activity: &'static Activity,
    pub activity_record: Record,
    pub activity_id: Guid,
    pub email: &'static Email,
    /// The name of a custom mail; empty for all others.
    pub name: String,
    pub subject: Words,
    pub text: Vec<Words>,
}

impl Request {
    /// Reads it off the message.
    pub fn read(message: &Record) -> Request {
        let request = message.record(send_email::EMAIL_REQUEST);
        let text = |field| {
            let text = request.and_then(|request| request.text(field));
            text.map(str::trim).unwrap_or_default().to_owned()
        };
        let value = |field| request.and_then(|request| request.enumeration(field));
        let resend = request.and_then(|r| r.boolean(send_email_request::RESEND_TO_PREVIOUS_RECIPIENTS));
        Request {
            activity: value(send_email_request::ACTIVITY_TYPE),
            activity_id: text(send_email_request::ACTIVITY_ID),
            template: value(send_email_request::EMAIL_TEMPLATE_NAME),
            name: text(send_email_request::EMAIL_NAME),
            resend: resend == Some(true),
        }
    }

    /// Finds what it names, or what is wrong with it: that concerns every recipient.
    pub fn resolve(
        &self,
        reader: &Reader<'_>,
        contract: &'static Contract,
        account: AccountId,
    ) -> Result<Result<Sending, Code>, StoreError> {
        let (email, kind, activity_id) = match self.check(contract) {
            Ok(found) => found,
            Err(code) => return Ok(Err(code)),
        };
        let activity = activity::of(kind);
        let mut found = reader.get(account, activity.object, &[activity_id])?;
        let Some(activity_record) = found.pop().flatten() else { return Ok(Err(activity.no_access)) };
        if email.approval && activity_record.boolean(event::REGISTRATION_APPROVAL) != Some(true) {
            return Ok(Err(code::CV91209));
        }
        let (name, subject, text) = if email.named {
            let Some(custom) = reader.custom_mail(account, &self.name)? else {
                return Ok(Err(code::CV91208));
            };
            match super::words(contract, &custom) {
                Ok((subject, text)) => (custom.name, subject, text),
                Err(_) => return Ok(Err(code::CV91207)),
            }
        } else {
            (String::new(), email.subject.clone(), email.text.clone())
        };
        Ok(Ok(Sending { activity, activity_record, activity_id, email, name, subject, text }))
    }

    fn check(&self, contract: &'static Contract) -> Result<(&'static Email, EnumValue, Guid), Code> {
        let (Some(activity), Some(template)) = (self.activity, self.template) else {
            return Err(code::CV91101);
        };
        if self.activity_id.is_empty() {
            return Err(code::CV91101);
        }
        let id = Guid::parse(&self.activity_id).ok_or(code::CV91102)?;
        let email = contract.emails.find(activity, template).ok_or(code::CV91103)?;
        if email.named && self.name.is_empty() { Err(code::CV91101) } else { Ok((email, activity, id)) }
    }
}
