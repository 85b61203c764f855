//! SimpleEventRegistration: registers, declines, waitlists and cancels the invitees of an event.
//!
//! Which step an invitee may take from where it stands is data (`contract/registration.txt`); a step
//! is taken by [`steps`]. Seats are counted and taken in the one job that writes, so that two calls
//! never both get the last one.

mod seats;
mod steps;

pub(super) use seats::Seats;

use super::attendee::{Attendee, Attendees, event_of};
use crate::batch::{self, Outcome};
use crate::parent;
use crate::remove::named;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::enumeration::registration_action;
use contract::handles::message::simple_event_registration as request_members;
use contract::handles::object::{event, invitee, product_detail};
use contract::handles::{code, list, operation};
use contract::registration::Step;
use contract::table::fold;
use contract::{Code, EnumValue, Guid, Record};
use steps::Taking;
use store::{StoreError, Writer};

/// SimpleEventRegistration: each record names an invitee, which takes the call's step.
///
/// # Errors
/// CV30105 past the limit; the store's trouble.
pub(crate) async fn simple_event_registration(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::SIMPLE_EVENT_REGISTRATION;
    let action = request.enumeration(request_members::REG_ACTION).unwrap_or(EnumValue(0));
    let step = contract.registration.action(action);
    let codes = contract.call(operation).id;
    let (step, codes) = step.zip(codes).ok_or_else(|| Fault::new(code::CV10000, "no such step"))?;
    let text = |field| request.text(field).map(str::to_owned);
    let event = parent::named(contract.call(operation), &request);
    let admission_item = text(request_members::ADMISSION_ITEM_ID).filter(|text| !text.trim().is_empty());
    let (batch, records) = batch::records(contract, operation, request)?;
    let call = Call {
        service: service.clone(),
        session: session.clone(),
        action,
        step,
        codes,
        event,
        admission_item,
    };
    let outcomes = service.store().write(move |writer| call.run(writer, &records));
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

struct Call {
    service: Service,
    session: Session,
    action: EnumValue,
    step: &'static Step,
    codes: IdCodes,
    event: Option<String>,
    admission_item: Option<String>,
}

impl Call {
    fn run(&self, writer: &mut Writer<'_>, records: &[Record]) -> Result<Vec<Outcome>, StoreError> {
        let account = self.session.account.id;
        let contract = self.service.contract();
        let operation = operation::SIMPLE_EVENT_REGISTRATION;
        let refused = |code| Ok(batch::all_refused(records, code));
        let (event_id, event) = match event_of(writer, account, contract, operation, self.event.as_deref())? {
            Ok(found) => found,
            Err(code) => return refused(code),
        };
        if let Some(code) = self.refuses_event(&event) {
            return refused(code);
        }
        let admission_item = match self.admission_item(&event) {
            Ok(item) => item,
            Err(code) => return refused(code),
        };
        let offered = match self.action {
            registration_action::REGISTER => {
                steps::offered(writer, contract, account, (event_id, &event), admission_item)?
            }
            _ => Vec::new(),
        };
        let mut taking = Taking {
            service: &self.service,
            session: &self.session,
            event_id,
            seats: Seats::of_event(writer, contract, account, event_id, &event)?,
            item_seats: Seats::of_item(writer, account, event_id, admission_item)?,
            offered,
            cancelled: Vec::new(),
        };
        let ids = named(records, self.codes);
        let mut attendees = Attendees::read(writer, account, ids.iter().filter_map(|id| id.ok()))?;
        let outcome = |(record, id): (&Record, Result<Guid, Code>)| {
            Outcome::of(record, id.and_then(|id| self.take(&mut attendees, &mut taking, id)))
        };
        let outcomes = records.iter().zip(ids).map(outcome).collect();
        attendees.write(writer, account, self.session.at)?;
        taking.cancel_guests(writer)?;
        Ok(outcomes)
    }

    /// Takes the step for one invitee.
    fn take(&self, attendees: &mut Attendees, taking: &mut Taking<'_>, id: Guid) -> Result<Guid, Code> {
        let is_here = |found: &Attendee| found.is_invitee() && found.event() == Some(taking.event_id);
        let mut attendee = attendees.get(id).filter(is_here).ok_or(self.codes.invalid)?;
        let to = self.step.next(attendee.record.enumeration(invitee::STATUS))?;
        if let Some(code) = self.step.seat
            && !(taking.seats.any() && taking.item_seats.any())
        {
            return Err(code);
        }
        match self.action {
            registration_action::REGISTER => taking.register(&mut attendee),
            registration_action::CANCEL => taking.cancel(&mut attendee),
            _ => {}
        }
        taking.enter(&mut attendee.record, to);
        attendees.keep(attendee, self.session.at);
        Ok(id)
    }

    fn refuses_event(&self, event: &Record) -> Option<Code> {
        let past = |time| self.session.at > time;
        let until = self.step.until.filter(|(member, _)| event.time(*member).is_some_and(past));
        let needs = self.step.needs.filter(|(member, _)| event.boolean(*member) != Some(true));
        let status = self.step.refuses_event(event.text(event::EVENT_STATUS));
        status.or(until.or(needs).map(|(_, code)| code))
    }

    /// The admission item that is named, or the event's only one.
    fn admission_item<'e>(&self, event: &'e Record) -> Result<Option<&'e Record>, Code> {
        let is_admission = |product: &&Record| {
            let kind = product.text(product_detail::PRODUCT_TYPE).unwrap_or_default();
            fold(kind) == fold(list::product_kind::ADMISSION_ITEM)
        };
        let mut items = event.records(event::PRODUCT_DETAIL).filter(is_admission);
        match &self.admission_item {
            Some(text) => {
                let wanted = Guid::parse(text).ok_or(code::CV90103)?;
                let id = |item: &Record| item.text(product_detail::PRODUCT_ID).and_then(Guid::parse);
                items.find(|item| id(item) == Some(wanted)).map(Some).ok_or(code::CV90103)
            }
            None => Ok(items.next().filter(|_| items.next().is_none())),
        }
    }
}
