//! UpdateRegistrationType: what kind of registrant somebody is.

use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::Record;
use contract::handles::object::registration;
use contract::handles::{object_type, operation};

/// UpdateRegistrationType: each record changes the registration of the event that its Id names.
pub(crate) async fn update_registration_type(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::UPDATE_REGISTRATION_TYPE,
        object: object_type::REGISTRATION,
        mode: Mode::Update,
        stamp,
    };
    write(service, session, writing, request).await
}

/// The interface has no list of an event's registration types: a type is named by its code, unless
/// it is the one that the registration has.
fn stamp(stored: &mut Record, incoming: &Record, session: &Session, _: bool) {
    let code = incoming.text(registration::REGISTRATION_TYPE_CODE).unwrap_or_default();
    if stored.text(registration::REGISTRATION_TYPE_CODE) != Some(code) {
        stored.set(registration::REGISTRATION_TYPE, code);
    }
    stored.set(registration::LAST_MODIFIED_DATE, session.at);
    stored.set(registration::MODIFIED_BY, session.user.as_str());
}
