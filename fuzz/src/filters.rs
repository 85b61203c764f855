//! Search with any filters on any object type, on the lab's data: every operator, values that fit and that do not.
#![no_main]

#[path = "message.rs"]
mod message;
#[path = "lab.rs"]
#[allow(dead_code)]
mod lab;

use contract::handles::operation;
use lab::{Lab, LAB};
use libfuzzer_sys::fuzz_target;
use message::{Choices, Generator};

fuzz_target!(|data: &[u8]| {
    let mut lab = LAB.lock().unwrap_or_else(|broken| broken.into_inner());
    let lab = lab.get_or_insert_with(Lab::new);
    let mut choices = Choices(data);
    // The fields of one object type, so that filters are often about fields that there are.
    let objects = &lab.contract.objects;
    let object = &objects[choices.below(objects.len())];
    let fields = object.properties.iter().map(|property| property.name.clone());
    let texts: Vec<String> = fields.chain(lab.texts.iter().cloned()).collect();
    let mut generator = Generator { contract: lab.contract, choices, texts: &texts, elements: 0 };
    let message = generator.envelope(operation::SEARCH, &lab.session);
    lab.call(operation::SEARCH, message.as_bytes());
});
