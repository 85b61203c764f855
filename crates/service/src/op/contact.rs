//! The address book: contacts.

use crate::remove::remove;
use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::Record;
use contract::handles::object::contact;
use contract::handles::{object_type, operation};

/// How the service names opt-outs that came in through it.
const OPTED_OUT_BY: &str = "API";

/// CreateContact: each record makes a contact.
pub(crate) async fn create_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::CREATE_CONTACT, Mode::Create);
    write(service, session, writing, request).await
}

/// UpdateContact: each record changes the contact that its Id names.
pub(crate) async fn update_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::UPDATE_CONTACT, Mode::Update);
    write(service, session, writing, request).await
}

/// UpsertContact: each record changes the contact with its e-mail address, or makes one.
pub(crate) async fn upsert_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::UPSERT_CONTACT, Mode::Upsert(contact::EMAIL_ADDRESS));
    write(service, session, writing, request).await
}

fn writing(operation: contract::OperationId, mode: Mode) -> Writing {
    Writing { operation, object: object_type::CONTACT, mode, stamp }
}

/// What is noted on a contact that is written, whichever way.
pub(crate) fn stamp(stored: &mut Record, incoming: &Record, session: &Session, _created: bool) {
    let opts_out = incoming.boolean(contact::EXCLUDED_FROM_EMAIL) == Some(true);
    if opts_out && stored.boolean(contact::EXCLUDED_FROM_EMAIL) != Some(true) {
        stored.set(contact::LAST_OPT_OUT_DATE, session.at);
        stored.set(contact::LAST_OPT_OUT_BY, OPTED_OUT_BY);
    }
}

/// DeleteContact: takes contacts out of the address book.
pub(crate) async fn delete_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    remove(service, session, operation::DELETE_CONTACT, object_type::CONTACT, request).await
}
