//! The address book: contacts.

use crate::batch::{self, Outcome};
use crate::rules::id_text;
use crate::session::Session;
use crate::write::{Mode, Writing, write};
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::object::contact;
use contract::handles::{code, object_type, operation};
use contract::{Code, Guid, Record};
use std::collections::HashSet;
use store::StoreError;

/// How the service names opt-outs that came in through it.
const OPTED_OUT_BY: &str = "API";

/// CreateContact: each record makes a contact.
pub(crate) async fn create_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::CREATE_CONTACT, Mode::Create);
    write(service, session, writing, request).await
}

/// UpdateContact: each record changes the contact that its Id names.
pub(crate) async fn update_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::UPDATE_CONTACT, Mode::Update);
    write(service, session, writing, request).await
}

/// UpsertContact: each record changes the contact with its e-mail address, or makes one.
pub(crate) async fn upsert_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = writing(operation::UPSERT_CONTACT, Mode::Upsert(contact::EMAIL_ADDRESS));
    write(service, session, writing, request).await
}

fn writing(operation: contract::OperationId, mode: Mode) -> Writing {
    Writing { operation, object: object_type::CONTACT, mode, stamp }
}

fn stamp(stored: &mut Record, incoming: &Record, session: &Session, created: bool) {
    if created {
        stored.set(contact::CREATED_DATE, session.at);
        stored.set(contact::CREATED_BY, session.user.as_str());
    }
    stored.set(contact::LAST_MODIFIED_DATE, session.at);
    stored.set(contact::LAST_MODIFIED_BY, session.user.as_str());
    let opts_out = incoming.boolean(contact::EXCLUDED_FROM_EMAIL) == Some(true);
    if opts_out && stored.boolean(contact::EXCLUDED_FROM_EMAIL) != Some(true) {
        stored.set(contact::LAST_OPT_OUT_DATE, session.at);
        stored.set(contact::LAST_OPT_OUT_BY, OPTED_OUT_BY);
    }
}

/// DeleteContact: takes contacts out of the address book.
pub(crate) async fn delete_contact(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::DELETE_CONTACT;
    let (batch, records) = batch::records(contract, operation, request)?;
    let codes = contract.call(operation).id;
    let codes = codes.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let (account, at) = (session.account.id, session.at);
    let source = batch::source_field(contract, &batch, contact::TYPE_ID);
    let outcomes = service.store().write(move |writer| {
        let ids = named(&records, codes);
        let good: Vec<Guid> = ids.iter().filter_map(|id| id.ok()).collect();
        let mut stored = writer.get(account, object_type::CONTACT, &good)?.into_iter();
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
        writer.delete(account, object_type::CONTACT, &good, at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

/// The identifiers that records carry, or what is wrong with them.
pub(super) fn named(records: &[Record], codes: IdCodes) -> Vec<Result<Guid, Code>> {
    let mut seen = HashSet::new();
    let id = |record| {
        let id = Guid::parse(id_text(record).ok_or(codes.missing)?).ok_or(codes.invalid)?;
        if seen.insert(id) { Ok(id) } else { Err(codes.twice) }
    };
    records.iter().map(id).collect()
}
