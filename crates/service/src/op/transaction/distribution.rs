//! What a transaction applies to which item of an order.

use super::super::order;
use contract::handles::code;
use contract::handles::object::{distribution_detail, order_detail, transaction};
use contract::{Code, Contract, Decimal, Guid, Record, Value};
use std::collections::HashSet;

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
            out.spread(items, |_| true, amount)?;
            return Ok(out);
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
            if !items.iter().any(|item| order::is_for(item, id)) {
                return Err(code::CV98107);
            }
            let part = match *detail.get(distribution_detail::AMOUNT_APPLIED) {
                Value::Decimal(part) if part >= Decimal::ZERO && part.normalize().scale() <= 2 => part,
                _ => return Err(code::CV91102),
            };
            sum += part;
            wanted.push((id, part));
        }
        if sum != amount {
            return Err(code::CV98106);
        }
        for (id, part) in wanted {
            out.spread(items, |item| order::is_for(item, id), part)?;
        }
        Ok(out)
    }

    /// Gives each of some items what is due for it, until the amount is used up.
    fn spread(
        &mut self,
        items: &[Record],
        of: impl Fn(&Record) -> bool,
        amount: Decimal,
    ) -> Result<(), Code> {
        let mut rest = amount;
        for (index, item) in items.iter().enumerate().filter(|(_, item)| of(item)) {
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
        let mut details: Vec<Record> = Vec::new();
        for (item, part) in self.parts.iter().filter_map(|(index, part)| Some((items.get(*index)?, part))) {
            let Some(id) = item.text(order_detail::PRODUCT_ID).and_then(Guid::parse) else { continue };
            let is_of = |detail: &&mut Record| product(detail) == Some(id);
            let applied = part * self.sign;
            let price = order::amount(item, order_detail::AMOUNT);
            if let Some(detail) = details.iter_mut().find(is_of) {
                let applied = applied + order::amount(detail, distribution_detail::AMOUNT_APPLIED);
                let price = price + order::amount(detail, distribution_detail::ORDER_PRICE);
                detail.set(distribution_detail::AMOUNT_APPLIED, Value::Decimal(applied));
                order::set_amount(detail, distribution_detail::ORDER_PRICE, price);
                continue;
            }
            let own = sent.iter().find(|detail| product(detail) == Some(id)).cloned();
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
