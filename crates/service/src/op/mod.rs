//! The operations: a file a family, a function an operation.

mod changes;
mod contact;
mod custom_field;
mod describe;
mod group;
mod lookups;
mod retrieve;
mod search;

pub(crate) use changes::{get_deleted, get_updated};
pub(crate) use contact::{create_contact, delete_contact, update_contact, upsert_contact};
pub(crate) use custom_field::{create_custom_field, update_custom_field};
pub(crate) use describe::{describe_global, describe_object};
pub(crate) use group::{
    create_contact_group, create_distribution_list, manage_contact_group_members,
    manage_distribution_list_members,
};
pub(crate) use retrieve::retrieve;
pub(crate) use search::search;

use contract::{FieldId, ObjectId, Record};

/// The object type a request names. A request without one gets the first, as the serializer gives
/// a missing enumeration its first value.
fn object_type(request: &Record, field: FieldId) -> ObjectId {
    ObjectId(request.enumeration(field).map_or(0, |value| value.0))
}
