//! The steps: what registering and cancelling do to an invitee, its registration and its guests.

use super::super::attendee::{Attendee, status_text};
use super::super::order::{self, Prices, READ};
use super::Seats;
use crate::Service;
use crate::session::Session;
use contract::handles::enumeration::invitee_status;
use contract::handles::list::{order_action, response_method};
use contract::handles::object::{
    cv_object, event, guest, invitee, order_detail, product_detail, registration, session,
};
use contract::handles::object_type;
use contract::{Contract, EnumValue, Guid, Record, Value};
use std::collections::HashSet;
use store::{AccountId, Reader, StoreError, Writer};

/// The steps of one call in its event.
pub(super) struct Taking<'a> {
    pub service: &'a Service,
    pub session: &'a Session,
    pub event_id: Guid,
    pub seats: Seats,
    pub item_seats: Seats,
    /// What everybody who registers orders.
    pub offered: Vec<Record>,
    /// The registrations that were cancelled, whose guests are to be.
    pub cancelled: Vec<Guid>,
}

/// The items that everybody who registers orders, each product once: the admission item, and what the event includes
/// for everybody.
pub(super) fn offered(
    reader: &Reader<'_>,
    contract: &Contract,
    account: AccountId,
    (event_id, event): (Guid, &Record),
    admission_item: Option<&Record>,
) -> Result<Vec<Record>, StoreError> {
    let products = event.records(event::PRODUCT_DETAIL);
    let products = products.filter(|product| product.boolean(product_detail::IS_INCLUDED) == Some(true));
    let products = admission_item.into_iter().chain(products);
    let mut items: Vec<Record> = products.map(order::of_product(contract)).collect();
    let sessions = reader.referring(account, object_type::SESSION, session::EVENT_ID, &[event_id])?.concat();
    for ids in sessions.chunks(READ) {
        let sessions = reader.get(account, object_type::SESSION, ids)?;
        let sessions = sessions.iter().flatten();
        let included = sessions.filter(|session| session.boolean(session::IS_INCLUDED) == Some(true));
        items.extend(included.map(order::of_session(contract)));
    }
    let prices = Prices::read(reader, account, event_id)?;
    let mut known = HashSet::new();
    items.retain(|item| order::product_of(item).is_some_and(|product| known.insert(product)));
    for item in &mut items {
        let price = order::product_of(item).map(|product| prices.of(product)).unwrap_or_default();
        order::set_amount(item, order_detail::AMOUNT, price);
    }
    Ok(items)
}

impl Taking<'_> {
    /// Gives the invitee its new status.
    pub fn enter(&self, record: &mut Record, to: EnumValue) {
        let waits = to == invitee_status::WAITLISTED;
        record.set(invitee::STATUS, Value::Enumeration(to));
        record.set(invitee::WAITLISTED_DATE, if waits { self.session.at.into() } else { Value::Absent });
        if record.get(invitee::ORIGINAL_RESPONSE_DATE).is_absent() {
            record.set(invitee::ORIGINAL_RESPONSE_DATE, self.session.at);
        }
        if to != invitee_status::ACCEPTED {
            record.set(invitee::PARTICIPANT, false);
            record.set(invitee::CHECK_IN_DATE, Value::Absent);
        }
    }

    /// Gives the invitee a registration, or revives the one it had, with what it orders.
    pub fn register(&mut self, attendee: &mut Attendee) {
        let at = self.session.at;
        let contract = self.contract();
        if attendee.record.text(invitee::CONFIRMATION_NUMBER).is_none_or(str::is_empty) {
            attendee.record.set(invitee::CONFIRMATION_NUMBER, order::number(self.service.new_id()));
        }
        let mut record = attendee.registration.take().unwrap_or_else(|| self.new_registration(attendee));
        record.set(
            registration::CONFIRMATION_NUMBER,
            attendee.record.get(invitee::CONFIRMATION_NUMBER).clone(),
        );
        record.set(registration::STATUS, status_text(contract, invitee_status::ACCEPTED));
        record.set(registration::REGISTRATION_DATE, at);
        record.set(registration::CANCELLED_DATE, Value::Absent);
        record.set(registration::MODIFIED_BY, self.session.user.as_str());
        record.set(registration::RESPONSE_METHOD, response_method::API);
        record.set(registration::PARTICIPANT, false);
        attendee.registration = Some(record);
        let ids = || [self.service.new_id(), self.service.new_id()];
        order::add(attendee, self.offered.clone(), order_action::REGISTERED, ids, at);
        self.seats.change(-1);
        self.item_seats.change(-1);
    }

    fn new_registration(&self, attendee: &Attendee) -> Record {
        let mut record = self.contract().record(registration::TYPE_ID);
        record.set(cv_object::ID, self.service.new_id());
        record.set(registration::INVITEE_ID, attendee.id);
        record.set(registration::ORIGINAL_RESPONSE_DATE, self.session.at);
        record.set(registration::GROUP_LEADER, false);
        record.set(registration::IS_TEST_REGISTRANT, false);
        for (to, from) in [
            (registration::CONTACT_ID, invitee::CONTACT_ID),
            (registration::EVENT_ID, invitee::EVENT_ID),
            (registration::TARGETED_LIST_ID, invitee::TARGETED_LIST_ID),
            (registration::TARGETED_LIST_NAME, invitee::TARGETED_LIST_NAME),
            (registration::REFERENCE_ID, invitee::REFERENCE_ID),
        ] {
            record.set(to, attendee.record.get(from).clone());
        }
        record
    }

    fn contract(&self) -> &'static Contract {
        self.service.contract()
    }

    /// Cancels the invitee's registration with all that was ordered.
    pub fn cancel(&mut self, attendee: &mut Attendee) {
        let at = self.session.at;
        let cancelled = status_text(self.contract(), invitee_status::CANCELLED);
        let Some(record) = &mut attendee.registration else { return };
        let mut items = order::take(record);
        items.iter_mut().for_each(|item| order::cancel(item, at));
        order::put(record, items);
        record.set(registration::STATUS, cancelled);
        record.set(registration::CANCELLED_DATE, at);
        record.set(registration::PARTICIPANT, false);
        record.set(registration::MODIFIED_BY, self.session.user.as_str());
        self.cancelled.extend(record.text(cv_object::ID).and_then(Guid::parse));
    }

    /// Cancels the guests of the registrations that were cancelled.
    pub fn cancel_guests(&self, writer: &mut Writer<'_>) -> Result<(), StoreError> {
        if self.cancelled.is_empty() {
            return Ok(());
        }
        let (account, at) = (self.session.account.id, self.session.at);
        let cancelled = status_text(self.contract(), invitee_status::CANCELLED);
        let (object, field) = (object_type::GUEST, guest::REGISTRATION_ID);
        let ids = writer.referring(account, object, field, &self.cancelled)?.concat();
        for ids in ids.chunks(READ) {
            let mut guests: Vec<Record> = writer.get(account, object, ids)?.into_iter().flatten().collect();
            for guest in &mut guests {
                guest.set(guest::STATUS, cancelled);
                guest.set(guest::PARTICIPANT, false);
                guest.set(guest::CHECK_IN_DATE, Value::Absent);
                guest.set(guest::LAST_MODIFIED_DATE, at);
                guest.set(guest::LAST_MODIFIED_BY, self.session.user.as_str());
            }
            writer.update(account, object, &guests, at)?;
        }
        Ok(())
    }
}
