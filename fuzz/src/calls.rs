//! Every operation through the whole service: from a message to its answer, on the lab's data in memory. No call
//! may panic or answer CV10000, which is what unexpected failures are; each answer must fit the contract.
#![no_main]

#[path = "message.rs"]
mod message;
#[path = "lab.rs"]
mod lab;

use lab::{Lab, LAB};
use libfuzzer_sys::fuzz_target;
use message::{Choices, Generator};

fuzz_target!(|data: &[u8]| {
    let mut lab = LAB.lock().unwrap_or_else(|broken| broken.into_inner());
    let lab = lab.get_or_insert_with(Lab::new);
    let mut choices = Choices(data);
    let operation = lab.operation(choices.byte());
    let texts = lab.texts.clone();
    let mut generator = Generator { contract: lab.contract, choices, texts: &texts, elements: 0 };
    let message = generator.envelope(operation, &lab.session);
    lab.call(operation, message.as_bytes());
});
