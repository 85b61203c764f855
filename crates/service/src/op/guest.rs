//! UpdateGuestInfo: what guests say of themselves. Their registrations show it at once.

use crate::session::Session;
use crate::write::{Mode, Writing, Written, write_then};
use crate::{Fault, Service};
use contract::handles::object::guest;
use contract::handles::{object_type, operation};
use contract::{Guid, Record};
use store::{StoreError, Writer};

/// UpdateGuestInfo: each record changes the guest of the event that its Id names.
pub(crate) async fn update_guest_info(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::UPDATE_GUEST_INFO,
        object: object_type::GUEST,
        mode: Mode::Update,
        stamp: |_, _, _, _| {},
    };
    write_then(service, session, writing, request, touch).await
}

/// Notes that the guests' registrations have changed, since they show their guests.
fn touch(written: &Written<'_>, writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let registration = |guest: &Record| guest.text(guest::REGISTRATION_ID).and_then(Guid::parse);
    let ids: Vec<Guid> = written.updated.iter().filter_map(registration).collect();
    writer.touch(written.session.account.id, object_type::REGISTRATION, &ids, written.session.at)
}
