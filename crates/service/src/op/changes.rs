//! GetUpdated and GetDeleted: what happened in a span of time.

use super::object_type;
use crate::session::Session;
use crate::{Fault, Service};
use contract::handles::code;
use contract::handles::message::{get_deleted, get_deleted_response, get_updated, get_updated_response};
use contract::handles::object::{get_deleted_result, get_updated_result};
use contract::{FieldId, Guid, Record, Timestamp};

/// GetUpdated: objects that were created or changed in the span and still exist.
///
/// # Errors
/// CV20013 for a span that ends before it starts, CV20012 for more than 10,000 identifiers,
/// CV10001 for an object type that the call does not cover.
pub(crate) async fn get_updated(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let object = object_type(&request, get_updated::OBJECT_TYPE);
    if !contract.object(object).verbs.replicate {
        return Err(Fault::new(code::CV10001, "the object type is not covered"));
    }
    let (from, until) = span(&request, get_updated::START_DATE, get_updated::END_DATE)?;
    let (account, limit) = (session.account.id, service.settings().max_changes);
    let found = service.store().read(move |reader| reader.changed(account, object, from, until, limit));
    let mut result = contract.record(get_updated_result::TYPE_ID);
    fill(&mut result, get_updated_result::ID, found.await?, limit)?;
    let mut response = contract.record(get_updated_response::TYPE_ID);
    response.set(get_updated_response::GET_UPDATED_RESULT, result);
    Ok(response)
}

/// GetDeleted: objects that were deleted in the span.
///
/// # Errors
/// As [`get_updated()`], but that every object type is covered.
pub(crate) async fn get_deleted(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let object = object_type(&request, get_deleted::OBJECT_TYPE);
    let (from, until) = span(&request, get_deleted::START_DATE, get_deleted::END_DATE)?;
    let (account, limit) = (session.account.id, service.settings().max_changes);
    let found = service.store().read(move |reader| reader.deleted(account, object, from, until, limit));
    let mut result = contract.record(get_deleted_result::TYPE_ID);
    fill(&mut result, get_deleted_result::ID, found.await?, limit)?;
    let mut response = contract.record(get_deleted_response::TYPE_ID);
    response.set(get_deleted_response::GET_DELETED_RESULT, result);
    Ok(response)
}

/// From the start's minute to the end's, the end excluded: seconds do not count.
fn span(request: &Record, start: FieldId, end: FieldId) -> Result<(Timestamp, Timestamp), Fault> {
    let minute = |field| request.time(field).unwrap_or(Timestamp::MIN).minute();
    let (from, until) = (minute(start), minute(end));
    if from > until {
        return Err(Fault::new(code::CV20013, "the span ends before it starts"));
    }
    Ok((from, until))
}

/// Puts the identifiers into a result, unless there are too many.
pub(super) fn fill(result: &mut Record, field: FieldId, ids: Vec<Guid>, limit: usize) -> Result<(), Fault> {
    if ids.len() > limit {
        return Err(Fault::new(code::CV20012, format!("more than {limit} identifiers")));
    }
    for id in ids {
        result.push(field, id.to_string());
    }
    Ok(())
}
