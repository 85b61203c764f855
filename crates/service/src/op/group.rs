//! The address book: contact groups, distribution lists and who is in them.

use crate::batch::{self, Outcome};
use crate::rules::id_text;
use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::enumeration::{manage_distribution_list_action, manage_group_action};
use contract::handles::message::{manage_contact_group_members, manage_distribution_list_members};
use contract::handles::object::contact;
use contract::handles::{code, object_type, operation};
use contract::{Code, EnumValue, FieldId, Guid, LinkId, OperationId, Record};
use std::collections::HashSet;
use store::{AccountId, StoreError, Writer};

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
        detail: contact::DISTRIBUTION_LIST_DETAIL,
        container: request.text(manage_distribution_list_members::DIST_LIST_ID).map(str::to_owned),
        change,
        not_in: code::CV89104,
        answers_container: true,
    };
    manage(service, session, members, request).await
}

/// What happens to the members named: added, with the link's value, or removed.
#[derive(Clone, Copy)]
enum Change {
    Add(Option<&'static str>),
    Remove,
}

struct Members {
    operation: OperationId,
    detail: FieldId,
    container: Option<String>,
    change: Change,
    not_in: Code,
    answers_container: bool,
}

async fn manage(
    service: &Service,
    session: &Session,
    members: Members,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = members.operation;
    let (batch, records) = batch::records(contract, operation, request)?;
    let codes = contract.call(operation).id;
    let codes = codes.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let link = contract.link_of(object_type::CONTACT, members.detail);
    let link = link.ok_or_else(|| Fault::new(code::CV10000, "the detail is no link"))?;
    let target = contract.link(link).target;
    let (account, at) = (session.account.id, session.at);
    let outcomes = service.store().write(move |writer| {
        let container = match container_id(&members, codes) {
            Ok(id) if writer.exists(account, target, &[id])?.contains(&true) => id,
            Ok(_) => return Ok(all_refused(&records, codes.invalid)),
            Err(code) => return Ok(all_refused(&records, code)),
        };
        let mut work = Work { members: &members, codes, link, container, account };
        let (outcomes, changed) = work.run(writer, &records)?;
        writer.touch(account, object_type::CONTACT, &changed, at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

fn container_id(members: &Members, codes: IdCodes) -> Result<Guid, Code> {
    let text = members.container.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Guid::parse(text.ok_or(codes.missing)?).ok_or(codes.invalid)
}

fn all_refused(records: &[Record], code: Code) -> Vec<Outcome> {
    records.iter().map(|record| Outcome::refused(record, vec![code])).collect()
}

struct Work<'a> {
    members: &'a Members,
    codes: IdCodes,
    link: LinkId,
    container: Guid,
    account: AccountId,
}

impl Work<'_> {
    /// Runs the records in order; the contacts whose membership changed come back too.
    fn run(
        &mut self,
        writer: &mut Writer<'_>,
        records: &[Record],
    ) -> Result<(Vec<Outcome>, Vec<Guid>), StoreError> {
        let ids: Vec<Option<Guid>> = records.iter().map(|record| Guid::parse(id_text(record)?)).collect();
        let known: Vec<Guid> = ids.iter().flatten().copied().collect();
        let exists = writer.exists(self.account, object_type::CONTACT, &known)?;
        let links = writer.links(self.account, self.link, &known)?;
        let is_in =
            |rows: &Vec<(Guid, Option<String>)>| rows.iter().any(|(target, _)| *target == self.container);
        let mut state = exists.into_iter().zip(links.iter().map(is_in));
        let mut inside: HashSet<Guid> = HashSet::new();
        let mut changed = Vec::new();
        let mut outcomes = Vec::with_capacity(records.len());
        let mut seen = HashSet::new();
        for (record, id) in records.iter().zip(ids) {
            let result = match id {
                None if id_text(record).is_none() => Err(self.codes.missing),
                None => Err(self.codes.invalid),
                Some(id) => {
                    let (exists, was_in) = state.next().unwrap_or_default();
                    if seen.insert(id) && was_in {
                        inside.insert(id);
                    }
                    if exists { self.change(id, &mut inside) } else { Err(self.codes.invalid) }
                }
            };
            outcomes.push(match result {
                Ok(id) => {
                    changed.push(id);
                    let answered = if self.members.answers_container { self.container } else { id };
                    Outcome::accepted(record, answered)
                }
                Err(code) => Outcome::refused(record, vec![code]),
            });
        }
        match self.members.change {
            Change::Add(value) => {
                let row = |id: &Guid| (*id, self.container, value.map(str::to_owned));
                writer.link(self.account, self.link, &changed.iter().map(row).collect::<Vec<_>>())?;
            }
            Change::Remove => {
                let rows: Vec<_> = changed.iter().map(|id| (*id, self.container)).collect();
                writer.unlink(self.account, self.link, &rows)?;
            }
        }
        Ok((outcomes, changed))
    }

    fn change(&self, id: Guid, inside: &mut HashSet<Guid>) -> Result<Guid, Code> {
        match self.members.change {
            Change::Add(_) if !inside.insert(id) => Err(self.codes.twice),
            Change::Remove if !inside.remove(&id) => Err(self.members.not_in),
            _ => Ok(id),
        }
    }
}
