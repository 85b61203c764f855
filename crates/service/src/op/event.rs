//! Events: made, copied and changed by their parameters.

mod copy;
mod detail;

pub(crate) use copy::copy_event;
pub(crate) use detail::fill as fill_event_details;

use crate::session::Session;
use crate::write::{Mode, Writing, code_of, write_then};
use crate::{Fault, Service};
use contract::handles::object::{cv_object, event};
use contract::handles::{object_type, operation};
use contract::{Guid, Record};

/// CreateNoRegEvent: each record makes an event that nobody registers for.
pub(crate) async fn create_no_reg_event(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::CREATE_NO_REG_EVENT, Mode::Create);
    write_then(service, session, writing, request, detail::write).await
}

/// UpdateEventParameters: each record changes the event that its Id names.
pub(crate) async fn update_event_parameters(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::UPDATE_EVENT_PARAMETERS, Mode::Update);
    write_then(service, session, writing, request, detail::write).await
}

fn writing(operation: contract::OperationId, mode: Mode) -> Writing {
    Writing { operation, object: object_type::EVENT, mode, stamp }
}

fn stamp(stored: &mut Record, _: &Record, _: &Session, created: bool) {
    if let Some(id) = stored.text(cv_object::ID).and_then(Guid::parse).filter(|_| created) {
        stored.set(event::EVENT_CODE, code_of(id));
    }
}
