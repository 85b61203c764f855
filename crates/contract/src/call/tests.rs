//! What the calls' own text says.

use super::Work;
use crate::Contract;
use crate::handles::{code, message, object, operation};

#[test]
fn update_contact_is_a_batch_of_contacts() {
    let contract = Contract::get().unwrap();
    let call = contract.call(operation::UPDATE_CONTACT);
    let batch = call.batch.unwrap();
    assert_eq!(batch.item_type, object::contact::TYPE_ID);
    assert_eq!(batch.roles.ty, object::update_contact_result::TYPE_ID);
    assert_eq!(batch.roles.source, Some(object::update_contact_result::SOURCE_ID));
    assert_eq!(call.limit, Some((200, code::CV30102)));
    assert_eq!(call.id.unwrap().missing, code::CV40113);
}

#[test]
fn the_array_of_send_email_is_within_its_only_parameter() {
    let batch = Contract::get().unwrap().call(operation::SEND_EMAIL).batch.unwrap();
    assert_eq!(batch.within, Some(message::send_email::EMAIL_REQUEST));
    assert_eq!(batch.parameter, object::send_email_request::RECIPIENT_ID);
    assert_eq!(batch.item_type, object::cv_object::TYPE_ID);
    let is_nested = |call: &&super::Call| call.batch.is_some_and(|batch| batch.within.is_some());
    assert_eq!(Contract::get().unwrap().calls.iter().filter(is_nested).count(), 1);
}

#[test]
fn describe_and_retrieve_are_no_batches() {
    let contract = Contract::get().unwrap();
    for call in [operation::LOGIN, operation::RETRIEVE, operation::SEARCH, operation::DESCRIBE_GLOBAL] {
        assert!(contract.call(call).batch.is_none());
    }
}

#[test]
fn what_only_reads_says_so() {
    let contract = Contract::get().unwrap();
    for (operation, work) in [
        (operation::RETRIEVE, Work::LookUp),
        (operation::VALIDATE_INVITEE, Work::LookUp),
        (operation::SEARCH, Work::Read),
        (operation::GET_UPDATED, Work::Read),
        (operation::UPDATE_CONTACT, Work::Write),
        (operation::SEND_EMAIL, Work::Write),
    ] {
        assert_eq!(contract.call(operation).work, work);
    }
    // What a call lists has a limit though it is no batch.
    assert_eq!(contract.call(operation::SEARCH).limit, Some((256, code::CV20010)));
}
