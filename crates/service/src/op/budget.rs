//! What events cost: the items of their budgets.

mod costs;
mod details;
mod plan;

use super::conversion_rate::Rates;
use crate::remove::remove;
use crate::session::Session;
use crate::write::{Judged, Mode, Writing, is_nothing, write_judged};
use crate::{Fault, Service};
use contract::handles::object::{budget_item, event, product_detail, session};
use contract::handles::{code, object_type, operation};
use contract::{Code, Decimal, Guid, Record, Value};
use plan::Plan;
use store::StoreError;

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
    write_judged(service, session, writing, request, judge).await
}

/// DeleteBudgetItem: takes items out of their budgets.
pub(crate) async fn delete_budget_item(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    remove(service, session, operation::DELETE_BUDGET_ITEM, object_type::BUDGET_ITEM, request).await
}

/// Holds an item against its event's budget, the account's currencies and its own details. An event
/// that is unknown is said elsewhere.
fn judge(judged: &Judged<'_>, item: &mut Record) -> Result<Vec<Code>, StoreError> {
    let account = judged.session.account.id;
    let mut errors = Vec::new();
    if let Some(id) = item.text(budget_item::EVENT_ID).and_then(Guid::parse)
        && let Some(event) =
            judged.reader.get(account, object_type::EVENT, &[id])?.into_iter().flatten().next()
    {
        match Plan::of(judged.reader, account, id)? {
            None => errors.push(code::CV91253),
            Some(plan) => errors.extend(plan.check(judged.sent, item)),
        }
        errors.extend(product(judged, item, id, &event)?);
        errors.extend(details::registrants(judged, item, id)?);
    }
    let rates = Rates::read(judged.reader, account, judged.session.at)?;
    errors.extend(currency(judged, item, &rates));
    errors.extend(costs::check(judged, item));
    errors.extend(details::payments(judged, item, &rates));
    Ok(errors)
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
    judged: &Judged<'_>,
    item: &mut Record,
    id: Guid,
    event: &Record,
) -> Result<Option<Code>, StoreError> {
    let Some(text) =
        judged.sent.text(budget_item::PRODUCT_ID).filter(|text| !text.trim().is_empty() && !is_nothing(text))
    else {
        return Ok(None);
    };
    let Some(wanted) = Guid::parse(text) else { return Ok(Some(code::CV91224)) };
    let is = |text: Option<&str>, id: Guid| text.and_then(Guid::parse) == Some(id);
    let sessions = judged.reader.get(judged.session.account.id, object_type::SESSION, &[wanted])?;
    let of_event = sessions.iter().flatten().find(|found| is(found.text(session::EVENT_ID), id));
    let mut listed = event.records(event::PRODUCT_DETAIL);
    let name = match of_event {
        Some(found) => found.get(session::PRODUCT_NAME),
        None => match listed.find(|product| is(product.text(product_detail::PRODUCT_ID), wanted)) {
            Some(found) => found.get(product_detail::PRODUCT_NAME),
            None => return Ok(Some(code::CV91224)),
        },
    };
    item.set(budget_item::PRODUCT_NAME, name.clone());
    Ok(None)
}
