//! CheckIn: notes who has come to an event or a session, or takes that back.
//!
//! No mail goes to the planner, whatever the call says of an alert.

use super::attendee::{Attendee, Attendees, one};
use super::order;
use crate::batch::{self, Outcome};
use crate::remove::named;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::enumeration::attendee_type;
use contract::handles::list::order_action;
use contract::handles::message::check_in as members;
use contract::handles::object::{order_detail, registration};
use contract::handles::{code, object_type, operation};
use contract::{Code, Contract, FieldId, Guid, Record, Timestamp, Value};
use store::{AccountId, StoreError, Writer};

/// CheckIn: each record names an invitee or a guest. Checking in twice keeps the first time.
///
/// # Errors
/// CV30104 past the limit; the store's trouble.
pub(crate) async fn check_in(service: &Service, session: &Session, request: Record) -> Result<Record, Fault> {
    let contract = service.contract();
    let codes = contract.call(operation::CHECK_IN).id;
    let codes = codes.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let product = request.text(members::PRODUCT_ID).map(str::trim).unwrap_or_default().to_owned();
    let call = Call {
        contract,
        account: session.account.id,
        at: session.at,
        codes,
        of_session: request.enumeration(members::ATTENDEE_TYPE) == Some(attendee_type::SESSION),
        undo: request.boolean(members::UNDO_CHECK_IN) == Some(true),
    };
    let (batch, records) = batch::records(contract, operation::CHECK_IN, request)?;
    let outcomes = service.store().write(move |writer| call.run(writer, &product, &records));
    Ok(batch::response(contract, operation::CHECK_IN, batch, outcomes.await?))
}

struct Call {
    contract: &'static Contract,
    account: AccountId,
    at: Timestamp,
    codes: IdCodes,
    of_session: bool,
    undo: bool,
}

impl Call {
    fn run(
        &self,
        writer: &mut Writer<'_>,
        product: &str,
        records: &[Record],
    ) -> Result<Vec<Outcome>, StoreError> {
        let id = Guid::parse(product);
        let target = match id {
            _ if !self.of_session => Ok(id),
            Some(id) if one(writer, self.account, object_type::SESSION, id)?.is_some() => Ok(Some(id)),
            _ => Err(code::CV97101),
        };
        let is_anywhere = product.is_empty();
        let ids = named(records, self.codes);
        let known = ids.iter().filter_map(|id| id.ok()).filter(|_| target.is_ok());
        let mut attendees = Attendees::read(writer, self.account, known)?;
        let mut outcomes = Vec::with_capacity(records.len());
        for (record, id) in records.iter().zip(ids) {
            let done = match (target, id) {
                (Err(code), _) | (_, Err(code)) => Err(code),
                (Ok(target), Ok(id)) => self.one(&mut attendees, id, target, is_anywhere),
            };
            outcomes.push(Outcome::of(record, done));
        }
        attendees.write(writer, self.account, self.at)?;
        Ok(outcomes)
    }

    fn one(
        &self,
        attendees: &mut Attendees,
        id: Guid,
        target: Option<Guid>,
        is_anywhere: bool,
    ) -> Result<Guid, Code> {
        let mut attendee = attendees.get(id).ok_or(self.codes.invalid)?;
        match target {
            Some(session) if self.of_session => self.at_session(&mut attendee, session),
            _ if !is_anywhere && attendee.event() != target => Err(self.codes.invalid),
            _ => self.at_event(&mut attendee),
        }?;
        attendees.keep(attendee, self.at);
        Ok(id)
    }

    fn at_event(&self, attendee: &mut Attendee) -> Result<(), Code> {
        if !attendee.is_accepted(self.contract) {
            return Err(code::CV90104);
        }
        let members = attendee.members();
        self.mark(&mut attendee.record, members.participant, members.check_in_date);
        if attendee.is_invitee()
            && let Some(registration) = &mut attendee.registration
        {
            registration.set(registration::PARTICIPANT, !self.undo);
        }
        Ok(())
    }

    fn at_session(&self, attendee: &mut Attendee, session: Guid) -> Result<(), Code> {
        let item = order::item_of(attendee, session);
        item.filter(|item| order::is(item, order_action::REGISTERED)).ok_or(code::CV97102)?;
        let Some(mut registration) = attendee.registration.take() else { return Err(code::CV97102) };
        let mut items = order::take(&mut registration);
        for item in &mut items {
            if order::is_of(item, attendee) && order::is_for(item, session) {
                self.mark(item, order_detail::PARTICIPANT, order_detail::CHECK_IN_DATE);
            }
        }
        order::put(&mut registration, items);
        attendee.registration = Some(registration);
        Ok(())
    }

    fn mark(&self, record: &mut Record, participant: FieldId, date: FieldId) {
        if self.undo {
            record.set(date, Value::Absent);
        } else if record.boolean(participant) != Some(true) {
            record.set(date, self.at);
        }
        record.set(participant, !self.undo);
    }
}
