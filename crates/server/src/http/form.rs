//! Calls by form (`POST /soap/V200611.ASMX/Login`, `AccountNumber=…&UserName=…`): for callers on this
//! machine and for operations whose parameters are all primitive, as the hosted framework has them.
//!
//! A form has no place for the session header, so that Login is the one operation that gets anywhere.

use super::App;
use super::answer::{Answer, busy_text, charged_document, content_type, plain_error};
use super::body::Refusal;
use super::budget::Charge;
use super::caller::Caller;
use super::entry::Entry;
use super::exchange::Presence;
use super::fields;
use super::room::CallRoom;
use contract::{Contract, Namespace, Record, Value};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use service::{Call, Failure, Fault, Gone, Notes, Room};
use std::fmt::Write as _;
use std::sync::Arc;

/// The longest form, in bytes.
const LONGEST: usize = 64 << 10;

/// Answers a local caller's POST below the endpoint; `rest` is `/` and the operation's name.
pub async fn call(
    app: Arc<App>,
    head: &Parts,
    (body, charge): (Incoming, Charge),
    caller: &Caller,
    (path, rest): (&str, &str),
    entry: &mut Entry,
) -> Answer {
    let operation = match fields::find(app.contract, rest.trim_start_matches('/')) {
        Ok(operation) => operation,
        Err(text) => {
            return refuse(entry, "bad-form", "no operation of that name can be called by a form", &text);
        }
    };
    entry.operation = app.contract.model.operation(operation).name.as_str().into();
    if !is_form(head) {
        return refuse(entry, "bad-form", "the content type is not a form's", "Request format is invalid.");
    }
    let mut received = match app.intake.read(&head.headers, body, charge, LONGEST).await {
        Ok(received) => received,
        Err(refusal) => return not_received(refusal, entry),
    };
    received.charge.settle();
    entry.bytes = received.bytes.len();
    let request = match fields::request(app.contract, operation, &received.bytes, app.clock.now()) {
        Ok(request) => request,
        Err(text) => return refuse(entry, "bad-form", "a parameter is missing or is not of its type", &text),
    };
    let gone = Gone::new();
    let notes = Notes::default();
    let room = CallRoom::new(&app.room, operation, received.charge);
    let call = Call {
        operation,
        request,
        session: None,
        peer: caller.address,
        endpoint: caller.endpoint(path),
        gone: gone.clone(),
        room: Arc::clone(&room) as Arc<dyn Room>,
        notes: notes.clone(),
    };
    let presence = Presence::of(gone);
    let running = Arc::clone(&app.calls).acquire_owned().await;
    let ours = Arc::clone(&app);
    let task = tokio::spawn(async move {
        let result = ours.service.call(call).await;
        drop(running);
        (result, room.charge().await)
    });
    let ended = task.await;
    presence.answered();
    entry.noted = notes.take();
    match ended {
        Ok((Ok(response), charge)) => {
            let text = result_text(app.contract, &response).into_bytes();
            charged_document(content_type::XML, text, charge)
        }
        Ok((Err(Failure::Fault(Fault { code, reason })), _)) => {
            let code = app.contract.codes.entry(code);
            entry.refuse(code.name.as_str(), reason);
            plain_error(&code.token)
        }
        Ok((Err(Failure::Busy(reason)), _)) => {
            entry.refuse("busy", reason);
            busy_text()
        }
        // Nobody reads it.
        Ok((Err(Failure::Gone), _)) => busy_text(),
        Err(_) => {
            let reason = "a bug in understudy; an error with the place was logged before this line";
            refuse(entry, "panicked", reason, "Server was unable to process request.")
        }
    }
}

/// The answer to a form that was not taken.
fn not_received(refusal: Refusal, entry: &mut Entry) -> Answer {
    match refusal {
        Refusal::TooLong => {
            let text = "Maximum request length exceeded.";
            refuse(entry, "too-long", "the form is longer than 64 KiB or --max-body", text)
        }
        Refusal::Busy => {
            entry.refuse("busy", "other requests hold the memory that --request-memory allows");
            busy_text()
        }
        Refusal::Broken | Refusal::Encoding | Refusal::TooSlow => {
            refuse(entry, "vanished", "the form did not arrive whole", "Request format is invalid.")
        }
    }
}

fn refuse(entry: &mut Entry, outcome: &'static str, reason: &'static str, text: &str) -> Answer {
    entry.refuse(outcome, reason);
    plain_error(text)
}

fn is_form(head: &Parts) -> bool {
    let value = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let media_type = value.split(|&byte| byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// The result as a form's caller gets it: the bare element, without an envelope.
///
/// No encoder for this: what a form can call answers one element with attributes.
fn result_text(contract: &Contract, response: &Record) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let results = contract.model.ty(response.ty()).fields();
    for (field, member) in results {
        let Some(result) = response.record(field) else { continue };
        let _ = write!(
            text,
            "<{} xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
            member.name
        );
        for (field, value) in result.iter() {
            let name = &contract.model.member(result.ty(), field).name;
            if let Value::Text(value) = value {
                let _ = write!(text, " {name}=\"{}\"", attribute(value));
            } else if let Value::Boolean(value) = value {
                let _ = write!(text, " {name}=\"{value}\"");
            }
        }
        let _ = write!(text, " xmlns=\"{}\" />", contract.address(Namespace::Messages));
    }
    text
}

fn attribute(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
