//! Meeting requests.

use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::handles::{object_type, operation};
use contract::{OperationId, Record};

/// CreateMeetingRequest: makes one request, and answers with the code it got.
pub(crate) async fn create_meeting_request(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    write(service, session, writing(operation::CREATE_MEETING_REQUEST, Mode::Create), request).await
}

/// UpdateMeetingRequest: each record changes the request that its Id names.
pub(crate) async fn update_meeting_request(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    write(service, session, writing(operation::UPDATE_MEETING_REQUEST, Mode::Update), request).await
}

fn writing(operation: OperationId, mode: Mode) -> Writing {
    Writing { operation, object: object_type::MEETING_REQUEST, mode, stamp: |_, _, _, _| {} }
}
