//! The recipients of a mail: who they are, and why one does not get it.

use super::activity::id_at;
use super::request::Sending;
use crate::rules::{id_text, is_email};
use contract::call::IdCodes;
use contract::handles::code;
use contract::handles::object::contact;
use contract::handles::object_type;
use contract::table::fold;
use contract::{Code, Contract, Guid, Record};
use std::collections::{HashMap, HashSet};
use store::{AccountId, Reader, StoreError};

/// Histories that are read at a time.
const READ: usize = 500;

/// Everything known of a call's recipients.
pub(super) struct Recipients<'a> {
    contract: &'static Contract,
    sending: &'a Sending,
    codes: IdCodes,
    records: HashMap<Guid, Record>,
    contacts: HashMap<Guid, Record>,
    received: HashSet<Guid>,
    seen: HashSet<Guid>,
}

/// Somebody who gets the mail.
pub(super) struct Recipient<'a> {
    pub id: Guid,
    pub record: &'a Record,
    pub contact_id: Guid,
    pub contact: &'a Record,
    pub address: &'a str,
}

impl<'a> Recipients<'a> {
    /// Looks up the recipients that the records name, their contacts and, unless those who have it
    /// get it again, who has the mail.
    pub fn read(
        reader: &Reader<'_>,
        contract: &'static Contract,
        account: AccountId,
        sending: &'a Sending,
        (codes, resend): (IdCodes, bool),
        records: &[Record],
    ) -> Result<Recipients<'a>, StoreError> {
        let activity = sending.activity;
        let mut ids: Vec<Guid> = records.iter().filter_map(|record| Guid::parse(id_text(record)?)).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = by_id(&ids, reader.get(account, activity.recipient, &ids)?);
        let contacts = match &activity.taking_part {
            None => found.clone(),
            Some(members) => {
                let mut ids: Vec<Guid> =
                    found.values().filter_map(|record| id_at(record, members.contact)).collect();
                ids.sort_unstable();
                ids.dedup();
                by_id(&ids, reader.get(account, object_type::CONTACT, &ids)?)
            }
        };
        let received =
            if resend { HashSet::new() } else { received(reader, contract, account, sending, &ids)? };
        Ok(Recipients { contract, sending, codes, records: found, contacts, received, seen: HashSet::new() })
    }

    /// Who the record names, or the first reason why it is nobody who gets the mail.
    pub fn next(&mut self, record: &Record) -> Result<Recipient<'_>, Code> {
        let id = Guid::parse(id_text(record).ok_or(self.codes.missing)?).ok_or(self.codes.invalid)?;
        if !self.seen.insert(id) {
            return Err(self.codes.twice);
        }
        let record = self.records.get(&id).ok_or(code::CV91201)?;
        let contact_id = self.takes_part(id, record)?;
        let contact = contact_id.and_then(|id| Some((id, self.contacts.get(&id)?)));
        let (contact_id, contact) = contact.ok_or(code::CV91203)?;
        self.is_addressed(record)?;
        let address = contact.text(contact::EMAIL_ADDRESS).map(str::trim).unwrap_or_default();
        if !is_email(address) {
            return Err(code::CV91205);
        }
        if contact.boolean(contact::EXCLUDED_FROM_EMAIL) == Some(true) {
            let by = contact.text(contact::LAST_OPT_OUT_BY).unwrap_or_default();
            let unsubscribed = self.contract.emails.unsubscribed.iter().any(|word| word == by);
            return Err(if unsubscribed { code::CV91210 } else { code::CV91206 });
        }
        if self.received.contains(&id) {
            return Err(code::CV91204);
        }
        Ok(Recipient { id, record, contact_id, contact, address })
    }

    /// The contact's id of a recipient of this activity; an invitee of another event is none.
    fn takes_part(&self, id: Guid, record: &Record) -> Result<Option<Guid>, Code> {
        let Some(members) = &self.sending.activity.taking_part else { return Ok(Some(id)) };
        if id_at(record, members.activity) != Some(self.sending.activity_id) {
            return Err(code::CV91201);
        }
        Ok(id_at(record, members.contact))
    }

    /// A mail for those who accepted is a failure for all others.
    fn is_addressed(&self, record: &Record) -> Result<(), Code> {
        let audience = &self.sending.email.audience;
        let Some(members) = &self.sending.activity.taking_part else { return Ok(()) };
        if audience.is_empty() || audience.contains(&members.status(record)) {
            Ok(())
        } else {
            Err(code::CV91207)
        }
    }
}

fn by_id(ids: &[Guid], records: Vec<Option<Record>>) -> HashMap<Guid, Record> {
    ids.iter().zip(records).filter_map(|(id, record)| Some((*id, record?))).collect()
}

/// Those of the recipients who have the mail. One that could not be delivered was not received.
fn received(
    reader: &Reader<'_>,
    contract: &Contract,
    account: AccountId,
    sending: &Sending,
    recipients: &[Guid],
) -> Result<HashSet<Guid>, StoreError> {
    let history = &sending.activity.history;
    let (of, activity) = ((history.recipient, recipients), (history.activity, sending.activity_id));
    let histories = reader.referring_both(account, history.object, of, activity)?;
    let kind = super::template_name(contract, sending.email.template);
    let name = fold(&sending.name);
    let is_the_same = |record: &Record| {
        history.kind.is_none_or(|field| record.text(field) == Some(kind))
            && fold(record.text(history.name).unwrap_or_default()) == name
            && record.boolean(history.bounced) != Some(true)
    };
    let pairs = recipients
        .iter()
        .zip(histories)
        .flat_map(|(recipient, ids)| ids.into_iter().map(|id| (*recipient, id)).collect::<Vec<_>>());
    let (of, ids): (Vec<Guid>, Vec<Guid>) = pairs.unzip();
    let mut received = HashSet::new();
    for (of, ids) in of.chunks(READ).zip(ids.chunks(READ)) {
        let found = of.iter().zip(reader.get(account, history.object, ids)?);
        let same = found.filter(|(_, record)| record.as_ref().is_some_and(is_the_same));
        received.extend(same.map(|(recipient, _)| *recipient));
    }
    Ok(received)
}
