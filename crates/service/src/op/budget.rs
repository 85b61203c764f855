//! What events cost: the items of their budgets.

mod costs;
mod details;
mod known;
mod plan;

use super::conversion_rate::Rates;
use crate::remove::remove;
use crate::session::Session;
use crate::write::{Judge, Judged, Mode, Sent, Writing, write_judged};
use crate::{Fault, Service};
use contract::handles::object::budget_item;
use contract::handles::{code, object_type, operation};
use contract::{Code, Decimal, Guid, Record, Value};
use known::{Event, Known};
use store::{Reader, StoreError};

/// CreateBudgetItem: a record with an Id changes that item, one without makes a new one.
pub(crate) async fn create_budget_item(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::CREATE_BUDGET_ITEM,
        object: object_type::BUDGET_ITEM,
        mode: Mode::Save,
        stamp: |_, _, _, _| {},
    };
    write_judged(service, session, writing, request, judging).await
}

/// DeleteBudgetItem: takes items out of their budgets.
pub(crate) async fn delete_budget_item(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    remove(service, session, operation::DELETE_BUDGET_ITEM, object_type::BUDGET_ITEM, request).await
}

/// Reads what items are held against.
fn judging(reader: &Reader<'_>, session: &Session, sent: &Sent<'_>) -> Result<Judge, StoreError> {
    let known = Known::read(reader, session.account.id, sent)?;
    let rates = Rates::read(reader, session.account.id, session.at)?;
    Ok(Box::new(move |judged, item| judge(&known, &rates, judged, item)))
}

/// Holds an item against its event's budget, the account's currencies and its own details. An event
/// that is unknown is said elsewhere.
fn judge(known: &Known, rates: &Rates, judged: &Judged<'_>, item: &mut Record) -> Vec<Code> {
    let mut errors = Vec::new();
    let event = item.text(budget_item::EVENT_ID).and_then(Guid::parse);
    if let Some((id, event)) = event.and_then(|id| Some((id, known.event(id)?))) {
        match &event.plan {
            None => errors.push(code::CV91253),
            Some(plan) => errors.extend(plan.check(judged.sent, item)),
        }
        errors.extend(product(known, judged, item, (id, event)));
        errors.extend(details::registrants(known, judged, item, id));
    }
    errors.extend(currency(judged, item, rates));
    errors.extend(costs::check(judged, item));
    errors.extend(details::payments(judged, item, rates));
    errors
}

/// The item's currency, which is the account's own where none is sent, and its rate, which is the
/// present one.
fn currency(judged: &Judged<'_>, item: &mut Record, rates: &Rates) -> Option<Code> {
    let lists = &judged.service.contract().lists;
    if item.get(budget_item::CURRENCY_CODE).is_absent()
        && let Some(own) = rates.base().and_then(|code| lists.currency(code))
    {
        item.set(budget_item::CURRENCY_CODE, own.code.as_str());
        item.set(budget_item::CURRENCY, own.name.as_str());
    }
    let code = item.text(budget_item::CURRENCY_CODE);
    let changed = judged.before.is_none_or(|before| before.text(budget_item::CURRENCY_CODE) != code);
    let currency = code.and_then(|code| lists.currency(code));
    let rate = match currency {
        Some(currency) => rates.of(&currency.code),
        // No currency, and none in the account either: amounts stand for themselves.
        None if code.is_none() => Some(Decimal::ONE),
        // Said by the rules.
        None => return None,
    };
    if changed && rate.is_none() {
        return Some(code::CV91219);
    }
    let is_sent = !judged.sent.get(budget_item::CONVERSION_RATE).is_absent();
    if let Some(rate) = rate
        && (changed && !is_sent || item.get(budget_item::CONVERSION_RATE).is_absent())
    {
        item.set(budget_item::CONVERSION_RATE, Value::Decimal(rate));
    }
    None
}

/// A product is a session of the event, or one that the event itself lists. It gives the item its
/// name.
fn product(
    known: &Known,
    judged: &Judged<'_>,
    item: &mut Record,
    (id, event): (Guid, &Event),
) -> Option<Code> {
    let text = known::product(judged.sent)?;
    let name =
        Guid::parse(text).and_then(|wanted| known.session(wanted, id).or_else(|| event.product(wanted)));
    let Some(name) = name else { return Some(code::CV91224) };
    item.set(budget_item::PRODUCT_NAME, name.clone());
    None
}
