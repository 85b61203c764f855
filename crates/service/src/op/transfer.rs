//! TransferInvitee: contacts become invitees of an event or respondents of a survey, or are found to
//! be that already. A campaign keeps no list of its own: its recipient is the contact itself.

mod kinds;

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
use store::{Column, Filter, Operator, Reader, StoreError, Test, Writer};

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
        let target = self.target(writer)?;
        let mut outcomes = Vec::with_capacity(records.len());
        for (record, id) in records.iter().zip(named(records, self.codes)) {
            let found = match (&target, id) {
                (Err(code), _) => Err(*code),
                (_, Err(code)) => Err(code),
                (Ok(target), Ok(id)) => self.one(writer, target, id, record)?,
            };
            outcomes.push(match found {
                Ok((id, links)) => {
                    let told = vec![(transfer_invitee_result::WEBLINK_DETAIL, links)];
                    Outcome { told, ..Outcome::accepted(record, id) }
                }
                Err(code) => Outcome::refused(record, vec![code]),
            });
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

    fn one(
        &self,
        writer: &mut Writer<'_>,
        target: &Target,
        contact: Guid,
        record: &Record,
    ) -> Result<Result<(Guid, Value), Code>, StoreError> {
        let account = self.session.account.id;
        if !writer.exists(account, object_type::CONTACT, &[contact])?.contains(&true) {
            return Ok(Err(code::CV50103));
        }
        let Some(party) = &self.asked.kind.party else { return Ok(Ok((contact, Value::Absent))) };
        let mut stored = self.stored(writer, party, target, contact)?;
        let transaction = record.text(cv_object::TRANSACTION_ID).map(str::trim).filter(|t| !t.is_empty());
        if party.object == object_type::RESPONDENT {
            match self.respondent(writer, target, &stored, transaction)? {
                Ok(found) => stored = found.into_iter().collect(),
                Err(code) => return Ok(Err(code)),
            }
        }
        if let Some(found) = stored.first() {
            let is_elsewhere = !self.asked.list.is_empty()
                && fold(found.text(party.list).unwrap_or_default()) != fold(&self.asked.list);
            let id = found.text(cv_object::ID).and_then(Guid::parse).unwrap_or(contact);
            let links = found.get(party.own_links).clone();
            return Ok(if is_elsewhere { Err(code::CV50104) } else { Ok((id, links)) });
        }
        let made = self.made(party, target, contact, transaction);
        let id = made.text(cv_object::ID).and_then(Guid::parse).unwrap_or(contact);
        let links = made.get(party.own_links).clone();
        writer.insert(account, party.object, &[made], self.session.at)?;
        Ok(Ok((id, links)))
    }

    /// What the contact is already in the activity.
    fn stored(
        &self,
        reader: &Reader<'_>,
        party: &Party,
        target: &Target,
        contact: Guid,
    ) -> Result<Vec<Record>, StoreError> {
        let account = self.session.account.id;
        let found = reader.referring(account, party.object, party.contact, &[contact])?;
        let ids: Vec<Guid> = found.into_iter().flatten().collect();
        let records = reader.get(account, party.object, &ids)?.into_iter().flatten();
        let is_here = |found: &Record| found.text(party.activity).and_then(Guid::parse) == Some(target.id);
        Ok(records.filter(is_here).collect())
    }

    /// Which respondent a transaction of a survey is: none where one is to be made. A ticketing survey
    /// has one for each transaction, others one for each contact.
    fn respondent(
        &self,
        reader: &Reader<'_>,
        target: &Target,
        stored: &[Record],
        transaction: Option<&str>,
    ) -> Result<Result<Option<Record>, Code>, StoreError> {
        let is_ticketing = target.record.boolean(survey::TICKETING) == Some(true);
        let Some(transaction) = transaction else {
            let found = stored.first().cloned();
            return Ok(if is_ticketing { Err(code::CV99618) } else { Ok(found) });
        };
        let has_it = |found: &&Record| {
            fold(found.text(respondent::RESPONSE_ID).unwrap_or_default()) == fold(transaction)
        };
        if let Some(found) = stored.iter().find(has_it) {
            return Ok(Ok(Some(found.clone())));
        }
        let test = |field, value: String| {
            let (column, values) = (Column::Own(field), vec![value.into()]);
            Filter::Test(Test { column, operator: Operator::Equals, values })
        };
        let taken = Filter::All(vec![
            test(respondent::SURVEY_ID, target.id.to_string()),
            test(respondent::RESPONSE_ID, transaction.to_owned()),
        ]);
        if !reader.search(self.session.account.id, object_type::RESPONDENT, &taken, 1)?.is_empty() {
            return Ok(Err(code::CV50107));
        }
        Ok(if is_ticketing || stored.is_empty() { Ok(None) } else { Err(code::CV50108) })
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

/// An activity's link as one person's: with the person's id as the parameter `i`.
fn personal(link: &Record, id: Guid) -> Record {
    let mut link = link.clone();
    let url = link.text(weblink_detail::URL).unwrap_or_default();
    let sign = if url.contains('?') { '&' } else { '?' };
    link.set(weblink_detail::URL, format!("{url}{sign}i={id}"));
    link
}
