//! What attendees have ordered: the items of a registration, and their amounts.
//!
//! Amounts are exact; a member that the interface types as a double gets the nearest one.

mod amount;

pub(super) use amount::{amount, number, set_amount, to_the_cent};

use super::attendee::{Attendee, one};
use contract::handles::list::order_action;
use contract::handles::object::{
    cv_object, event_detail, fees, order_detail, product_detail, registration, session,
};
use contract::handles::{list, object_type};
use contract::table::fold;
use contract::{Contract, Decimal, FieldId, Guid, Record, Timestamp, Value};
use std::collections::HashMap;
use store::{AccountId, Reader, StoreError};

/// Objects of an event that are read at a time, where only some of them or little of each is kept.
pub(super) const READ: usize = 500;

/// The items of a registration, taken out of it; [`put`] puts them back.
pub(super) fn take(registration: &mut Record) -> Vec<Record> {
    let Value::List(items) = registration.take(registration::ORDER_DETAIL) else { return Vec::new() };
    let record = |item| if let Value::Record(record) = item { Some(*record) } else { None };
    items.into_iter().filter_map(record).collect()
}

/// Gives a registration its items.
pub(super) fn put(registration: &mut Record, items: Vec<Record>) {
    let items: Vec<Value> = items.into_iter().map(Value::from).collect();
    registration
        .set(registration::ORDER_DETAIL, if items.is_empty() { Value::Absent } else { Value::List(items) });
}

/// Whether an item is that attendee's. One that says nothing is the registrant's own.
pub(super) fn is_of(item: &Record, attendee: &Attendee) -> bool {
    match item.text(order_detail::ATTENDEE_ID).and_then(Guid::parse) {
        Some(id) => id == attendee.id,
        None => attendee.is_invitee(),
    }
}

/// The product that an item is of.
pub(super) fn product_of(item: &Record) -> Option<Guid> {
    item.text(order_detail::PRODUCT_ID).and_then(Guid::parse)
}

/// Whether an item is of that product.
pub(super) fn is_for(item: &Record, product: Guid) -> bool {
    product_of(item) == Some(product)
}

/// Whether that is what became of an item. One that says nothing is registered.
pub(super) fn is(item: &Record, action: &str) -> bool {
    fold(item.text(order_detail::ACTION).unwrap_or(order_action::REGISTERED)) == fold(action)
}

/// The attendee's item of a product, if it has one that is registered or waits.
pub(super) fn item_of(attendee: &Attendee, product: Guid) -> Option<&Record> {
    let mut items = attendee.registration.iter().flat_map(|found| found.records(registration::ORDER_DETAIL));
    items.find(|item| is_for(item, product) && is_of(item, attendee) && !is(item, order_action::CANCELLED))
}

/// The attendee's items that are registered or wait.
pub(super) fn items_of(attendee: &Attendee) -> impl Iterator<Item = &Record> {
    let items = attendee.registration.iter().flat_map(|found| found.records(registration::ORDER_DETAIL));
    items.filter(|item| is_of(item, attendee) && !is(item, order_action::CANCELLED))
}

/// Makes an item, not yet anybody's, of a session.
pub(super) fn of_session(contract: &Contract) -> impl Fn(&Record) -> Record {
    |session| {
        let pairs = [
            (order_detail::PRODUCT_ID, cv_object::ID),
            (order_detail::PRODUCT_NAME, session::PRODUCT_NAME),
            (order_detail::PRODUCT_CODE, session::PRODUCT_CODE),
            (order_detail::PRODUCT_DESCRIPTION, session::PRODUCT_DESCRIPTION),
            (order_detail::START_TIME, session::START_TIME),
            (order_detail::END_TIME, session::END_TIME),
        ];
        let mut item = copied(contract, session, &pairs);
        item.set(order_detail::PRODUCT_TYPE, list::product_kind::SESSION);
        item
    }
}

/// Makes an item, not yet anybody's, of another of an event's products.
pub(super) fn of_product(contract: &Contract) -> impl Fn(&Record) -> Record {
    |product| {
        let pairs = [
            (order_detail::PRODUCT_ID, product_detail::PRODUCT_ID),
            (order_detail::PRODUCT_NAME, product_detail::PRODUCT_NAME),
            (order_detail::PRODUCT_CODE, product_detail::PRODUCT_CODE),
            (order_detail::PRODUCT_TYPE, product_detail::PRODUCT_TYPE),
            (order_detail::PRODUCT_DESCRIPTION, product_detail::PRODUCT_DESCRIPTION),
            (order_detail::START_TIME, product_detail::START_TIME),
            (order_detail::END_TIME, product_detail::END_TIME),
        ];
        copied(contract, product, &pairs)
    }
}

fn copied(contract: &Contract, from: &Record, pairs: &[(FieldId, FieldId)]) -> Record {
    let mut item = contract.record(order_detail::TYPE_ID);
    for (to, field) in pairs {
        item.set(*to, from.get(*field).clone());
    }
    item.set(order_detail::QUANTITY, Value::Integer(1));
    item
}

/// Adds items for an attendee to its registration, or revives those it had; what was paid for them
/// stays paid. `ids` gives each the two that it has if it is new.
pub(super) fn add(
    attendee: &mut Attendee,
    new: Vec<Record>,
    action: &str,
    mut ids: impl FnMut() -> [Guid; 2],
    at: Timestamp,
) {
    let Some(mut registration) = attendee.registration.take() else { return };
    let mut items = take(&mut registration);
    let mut places: HashMap<Guid, usize> = HashMap::new();
    for (place, item) in items.iter().enumerate().filter(|(_, item)| is_of(item, attendee)) {
        if let Some(product) = product_of(item) {
            places.entry(product).or_insert(place);
        }
    }
    for mut item in new {
        let ids = ids();
        let product = product_of(&item);
        let place = product.and_then(|product| places.get(&product)).copied();
        fill(&mut item, attendee, &registration, place.and_then(|place| items.get(place)), ids);
        item.set(order_detail::ACTION, action);
        item.set(order_detail::ACTION_DATE, at);
        // A place on a waitlist costs nothing until it becomes a seat.
        if action != order_action::REGISTERED {
            set_amount(&mut item, order_detail::AMOUNT, Decimal::ZERO);
        }
        let paid = amount(&item, order_detail::AMOUNT_PAID);
        settle(&mut item, paid);
        match place.and_then(|place| items.get_mut(place)) {
            Some(old) => *old = item,
            None => {
                places.extend(product.map(|product| (product, items.len())));
                items.push(item);
            }
        }
    }
    put(&mut registration, items);
    attendee.registration = Some(registration);
}

/// Makes an item the attendee's, in the place of an old one if there is one.
fn fill(item: &mut Record, attendee: &Attendee, registration: &Record, old: Option<&Record>, ids: [Guid; 2]) {
    for (field, new) in
        [(order_detail::ORDER_DETAIL_ITEM_ID, ids[0]), (order_detail::ORDER_DETAIL_ID, ids[1])]
    {
        let known = old.and_then(|old| old.text(field));
        item.set(field, known.map_or_else(|| new.to_string(), str::to_owned));
    }
    let paid = old.map_or(Decimal::ZERO, |old| amount(old, order_detail::AMOUNT_PAID));
    set_amount(item, order_detail::AMOUNT_PAID, paid);
    let members = attendee.members();
    item.set(order_detail::ATTENDEE_ID, attendee.id);
    item.set(order_detail::FIRST_NAME, attendee.record.get(members.first_name).clone());
    item.set(order_detail::LAST_NAME, attendee.record.get(members.last_name).clone());
    item.set(order_detail::ORDER_NUMBER, registration.get(registration::CONFIRMATION_NUMBER).clone());
    item.set(order_detail::PARTICIPANT, false);
}

/// Cancels an item: its price is off, and what was paid for it is due back.
pub(super) fn cancel(item: &mut Record, at: Timestamp) {
    item.set(order_detail::ACTION, order_action::CANCELLED);
    item.set(order_detail::ACTION_DATE, at);
    item.set(order_detail::PARTICIPANT, false);
    item.set(order_detail::CHECK_IN_DATE, Value::Absent);
    set_amount(item, order_detail::AMOUNT, Decimal::ZERO);
    let paid = amount(item, order_detail::AMOUNT_PAID);
    settle(item, paid);
}

/// Notes what has been paid for an item, and what is due.
pub(super) fn settle(item: &mut Record, paid: Decimal) {
    set_amount(item, order_detail::AMOUNT_PAID, paid);
    let due = amount(item, order_detail::AMOUNT).saturating_sub(paid);
    set_amount(item, order_detail::AMOUNT_DUE, due);
}

/// What is due for all items of a registration; below zero where too much was paid.
pub(super) fn due(registration: &Record) -> Decimal {
    let items = registration.records(registration::ORDER_DETAIL);
    items.map(|item| amount(item, order_detail::AMOUNT_DUE)).fold(Decimal::ZERO, Decimal::saturating_add)
}

/// How many of an event's attendees have a product, and how many wait for it.
pub(super) fn count(
    reader: &Reader<'_>,
    account: AccountId,
    event: Guid,
    product: Guid,
) -> Result<(i64, i64), StoreError> {
    let found = reader.referring(account, object_type::REGISTRATION, registration::EVENT_ID, &[event])?;
    let ids: Vec<Guid> = found.into_iter().flatten().collect();
    let (mut registered, mut waiting) = (0, 0);
    for ids in ids.chunks(READ) {
        let found = reader.get(account, object_type::REGISTRATION, ids)?;
        let items = found.iter().flatten().flat_map(|found| found.records(registration::ORDER_DETAIL));
        for item in items.filter(|item| is_for(item, product)) {
            registered += i64::from(is(item, order_action::REGISTERED));
            waiting += i64::from(is(item, order_action::WAITLISTED));
        }
    }
    Ok((registered, waiting))
}

/// What the products of an event cost: the first fee of each that is active.
pub(super) struct Prices(HashMap<Guid, Decimal>);

impl Prices {
    /// Those of an event.
    pub fn read(reader: &Reader<'_>, account: AccountId, event: Guid) -> Result<Prices, StoreError> {
        let detail = one(reader, account, object_type::EVENT_DETAIL, event)?;
        let fees = detail.iter().flat_map(|detail| detail.records(event_detail::FEES));
        let mut prices = HashMap::new();
        for fee in fees.filter(|fee| fee.boolean(fees::ACTIVE) != Some(false)) {
            if let Some(product) = fee.text(fees::PRODUCT_ID).and_then(Guid::parse) {
                prices.entry(product).or_insert_with(|| amount(fee, fees::FEE_AMOUNT));
            }
        }
        Ok(Prices(prices))
    }

    /// The price of a product; what has no fee costs nothing.
    pub fn of(&self, product: Guid) -> Decimal {
        self.0.get(&product).copied().unwrap_or(Decimal::ZERO)
    }
}
