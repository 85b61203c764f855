//! Measures reading and writing a call of 200 contacts against quick-xml's bare tokenising of it.
//!
//! `cargo run --release -p soap --example throughput [-- <part of a line's name>]`; the argument
//! `hostile` measures bodies made to cost more than their length instead.

mod hostile;

use contract::handles::{array, message, object, operation};
use contract::{Contract, Kind, Record, Scalar, Timestamp, TypeRef, Value};
use soap::{Codec, Incoming, Limits, Quirks, SessionHeader, Unmetered, Version};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const CONTACTS: usize = 200;
const ATTRIBUTES: usize = 25;
const ROUNDS: u32 = 300;

fn main() -> ExitCode {
    let Ok(contract) = Contract::get() else { return ExitCode::FAILURE };
    let codec = Codec::new(contract, Limits::default(), Quirks::default());
    if std::env::args().nth(1).is_some_and(|wanted| wanted == "hostile") {
        hostile::report(contract, &codec);
        return ExitCode::SUCCESS;
    }
    let body = request(contract);
    let action = contract.action(operation::UPDATE_CONTACT);
    let incoming = Incoming {
        soap_action: Some(action.as_bytes()),
        content_type: Some(b"text/xml; charset=utf-8"),
        body: body.as_bytes(),
        now: Timestamp(0),
        endpoint: "",
    };
    let request = match codec.read(incoming, &mut Unmetered) {
        Ok(request) => request,
        Err(unread) => {
            eprintln!("{unread:?}");
            return ExitCode::FAILURE;
        }
    };
    println!("{CONTACTS} contacts, {} bytes", body.len());
    let response = response(contract, &request.body);
    let session = SessionHeader::new("s");
    let written = || codec.write(Version::V11, operation::UPDATE_CONTACT, Some(&session), &response);
    report("quick-xml Reader, tokens", body.len(), || tokens(&body));
    report("quick-xml NsReader, tokens", body.len(), || resolved(&body));
    report("quick-xml NsReader, attributes", body.len(), || attributes(&body));
    report("codec, read", body.len(), || usize::from(codec.read(incoming, &mut Unmetered).is_ok()));
    report("codec, write", written().map_or(0, |answer| answer.len()), || usize::from(written().is_ok()));
    ExitCode::SUCCESS
}

/// Prints the best of many rounds, which other work on the machine disturbs least.
fn report(what: &str, bytes: usize, mut work: impl FnMut() -> usize) {
    if std::env::args().nth(1).is_some_and(|wanted| !what.contains(&wanted)) {
        return;
    }
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        std::hint::black_box(work());
        best = best.min(start.elapsed());
    }
    let rate = bytes as f64 / best.as_secs_f64() / 1e6;
    println!("{what:32} {:8.0} µs {rate:8.0} MB/s", best.as_secs_f64() * 1e6);
}

fn request(contract: &Contract) -> String {
    let ty = contract.model.ty(object::contact::TYPE_ID);
    let members = ty.members.iter().filter(|member| member.kind == Kind::Attribute).step_by(3);
    let mut contacts = String::new();
    for index in 0..CONTACTS {
        contacts.push_str("<Contact");
        for member in members.clone().take(ATTRIBUTES) {
            let value = match member.ty {
                TypeRef::Scalar(Scalar::Boolean) => "true".to_owned(),
                TypeRef::Scalar(Scalar::DateTime) => "2024-02-29T10:11:12".to_owned(),
                TypeRef::Enumeration(id) => {
                    contract.model.enumeration(id).values.first().cloned().unwrap_or_default()
                }
                _ => format!("some value {index}"),
            };
            contacts.push_str(&format!(" {}=\"{value}\"", member.name));
        }
        contacts.push_str(" />");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <UpdateContact xmlns=\"{}\"><Contacts>{contacts}</Contacts></UpdateContact>\
         </soap:Body></soap:Envelope>",
        contract.address(contract::Namespace::Messages),
    )
}

/// The answer: a success for each contact.
fn response(contract: &Contract, request: &Record) -> Record {
    let contacts = request.record(message::update_contact::CONTACTS);
    let mut all = contract.record(object::update_contact_result_array::TYPE_ID);
    for _ in contacts.into_iter().flat_map(|contacts| contacts.records(array::array_of_contact::CONTACT)) {
        let mut result = contract.record(object::update_contact_result::TYPE_ID);
        result.set(object::update_contact_result::ID, "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9");
        result.set(object::update_contact_result::SUCCESS, Value::Boolean(true));
        all.push(object::update_contact_result_array::UPDATE_CONTACT_RESULT, result);
    }
    let mut response = contract.record(message::update_contact_response::TYPE_ID);
    response.set(message::update_contact_response::UPDATE_CONTACT_RESULT, all);
    response
}

fn tokens(text: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut count = 0;
    while !matches!(reader.read_event(), Ok(quick_xml::events::Event::Eof) | Err(_)) {
        count += 1;
    }
    count
}

fn resolved(text: &str) -> usize {
    let mut reader = quick_xml::NsReader::from_str(text);
    let mut count = 0;
    while !matches!(reader.read_resolved_event(), Ok((_, quick_xml::events::Event::Eof)) | Err(_)) {
        count += 1;
    }
    count
}

fn attributes(text: &str) -> usize {
    use quick_xml::events::Event;
    let mut reader = quick_xml::NsReader::from_str(text);
    let mut count = 0;
    loop {
        match reader.read_resolved_event() {
            Ok((_, Event::Eof)) | Err(_) => return count,
            Ok((_, Event::Start(tag) | Event::Empty(tag))) => count += tag.attributes().flatten().count(),
            Ok(_) => {}
        }
    }
}
