//! Sessions of an event.

use crate::session::Session;
use crate::write::{Mode, Writing, Written, write_then};
use crate::{Fault, Service};
use contract::handles::object::cv_object;
use contract::handles::{object_type, operation};
use contract::{Guid, OperationId, Record};
use store::{StoreError, Writer};

/// CreateSession: each record makes a session of the event that the call names.
pub(crate) async fn create_session(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::CREATE_SESSION, Mode::Create);
    write_then(service, session, writing, request, touch_event).await
}

/// UpdateSession: each record changes the session of the event that its Id names.
pub(crate) async fn update_session(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::UPDATE_SESSION, Mode::Update);
    write_then(service, session, writing, request, touch_event).await
}

fn writing(operation: OperationId, mode: Mode) -> Writing {
    Writing { operation, object: object_type::SESSION, mode, stamp: |_, _, _, _| {} }
}

/// An event shows its sessions, and so is another when one is.
fn touch_event(written: &Written<'_>, writer: &mut Writer<'_>) -> Result<(), StoreError> {
    if written.created.is_empty() && written.updated.is_empty() {
        return Ok(());
    }
    let event = written.parent.and_then(|event| event.text(cv_object::ID)).and_then(Guid::parse);
    let events: Vec<Guid> = event.into_iter().collect();
    writer.touch(written.session.account.id, object_type::EVENT, &events, written.session.at)
}
