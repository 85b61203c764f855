//! The lab's data: one account to develop and test against.
//!
//! `lab.jsonl` tells of one organisation: who works there, whom it knows, the congress and the open house
//! that it plans, and what that costs. It is loaded as any file is.

use crate::Service;
use crate::admin::{AccountChange, Admin, AdminError};
use crate::data::load::load;
use contract::{FieldId, Record, Timestamp, Value};
use std::sync::Arc;

/// The lab's account number.
pub const LAB_ACCOUNT: &str = "LAB001";
/// Its API user.
pub const LAB_USER: &str = "lab";
/// Its password. The lab listens on loopback only.
pub const LAB_PASSWORD: &str = "lab";

const DATA: &str = include_str!("lab.jsonl");

/// The day on which the story is told, 2026-01-01: what lies ahead then lies ahead when it is loaded.
const TOLD: Timestamp = Timestamp(1_767_225_600_000_000);

pub(crate) async fn seed(service: &Service, admin: &Admin) -> Result<bool, AdminError> {
    match admin.add_account(LAB_ACCOUNT, "Understudy lab").await {
        Err(AdminError::AccountExists(_)) => return Ok(false),
        other => other?,
    }
    let contact_types = vec![("MEM".to_owned(), "Member".to_owned())];
    admin.set_account(LAB_ACCOUNT, AccountChange { contact_types, ..AccountChange::default() }).await?;
    admin.add_user(LAB_ACCOUNT, LAB_USER, LAB_PASSWORD, "").await?;
    let now = service.now();
    load(service, Arc::new(DATA), move |record| retell(record, now)).await?;
    Ok(true)
}

/// Moves the record's times by the days since the story was told. The moment of telling becomes now.
fn retell(record: &mut Record, now: Timestamp) {
    let fields: Vec<FieldId> = record.present().map(|(field, _)| field).collect();
    for field in fields {
        let value = record.take(field);
        record.set(field, retold(value, now));
    }
}

fn retold(value: Value, now: Timestamp) -> Value {
    match value {
        Value::Time(TOLD) => Value::Time(now),
        Value::Time(time) => Value::Time(time.plus_micros(now.day().0 - TOLD.0)),
        Value::List(items) => Value::List(items.into_iter().map(|item| retold(item, now)).collect()),
        Value::Record(mut record) => {
            retell(&mut record, now);
            Value::Record(record)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::scalar::parse_date_time;

    #[test]
    fn what_lay_ahead_lies_ahead() {
        let time = |text| parse_date_time(text, Timestamp(0)).unwrap();
        assert_eq!(time("2026-01-01"), TOLD);
        let now = time("2031-05-06T07:08:09");
        let retold = |text| super::retold(Value::Time(time(text)), now);
        assert_eq!(retold("2026-01-01T00:00:00"), Value::Time(now));
        assert_eq!(retold("2026-01-03T15:30:00"), Value::Time(time("2031-05-08T15:30:00")));
        assert_eq!(retold("2025-12-31T00:00:00"), Value::Time(time("2031-05-05T00:00:00")));
    }
}
