//! Seats: how many more an event, one of its products or a session has.

use super::super::attendee::status_text;
use super::super::order;
use contract::handles::enumeration::invitee_status;
use contract::handles::object::{event, guest, invitee, product_detail};
use contract::handles::object_type;
use contract::table::fold;
use contract::{Contract, FieldId, Guid, ObjectId, Record, Value};
use store::{AccountId, Reader, StoreError};

/// The seats that are left; without a capacity there is no end of them.
pub(in crate::op) struct Seats(Option<i64>);

impl Seats {
    /// Those of a capacity of which some are taken. A negative capacity is none.
    pub fn left(capacity: &Value, taken: i64) -> Seats {
        match capacity {
            Value::Integer(capacity) if *capacity >= 0 => Seats(Some(capacity - taken)),
            _ => Seats(None),
        }
    }

    /// Those of an event: accepted invitees sit on them, and guests that are not cancelled.
    pub fn of_event(
        reader: &Reader<'_>,
        contract: &Contract,
        account: AccountId,
        id: Guid,
        record: &Record,
    ) -> Result<Seats, StoreError> {
        let capacity = record.get(event::CAPACITY);
        if !matches!(capacity, Value::Integer(_)) {
            return Ok(Seats(None));
        }
        let accepted = status_text(contract, invitee_status::ACCEPTED);
        let count = |of: (ObjectId, FieldId), status: FieldId, sits: &dyn Fn(&Value) -> bool| {
            let groups = reader.count_referring(account, of, &[id], &[status])?.concat();
            let sitting = groups.iter().filter(|group| group.values.iter().all(sits));
            let count: u64 = sitting.map(|group| group.count).sum();
            Ok::<_, StoreError>(i64::try_from(count).unwrap_or(i64::MAX))
        };
        let is_accepted = |status: &Value| *status == Value::Enumeration(invitee_status::ACCEPTED);
        let invitees = count((object_type::INVITEE, invitee::EVENT_ID), invitee::STATUS, &is_accepted)?;
        let is_coming = |status: &Value| {
            let status = fold(status.as_text().unwrap_or_default());
            status.is_empty() || status == fold(accepted)
        };
        let guests = count((object_type::GUEST, guest::EVENT_ID), guest::STATUS, &is_coming)?;
        Ok(Seats::left(capacity, invitees.saturating_add(guests)))
    }

    /// Those of one of an event's products.
    pub fn of_item(
        reader: &Reader<'_>,
        account: AccountId,
        event: Guid,
        item: Option<&Record>,
    ) -> Result<Seats, StoreError> {
        let Some(item) = item else { return Ok(Seats(None)) };
        let capacity = item.get(product_detail::CAPACITY);
        match item.text(product_detail::PRODUCT_ID).and_then(Guid::parse) {
            Some(id) if !capacity.is_absent() => {
                Ok(Seats::left(capacity, order::count(reader, account, event, id)?.0))
            }
            _ => Ok(Seats(None)),
        }
    }

    /// Whether there is one.
    pub fn any(&self) -> bool {
        self.0.is_none_or(|left| left > 0)
    }

    /// Somebody takes one, or gives it back.
    pub fn change(&mut self, by: i64) {
        self.0 = self.0.map(|left| left + by);
    }
}
