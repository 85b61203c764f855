//! Amounts of money, and the numbers that people know orders by.

use contract::{Decimal, FieldId, Guid, Record, Value};

/// A member's amount, to the cent; nothing is zero.
pub(in crate::op) fn amount(record: &Record, field: FieldId) -> Decimal {
    let exact = match record.get(field) {
        Value::Decimal(number) => *number,
        Value::Double(number) => number.to_string().parse().unwrap_or_default(),
        _ => Decimal::ZERO,
    };
    exact.round_dp(2).normalize()
}

/// Sets a member that the interface types as a double.
pub(in crate::op) fn set_amount(record: &mut Record, field: FieldId, amount: Decimal) {
    record.set(field, Value::Double(amount.to_string().parse().unwrap_or_default()));
}

/// A number for people to read and type: of registrations, orders and transactions.
pub(in crate::op) fn number(id: Guid) -> String {
    const SIGNS: &[u8] = b"23456789BCDFGHJKLMNPQRSTVWXYZ";
    let mut rest = u128::from_be_bytes(id.0);
    let sign = |_| {
        let index = (rest % SIGNS.len() as u128) as usize;
        rest /= SIGNS.len() as u128;
        char::from(SIGNS[index])
    };
    (0..11).map(sign).collect()
}

/// The amount with its cents written out, as every amount of money is.
pub(in crate::op) fn to_the_cent(mut amount: Decimal) -> Decimal {
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount
}

#[cfg(test)]
mod tests {
    use super::super::{cancel, is, settle};
    use super::*;
    use contract::handles::list::order_action;
    use contract::handles::object::order_detail;
    use contract::{Contract, Timestamp};

    #[test]
    fn amounts_are_exact_whatever_carries_them() {
        let mut item = Contract::get().unwrap().record(order_detail::TYPE_ID);
        for text in ["0.1", "0.3", "1234567.89", "-19.99", "0"] {
            let wanted: Decimal = text.parse().unwrap();
            set_amount(&mut item, order_detail::AMOUNT, wanted);
            assert_eq!(amount(&item, order_detail::AMOUNT), wanted);
        }
        assert_eq!(amount(&item, order_detail::AMOUNT_PAID), Decimal::ZERO);
    }

    #[test]
    fn what_was_paid_for_a_cancelled_item_is_due_back() {
        let mut item = Contract::get().unwrap().record(order_detail::TYPE_ID);
        set_amount(&mut item, order_detail::AMOUNT, "99.90".parse().unwrap());
        settle(&mut item, "50".parse().unwrap());
        assert_eq!(amount(&item, order_detail::AMOUNT_DUE), "49.90".parse().unwrap());
        cancel(&mut item, Timestamp(0));
        assert_eq!(amount(&item, order_detail::AMOUNT_DUE), "-50".parse().unwrap());
        assert!(is(&item, order_action::CANCELLED));
    }

    #[test]
    fn numbers_differ_with_their_ids() {
        let one = number(Guid([1; 16]));
        assert_eq!(one.len(), 11);
        assert_ne!(one, number(Guid([2; 16])));
    }
}
