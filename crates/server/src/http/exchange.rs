//! A SOAP call: from a request to the endpoint to its answer.

use super::answer::{Answer, answer, error_page};
use super::body::{Received, Refusal, off_the_threads};
use super::caller::Caller;
use super::entry::Entry;
use super::query::danger;
use super::{App, dangerous};
use contract::{Record, Value};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use service::{Call, Fault};
use soap::{Position, Rejection, Request, ServiceFault, Version};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// Answers a POST to the endpoint.
pub async fn call(
    app: Arc<App>,
    head: &Parts,
    body: Incoming,
    caller: &Caller,
    path: &str,
    entry: &mut Entry,
) -> Answer {
    let soap_action = soap_action(&head.headers);
    let action_text = String::from_utf8_lossy(soap_action.as_deref().unwrap_or_default());
    if let Some(piece) = danger("SOAPAction", &action_text) {
        entry.refuse("dangerous", "the SOAPAction has markup in it");
        return dangerous("Headers", &piece);
    }
    let content_type = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    // The version to answer in while the envelope has not been read.
    let expected = soap::guess_version(soap_action.as_deref(), content_type);
    let received = match app.intake.read(&head.headers, body).await {
        Ok(received) => received,
        Err(refusal) => return refused(&app, refusal, expected, entry),
    };
    entry.bytes = received.bytes.len();
    let job = Job {
        content_type: content_type.map(<[u8]>::to_vec),
        soap_action,
        endpoint: caller.endpoint(path),
        peer: caller.address,
        received,
    };
    // A call that has begun runs to its end in a task of its own, even if its client goes away; and a
    // panic in it ends there.
    let running = Arc::clone(&app.calls).acquire_owned().await;
    let ours = Arc::clone(&app);
    let task = tokio::spawn(async move {
        let done = job.run(&ours).await;
        drop(running);
        done
    });
    let Ok((answer, line)) = task.await else {
        entry.refuse("panicked", "a bug in understudy; an error with the place was logged before this line");
        return fault(expected, app.codec.write_server_fault(expected, "An error occurred on the server."));
    };
    entry.operation = line.operation;
    entry.version = line.version;
    entry.records = line.records;
    if let Some((outcome, reason)) = line.refusal {
        entry.refuse(outcome, reason);
    }
    answer
}

/// The SOAPAction. Two of them are one with a comma, as ASP.NET has it, and so no operation's.
fn soap_action(headers: &HeaderMap) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = headers.get_all("soapaction").iter().map(HeaderValue::as_bytes).collect();
    if values.is_empty() { None } else { Some(values.join(&b","[..])) }
}

/// The answer to a body that was not taken.
fn refused(app: &App, refusal: Refusal, version: Version, entry: &mut Entry) -> Answer {
    match refusal {
        Refusal::TooLong => {
            entry.refuse("too-long", "the request is longer than --max-body, perhaps after decompression");
            rejected(app.codec.reject_too_long(version))
        }
        Refusal::Encoding => {
            entry.refuse("encoding", "the body's compression is not gzip, or is damaged");
            answer(StatusCode::BAD_REQUEST, soap::content_type(version), "")
        }
        Refusal::TooSlow => {
            entry.refuse("slow", "the body did not arrive within --request-timeout; nothing was done");
            closing(error_page(StatusCode::REQUEST_TIMEOUT, "The request did not arrive in time."))
        }
        Refusal::Broken => {
            entry.refuse("vanished", "the client went away while sending; nothing was done");
            closing(error_page(StatusCode::BAD_REQUEST, "The request was broken off."))
        }
    }
}

/// There may be more of the body to come, which nobody wants to read.
fn closing(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// A call that has arrived whole.
struct Job {
    soap_action: Option<Vec<u8>>,
    content_type: Option<Vec<u8>>,
    endpoint: String,
    peer: Option<IpAddr>,
    received: Received,
}

/// What the log is to know of a call.
struct Line {
    operation: Cow<'static, str>,
    version: &'static str,
    records: usize,
    refusal: Option<(Cow<'static, str>, Cow<'static, str>)>,
}

impl Job {
    async fn run(self, app: &App) -> (Answer, Line) {
        let incoming = soap::Incoming {
            soap_action: self.soap_action.as_deref(),
            content_type: self.content_type.as_deref(),
            body: &self.received.bytes,
            endpoint: &self.endpoint,
            now: app.clock.now(),
        };
        let read = off_the_threads(self.received.bytes.len(), || app.codec.read(incoming));
        // The bytes are not needed any more, and the next large request may be waiting for their place.
        drop(self.received);
        let Request { version, operation, session, body } = match read {
            Ok(request) => request,
            Err(rejection) => {
                let line = Line {
                    operation: Cow::Borrowed("unknown"),
                    version: "",
                    records: 0,
                    refusal: Some((Cow::Borrowed("rejected"), reason(&rejection).into())),
                };
                return (rejected(rejection), line);
            }
        };
        let mut line = Line {
            operation: Cow::Borrowed(&app.contract.model.operation(operation).name),
            version: match version {
                Version::V11 => "1.1",
                Version::V12 => "1.2",
            },
            records: records(&body),
            refusal: None,
        };
        let call = Call {
            operation,
            request: body,
            session: session.as_ref().and_then(|session| session.value()).map(str::to_owned),
            peer: self.peer,
            endpoint: self.endpoint.clone(),
        };
        let answer = match app.service.call(call).await {
            Ok(record) => match app.codec.write(version, operation, session.as_ref(), &record) {
                Ok(bytes) => answer(StatusCode::OK, soap::content_type(version), bytes),
                Err(rejection) => {
                    line.refusal = Some(("unwritable".into(), rejection.reason.to_string().into()));
                    rejected(rejection)
                }
            },
            Err(Fault { code, reason }) => {
                line.refusal = Some((app.contract.codes.entry(code).name.as_str().into(), reason.into()));
                let actor = self.endpoint;
                fault(version, app.codec.write_fault(version, &ServiceFault { code, actor }))
            }
        };
        (answer, line)
    }
}

fn fault(version: Version, body: Vec<u8>) -> Answer {
    answer(StatusCode::INTERNAL_SERVER_ERROR, soap::content_type(version), body)
}

fn rejected(rejection: Rejection) -> Answer {
    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer(status, rejection.content_type, rejection.body)
}

/// How many records a request carries: the longest list in its parameters.
fn records(request: &Record) -> usize {
    let longest = request.iter().map(|(_, value)| match value {
        Value::Record(record) => records(record),
        value => length(value),
    });
    longest.max().unwrap_or(0)
}

fn length(value: &Value) -> usize {
    if let Value::List(items) = value { items.len() } else { 0 }
}

/// Why a message was refused, and where in it.
fn reason(rejection: &Rejection) -> String {
    match rejection.position {
        Some(Position { line, column }) => format!("{}, at line {line}, column {column}", rejection.reason),
        None => rejection.reason.to_string(),
    }
}
