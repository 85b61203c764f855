//! Users, and the groups they are in.

use crate::members::{Change, Members, manage};
use crate::remove::remove_unless;
use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::handles::enumeration::manage_group_action;
use contract::handles::message::manage_user_group;
use contract::handles::object::user;
use contract::handles::{code, object_type, operation};
use contract::table::fold;
use contract::{OperationId, Record};
use std::collections::HashSet;

/// CreateUser: each record makes a user; a requester can make meeting requests from then on.
pub(crate) async fn create_user(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    write(service, session, writing(operation::CREATE_USER, Mode::Create), request).await
}

/// UpdateUser: each record changes the user that its Id names.
pub(crate) async fn update_user(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    write(service, session, writing(operation::UPDATE_USER, Mode::Update), request).await
}

fn writing(operation: OperationId, mode: Mode) -> Writing {
    Writing { operation, object: object_type::USER, mode, stamp: |_, _, _, _| {} }
}

/// DeleteUser: users go, but for those whose name an active API user has.
pub(crate) async fn delete_user(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let (operation, object) = (operation::DELETE_USER, object_type::USER);
    remove_unless(service, session, operation, object, request, |reader, account, stored| {
        let active = reader.users(account)?.into_iter().filter(|found| found.active);
        let active: HashSet<String> = active.map(|found| fold(&found.name)).collect();
        let refusal = |stored: &Record| {
            let name = fold(stored.text(user::USERNAME).unwrap_or_default());
            active.contains(&name).then_some(code::CV92129)
        };
        Ok(stored.iter().map(|stored| stored.as_ref().and_then(refusal)).collect())
    })
    .await
}

/// ManageUserGroup: puts users into a group, or takes them out.
pub(crate) async fn manage_user_group(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let change = match request.enumeration(manage_user_group::ACTION) {
        Some(manage_group_action::REMOVE) => Change::Remove,
        _ => Change::Add(None),
    };
    let members = Members {
        operation: operation::MANAGE_USER_GROUP,
        owner: object_type::USER,
        detail: user::USER_GROUP_DETAIL,
        container: request.text(manage_user_group::GROUP_ID).map(str::to_owned),
        change,
        not_in: code::CV93104,
        answers_container: false,
    };
    manage(service, session, members, request).await
}
