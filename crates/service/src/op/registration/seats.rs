//! Seats: how many more an event, one of its products or a session has.

use super::super::attendee::status_text;
use super::super::order;
use contract::handles::enumeration::invitee_status;
use contract::handles::object::{event, guest, invitee, product_detail};
use contract::handles::object_type;
use contract::{Contract, FieldId, Guid, Record, Value};
use store::{AccountId, Column, Filter, Operator, Reader, StoreError, Test};

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
        let Value::Integer(most) = *capacity else { return Ok(Seats(None)) };
        let limit = usize::try_from(most).unwrap_or(0);
        let accepted = status_text(contract, invitee_status::ACCEPTED);
        let count = |object, event: FieldId, status: FieldId, statuses: &[&str]| {
            let values = statuses.iter().map(|text| Value::from(*text)).collect();
            let filter = Filter::All(vec![
                Filter::Test(Test {
                    column: Column::Own(event),
                    operator: Operator::Equals,
                    values: vec![id.to_string().into()],
                }),
                Filter::Test(Test { column: Column::Own(status), operator: Operator::Includes, values }),
            ]);
            Ok::<_, StoreError>(reader.search(account, object, &filter, limit)?.len() as i64)
        };
        let invitees = count(object_type::INVITEE, invitee::EVENT_ID, invitee::STATUS, &[accepted])?;
        let guests = count(object_type::GUEST, guest::EVENT_ID, guest::STATUS, &["", accepted])?;
        Ok(Seats::left(capacity, invitees + guests))
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
