//! SessionRegAction: registers attendees for a session of their event, or takes them out.

use super::attendee::{Attendee, Attendees, one};
use super::order::{self, Prices, READ};
use super::registration::Seats;
use crate::batch::{self, Outcome};
use crate::session::Session;
use crate::{Fault, Service};
use contract::handles::enumeration::{product_status, session_reg_action_type};
use contract::handles::list::order_action;
use contract::handles::message::session_reg_action;
use contract::handles::object::{
    cv_invitee, event, order_detail, registration, session as members, session_reg_invitee,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Guid, Record, Value};
use std::collections::HashSet;
use store::{Reader, StoreError, Writer};

/// SessionRegAction: each record names an invitee or a guest.
///
/// # Errors
/// CV30123 past the limit; the store's trouble.
pub(crate) async fn session_reg_action(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::SESSION_REG_ACTION;
    let asked = request.record(session_reg_action::CV_INVITEES);
    let action = asked.and_then(|asked| asked.enumeration(session_reg_invitee::SESSION_REG_ACTION_TYPE));
    let product = asked.and_then(|asked| asked.text(session_reg_invitee::PRODUCT_ID)).and_then(Guid::parse);
    let registers = action != Some(session_reg_action_type::UNREGISTER);
    let (batch, records) = batch::records(contract, operation, request)?;
    let call = Call { service: service.clone(), session: session.clone(), registers };
    let outcomes = service.store().write(move |writer| call.run(writer, product, &records));
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

struct Call {
    service: Service,
    session: Session,
    registers: bool,
}

/// The session that the call is about.
struct Target {
    id: Guid,
    event: Guid,
    /// Whether everybody at the event attends it.
    is_included: bool,
    /// The other sessions of its group: who attends one of them can't attend it.
    group: HashSet<Guid>,
    seats: Seats,
    places: Seats,
    item: Record,
}

impl Call {
    fn run(
        &self,
        writer: &mut Writer<'_>,
        product: Option<Guid>,
        records: &[Record],
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut target = self.target(writer, product)?;
        let mut attendees = match target {
            Ok(_) => Attendees::named(writer, self.session.account.id, records)?,
            Err(_) => Attendees::default(),
        };
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            let taken = match &mut target {
                Ok(target) => self.one(&mut attendees, target, record),
                Err(code) => Err(*code),
            };
            let reference = record.text(cv_invitee::MESSAGE_ID).map(Box::from);
            outcomes.push(match taken {
                Ok(id) => Outcome { id: Some(id), reference, ..Outcome::default() },
                Err(code) => Outcome { errors: vec![code], reference, ..Outcome::default() },
            });
        }
        attendees.write(writer, self.session.account.id, self.session.at)?;
        Ok(outcomes)
    }

    fn target(&self, reader: &Reader<'_>, product: Option<Guid>) -> Result<Result<Target, Code>, StoreError> {
        let account = self.session.account.id;
        let contract = self.service.contract();
        let Some(id) = product else { return Ok(Err(code::CV90103)) };
        let Some(record) = one(reader, account, object_type::SESSION, id)? else {
            return Ok(Err(code::CV90103));
        };
        let event = record.text(members::EVENT_ID).and_then(Guid::parse);
        let stored = match event {
            Some(event) => one(reader, account, object_type::EVENT, event)?,
            None => None,
        };
        let Some((event, stored)) = event.zip(stored) else { return Ok(Err(code::CV90108)) };
        let step = contract.registration.call(operation::SESSION_REG_ACTION);
        let refused = step.and_then(|step| step.refuses_event(stored.text(event::EVENT_STATUS)));
        if let Some(code) = refused.or_else(|| self.is_closed(&record).then_some(code::CV90107)) {
            return Ok(Err(code));
        }
        let (taken, waiting) = order::count(reader, account, event, id)?;
        let mut item = order::of_session(contract)(&record);
        let price = Prices::read(reader, account, event)?.of(id);
        order::set_amount(&mut item, order_detail::AMOUNT, price);
        let waits = record.boolean(members::ENABLE_WAITLIST) == Some(true);
        let places = if waits { record.get(members::WAITLIST_CAPACITY).clone() } else { Value::Integer(0) };
        Ok(Ok(Target {
            id,
            event,
            is_included: record.boolean(members::IS_INCLUDED) == Some(true),
            group: self.group(reader, id, event, &record)?,
            seats: Seats::left(record.get(members::CAPACITY), taken),
            places: Seats::left(&places, waiting),
            item,
        }))
    }

    /// Whether nobody can register any more. Taking out is always possible.
    fn is_closed(&self, record: &Record) -> bool {
        let status = record.enumeration(members::STATUS);
        let is_open = status.is_none_or(|status| status == product_status::OPEN_FOR_REGISTRATION);
        let is_past = record.time(members::AUTO_CLOSE_DATE).is_some_and(|time| time < self.session.at);
        self.registers && (!is_open || is_past)
    }

    fn group(
        &self,
        reader: &Reader<'_>,
        id: Guid,
        event: Guid,
        record: &Record,
    ) -> Result<HashSet<Guid>, StoreError> {
        let account = self.session.account.id;
        let Some(group) = record.text(members::SESSION_GROUP).filter(|group| !group.is_empty()) else {
            return Ok(HashSet::new());
        };
        let ids = reader.referring(account, object_type::SESSION, members::EVENT_ID, &[event])?.concat();
        let same = |found: &Record| found.text(members::SESSION_GROUP) == Some(group);
        let mut others = HashSet::new();
        for ids in ids.chunks(READ) {
            let sessions = ids.iter().zip(reader.get(account, object_type::SESSION, ids)?);
            let same = sessions.filter(|(_, found)| found.as_ref().is_some_and(same));
            others.extend(same.map(|(other, _)| *other));
        }
        others.remove(&id);
        Ok(others)
    }

    fn one(&self, attendees: &mut Attendees, target: &mut Target, record: &Record) -> Result<Guid, Code> {
        let mut attendee = attendees.find(record)?;
        let id = attendee.id;
        if attendee.event() != Some(target.event) {
            return Err(code::CV90108);
        }
        if !attendee.is_accepted(self.service.contract()) || attendee.registration.is_none() {
            return Err(code::CV90104);
        }
        if self.registers {
            self.register(target, &mut attendee)
        } else {
            self.unregister(target, &mut attendee)
        }?;
        if let Some(registration) = &mut attendee.registration {
            registration.set(registration::MODIFIED_BY, self.session.user.as_str());
        }
        attendees.keep(attendee, self.session.at);
        Ok(id)
    }

    /// Gives the attendee a seat, or else a place on the waitlist; who has a place may get a seat.
    fn register(&self, target: &mut Target, attendee: &mut Attendee) -> Result<(), Code> {
        let waits = match order::item_of(attendee, target.id) {
            Some(item) if order::is(item, order_action::REGISTERED) => return Err(code::CV90105),
            found => found.is_some(),
        };
        let is_in_group =
            |item: &Record| order::product_of(item).is_some_and(|id| target.group.contains(&id));
        if !target.group.is_empty() && order::items_of(attendee).any(is_in_group) {
            return Err(code::CV90109);
        }
        let action = if target.seats.any() {
            target.seats.change(-1);
            target.places.change(i64::from(waits));
            order_action::REGISTERED
        } else if !waits && target.places.any() {
            target.places.change(-1);
            order_action::WAITLISTED
        } else {
            return Err(code::CV70107);
        };
        let ids = || [self.service.new_id(), self.service.new_id()];
        order::add(attendee, vec![target.item.clone()], action, ids, self.session.at);
        Ok(())
    }

    fn unregister(&self, target: &mut Target, attendee: &mut Attendee) -> Result<(), Code> {
        let item = order::item_of(attendee, target.id).ok_or(code::CV90106)?;
        let attended = item.boolean(order_detail::PARTICIPANT) == Some(true);
        if target.is_included || attended {
            return Err(code::CV90110);
        }
        let had_seat = order::is(item, order_action::REGISTERED);
        if had_seat {
            target.seats.change(1)
        } else {
            target.places.change(1)
        }
        let Some(mut registration) = attendee.registration.take() else { return Err(code::CV90106) };
        let mut items = order::take(&mut registration);
        for item in &mut items {
            if order::is_of(item, attendee) && order::is_for(item, target.id) {
                order::cancel(item, self.session.at);
            }
        }
        order::put(&mut registration, items);
        attendee.registration = Some(registration);
        Ok(())
    }
}
