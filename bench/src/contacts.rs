//! The contacts that the benchmark writes: number `n` always has the same keys, and 25 attributes set.

use anyhow::Result;
use contract::handles::array::array_of_contact;
use contract::handles::enumeration::primary_address_type;
use contract::handles::message::{create_contact, update_contact};
use contract::handles::object::contact;
use contract::handles::operation;
use contract::{Contract, FieldId, Record, Timestamp, Value};

/// Text that an update overwrites in the rendered call, so that each call changes every row it names.
pub const STAMP: &str = "########";

/// The text attributes that are neither keys nor codes.
const TEXTS: [(FieldId, &str); 16] = [
    (contact::FIRST_NAME, "Chloé"),
    (contact::LAST_NAME, "Castellanos"),
    (contact::COMPANY, "Sample & Sons International"),
    (contact::SALUTATION, "Ms."),
    (contact::NICKNAME, "Chlo"),
    (contact::MIDDLE_NAME, "Josephine"),
    (contact::DESIGNATION, "CMP"),
    (contact::WORK_ADDRESS1, "1600 Long Winding Avenue"),
    (contact::WORK_CITY, "Springfield"),
    (contact::WORK_POSTAL_CODE, "62701-1234"),
    (contact::WORK_PHONE, "+1 555 0100 200"),
    (contact::WORK_FAX, "+1 555 0100 201"),
    (contact::MOBILE_PHONE, "+1 555 0100 202"),
    (contact::HOME_ADDRESS1, "42 Garden Lane"),
    (contact::HOME_CITY, "Toronto"),
    (contact::HOME_POSTAL_CODE, "M5V 2T6"),
];

/// Contact number `number` without an identifier.
pub fn numbered(contract: &Contract, number: usize) -> Record {
    let mut record = contract.record(contact::TYPE_ID);
    for (field, text) in TEXTS {
        record.set(field, text);
    }
    record.set(contact::SOURCE_ID, format!("BENCH-{number:09}"));
    record.set(contact::EMAIL_ADDRESS, format!("person.{number}@bench.example"));
    record.set(contact::CC_EMAIL_ADDRESS, format!("office.{number}@bench.example"));
    record.set(contact::TITLE, format!("Director {STAMP}"));
    record.set(contact::EXCLUDED_FROM_EMAIL, false);
    record.set(contact::PRIMARY_ADDRESS_TYPE, Value::Enumeration(primary_address_type::WORK));
    record.set(contact::WORK_STATE_CODE, "IL");
    record.set(contact::WORK_COUNTRY_CODE, "US");
    record.set(contact::JOIN_DATE, Timestamp((number % 10_000) as i64 * 86_400_000_000));
    record
}

/// The members that [`numbered`] sets, in the order in which a request has them.
pub fn members(contract: &Contract) -> Vec<FieldId> {
    numbered(contract, 0).iter().filter(|(_, value)| !value.is_absent()).map(|(field, _)| field).collect()
}

/// A CreateContact call of contacts with these numbers.
pub fn create(contract: &Contract, session: &str, numbers: std::ops::Range<usize>) -> String {
    let mut body = contract.record(create_contact::TYPE_ID);
    body.set(create_contact::CONTACTS, array(contract, numbers.map(|number| numbered(contract, number))));
    crate::message::request(contract, operation::CREATE_CONTACT, Some(session), &body)
}

/// An UpdateContact call, rendered, that can be sent again and again with other values.
pub struct Update {
    /// The message.
    pub bytes: Vec<u8>,
    /// The identifiers of its contacts, in order.
    pub ids: Vec<String>,
    stamps: Vec<usize>,
    sent: usize,
}

impl Update {
    /// A call that updates the contacts with these numbers, whose identifiers are in `ids`.
    pub fn new(contract: &Contract, session: &str, ids: &[String], numbers: &[usize]) -> Result<Update> {
        let named = |&number: &usize| {
            let id = ids.get(number).ok_or_else(|| anyhow::anyhow!("contact {number} was never made"))?;
            let mut record = numbered(contract, number);
            record.set(contact::ID, id.as_str());
            Ok((id.clone(), record))
        };
        let (ids, records): (_, Vec<Record>) =
            numbers.iter().map(named).collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let mut body = contract.record(update_contact::TYPE_ID);
        body.set(update_contact::CONTACTS, array(contract, records.into_iter()));
        let message = crate::message::request(contract, operation::UPDATE_CONTACT, Some(session), &body);
        let bytes = message.into_bytes();
        let stamps = memchr::memmem::find_iter(&bytes, STAMP).collect();
        Ok(Update { bytes, ids, stamps, sent: 0 })
    }

    /// Counts the call in a text of every contact.
    pub fn stamp(&mut self) {
        self.sent += 1;
        let text = format!("{:0width$}", self.sent % 100_000_000, width = STAMP.len());
        for at in &self.stamps {
            self.bytes[*at..*at + STAMP.len()].copy_from_slice(text.as_bytes());
        }
    }
}

fn array(contract: &Contract, contacts: impl Iterator<Item = Record>) -> Record {
    let mut array = contract.record(array_of_contact::TYPE_ID);
    contacts.for_each(|record| array.push(array_of_contact::CONTACT, record));
    array
}

/// Calls of `size` contacts each: every contact of the store once, in random order, or at most `most`
/// calls of them.
pub fn updates(
    contract: &Contract,
    session: &str,
    ids: &[String],
    size: usize,
    most: usize,
) -> Result<Vec<Update>> {
    let mut numbers: Vec<usize> = (0..ids.len()).collect();
    shuffle(&mut numbers);
    numbers.chunks_exact(size).take(most).map(|chunk| Update::new(contract, session, ids, chunk)).collect()
}

/// Fisher and Yates with a fixed seed: every run visits the rows in the same order.
fn shuffle(numbers: &mut [usize]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..numbers.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        numbers.swap(last, (state % (last as u64 + 1)) as usize);
    }
}
