//! Custom fields: their definitions. Their values are details of the objects that carry them.

use crate::batch;
use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::handles::message::create_custom_field;
use contract::handles::object::entity_custom_field;
use contract::handles::{object_type, operation};
use contract::{EnumValue, Record, Value};

/// CreateCustomField: each record makes a field of the request's category.
pub(crate) async fn create_custom_field(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let category = request.enumeration(create_custom_field::CUSTOM_FIELD_CATEGORY).unwrap_or(EnumValue(0));
    let writing = Writing {
        operation: operation::CREATE_CUSTOM_FIELD,
        object: object_type::ENTITY_CUSTOM_FIELD,
        mode: Mode::Create,
        stamp: |stored, incoming, _, _| {
            stored.set(entity_custom_field::CATEGORY, incoming.get(entity_custom_field::CATEGORY).clone());
        },
    };
    let request = batch::note_on_records(service.contract(), writing.operation, request, |field| {
        field.set(entity_custom_field::CATEGORY, Value::Enumeration(category));
    });
    write(service, session, writing, request).await
}

/// UpdateCustomField: each record changes the field that its Id names; its category stays.
pub(crate) async fn update_custom_field(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::UPDATE_CUSTOM_FIELD,
        object: object_type::ENTITY_CUSTOM_FIELD,
        mode: Mode::Update,
        stamp: |_, _, _, _| {},
    };
    write(service, session, writing, request).await
}
