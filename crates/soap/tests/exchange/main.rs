//! Exchanges that pin down every rule the codec follows, one line each: what comes in, and in short
//! what is made of it. The rules are the project's own wording of how the recorded service behaves.

// Clippy exempts functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod answer;
mod limits;
mod routing;
mod value;
mod xml;

use contract::{Contract, Record, Timestamp, TypeRef, Value};
use soap::{Codec, Incoming, Limits, QUIRKS, Quirks, Rejection, Request, Unmetered, Unread, Version};

/// The messages' namespace.
const M: &str = "http://api.cvent.com/2006-11";
/// The objects' namespace.
const O: &str = "http://schemas.cvent.com/api/2006-11";
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
const ENDPOINT: &str = "http://api.example/soap/V200611.ASMX";

/// One exchange.
struct Case {
    name: &'static str,
    soap_action: Option<Vec<u8>>,
    content_type: Option<String>,
    body: Vec<u8>,
    expected: String,
}

/// A request in SOAP 1.1 with a SOAPAction.
fn v11(name: &'static str, action: &str, body: impl Into<Vec<u8>>, expected: impl Into<String>) -> Case {
    Case {
        name,
        soap_action: Some(format!("\"{M}/{action}\"").into_bytes()),
        content_type: Some("text/xml; charset=utf-8".to_owned()),
        body: body.into(),
        expected: expected.into(),
    }
}

/// A request in SOAP 1.2 without an action.
fn v12(name: &'static str, body: impl Into<Vec<u8>>, expected: impl Into<String>) -> Case {
    Case {
        name,
        soap_action: None,
        content_type: Some("application/soap+xml; charset=utf-8".to_owned()),
        body: body.into(),
        expected: expected.into(),
    }
}

impl Case {
    fn action(mut self, action: Option<&str>) -> Case {
        self.soap_action = action.map(|action| action.as_bytes().to_vec());
        self
    }

    fn content_type(mut self, content_type: Option<&str>) -> Case {
        self.content_type = content_type.map(str::to_owned);
        self
    }
}

/// An envelope with the usual prefixes around a header's and a body's content.
fn envelope(namespace: &str, header: &str, body: &str) -> String {
    let header = if header.is_empty() { String::new() } else { format!("<s:Header>{header}</s:Header>") };
    format!(
        "<s:Envelope xmlns:s=\"{namespace}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:o=\"{O}\">{header}<s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn e11(body: &str) -> String {
    envelope(SOAP11, "", body)
}

fn e12(body: &str) -> String {
    envelope(SOAP12, "", body)
}

/// A Login element around parameters.
fn login(parameters: &str) -> String {
    format!("<Login xmlns=\"{M}\">{parameters}</Login>")
}

/// An UpdateContact element around contacts.
fn contacts(contacts: &str) -> String {
    format!("<UpdateContact xmlns=\"{M}\"><Contacts>{contacts}</Contacts></UpdateContact>")
}

fn codec(quirks: Quirks) -> Codec {
    Codec::new(Contract::get().unwrap(), Limits::default(), quirks)
}

fn outcome(codec: &Codec, case: &Case) -> String {
    let read = codec.read(
        Incoming {
            soap_action: case.soap_action.as_deref(),
            content_type: case.content_type.as_deref().map(str::as_bytes),
            body: &case.body,
            now: contract::scalar::parse_date_time("2026-11-24T12:00:00", Timestamp(0)).unwrap(),
            endpoint: ENDPOINT,
        },
        &mut Unmetered,
    );
    match read {
        Ok(request) => understood(&request),
        Err(Unread::Rejected(rejection)) => refused(&rejection),
        Err(Unread::OverBudget) => panic!("nothing counts"),
    }
}

/// `1.1 Login{Password=[x]}`, and ` session [y]` or ` session -` if a session header came.
fn understood(request: &Request) -> String {
    let contract = Contract::get().unwrap();
    let session = match &request.session {
        Some(session) => match session.value() {
            Some(value) => format!(" session [{value}]"),
            None => " session -".to_owned(),
        },
        None => String::new(),
    };
    let name = &contract.model.operation(request.operation).name;
    format!("{} {name}{}{session}", number(request.version), show(&request.body))
}

/// `415 1.1`, or for a fault `500 1.1 soap:Client: text` and what its detail holds.
fn refused(rejection: &Rejection) -> String {
    let version = match rejection.content_type {
        "text/xml; charset=utf-8" => Version::V11,
        "application/soap+xml; charset=utf-8" => Version::V12,
        other => panic!("no version has {other}"),
    };
    let start = format!("{} {}", rejection.status, number(version));
    if rejection.body.is_empty() {
        return start;
    }
    let text = std::str::from_utf8(&rejection.body).unwrap();
    let document = roxmltree::Document::parse(text).unwrap();
    let (namespace, code, reason) = match version {
        Version::V11 => (SOAP11, "faultcode", "faultstring"),
        Version::V12 => (SOAP12, "Value", "Text"),
    };
    let find = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
    assert_eq!(document.root_element().tag_name().namespace(), Some(namespace), "{text}");
    let part = |name: &str| find(name).and_then(|node| node.text()).unwrap_or_default().to_owned();
    let detail = match find("detail").or_else(|| find("Detail")) {
        None => " (no detail)",
        Some(detail) if detail.has_children() => " (captured)",
        Some(_) => "",
    };
    format!("{start} {}: {}{detail}", part(code), part(reason))
}

fn rejected(read: Result<Request, Unread>) -> Rejection {
    match read {
        Err(Unread::Rejected(rejection)) => rejection,
        other => panic!("{other:?}"),
    }
}

fn number(version: Version) -> &'static str {
    match version {
        Version::V11 => "1.1",
        Version::V12 => "1.2",
    }
}

/// `{Name=[text] Other=true List=(nil {…})}`, members in the contract's order.
fn show(record: &Record) -> String {
    let contract = Contract::get().unwrap();
    let ty = contract.model.ty(record.ty());
    let members = ty.members.iter().zip(record.iter()).filter(|(_, (_, value))| !value.is_absent());
    let members: Vec<String> = members
        .map(|(member, (_, value))| format!("{}={}", member.name, show_value(member.ty, value)))
        .collect();
    format!("{{{}}}", members.join(" "))
}

fn show_value(ty: TypeRef, value: &Value) -> String {
    let contract = Contract::get().unwrap();
    match (value, ty) {
        (Value::Absent, _) => "-".to_owned(),
        (Value::Nil, _) => "nil".to_owned(),
        (Value::Text(text), _) => format!("[{text}]"),
        (Value::Boolean(truth), _) => truth.to_string(),
        (Value::Integer(number), _) => number.to_string(),
        (Value::Double(number), _) => number.to_string(),
        (Value::Decimal(number), _) => number.to_string(),
        (Value::Time(time), _) => time.to_string(),
        (Value::Enumeration(value), TypeRef::Enumeration(id)) => {
            contract.model.enumeration(id).values[usize::from(value.0)].clone()
        }
        (Value::Enumeration(value), _) => format!("{value:?}"),
        (Value::Record(record), TypeRef::Complex(declared)) if declared != record.ty() => {
            format!("{}{}", contract.model.ty(record.ty()).name, show(record))
        }
        (Value::Record(record), _) => show(record),
        (Value::List(items), _) => {
            let items: Vec<String> = items.iter().map(|item| show_value(ty, item)).collect();
            format!("({})", items.join(" "))
        }
    }
}

fn cases() -> Vec<Case> {
    [routing::cases(), xml::cases(), value::cases()].into_iter().flatten().collect()
}

#[test]
fn every_exchange_ends_as_it_should() {
    let codec = codec(Quirks::default());
    let mut wrong = Vec::new();
    for case in cases() {
        let outcome = outcome(&codec, &case);
        if outcome != case.expected {
            wrong.push(format!("{}\n  expected {}\n  but got  {outcome}", case.name, case.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_quirk_has_an_exchange() {
    let cases = cases();
    for quirk in QUIRKS {
        let Some(wanted) = quirk.case else { continue };
        assert!(cases.iter().any(|case| case.name == wanted), "{}: no `{wanted}`", quirk.name);
    }
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = cases().iter().map(|case| case.name).collect();
    names.sort_unstable();
    assert_eq!(names.windows(2).find(|pair| pair[0] == pair[1]), None);
}
