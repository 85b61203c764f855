//! The address book: contact groups, distribution lists and who is in them.

use crate::members::{Change, Members, manage};
use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::handles::enumeration::{manage_distribution_list_action, manage_group_action};
use contract::handles::message::{manage_contact_group_members, manage_distribution_list_members};
use contract::handles::object::contact;
use contract::handles::{code, object_type, operation};
use contract::{EnumValue, Record};

/// CreateContactGroup: each record makes a group.
pub(crate) async fn create_contact_group(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::CREATE_CONTACT_GROUP,
        object: object_type::CONTACT_GROUP,
        mode: Mode::Create,
        stamp: |_, _, _, _| {},
    };
    write(service, session, writing, request).await
}

/// CreateDistributionList: each record makes a list.
pub(crate) async fn create_distribution_list(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::CREATE_DISTRIBUTION_LIST,
        object: object_type::DISTRIBUTION_LIST,
        mode: Mode::Create,
        stamp: |_, _, _, _| {},
    };
    write(service, session, writing, request).await
}

/// ManageContactGroupMembers: puts contacts into a group, or takes them out.
pub(crate) async fn manage_contact_group_members(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let action = request.enumeration(manage_contact_group_members::ACTION);
    let change = match action {
        Some(manage_group_action::REMOVE) => Change::Remove,
        _ => Change::Add(None),
    };
    let members = Members {
        operation: operation::MANAGE_CONTACT_GROUP_MEMBERS,
        owner: object_type::CONTACT,
        detail: contact::CONTACT_GROUP_DETAIL,
        container: request.text(manage_contact_group_members::GROUP_ID).map(str::to_owned),
        change,
        not_in: code::CV80104,
        answers_container: false,
    };
    manage(service, session, members, request).await
}

/// ManageDistributionListMembers: puts contacts on a list, approved or pending, or takes them off.
/// The results carry the list's id, as the service's documentation says.
pub(crate) async fn manage_distribution_list_members(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let action: Option<EnumValue> = request.enumeration(manage_distribution_list_members::ACTION);
    let change = match action {
        Some(manage_distribution_list_action::REMOVE) => Change::Remove,
        Some(manage_distribution_list_action::ADD_AS_PENDING) => Change::Add(Some("false")),
        _ => Change::Add(Some("true")),
    };
    let members = Members {
        operation: operation::MANAGE_DISTRIBUTION_LIST_MEMBERS,
        owner: object_type::CONTACT,
        detail: contact::DISTRIBUTION_LIST_DETAIL,
        container: request.text(manage_distribution_list_members::DIST_LIST_ID).map(str::to_owned),
        change,
        not_in: code::CV89104,
        answers_container: true,
    };
    manage(service, session, members, request).await
}
