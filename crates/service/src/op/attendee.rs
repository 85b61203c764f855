//! Who takes part in an event: invitees and their guests, each with its registration.

use crate::parent;
use contract::handles::enumeration::invitee_status;
use contract::handles::object::{cv_invitee, cv_object, guest, invitee, registration};
use contract::handles::{code, object_type};
use contract::table::fold;
use contract::{Code, Contract, EnumValue, FieldId, Guid, ObjectId, OperationId, Record, Timestamp};
use store::{AccountId, Reader, StoreError, Writer};

/// An invitee or a guest, as stored, and the registration it comes with.
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
    /// The invitee or guest of an id.
    pub fn by_id(reader: &Reader<'_>, account: AccountId, id: Guid) -> Result<Option<Attendee>, StoreError> {
        for members in [&INVITEE, &GUEST] {
            if let Some(record) = one(reader, account, members.object, id)? {
                return Attendee::with_registration(reader, account, id, record, members).map(Some);
            }
        }
        Ok(None)
    }

    /// The invitee or guest of a confirmation number.
    fn by_number(
        reader: &Reader<'_>,
        account: AccountId,
        number: &str,
    ) -> Result<Option<Attendee>, StoreError> {
        for members in [&INVITEE, &GUEST] {
            let found = reader.find(account, (members.object, members.number), &[fold(number)])?;
            if let Some(id) = found.into_iter().flatten().next() {
                return Attendee::by_id(reader, account, id);
            }
        }
        Ok(None)
    }

    /// The one that a record names by its Id or else by its confirmation number.
    pub fn named(
        reader: &Reader<'_>,
        account: AccountId,
        record: &Record,
    ) -> Result<Result<Attendee, Code>, StoreError> {
        let text = |field| record.text(field).map(str::trim).filter(|text| !text.is_empty());
        let found = match (text(cv_invitee::ID), text(cv_invitee::CONFIRMATION_NUMBER)) {
            (None, None) => return Ok(Err(code::CV91101)),
            (Some(id), _) => match Guid::parse(id) {
                Some(id) => Attendee::by_id(reader, account, id)?,
                None => None,
            },
            (None, Some(number)) => Attendee::by_number(reader, account, number)?,
        };
        Ok(found.ok_or(code::CV84001))
    }

    fn with_registration(
        reader: &Reader<'_>,
        account: AccountId,
        id: Guid,
        record: Record,
        members: &'static Members,
    ) -> Result<Attendee, StoreError> {
        let registration = if members.object == INVITEE.object {
            let field = registration::INVITEE_ID;
            reader
                .referring(account, object_type::REGISTRATION, field, &[id])?
                .into_iter()
                .flatten()
                .next_back()
        } else {
            record.text(guest::REGISTRATION_ID).and_then(Guid::parse)
        };
        let registration = match registration {
            Some(id) => one(reader, account, object_type::REGISTRATION, id)?,
            None => None,
        };
        Ok(Attendee { id, record, registration, members })
    }

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

    /// Writes it and its registration back.
    pub fn save(
        &mut self,
        writer: &mut Writer<'_>,
        account: AccountId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.record.set(self.members.last_modified_date, at);
        writer.update(account, self.members.object, std::slice::from_ref(&self.record), at)?;
        if let Some(registration) = &mut self.registration {
            registration.set(registration::LAST_MODIFIED_DATE, at);
            writer.update(account, object_type::REGISTRATION, std::slice::from_ref(registration), at)?;
        }
        Ok(())
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
