//! Whole requests: any bytes, with headers chosen by the first of them. The codec must answer or
//! refuse, and what it reads as a request it must be able to write back as an answer's envelope.
#![no_main]

use contract::{Contract, Timestamp};
use libfuzzer_sys::fuzz_target;
use soap::{Codec, Incoming, Limits, Quirks, Unmetered, Unread};
use std::sync::LazyLock;

static CODEC: LazyLock<Codec> = LazyLock::new(|| {
    let contract = Contract::get().unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    Codec::new(contract, Limits::default(), Quirks::default())
});

const TYPES: [Option<&[u8]>; 8] = [
    Some(b"text/xml; charset=utf-8"),
    Some(b"text/xml"),
    Some(b"text/xml; charset=utf-16"),
    Some(b"text/xml; charset=iso-8859-1"),
    Some(b"application/soap+xml; charset=utf-8"),
    Some(b"application/soap+xml; action=\"http://api.cvent.com/2006-11/Login\""),
    Some(b"application/xml"),
    None,
];
const ACTIONS: [Option<&[u8]>; 4] = [
    Some(b"\"http://api.cvent.com/2006-11/UpdateContact\""),
    Some(b"http%3A//api.cvent.com/2006-11/Search"),
    Some(b"\"\""),
    None,
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, body)) = data.split_first() else { return };
    let incoming = Incoming {
        soap_action: ACTIONS[usize::from(choice >> 3 & 3)],
        content_type: TYPES[usize::from(choice & 7)],
        body,
        endpoint: "http://localhost/soap/V200611.ASMX",
        now: Timestamp(0),
    };
    match CODEC.read(incoming, &mut Unmetered) {
        Ok(request) => {
            let contract = Contract::get().unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
            let response = contract.record(contract.model.operation(request.operation).response);
            let _ = CODEC.write(request.version, request.operation, request.session.as_ref(), &response);
        }
        Err(Unread::Rejected(rejection)) => assert!([400, 415, 500].contains(&rejection.status)),
        // Only for want of room: a text may grow when it becomes UTF-8.
        Err(Unread::OverBudget) => assert!(body.len() > Limits::default().body / 3),
    }
});
