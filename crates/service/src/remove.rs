//! Deleting objects: the one way every Delete call goes.

use crate::batch::{self, Outcome};
use crate::rules::id_text;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::code;
use contract::{Code, Guid, ObjectId, OperationId, Record};
use std::collections::HashSet;
use store::StoreError;

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
    let contract = service.contract();
    let (batch, records) = batch::records(contract, operation, request)?;
    let codes = contract.call(operation).id;
    let codes = codes.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let (account, at) = (session.account.id, session.at);
    let source = batch::source_field(contract, &batch, contract.object(object).ty);
    let outcomes = service.store().write(move |writer| {
        let ids = named(&records, codes);
        let good: Vec<Guid> = ids.iter().filter_map(|id| id.ok()).collect();
        let mut stored = writer.get(account, object, &good)?.into_iter();
        let outcome = |(record, id): (&Record, &Result<Guid, Code>)| match id {
            Err(code) => Outcome::refused(record, vec![*code]),
            Ok(id) => match stored.next().flatten() {
                None => Outcome::refused(record, vec![codes.invalid]),
                Some(found) => Outcome {
                    source: source.and_then(|field| found.text(field)).map(Box::from),
                    ..Outcome::accepted(record, *id)
                },
            },
        };
        let outcomes: Vec<Outcome> = records.iter().zip(&ids).map(outcome).collect();
        writer.delete(account, object, &good, at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

/// The identifiers that records carry, or what is wrong with them.
fn named(records: &[Record], codes: IdCodes) -> Vec<Result<Guid, Code>> {
    let mut seen = HashSet::new();
    let id = |record| {
        let id = Guid::parse(id_text(record).ok_or(codes.missing)?).ok_or(codes.invalid)?;
        if seen.insert(id) { Ok(id) } else { Err(codes.twice) }
    };
    records.iter().map(id).collect()
}
