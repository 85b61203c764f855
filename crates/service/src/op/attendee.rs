//! Who takes part in an event: invitees and their guests, each with its registration.

mod book;

pub(super) use book::Attendees;

use crate::parent;
use contract::handles::enumeration::invitee_status;
use contract::handles::object::{cv_object, guest, invitee, registration};
use contract::handles::{code, object_type};
use contract::table::fold;
use contract::{Code, Contract, EnumValue, FieldId, Guid, ObjectId, OperationId, Record};
use store::{AccountId, Reader, StoreError};

/// An invitee or a guest and the registration it comes with.
pub(super) struct Attendee {
    pub id: Guid,
    pub record: Record,
    pub registration: Option<Record>,
    members: &'static Members,
}

/// The members that an invitee and a guest both have, under names of their own.
pub(super) struct Members {
    object: ObjectId,
    event: FieldId,
    number: FieldId,
    pub first_name: FieldId,
    pub last_name: FieldId,
    pub participant: FieldId,
    pub check_in_date: FieldId,
    pub last_modified_date: FieldId,
}

static INVITEE: Members = Members {
    object: object_type::INVITEE,
    event: invitee::EVENT_ID,
    number: invitee::CONFIRMATION_NUMBER,
    first_name: invitee::FIRST_NAME,
    last_name: invitee::LAST_NAME,
    participant: invitee::PARTICIPANT,
    check_in_date: invitee::CHECK_IN_DATE,
    last_modified_date: invitee::LAST_MODIFIED_DATE,
};

static GUEST: Members = Members {
    object: object_type::GUEST,
    event: guest::EVENT_ID,
    number: guest::GUEST_CONFIRMATION_NUMBER,
    first_name: guest::FIRST_NAME,
    last_name: guest::LAST_NAME,
    participant: guest::PARTICIPANT,
    check_in_date: guest::CHECK_IN_DATE,
    last_modified_date: guest::LAST_MODIFIED_DATE,
};

impl Attendee {
    /// The event it takes part in.
    pub fn event(&self) -> Option<Guid> {
        self.record.text(self.members.event).and_then(Guid::parse)
    }

    /// The handles of what invitees and guests have in common.
    pub fn members(&self) -> &'static Members {
        self.members
    }

    pub fn is_invitee(&self) -> bool {
        self.members.object == INVITEE.object
    }

    /// Whether it is coming. A guest without a status of its own has that of its registration.
    pub fn is_accepted(&self, contract: &Contract) -> bool {
        if self.is_invitee() {
            return self.record.enumeration(invitee::STATUS) == Some(invitee_status::ACCEPTED);
        }
        let own = self.record.text(guest::STATUS).filter(|text| !text.is_empty());
        let registration = || self.registration.as_ref().and_then(|found| found.text(registration::STATUS));
        let accepted = status_text(contract, invitee_status::ACCEPTED);
        own.or_else(registration).is_some_and(|text| fold(text) == fold(accepted))
    }
}

/// How a status is written where the interface keeps it as text.
pub(super) fn status_text(contract: &Contract, status: EnumValue) -> &str {
    let values = &contract.model.enumeration(invitee_status::ENUM_ID).values;
    values.get(usize::from(status.0)).map_or("", String::as_str)
}

/// The object of an id.
pub(super) fn one(
    reader: &Reader<'_>,
    account: AccountId,
    object: ObjectId,
    id: Guid,
) -> Result<Option<Record>, StoreError> {
    Ok(reader.get(account, object, &[id])?.pop().flatten())
}

/// The event that a call's parameter names, or the code that each of its records gets.
pub(super) fn event_of(
    reader: &Reader<'_>,
    account: AccountId,
    contract: &Contract,
    operation: OperationId,
    text: Option<&str>,
) -> Result<Result<(Guid, Record), Code>, StoreError> {
    let found = parent::find(reader, account, contract, contract.call(operation), text)?;
    let with_id = |event: Record| Some((event.text(cv_object::ID).and_then(Guid::parse)?, event));
    Ok(found.and_then(|event| event.and_then(with_id).ok_or(code::CV10000)))
}
