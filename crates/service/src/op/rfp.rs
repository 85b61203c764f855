//! Requests for proposals.

use crate::rules::id_of;
use crate::session::Session;
use crate::write::{Mode, Writing, Written, write_then};
use crate::{Fault, Service};
use contract::handles::enumeration::cv_visibility_type;
use contract::handles::object::{rfp, user};
use contract::handles::{object_type, operation};
use contract::{Guid, Record};
use store::{StoreError, Writer};

/// CreateRFP: each record makes a request for proposals that the call's user and the groups of its
/// default visibility see.
pub(crate) async fn create_rfp(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::CREATE_RFP,
        object: object_type::RFP,
        mode: Mode::Create,
        stamp: |_, _, _, _| {},
    };
    write_then(service, session, writing, request, show).await
}

/// Makes the new requests visible.
fn show(written: &Written<'_>, writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let contract = written.service.contract();
    let account = written.session.account.id;
    let Some(user) = written.parent.and_then(id_of) else { return Ok(()) };
    let mut viewers = vec![(rfp::USER_VISIBILITY_DETAIL, user)];
    if let Some(defaults) = contract.link_of(object_type::USER, user::VISIBILITY_DEFAULTS) {
        let kinds = &contract.model.enumeration(cv_visibility_type::ENUM_ID).values;
        let wanted = kinds.get(usize::from(cv_visibility_type::RFP.0));
        let groups = writer.links(account, defaults, &[user])?.into_iter().flatten();
        let groups = groups.filter(|(_, kind)| kind.as_ref() == wanted);
        viewers.extend(groups.map(|(group, _)| (rfp::USER_GROUP_VISIBILITY_DETAIL, group)));
    }
    let created: Vec<Guid> = written.created.iter().filter_map(id_of).collect();
    for detail in [rfp::USER_VISIBILITY_DETAIL, rfp::USER_GROUP_VISIBILITY_DETAIL] {
        let viewers = viewers.iter().filter(|(of, _)| *of == detail);
        let rows = viewers.flat_map(|(_, viewer)| created.iter().map(|rfp| (*rfp, *viewer, None)));
        if let Some(link) = contract.link_of(object_type::RFP, detail) {
            writer.link(account, link, &rows.collect::<Vec<_>>())?;
        }
    }
    Ok(())
}
