//! The contacts that the benchmark writes: number `n` always has the same keys, and 25 attributes set.

use contract::handles::array::array_of_contact;
use contract::handles::enumeration::primary_address_type;
use contract::handles::message::create_contact;
use contract::handles::object::contact;
use contract::handles::operation;
use contract::{Contract, FieldId, Record, Timestamp, Value};

/// Text that an update overwrites in the rendered call, so that each call changes every row it names.
pub const STAMP: &str = "########";

/// The length of a contact's number in its keys. It is fixed, so that a rendered call can be overwritten.
pub const DIGITS: usize = 9;

/// When every contact joined.
const JOINED: Timestamp = Timestamp(1_000 * 86_400_000_000);

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
    labelled(contract, &format!("{number:0DIGITS$}"))
}

/// The contact whose keys have this text in place of a number.
pub fn labelled(contract: &Contract, number: &str) -> Record {
    let mut record = contract.record(contact::TYPE_ID);
    for (field, text) in TEXTS {
        record.set(field, text);
    }
    record.set(contact::SOURCE_ID, format!("BENCH-{number}"));
    record.set(contact::EMAIL_ADDRESS, email(number));
    record.set(contact::CC_EMAIL_ADDRESS, format!("office.{number}@bench.example"));
    record.set(contact::TITLE, format!("Director {STAMP}"));
    record.set(contact::EXCLUDED_FROM_EMAIL, false);
    record.set(contact::PRIMARY_ADDRESS_TYPE, Value::Enumeration(primary_address_type::WORK));
    record.set(contact::WORK_STATE_CODE, "IL");
    record.set(contact::WORK_COUNTRY_CODE, "US");
    record.set(contact::JOIN_DATE, JOINED);
    record
}

/// The e-mail address of the contact with this number, written with all its digits.
pub fn email(number: &str) -> String {
    format!("person.{number}@bench.example")
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

/// The contacts as the one member of a request.
pub fn array(contract: &Contract, contacts: impl Iterator<Item = Record>) -> Record {
    let mut array = contract.record(array_of_contact::TYPE_ID);
    contacts.for_each(|record| array.push(array_of_contact::CONTACT, record));
    array
}
