//! ValidateInvitee: whether attendees are registered, have paid and have come.

use super::attendee::{Attendees, one};
use super::order;
use crate::batch::{self, Outcome};
use crate::session::Session;
use crate::{Fault, Service};
use contract::handles::enumeration::product_type;
use contract::handles::list::order_action;
use contract::handles::message::validate_invitee as members;
use contract::handles::object::{
    cv_invitee, event, order_detail, session as session_members, validate_invitee_result,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Contract, Decimal, FieldId, Guid, ObjectId, Record, Value};
use store::{AccountId, Reader, StoreError};

/// ValidateInvitee: each record names an invitee or a guest by its Id or confirmation number.
///
/// # Errors
/// CV30121 past the limit; the store's trouble.
pub(crate) async fn validate_invitee(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::VALIDATE_INVITEE;
    let call = Call {
        contract,
        account: session.account.id,
        of_session: request.enumeration(members::PRODUCT_TYPE) == Some(product_type::SESSION),
        asks_payment: request.boolean(members::CHECK_PAID_IN_FULL) == Some(true),
    };
    let product = request.text(members::PRODUCT_ID).and_then(Guid::parse);
    let (batch, records) = batch::records(contract, operation, request)?;
    let outcomes = service.store().look_up(move |reader| call.run(reader, product, &records));
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

/// An attendee's id, and what the result says of it.
type Told = (Guid, Vec<(FieldId, Value)>);

struct Call {
    contract: &'static Contract,
    account: AccountId,
    of_session: bool,
    asks_payment: bool,
}

impl Call {
    fn run(
        &self,
        reader: &Reader<'_>,
        product: Option<Guid>,
        records: &[Record],
    ) -> Result<Vec<Outcome>, StoreError> {
        let target = self.target(reader, product)?;
        let attendees = match target {
            Ok(_) => Attendees::named(reader, self.account, records)?,
            Err(_) => Attendees::default(),
        };
        let outcome = |record: &Record| {
            let told = target.and_then(|(product, event)| self.one(&attendees, product, event, record));
            let reference = record.text(cv_invitee::MESSAGE_ID).map(Box::from);
            match told {
                Ok((id, told)) => Outcome { id: Some(id), reference, told, ..Outcome::default() },
                Err(code) => Outcome { errors: vec![code], reference, ..Outcome::default() },
            }
        };
        Ok(records.iter().map(outcome).collect())
    }

    /// The product and its event.
    fn target(
        &self,
        reader: &Reader<'_>,
        product: Option<Guid>,
    ) -> Result<Result<(Guid, Guid), Code>, StoreError> {
        let Some(id) = product else { return Ok(Err(code::CV90103)) };
        let find = |object: ObjectId| one(reader, self.account, object, id);
        let (wanted, other) = if self.of_session {
            (object_type::SESSION, object_type::EVENT)
        } else {
            (object_type::EVENT, object_type::SESSION)
        };
        let Some(found) = find(wanted)? else {
            return Ok(Err(if find(other)?.is_some() { code::CV90100 } else { code::CV90103 }));
        };
        let (event_id, event) = if self.of_session {
            let Some(event) = found.text(session_members::EVENT_ID).and_then(Guid::parse) else {
                return Ok(Err(code::CV90108));
            };
            (event, one(reader, self.account, object_type::EVENT, event)?)
        } else {
            (id, Some(found))
        };
        let status = event.as_ref().and_then(|event| event.text(event::EVENT_STATUS));
        let step = self.contract.registration.call(operation::VALIDATE_INVITEE);
        let refused = step.and_then(|step| step.refuses_event(status));
        Ok(refused.map_or(Ok((id, event_id)), Err))
    }

    fn one(&self, attendees: &Attendees, product: Guid, event: Guid, record: &Record) -> Result<Told, Code> {
        let attendee = attendees.find(record)?;
        let is_here = attendee.event() == Some(event);
        if self.of_session && !is_here {
            return Err(code::CV90108);
        }
        let accepted = is_here && attendee.is_accepted(self.contract);
        let (registered, came) = if self.of_session {
            let item = order::item_of(&attendee, product);
            let item = item.filter(|item| accepted && order::is(item, order_action::REGISTERED));
            (item.is_some(), item.and_then(|item| item.boolean(order_detail::PARTICIPANT)))
        } else {
            (accepted, attendee.record.boolean(attendee.members().participant).filter(|_| is_here))
        };
        let mut told = vec![
            (validate_invitee_result::REGISTERED, registered.into()),
            (validate_invitee_result::CHECKED_IN, (came == Some(true)).into()),
        ];
        if self.asks_payment {
            let due = attendee.registration.as_ref().map(order::due);
            let paid = registered && due.is_some_and(|due| due <= Decimal::ZERO);
            told.push((validate_invitee_result::PAID_IN_FULL, paid.into()));
        }
        Ok((attendee.id, told))
    }
}
