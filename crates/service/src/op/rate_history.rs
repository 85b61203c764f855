//! Rate histories: what venues charged.

use crate::remove::remove;
use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::Record;
use contract::handles::object::{cv_object, rate_history};
use contract::handles::{object_type, operation};

/// CreateRateHistory: each record makes a rate history.
pub(crate) async fn create_rate_history(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::CREATE_RATE_HISTORY,
        object: object_type::RATE_HISTORY,
        mode: Mode::Create,
        // The type has a second member for its identifier, in another spelling.
        stamp: |stored, _, _, _| stored.set(rate_history::ID_2, stored.get(cv_object::ID).clone()),
    };
    write(service, session, writing, request).await
}

/// DeleteRateHistory: takes rate histories away.
pub(crate) async fn delete_rate_history(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    remove(service, session, operation::DELETE_RATE_HISTORY, object_type::RATE_HISTORY, request).await
}
