//! TransferInvitee: contacts become invitees of an event or respondents of a survey, or are found to
//! be that already. A campaign keeps no list of its own: its recipient is the contact itself.

mod kinds;
mod known;

use super::attendee::one;
use crate::batch::{self, Outcome};
use crate::remove::named;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::message::transfer_invitee as members;
use contract::handles::object::{
    cv_object, invitee, respondent, survey, target_list_detail, transfer_invitee_result, weblink_detail,
};
use contract::handles::{code, object_type, operation};
use contract::table::fold;
use contract::{Code, EnumValue, Guid, Record, Value};
use kinds::{KINDS, Kind, Party, kind};
use known::{Known, Standing};
use store::{Reader, StoreError, Writer};

/// TransferInvitee: each record names a contact; its result carries the invitee's own web links.
///
/// # Errors
/// CV30106 past the limit; the store's trouble.
pub(crate) async fn transfer_invitee(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::TRANSFER_INVITEE;
    let codes = contract.call(operation).id;
    let codes = codes.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let text = |field| request.text(field).map(str::trim).unwrap_or_default().to_owned();
    let asked = Asked {
        kind: kind(request.enumeration(members::ACTIVITY_TYPE).unwrap_or(EnumValue(0))),
        activity: text(members::ACTIVITY_ID),
        list: text(members::TARGETED_LIST_ID),
    };
    let (batch, records) = batch::records(contract, operation, request)?;
    let call = Call { service: service.clone(), session: session.clone(), codes, asked };
    let outcomes = service.store().write(move |writer| call.run(writer, &records));
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

struct Asked {
    kind: &'static Kind,
    activity: String,
    list: String,
}

struct Call {
    service: Service,
    session: Session,
    codes: IdCodes,
    asked: Asked,
}

/// The activity, and which of its lists newcomers join.
struct Target {
    id: Guid,
    record: Record,
    list: Option<Record>,
}

impl Call {
    fn run(&self, writer: &mut Writer<'_>, records: &[Record]) -> Result<Vec<Outcome>, StoreError> {
        let ids = named(records, self.codes);
        let target = match self.target(writer)? {
            Ok(target) => target,
            Err(code) => return Ok(batch::all_refused(records, code)),
        };
        let pairs = records.iter().zip(&ids);
        let pairs: Vec<(Guid, Option<&str>)> =
            pairs.filter_map(|(record, id)| Some((id.ok()?, transaction(record)))).collect();
        let account = self.session.account.id;
        let mut known = Known::read(writer, account, self.asked.kind, target.id, &pairs)?;
        let mut made = Vec::new();
        let mut outcomes = Vec::with_capacity(records.len());
        for (record, id) in records.iter().zip(ids) {
            let found = id.and_then(|id| self.one(&mut known, &target, id, record, &mut made));
            outcomes.push(match found {
                Ok((id, links)) => {
                    let told = vec![(transfer_invitee_result::WEBLINK_DETAIL, links)];
                    Outcome { told, ..Outcome::accepted(record, id) }
                }
                Err(code) => Outcome::refused(record, vec![code]),
            });
        }
        if let Some(party) = &self.asked.kind.party {
            writer.insert(account, party.object, &made, self.session.at)?;
        }
        Ok(outcomes)
    }

    fn target(&self, reader: &Reader<'_>) -> Result<Result<Target, Code>, StoreError> {
        let account = self.session.account.id;
        let Some(id) = Guid::parse(&self.asked.activity) else { return Ok(Err(code::CV50105)) };
        let Some(record) = one(reader, account, self.asked.kind.activity, id)? else {
            for other in &KINDS {
                if reader.exists(account, other.activity, &[id])?.contains(&true) {
                    return Ok(Err(code::CV50106));
                }
            }
            return Ok(Err(code::CV50105));
        };
        let lists = self.asked.kind.party.as_ref().map(|party| party.lists);
        let lists: Vec<&Record> = lists.iter().flat_map(|field| record.records(*field)).collect();
        let list = self.list(&lists).map(|list| list.cloned());
        let list = match list {
            Ok(list) => list,
            Err(code) => return Ok(Err(code)),
        };
        Ok(Ok(Target { id, list, record }))
    }

    /// The list that is asked for, or else the default one.
    fn list<'l>(&self, lists: &[&'l Record]) -> Result<Option<&'l Record>, Code> {
        let mut all = lists.iter().copied();
        if self.asked.list.is_empty() {
            let is_default =
                |list: &&Record| list.boolean(target_list_detail::TARGETED_LIST_DEFAULT) == Some(true);
            return Ok(all.find(is_default).or_else(|| lists.first().copied()));
        }
        let is_asked = |list: &&Record| {
            let id = list.text(target_list_detail::TARGETED_LIST_ID).unwrap_or_default();
            fold(id) == fold(&self.asked.list)
        };
        all.find(is_asked).map(Some).ok_or(code::CV99616)
    }

    /// Whom a record makes of a contact, or has been made already, with the links that are its own.
    fn one(
        &self,
        known: &mut Known,
        target: &Target,
        contact: Guid,
        record: &Record,
        made: &mut Vec<Record>,
    ) -> Result<(Guid, Value), Code> {
        if !known.contacts.contains(&contact) {
            return Err(code::CV50103);
        }
        let Some(party) = &self.asked.kind.party else { return Ok((contact, Value::Absent)) };
        let transaction = transaction(record);
        let stored = match party.object {
            object_type::RESPONDENT => respondent(known, target, contact, transaction)?,
            _ => known.first.get(&contact),
        };
        if let Some(found) = stored {
            let is_elsewhere = !self.asked.list.is_empty() && found.list != fold(&self.asked.list);
            return if is_elsewhere { Err(code::CV50104) } else { Ok((found.id, found.links.clone())) };
        }
        let record = self.made(party, target, contact, transaction);
        let id = record.text(cv_object::ID).and_then(Guid::parse).unwrap_or(contact);
        let links = record.get(party.own_links).clone();
        known.taken.extend(transaction.map(fold));
        made.push(record);
        Ok((id, links))
    }

    fn made(&self, party: &Party, target: &Target, contact: Guid, transaction: Option<&str>) -> Record {
        let contract = self.service.contract();
        let id = self.service.new_id();
        let mut record = contract.record(contract.object(party.object).ty);
        record.set(cv_object::ID, id);
        record.set(party.activity, target.id);
        record.set(party.contact, contact.to_string());
        record.set(party.status.0, Value::Enumeration(party.status.1));
        if let Some(list) = &target.list {
            record.set(party.list, list.get(target_list_detail::TARGETED_LIST_ID).clone());
            record.set(party.list_name, list.get(target_list_detail::TARGETED_LIST_NAME).clone());
        }
        if party.object == object_type::INVITEE {
            record.set(invitee::PARTICIPANT, false);
            record.set(invitee::LAST_MODIFIED_DATE, self.session.at);
        } else if let Some(transaction) = transaction {
            record.set(respondent::RESPONSE_ID, transaction);
        }
        for link in target.record.records(party.links) {
            record.push(party.own_links, personal(link, id));
        }
        record
    }
}

/// Which respondent a transaction of a survey is: none where one is to be made. A ticketing survey
/// has one for each transaction, others one for each contact.
fn respondent<'k>(
    known: &'k Known,
    target: &Target,
    contact: Guid,
    transaction: Option<&str>,
) -> Result<Option<&'k Standing>, Code> {
    let is_ticketing = target.record.boolean(survey::TICKETING) == Some(true);
    let first = known.first.get(&contact);
    let Some(transaction) = transaction.map(fold) else {
        return if is_ticketing { Err(code::CV99618) } else { Ok(first) };
    };
    if let Some(found) = known.of_transaction.get(&(contact, transaction.clone())) {
        return Ok(Some(found));
    }
    if known.taken.contains(&transaction) {
        return Err(code::CV50107);
    }
    if is_ticketing || first.is_none() { Ok(None) } else { Err(code::CV50108) }
}

fn transaction(record: &Record) -> Option<&str> {
    record.text(cv_object::TRANSACTION_ID).map(str::trim).filter(|text| !text.is_empty())
}

/// An activity's link as one person's: with the person's id as the parameter `i`.
fn personal(link: &Record, id: Guid) -> Record {
    let mut link = link.clone();
    let url = link.text(weblink_detail::URL).unwrap_or_default();
    let sign = if url.contains('?') { '&' } else { '?' };
    link.set(weblink_detail::URL, format!("{url}{sign}i={id}"));
    link
}
