//! Putting objects into groups and lists, and taking them out: the one way of the calls that do so.

use crate::batch::{self, Outcome};
use crate::rules::id_text;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::code;
use contract::{Code, FieldId, Guid, LinkId, ObjectId, OperationId, Record};
use std::collections::HashSet;
use store::{AccountId, StoreError, Writer};

/// What happens to the members named: added, with the link's value, or removed.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Add(Option<&'static str>),
    Remove,
}

/// A call that manages members.
pub(crate) struct Members {
    pub operation: OperationId,
    /// What the members are.
    pub owner: ObjectId,
    /// Their detail that says what they are in.
    pub detail: FieldId,
    /// The identifier of what they are put into, as sent.
    pub container: Option<String>,
    pub change: Change,
    /// The code for taking out what is not in.
    pub not_in: Code,
    /// Whether results carry the container's identifier instead of the member's.
    pub answers_container: bool,
}

/// Runs the call: records in order, each put in or taken out.
///
/// # Errors
/// The call's limit code; the store's trouble.
pub(crate) async fn manage(
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
    let link = contract.link_of(members.owner, members.detail);
    let link = link.ok_or_else(|| Fault::new(code::CV10000, "the detail is no link"))?;
    let target = contract.link(link).target;
    let parent = contract.call(operation).parent.as_ref();
    let (missing, unknown) =
        parent.map_or((codes.missing, codes.invalid), |parent| (parent.missing, parent.unknown));
    let (account, at) = (session.account.id, session.at);
    let outcomes = service.store().write(move |writer| {
        let container = match container_id(&members, missing, unknown) {
            Ok(id) if writer.exists(account, target, &[id])?.contains(&true) => id,
            Ok(_) => return Ok(all_refused(&records, unknown)),
            Err(code) => return Ok(all_refused(&records, code)),
        };
        let mut work = Work { members: &members, codes, link, container, account };
        let (outcomes, changed) = work.run(writer, &records)?;
        writer.touch(account, members.owner, &changed, at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

fn container_id(members: &Members, missing: Code, unknown: Code) -> Result<Guid, Code> {
    let text = members.container.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Guid::parse(text.ok_or(missing)?).ok_or(unknown)
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
    /// Runs the records in order; the members whose membership changed come back too.
    fn run(
        &mut self,
        writer: &mut Writer<'_>,
        records: &[Record],
    ) -> Result<(Vec<Outcome>, Vec<Guid>), StoreError> {
        let ids: Vec<Option<Guid>> = records.iter().map(|record| Guid::parse(id_text(record)?)).collect();
        let known: Vec<Guid> = ids.iter().flatten().copied().collect();
        let exists = writer.exists(self.account, self.members.owner, &known)?;
        let pairs: Vec<(Guid, Guid)> = known.iter().map(|id| (*id, self.container)).collect();
        let mut state = exists.into_iter().zip(writer.linked(self.account, self.link, &pairs)?);
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
