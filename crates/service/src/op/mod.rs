//! The operations: a file a family, a function an operation.

mod advanced_logic;
mod approver;
mod attendee;
mod budget;
mod changes;
mod check_in;
mod contact;
mod conversion_rate;
mod custom_field;
mod describe;
mod email;
mod event;
mod feedback;
mod group;
mod guest;
mod internal_info;
mod lookups;
mod meeting_request;
mod order;
mod rate_history;
mod registration;
mod registration_type;
mod retrieve;
mod rfp;
mod search;
mod session;
mod session_registration;
mod survey;
mod transaction;
mod transfer;
mod user;
mod validate;

pub(crate) use advanced_logic::add_advanced_logic;
pub(crate) use approver::{create_approver, delete_approver, update_approver};
pub(crate) use budget::{create_budget_item, delete_budget_item};
pub(crate) use changes::{get_deleted, get_updated};
pub(crate) use check_in::check_in;
pub(crate) use contact::stamp as stamp_contact;
pub(crate) use contact::{create_contact, delete_contact, update_contact, upsert_contact};
pub(crate) use conversion_rate::{create_conversion_rate, delete_conversion_rate};
pub(crate) use custom_field::{create_custom_field, update_custom_field};
pub(crate) use describe::{describe_global, describe_object};
pub(crate) use email::{outcome_members as history_members, send_email, words};
pub(crate) use event::{copy_event, create_no_reg_event, fill_event_details, update_event_parameters};
pub(crate) use feedback::create_post_event_feedback;
pub(crate) use group::{
    create_contact_group, create_distribution_list, manage_contact_group_members,
    manage_distribution_list_members,
};
pub(crate) use guest::update_guest_info;
pub(crate) use internal_info::update_invitee_internal_info;
pub(crate) use meeting_request::{create_meeting_request, update_meeting_request};
pub(crate) use rate_history::{create_rate_history, delete_rate_history};
pub(crate) use registration::simple_event_registration;
pub(crate) use registration_type::update_registration_type;
pub(crate) use retrieve::{counts, retrieve};
pub(crate) use rfp::create_rfp;
pub(crate) use search::search;
pub(crate) use session::{create_session, update_session};
pub(crate) use session_registration::session_reg_action;
pub(crate) use survey::create_survey_answer;
pub(crate) use transaction::create_transaction;
pub(crate) use transfer::transfer_invitee;
pub(crate) use user::{create_user, delete_user, manage_user_group, update_user};
pub(crate) use validate::validate_invitee;

use contract::{FieldId, ObjectId, Record};

/// The object type a request names. A request without one gets the first, as the serializer gives
/// a missing enumeration its first value.
fn object_type(request: &Record, field: FieldId) -> ObjectId {
    ObjectId(request.enumeration(field).map_or(0, |value| value.0))
}
