//! What the items of a call name: read once, and no more of it kept than items show.

use super::plan::Plan;
use crate::write::{Sent, is_nothing};
use contract::handles::object::{
    associated_registrants, budget_item, event, invitee, product_detail, session,
};
use contract::handles::object_type;
use contract::{FieldId, Guid, ObjectId, Record, Value};
use std::collections::{BTreeSet, HashMap};
use store::{AccountId, Reader, StoreError};

/// Objects that are read at a time.
const READ: usize = 500;

/// Events, sessions and invitees that items name.
pub(super) struct Known {
    events: HashMap<Guid, Event>,
    /// The event and the name of each session.
    sessions: HashMap<Guid, (Option<Guid>, Value)>,
    /// The event of each invitee, and what items show of it.
    invitees: HashMap<Guid, (Option<Guid>, [Value; 3])>,
}

/// An event, with its budget if it has one.
pub(super) struct Event {
    pub plan: Option<Plan>,
    products: HashMap<Guid, Value>,
}

impl Event {
    /// The name of one of its products.
    pub fn product(&self, id: Guid) -> Option<&Value> {
        self.products.get(&id)
    }
}

/// The members of a registrant that an invitee gives it.
pub(super) const SHOWN: [(FieldId, FieldId); 3] = [
    (associated_registrants::CONTACT_ID, invitee::CONTACT_ID),
    (associated_registrants::FIRST_NAME, invitee::FIRST_NAME),
    (associated_registrants::LAST_NAME, invitee::LAST_NAME),
];

/// The product that an item names, if it names one.
pub(super) fn product(sent: &Record) -> Option<&str> {
    sent.text(budget_item::PRODUCT_ID).filter(|text| !text.trim().is_empty() && !is_nothing(text))
}

impl Known {
    /// Reads them.
    pub fn read(reader: &Reader<'_>, account: AccountId, sent: &Sent<'_>) -> Result<Known, StoreError> {
        let event = |record: &Record| record.text(budget_item::EVENT_ID).and_then(Guid::parse);
        let of_stored = sent.iter().filter_map(|(_, stored)| event((*stored)?));
        let events = sent.iter().filter_map(|(record, _)| event(record)).chain(of_stored);
        let products = sent.iter().filter_map(|(record, _)| Guid::parse(product(record)?));
        let registrants =
            sent.iter().flat_map(|(record, _)| record.records(budget_item::ASSOCIATED_REGISTRANTS));
        let invitees =
            registrants.filter_map(|row| Guid::parse(row.text(associated_registrants::INVITEE_ID)?));
        let id = |record: &Record, field| record.text(field).and_then(Guid::parse);
        let mut known = Known { events: HashMap::new(), sessions: HashMap::new(), invitees: HashMap::new() };
        each(reader, account, object_type::EVENT, events, |id, event| {
            known.events.insert(id, Event { plan: None, products: products_of(&event) });
        })?;
        let there: Vec<Guid> = known.events.keys().copied().collect();
        each(reader, account, object_type::BUDGET, there, |id, budget| {
            if let Some(event) = known.events.get_mut(&id) {
                event.plan = Some(Plan::new(&budget));
            }
        })?;
        each(reader, account, object_type::SESSION, products, |session_id, found| {
            let name = found.get(session::PRODUCT_NAME).clone();
            known.sessions.insert(session_id, (id(&found, session::EVENT_ID), name));
        })?;
        each(reader, account, object_type::INVITEE, invitees, |invitee_id, found| {
            let shown = SHOWN.map(|(_, from)| found.get(from).clone());
            known.invitees.insert(invitee_id, (id(&found, invitee::EVENT_ID), shown));
        })?;
        Ok(known)
    }

    pub fn event(&self, id: Guid) -> Option<&Event> {
        self.events.get(&id)
    }

    /// The name of a session of the event.
    pub fn session(&self, id: Guid, event: Guid) -> Option<&Value> {
        let (of, name) = self.sessions.get(&id)?;
        (*of == Some(event)).then_some(name)
    }

    /// What is shown of an invitee of the event.
    pub fn invitee(&self, id: Guid, event: Guid) -> Option<&[Value; 3]> {
        let (of, shown) = self.invitees.get(&id)?;
        (*of == Some(event)).then_some(shown)
    }
}

fn products_of(event: &Record) -> HashMap<Guid, Value> {
    let mut out = HashMap::new();
    for product in event.records(event::PRODUCT_DETAIL) {
        if let Some(id) = product.text(product_detail::PRODUCT_ID).and_then(Guid::parse) {
            out.entry(id).or_insert_with(|| product.get(product_detail::PRODUCT_NAME).clone());
        }
    }
    out
}

/// Gives `each` the objects of those ids that there are, a few at a time.
fn each(
    reader: &Reader<'_>,
    account: AccountId,
    object: ObjectId,
    ids: impl IntoIterator<Item = Guid>,
    mut each: impl FnMut(Guid, Record),
) -> Result<(), StoreError> {
    let ids: BTreeSet<Guid> = ids.into_iter().collect();
    let ids: Vec<Guid> = ids.into_iter().collect();
    for ids in ids.chunks(READ) {
        for (id, found) in ids.iter().zip(reader.get(account, object, ids)?) {
            if let Some(found) = found {
                each(*id, found);
            }
        }
    }
    Ok(())
}
