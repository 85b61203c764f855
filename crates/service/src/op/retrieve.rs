//! Retrieve: objects by their identifiers.

use super::object_type;
use crate::derived;
use crate::room::Seat;
use crate::session::Session;
use crate::{Failure, Fault, Service, batch, room};
use contract::handles::message::{retrieve, retrieve_response};
use contract::handles::object::{cv_object, id_array, retrieve_result};
use contract::handles::{code, object_type as types, operation};
use contract::{Contract, FieldId, Guid, Kind, ObjectType, Record, Scalar, TypeRef, Value};
use std::sync::Arc;
use store::{Reader, StoreError};

/// Retrieve: the objects that are in the account, in the order of the identifiers, with their
/// details.
///
/// # Errors
/// CV20018 without identifiers, CV20021 for too many, CV20001 if one is not a GUID.
pub(crate) async fn retrieve(
    service: &Service,
    (session, seat): (&Session, &Seat<'_>),
    request: Record,
) -> Result<Record, Failure> {
    let contract = service.contract();
    let object = object_type(&request, retrieve::OBJECT_TYPE);
    let ids: Arc<[Guid]> = ids(contract, &request)?.into();
    let counts = counts(&request);
    drop(request);
    let account = session.account.id;
    let job = move |reader: &Reader<'_>, ids: &[Guid]| {
        let mut records: Vec<Record> = reader.get(account, object, ids)?.into_iter().flatten().collect();
        reader.fill_links(account, object, &mut records)?;
        derived::fill(reader, contract, account, object, &mut records)?;
        if counts {
            super::fill_event_details(reader, account, &mut records)?;
        }
        Ok::<_, StoreError>(records)
    };
    let found = room::make(seat, |bytes| {
        let ids = Arc::clone(&ids);
        let bounded = move |reader: &Reader<'_>| {
            reader.at_most(bytes);
            job(reader, &ids)
        };
        match counts {
            true => Box::pin(service.store().read(bounded)),
            false => Box::pin(service.store().look_up(bounded)),
        }
    });
    let mut result = contract.record(retrieve_result::TYPE_ID);
    let unset = unset_values(contract, contract.object(object));
    let secret: Vec<FieldId> = contract.object(object).hashed().collect();
    for mut record in found.await? {
        for field in &secret {
            record.take(*field);
        }
        for (field, value) in &unset {
            if record.get(*field).is_absent() {
                record.set(*field, value.clone());
            }
        }
        result.push(retrieve_result::CV_OBJECT, record);
    }
    let mut response = contract.record(retrieve_response::TYPE_ID);
    response.set(retrieve_response::RETRIEVE_RESULT, result);
    Ok(response)
}

/// Whether the objects that are asked for count others, which is not done by key alone.
pub(crate) fn counts(request: &Record) -> bool {
    object_type(request, retrieve::OBJECT_TYPE) == types::EVENT_DETAIL
}

fn ids(contract: &Contract, request: &Record) -> Result<Vec<Guid>, Fault> {
    let ids = request.record(retrieve::IDS).map_or(&[][..], |ids| ids.list(id_array::ID));
    if ids.is_empty() {
        return Err(Fault::new(code::CV20018, "no identifier"));
    }
    batch::within_limit(contract, operation::RETRIEVE, ids.len())?;
    let guid = |id: &Value| Guid::parse(id.as_text()?);
    let ids: Option<Vec<Guid>> = ids.iter().map(guid).collect();
    ids.ok_or_else(|| Fault::new(code::CV20001, "an identifier is not a GUID"))
}

/// What members without a value show: text is written empty and a boolean as false, as captured;
/// dates, numbers and enumerations are left out.
fn unset_values(contract: &Contract, object: &ObjectType) -> Vec<(FieldId, Value)> {
    let members = contract.model.ty(object.ty).fields();
    let unset = members.filter(|(field, member)| {
        let is_correlation =
            [cv_object::ID, cv_object::MESSAGE_ID, cv_object::TRANSACTION_ID].contains(field);
        let left_out = object.property(*field).is_some_and(|property| property.absent_when_unset);
        member.kind == Kind::Attribute && !is_correlation && !left_out && member.default.is_none()
    });
    unset
        .filter_map(|(field, member)| match member.ty {
            TypeRef::Scalar(Scalar::String) => {
                let zeros = object.property(field).is_some_and(|property| property.zeros_when_unset);
                Some((field, if zeros { Guid([0; 16]).to_string().into() } else { Value::from("") }))
            }
            TypeRef::Scalar(Scalar::Boolean) => Some((field, Value::from(false))),
            _ => None,
        })
        .collect()
}
