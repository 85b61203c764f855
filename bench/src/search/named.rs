//! The contacts that are searched: those of the other benchmarks but for what the filters tell apart.

use crate::people;
use contract::handles::object::contact;
use contract::{Contract, Record};

/// Contacts between two that have the same last name.
pub const NAMES: usize = 1000;

/// Of those of one last name, each of this many is excluded from e-mail.
const EXCLUDED: usize = 20;

/// Contact number `number` as it is in the database.
pub fn numbered(contract: &Contract, number: usize) -> Record {
    let mut record = people::numbered(contract, number);
    record.set(contact::LAST_NAME, last_name(number));
    record.set(contact::EXCLUDED_FROM_EMAIL, is_excluded(number));
    record
}

/// The last name of contact number `number`.
pub fn last_name(number: usize) -> String {
    format!("Castellanos-{:03} y Vega", number % NAMES)
}

/// Whether contact number `number` is excluded from e-mail.
pub fn is_excluded(number: usize) -> bool {
    (number / NAMES).is_multiple_of(EXCLUDED)
}
