//! Deleting objects: the one way every Delete call goes.

use crate::batch::{self, Outcome};
use crate::rules::id_text;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::code;
use contract::{Code, Guid, ObjectId, OperationId, Record};
use std::collections::HashSet;
use store::{AccountId, Reader, StoreError};

/// Why each stored object may not be deleted, if it may not.
pub(crate) type Refusal =
    fn(&Reader<'_>, AccountId, &[Option<Record>]) -> Result<Vec<Option<Code>>, StoreError>;

/// Deletes the objects that the records name by their Ids; the others of the call are not harmed by
/// one that is unknown.
///
/// # Errors
/// The call's limit code; the store's trouble.
pub(crate) async fn remove(
    service: &Service,
    session: &Session,
    operation: OperationId,
    object: ObjectId,
    request: Record,
) -> Result<Record, Fault> {
    remove_unless(service, session, operation, object, request, |_, _, stored| Ok(vec![None; stored.len()]))
        .await
}

/// Deletes as [`remove`] does, but for the objects that may not be deleted.
///
/// # Errors
/// As [`remove`].
pub(crate) async fn remove_unless(
    service: &Service,
    session: &Session,
    operation: OperationId,
    object: ObjectId,
    request: Record,
    refusal: Refusal,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let (batch, records) = batch::records(contract, operation, request)?;
    let codes = contract.call(operation).id;
    let codes = codes.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let (account, at) = (session.account.id, session.at);
    let source = batch::source_field(contract, &batch, contract.object(object).ty);
    let outcomes = service.store().write(move |writer| {
        let ids = named(&records, codes);
        let good: Vec<Guid> = ids.iter().filter_map(|id| id.ok()).collect();
        let stored = writer.get(account, object, &good)?;
        let refusals = refusal(writer, account, &stored)?;
        let mut stored = stored.into_iter().zip(refusals);
        let mut going = Vec::new();
        let mut outcomes = Vec::with_capacity(records.len());
        for (record, id) in records.iter().zip(&ids) {
            outcomes.push(match id {
                Err(code) => Outcome::refused(record, vec![*code]),
                Ok(id) => match stored.next().unwrap_or_default() {
                    (None, _) => Outcome::refused(record, vec![codes.unknown]),
                    (Some(_), Some(code)) => Outcome::refused(record, vec![code]),
                    (Some(found), None) => {
                        going.push(*id);
                        Outcome {
                            source: source.and_then(|field| found.text(field)).map(Box::from),
                            ..Outcome::accepted(record, *id)
                        }
                    }
                },
            });
        }
        writer.delete(account, object, &going, at)?;
        for twin in contract.twins.iter().filter(|twin| twin.base == object) {
            writer.delete(account, twin.object, &going, at)?;
        }
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

/// The identifiers that records carry, or what is wrong with them.
pub(crate) fn named(records: &[Record], codes: IdCodes) -> Vec<Result<Guid, Code>> {
    let mut seen = HashSet::new();
    let id = |record| {
        let id = Guid::parse(id_text(record).ok_or(codes.missing)?).ok_or(codes.invalid)?;
        if seen.insert(id) { Ok(id) } else { Err(codes.twice) }
    };
    records.iter().map(id).collect()
}
