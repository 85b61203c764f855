//! What a transaction applies to which item of an order.

use super::super::order;
use contract::handles::code;
use contract::handles::object::{distribution_detail, order_detail, transaction};
use contract::{Code, Contract, Decimal, Guid, Record, Value};
use std::collections::{HashMap, HashSet};

/// Amounts by item; below zero for a refund.
pub(super) struct Distribution {
    parts: Vec<(usize, Decimal)>,
    sign: Decimal,
}

impl Distribution {
    /// The one that the record asks for in its details; without them, the items are paid in their
    /// order.
    ///
    /// # Errors
    /// CV98103 for a product twice, CV98107 for one that was not ordered, CV98106 where the details
    /// do not add up to the amount, CV98108 where more is applied than is due.
    pub fn of(
        record: &Record,
        items: &[Record],
        amount: Decimal,
        refunds: bool,
    ) -> Result<Distribution, Code> {
        let sign = if refunds { -Decimal::ONE } else { Decimal::ONE };
        let mut out = Distribution { parts: Vec::new(), sign };
        let details: Vec<&Record> = record.records(transaction::DISTRIBUTION_DETAIL).collect();
        if details.is_empty() {
            out.spread(items, 0..items.len(), amount)?;
            return Ok(out);
        }
        let mut places: HashMap<Guid, Vec<usize>> = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            if let Some(product) = order::product_of(item) {
                places.entry(product).or_default().push(place);
            }
        }
        let mut products = HashSet::new();
        let mut sum = Decimal::ZERO;
        let mut wanted = Vec::new();
        for detail in details {
            let id =
                detail.text(distribution_detail::PRODUCT_ID).and_then(Guid::parse).ok_or(code::CV98107)?;
            if !products.insert(id) {
                return Err(code::CV98103);
            }
            let places = places.get(&id).ok_or(code::CV98107)?;
            let part = match *detail.get(distribution_detail::AMOUNT_APPLIED) {
                Value::Decimal(part) if part >= Decimal::ZERO && part.normalize().scale() <= 2 => part,
                _ => return Err(code::CV91102),
            };
            sum = part.checked_add(sum).ok_or(code::CV98106)?;
            wanted.push((places, part));
        }
        if sum != amount {
            return Err(code::CV98106);
        }
        for (places, part) in wanted {
            out.spread(items, places.iter().copied(), part)?;
        }
        Ok(out)
    }

    /// Gives each of the items at some places what is due for it, until the amount is used up.
    fn spread(
        &mut self,
        items: &[Record],
        places: impl IntoIterator<Item = usize>,
        amount: Decimal,
    ) -> Result<(), Code> {
        let mut rest = amount;
        for (index, item) in places.into_iter().filter_map(|place| Some((place, items.get(place)?))) {
            let due = order::amount(item, order_detail::AMOUNT_DUE) * self.sign;
            let part = order::to_the_cent(due.min(rest));
            if part > Decimal::ZERO {
                rest -= part;
                self.parts.push((index, part * self.sign));
            }
        }
        if rest > Decimal::ZERO { Err(code::CV98108) } else { Ok(()) }
    }

    /// Notes on the items what has been paid.
    pub fn apply(&self, items: &mut [Record]) {
        for (index, part) in &self.parts {
            if let Some(item) = items.get_mut(*index) {
                let paid = order::amount(item, order_detail::AMOUNT_PAID) + part;
                order::settle(item, paid);
            }
        }
    }

    /// Gives a transaction a detail for each product that it pays for; what the client's own details
    /// say of the ledger stays.
    pub fn describe(&self, contract: &Contract, items: &[Record], made: &mut Record) {
        let sent: Vec<Record> = made.records(transaction::DISTRIBUTION_DETAIL).cloned().collect();
        let mut own: HashMap<Guid, &Record> = HashMap::new();
        for detail in &sent {
            if let Some(id) = product(detail) {
                own.entry(id).or_insert(detail);
            }
        }
        let (mut details, mut places): (Vec<Record>, HashMap<Guid, usize>) = Default::default();
        for (item, part) in self.parts.iter().filter_map(|(index, part)| Some((items.get(*index)?, part))) {
            let Some(id) = item.text(order_detail::PRODUCT_ID).and_then(Guid::parse) else { continue };
            let applied = part * self.sign;
            let price = order::amount(item, order_detail::AMOUNT);
            if let Some(detail) = places.get(&id).and_then(|place| details.get_mut(*place)) {
                let applied = applied + order::amount(detail, distribution_detail::AMOUNT_APPLIED);
                let price = price + order::amount(detail, distribution_detail::ORDER_PRICE);
                detail.set(distribution_detail::AMOUNT_APPLIED, Value::Decimal(applied));
                order::set_amount(detail, distribution_detail::ORDER_PRICE, price);
                continue;
            }
            let own = own.get(&id).map(|detail| (*detail).clone());
            let mut detail = own.unwrap_or_else(|| contract.record(distribution_detail::TYPE_ID));
            for (to, from) in [
                (distribution_detail::PRODUCT_ID, order_detail::PRODUCT_ID),
                (distribution_detail::PRODUCT_NAME, order_detail::PRODUCT_NAME),
                (distribution_detail::PRODUCT_CODE, order_detail::PRODUCT_CODE),
                (distribution_detail::PRODUCT_TYPE, order_detail::PRODUCT_TYPE),
                (distribution_detail::ORDER_NUMBER, order_detail::ORDER_NUMBER),
            ] {
                detail.set(to, item.get(from).clone());
            }
            detail.set(distribution_detail::AMOUNT_APPLIED, Value::Decimal(applied));
            order::set_amount(&mut detail, distribution_detail::ORDER_PRICE, price);
            places.insert(id, details.len());
            details.push(detail);
        }
        made.set(
            transaction::DISTRIBUTION_DETAIL,
            Value::List(details.into_iter().map(Value::from).collect()),
        );
    }
}

fn product(detail: &Record) -> Option<Guid> {
    detail.text(distribution_detail::PRODUCT_ID).and_then(Guid::parse)
}
