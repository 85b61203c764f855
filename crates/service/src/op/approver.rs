//! Approvers: who approves the meeting requests of a category, by the source value of the requester.
//!
//! A category is what its configurations say it is: it comes with its first one and goes with its
//! last. A configuration is named by the category's identifier and the source value.

mod book;

use crate::batch::{self, Outcome};
use crate::rules::id_of;
use crate::session::Session;
use crate::{Fault, Service};
use book::{Book, State};
use contract::handles::object::approver;
use contract::handles::{object_type, operation};
use contract::{Code, Guid, OperationId, Record};
use store::StoreError;

/// CreateApprover: each record makes a configuration, in a category of a new name or in the one whose
/// identifier it gives.
pub(crate) async fn create_approver(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    run(service, session, operation::CREATE_APPROVER, request, Book::create).await
}

/// UpdateApprover: each record changes who approves, or the name of the category.
pub(crate) async fn update_approver(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    run(service, session, operation::UPDATE_APPROVER, request, Book::update).await
}

/// DeleteApprover: each record takes a configuration away.
pub(crate) async fn delete_approver(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    run(service, session, operation::DELETE_APPROVER, request, Book::delete).await
}

/// What a call does with a record. Two new identifiers are at hand: for a configuration and for a
/// category.
type Step = fn(&mut Book, &Record, [Guid; 2]) -> Result<Record, Vec<Code>>;

async fn run(
    service: &Service,
    session: &Session,
    operation: OperationId,
    request: Record,
    step: Step,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let (batch, records) = batch::records(contract, operation, request)?;
    let ids: Vec<[Guid; 2]> = records.iter().map(|_| [service.new_id(), service.new_id()]).collect();
    let (account, at) = (session.account.id, session.at);
    let outcomes = service.store().write(move |writer| {
        let mut book = Book::read(contract, writer, account)?;
        let outcome = |(record, ids): (&Record, &[Guid; 2])| match step(&mut book, record, *ids) {
            Err(codes) => Outcome::refused(record, codes),
            Ok(found) => Outcome {
                source: found.text(approver::REQUESTOR_SOURCE_VALUE).map(Box::from),
                ..Outcome::accepted(record, id_of(&found).unwrap_or(ids[0]))
            },
        };
        let outcomes: Vec<Outcome> = records.iter().zip(&ids).map(outcome).collect();
        let with = |state| book.in_state(state);
        writer.insert(account, object_type::APPROVER, &with(State::New), at)?;
        writer.update(account, object_type::APPROVER, &with(State::Changed), at)?;
        let gone = with(State::Gone);
        let gone: Vec<Guid> = gone.iter().filter_map(id_of).collect();
        writer.delete(account, object_type::APPROVER, &gone, at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}
