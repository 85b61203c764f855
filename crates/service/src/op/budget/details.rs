//! The other details of an item: payments, and the registrants that it is for.

use super::super::conversion_rate::Rates;
use crate::write::Judged;
use contract::handles::object::{associated_registrants, budget_item, budget_payment_detail, invitee};
use contract::handles::{code, object_type};
use contract::{Code, FieldId, Guid, Record, Value};
use store::StoreError;

/// Gives details that were sent their Ids: one that the item has stays, every other gets a new one.
/// Tells whether all that were sent are the item's own.
pub(super) fn identify(judged: &Judged<'_>, item: &mut Record, detail: FieldId, id: FieldId) -> bool {
    if judged.sent.get(detail).is_absent() {
        return true;
    }
    let ids = judged.before.into_iter().flat_map(|before| before.records(detail));
    let mut own: Vec<&str> = ids.filter_map(|known| known.text(id)).collect();
    let Value::List(mut rows) = item.take(detail) else { return true };
    let mut all_own = true;
    for row in rows.iter_mut().filter_map(Value::as_record_mut) {
        let sent = row.text(id).map(str::trim).filter(|text| !text.is_empty());
        let place = sent.and_then(|sent| own.iter().position(|own| own.eq_ignore_ascii_case(sent)));
        all_own &= sent.is_none() || place.is_some();
        match place {
            Some(place) => row.set(id, own.swap_remove(place)),
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
pub(super) fn registrants(
    judged: &Judged<'_>,
    item: &mut Record,
    event: Guid,
) -> Result<Vec<Code>, StoreError> {
    let detail = budget_item::ASSOCIATED_REGISTRANTS;
    let mut errors = Vec::new();
    if judged.sent.get(detail).is_absent() {
        return Ok(errors);
    }
    let Value::List(mut rows) = item.take(detail) else { return Ok(errors) };
    for row in rows.iter_mut().filter_map(Value::as_record_mut) {
        let sent = row.text(associated_registrants::INVITEE_ID).filter(|text| !text.trim().is_empty());
        let Some(sent) = sent else { continue };
        let ids: Vec<Guid> = Guid::parse(sent).into_iter().collect();
        let found = judged.reader.get(judged.session.account.id, object_type::INVITEE, &ids)?;
        let is_here = |found: &&Record| found.text(invitee::EVENT_ID).and_then(Guid::parse) == Some(event);
        match found.iter().flatten().find(is_here) {
            Some(found) => show(row, found),
            None => errors.push(code::CV84001),
        }
    }
    item.set(detail, Value::List(rows));
    Ok(errors)
}

fn show(row: &mut Record, found: &Record) {
    for (to, from) in [
        (associated_registrants::CONTACT_ID, invitee::CONTACT_ID),
        (associated_registrants::FIRST_NAME, invitee::FIRST_NAME),
        (associated_registrants::LAST_NAME, invitee::LAST_NAME),
    ] {
        row.set(to, found.get(from).clone());
    }
}
