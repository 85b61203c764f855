//! What an item costs by stage, with its taxes, and what was saved on it.

use super::details::identify;
use super::plan::HUNDRED;
use crate::write::Judged;
use contract::handles::code;
use contract::handles::list::{budget_cost_type, budget_rate_type};
use contract::handles::object::{budget_item, cost_detail, savings_detail, tax_detail};
use contract::{Code, Decimal, FieldId, Record, Value};
use std::collections::HashSet;

/// The five taxes of a cost: rate, kind, and the code for a wrong rate.
const TAXES: [(FieldId, FieldId, Code); 5] = [
    (cost_detail::TAX, cost_detail::TAX_TYPE, code::CV91231),
    (cost_detail::TAX2, cost_detail::TAX2_TYPE, code::CV91232),
    (cost_detail::TAX3, cost_detail::TAX3_TYPE, code::CV91233),
    (cost_detail::TAX4, cost_detail::TAX4_TYPE, code::CV91234),
    (cost_detail::TAX5, cost_detail::TAX5_TYPE, code::CV91235),
];

/// What is wrong with the costs together; each by itself is a matter of the rules.
pub(super) fn check(judged: &Judged<'_>, item: &mut Record) -> Vec<Code> {
    identify(judged, item, budget_item::COST_DETAIL, cost_detail::COST_DETAIL_ID);
    identify(judged, item, budget_item::SAVINGS_DETAIL, savings_detail::SAVINGS_DETAIL_ID);
    let are_sent = !judged.sent.get(budget_item::COST_DETAIL).is_absent();
    if !are_sent && judged.before.is_some() {
        return Vec::new();
    }
    let mut errors = Vec::new();
    let names =
        || item.records(budget_item::COST_DETAIL).filter_map(|cost| cost.text(cost_detail::COST_NAME));
    let mut seen = HashSet::new();
    if !names().all(|name| seen.insert(name.to_lowercase())) {
        errors.push(code::CV91256);
    }
    let is_budgeted = |cost: &Record| {
        cost.text(cost_detail::COST_NAME) == Some(budget_cost_type::BUDGETED)
            && !cost.get(cost_detail::COST).is_absent()
    };
    if !item.records(budget_item::COST_DETAIL).any(is_budgeted) {
        errors.push(code::CV91237);
    }
    let Value::List(mut costs) = item.take(budget_item::COST_DETAIL) else { return errors };
    for cost in costs.iter_mut().filter_map(Value::as_record_mut) {
        errors.extend(taxes(cost));
    }
    item.set(budget_item::COST_DETAIL, Value::List(costs));
    errors
}

/// The details of a cost's taxes, in their order, are its five taxes: each tells the member of its
/// place, unless that is sent itself. A sixth has no place.
fn taxes(cost: &mut Record) -> Vec<Code> {
    let mut errors = Vec::new();
    let details: Vec<Record> = cost.records(cost_detail::TAX_DETAIL).cloned().collect();
    for (index, detail) in details.iter().enumerate() {
        let Some((rate, kind, code)) = TAXES.get(index).copied() else {
            errors.extend(TAXES.last().map(|(_, _, code)| *code));
            break;
        };
        if !is_rate(detail) {
            errors.push(code);
        }
        if cost.get(rate).is_absent() {
            cost.set(rate, detail.get(tax_detail::TAX).clone());
            cost.set(kind, detail.get(tax_detail::TAX_TYPE).clone());
        }
    }
    errors
}

fn is_rate(detail: &Record) -> bool {
    let is_percentage = detail.text(tax_detail::TAX_TYPE) == Some(budget_rate_type::PERCENTAGE);
    match *detail.get(tax_detail::TAX) {
        Value::Decimal(rate) => rate >= Decimal::ZERO && (!is_percentage || rate <= HUNDRED),
        _ => false,
    }
}
