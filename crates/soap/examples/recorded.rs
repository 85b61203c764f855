//! Replays recorded exchanges against the codec and prints each that differs.
//!
//! `cargo run -p soap --example recorded -- <cases.json>`
//!
//! The recordings are of a small service with two operations and words of its own; [`Service`]
//! stands in for it, so that whole answers can be compared and not just their status. Ids and
//! session values are left out of the comparison. The codec is set to the recorded behaviour where
//! the project's default differs.

use contract::handles::object::{self as result, contact, custom_field_detail};
use contract::handles::{array, message, operation};
use contract::{Contract, Record, TypeRef, Value};
use serde_json::Value as Json;
use soap::{
    CharsetFallback, Codec, EnumerationFault, Incoming, Limits, Quirks, Unmetered, Unread, Version,
    content_type,
};
use std::process::ExitCode;

/// Exchanges that the codec cannot or should not reproduce, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("get-", "documentation: the server's"),
    ("form-", "form posts: the server's"),
    ("soap-to-pathinfo", "path info: the server's"),
    ("body-item-nil", "the answer's item for a null contact is that service's own"),
    ("body-attribute-qualified", "so is the one for a contact without a source id"),
    ("action-other-op", "a failed Login in that service's own words"),
    ("s12-action-of-other-op", "a failed Login in that service's own words"),
    ("str-12", "a failed Login in that service's own words"),
    ("throw11-soap", "a fault that only that service throws"),
    ("throw12-soap", "a fault that only that service throws"),
    ("throw11-header", "a fault that only that service throws"),
    ("throw12-header", "a fault that only that service throws"),
    ("throw12-sub", "a fault that only that service throws"),
];

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: recorded <cases.json>");
        return ExitCode::FAILURE;
    };
    let cases = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    let cases =
        cases.and_then(|text| serde_json::from_str::<Vec<Json>>(&text).map_err(|error| error.to_string()));
    let contract = Contract::get().map_err(|mistakes| format!("{} mistakes in the contract", mistakes.len()));
    match (cases, contract) {
        (Ok(cases), Ok(contract)) => run(&cases, contract),
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cases: &[Json], contract: &'static Contract) -> ExitCode {
    let quirks = Quirks {
        text_xml_without_charset: CharsetFallback::Ascii,
        enumeration_fault: EnumerationFault::Serializer,
    };
    let service = Service { contract, codec: Codec::new(contract, Limits::default(), quirks) };
    let (mut same, mut excepted, mut differ) = (0, 0, 0);
    for case in cases {
        let name = text(case, "name");
        let expected = Answer {
            status: case["status"].as_u64().unwrap_or_default(),
            content_type: text(case, "content_type").to_owned(),
            body: comparable(text(case, "body")),
        };
        let exception = EXCEPTIONS.iter().find(|(start, _)| name.starts_with(start));
        let answer = service.answer(case);
        if answer == expected {
            same += 1;
        } else if let Some((_, reason)) = exception {
            excepted += 1;
            println!("{name}: not compared: {reason}");
        } else {
            differ += 1;
            println!("{name}: differs\n  recorded {expected:?}\n  codec    {answer:?}");
        }
    }
    println!("{same} the same, {excepted} not compared, {differ} differ");
    if differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(PartialEq, Eq, Debug)]
struct Answer {
    status: u64,
    content_type: String,
    body: String,
}

/// The recorded service, as far as it shows in the recordings.
struct Service {
    contract: &'static Contract,
    codec: Codec,
}

impl Service {
    fn answer(&self, case: &Json) -> Answer {
        let header = |name: &str| {
            let headers = case["headers"].as_object()?;
            headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
        };
        let body = match case["request_base64"].as_str() {
            Some(encoded) => base64(encoded),
            None => text(case, "request").as_bytes().to_vec(),
        };
        let now = contract::scalar::parse_date_time("2026-11-24T12:00:00", contract::Timestamp(0));
        let incoming = Incoming {
            soap_action: header("SOAPAction").map(str::as_bytes),
            content_type: header("Content-Type").map(str::as_bytes),
            body: &body,
            now: now.unwrap_or(contract::Timestamp(0)),
            endpoint: "",
        };
        let request = match self.codec.read(incoming, &mut Unmetered) {
            Ok(request) => request,
            Err(Unread::OverBudget) => unreachable!("nothing counts"),
            Err(Unread::Rejected(rejection)) => {
                return Answer {
                    status: rejection.status.into(),
                    content_type: rejection.content_type.to_owned(),
                    body: String::from_utf8_lossy(&rejection.body).into_owned(),
                };
            }
        };
        let version = request.version;
        if request.operation == operation::LOGIN {
            let response = self.login(&request.body);
            return self.written(version, self.codec.write(version, request.operation, None, &response));
        }
        let session = request.session.as_ref();
        if !matches!(session.and_then(|session| session.value()), Some("abc" | "perf")) {
            return refused(version);
        }
        match self.update_contact(&request.body) {
            Ok(response) => {
                self.written(version, self.codec.write(version, request.operation, session, &response))
            }
            Err(text) => {
                let fault = self.codec.write_server_fault(version, text);
                Answer {
                    status: 500,
                    content_type: content_type(version).to_owned(),
                    body: String::from_utf8_lossy(&fault).into_owned(),
                }
            }
        }
    }

    fn written(&self, version: Version, answer: Result<Vec<u8>, soap::Rejection>) -> Answer {
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(rejection) => (500, rejection.body),
        };
        Answer {
            status,
            content_type: content_type(version).to_owned(),
            body: comparable(&String::from_utf8_lossy(&body)),
        }
    }

    fn login(&self, body: &Record) -> Record {
        use message::login;
        let show = |field| body.text(field).map_or("null".to_owned(), |text| format!("[{text}]"));
        let mut found = self.contract.record(result::login_result::TYPE_ID);
        if body.text(login::PASSWORD) == Some("echo") {
            let echo = format!(
                "A={};U={};P={}",
                show(login::ACCOUNT_NUMBER),
                show(login::USER_NAME),
                show(login::PASSWORD)
            );
            found.set(result::login_result::LOGIN_SUCCESS, false);
            found.set(result::login_result::ERROR_MESSAGE, echo);
        } else {
            found.set(result::login_result::LOGIN_SUCCESS, true);
            found.set(result::login_result::SERVER_URL, "http://127.0.0.1:9104/soap/V200611.ASMX");
            found.set(result::login_result::CVENT_SESSION_HEADER, "");
        }
        let mut response = self.contract.record(message::login_response::TYPE_ID);
        response.set(message::login_response::LOGIN_RESULT, found);
        response
    }

    fn update_contact(&self, body: &Record) -> Result<Record, &'static str> {
        use result::update_contact_result as one;
        let mut all = self.contract.record(result::update_contact_result_array::TYPE_ID);
        let contacts = body.record(message::update_contact::CONTACTS);
        let none = self.contract.record(array::array_of_contact::TYPE_ID);
        for contact in contacts.unwrap_or(&none).records(array::array_of_contact::CONTACT) {
            match contact.text(contact::SOURCE_ID) {
                Some("throw:null") => return Err("Object reference not set to an instance of an object"),
                Some("throw:http") => return Err("http boom"),
                _ => {}
            }
            let mut result = self.contract.record(one::TYPE_ID);
            result.set(one::ID, "");
            if contact.text(contact::TITLE) == Some("echo") {
                result.set(one::SOURCE_ID, self.echo(contact));
            } else {
                result.set(one::SOURCE_ID, contact.get(contact::SOURCE_ID).clone());
            }
            result.set(one::SUCCESS, true);
            all.push(result::update_contact_result_array::UPDATE_CONTACT_RESULT, result);
        }
        let mut response = self.contract.record(message::update_contact_response::TYPE_ID);
        response.set(message::update_contact_response::UPDATE_CONTACT_RESULT, all);
        Ok(response)
    }

    fn echo(&self, contact: &Record) -> String {
        let model = &self.contract.model;
        let truth = |value| match value {
            true => "True",
            false => "False",
        };
        let address = match model.member(contact.ty(), contact::PRIMARY_ADDRESS_TYPE).ty {
            TypeRef::Enumeration(id) => contact
                .enumeration(contact::PRIMARY_ADDRESS_TYPE)
                .and_then(|value| model.enumeration(id).values.get(usize::from(value.0))),
            _ => None,
        };
        let count = |field| match contact.get(field) {
            Value::List(items) => items.len().to_string(),
            _ => "null".to_owned(),
        };
        let custom = contact.records(contact::CUSTOM_FIELD_DETAIL).next();
        let custom = custom.and_then(|detail| detail.text(custom_field_detail::FIELD_NAME));
        format!(
            "First={};Active={};Excl={};PAT={};Join={};CF={};CG={};DL={};Type={}",
            contact.text(contact::FIRST_NAME).map_or("null".to_owned(), |name| format!("[{name}]")),
            truth(contact.boolean(contact::ACTIVE).unwrap_or(true)),
            contact.boolean(contact::EXCLUDED_FROM_EMAIL).map_or("-", truth),
            address.map_or("-", String::as_str),
            contact.time(contact::JOIN_DATE).map_or("-".to_owned(), |time| time.to_string()),
            count(contact::CUSTOM_FIELD_DETAIL) + &custom.map_or(String::new(), |name| format!(":{name}")),
            count(contact::CONTACT_GROUP_DETAIL),
            count(contact::DISTRIBUTION_LIST_DETAIL),
            model.ty(contact.ty()).name,
        )
    }
}

/// The recorded service's own fault for a missing or unknown session, which ours words differently.
fn refused(version: Version) -> Answer {
    let open = "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
                xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">";
    let fault = "<soap:Body><soap:Fault><faultcode>soap:Server</faultcode>\
                 <faultstring>INVALID_CVENT_HEADER_VALUE</faultstring><detail /></soap:Fault></soap:Body>\
                 </soap:Envelope>";
    Answer { status: 500, content_type: content_type(version).to_owned(), body: format!("{open}{fault}") }
}

/// A body without what differs from run to run, and with dates as the codec's records keep them:
/// in GMT, to the microsecond.
fn comparable(body: &str) -> String {
    let body = without(body, " Id=\"", "\"");
    let body = without(&body, " CventSessionHeader=\"", "\"");
    let Some((before, rest)) = body.split_once("Join=") else { return body };
    let Some((date, after)) = rest.split_once(';') else { return body };
    let date = date.split('/').next().unwrap_or_default();
    let time = contract::scalar::parse_date_time(date, contract::Timestamp(0));
    format!("{before}Join={};{after}", time.map_or(date.to_owned(), |time| time.to_string()))
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(open) {
        out.push_str(before);
        rest = behind.split_once(close).map_or("", |(_, behind)| behind);
    }
    out + rest
}

fn text<'a>(case: &'a Json, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_default()
}

fn base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
