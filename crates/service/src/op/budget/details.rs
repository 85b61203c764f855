//! The other details of an item: payments, and the registrants that it is for.

use super::super::conversion_rate::Rates;
use super::known::{Known, SHOWN};
use crate::write::Judged;
use contract::handles::code;
use contract::handles::object::{associated_registrants, budget_item, budget_payment_detail};
use contract::{Code, FieldId, Guid, Record, Value};
use std::collections::HashMap;

/// Gives details that were sent their Ids: one that the item has stays, every other gets a new one.
/// Tells whether all that were sent are the item's own.
pub(super) fn identify(judged: &Judged<'_>, item: &mut Record, detail: FieldId, id: FieldId) -> bool {
    if judged.sent.get(detail).is_absent() {
        return true;
    }
    let ids = judged.before.into_iter().flat_map(|before| before.records(detail));
    let mut own: HashMap<String, Vec<&str>> = HashMap::new();
    for known in ids.filter_map(|known| known.text(id)) {
        own.entry(known.to_ascii_lowercase()).or_default().push(known);
    }
    let Value::List(mut rows) = item.take(detail) else { return true };
    let mut all_own = true;
    for row in rows.iter_mut().filter_map(Value::as_record_mut) {
        let sent = row.text(id).map(str::trim).filter(|text| !text.is_empty());
        let known = sent.and_then(|sent| own.get_mut(&sent.to_ascii_lowercase())?.pop());
        all_own &= sent.is_none() || known.is_some();
        match known {
            Some(known) => row.set(id, known),
            None => row.set(id, judged.service.new_id()),
        }
    }
    item.set(detail, Value::List(rows));
    all_own
}

/// Payments are in a currency that the account uses; in the item's own where none is sent.
pub(super) fn payments(judged: &Judged<'_>, item: &mut Record, rates: &Rates) -> Vec<Code> {
    let detail = budget_item::BUDGET_PAYMENT_DETAIL;
    let mut errors = Vec::new();
    if !identify(judged, item, detail, budget_payment_detail::PAYMENT_DETAIL_ID) {
        errors.push(code::CV91251);
    }
    if judged.sent.get(detail).is_absent() {
        return errors;
    }
    let own = [budget_item::CURRENCY_CODE, budget_item::CURRENCY].map(|field| item.get(field).clone());
    let Value::List(mut rows) = item.take(detail) else { return errors };
    let lists = &judged.service.contract().lists;
    for row in rows.iter_mut().filter_map(Value::as_record_mut) {
        let currency = row.text(budget_payment_detail::CURRENCY_CODE).map(|code| lists.currency(code));
        match currency {
            None => {
                let [code, name] = own.clone();
                row.set(budget_payment_detail::CURRENCY_CODE, code);
                row.set(budget_payment_detail::CURRENCY, name);
            }
            Some(Some(currency)) if rates.of(&currency.code).is_none() => errors.push(code::CV91250),
            // One that there is not is said by the rules.
            Some(_) => {}
        }
    }
    item.set(detail, Value::List(rows));
    errors
}

/// Registrants are invitees of the event, whose names they show. One without an Id is only a name.
pub(super) fn registrants(known: &Known, judged: &Judged<'_>, item: &mut Record, event: Guid) -> Vec<Code> {
    let detail = budget_item::ASSOCIATED_REGISTRANTS;
    let mut errors = Vec::new();
    if judged.sent.get(detail).is_absent() {
        return errors;
    }
    let Value::List(mut rows) = item.take(detail) else { return errors };
    for row in rows.iter_mut().filter_map(Value::as_record_mut) {
        let sent = row.text(associated_registrants::INVITEE_ID).filter(|text| !text.trim().is_empty());
        let Some(sent) = sent else { continue };
        match Guid::parse(sent).and_then(|id| known.invitee(id, event)) {
            Some(shown) => SHOWN.iter().zip(shown).for_each(|((to, _), value)| row.set(*to, value.clone())),
            None => errors.push(code::CV84001),
        }
    }
    item.set(detail, Value::List(rows));
    errors
}
