//! Calls by form (`POST /soap/V200611.ASMX/Login`, `AccountNumber=…&UserName=…`): for callers on this
//! machine and for operations whose parameters are all primitive, as the hosted framework has them.
//!
//! A form has no place for the session header, so that Login is the one operation that gets anywhere.

use super::App;
use super::answer::{Answer, content_type, document, plain_error};
use super::body::Refusal;
use super::caller::Caller;
use super::entry::Entry;
use super::query::Query;
use contract::scalar::{parse_boolean, parse_date_time, parse_decimal, parse_double, parse_int, parse_long};
use contract::{Contract, Member, Namespace, OperationId, Record, Scalar, Timestamp, TypeRef, Value};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use service::Call;
use std::fmt::Write as _;
use std::sync::Arc;

/// Answers a local caller's POST below the endpoint; `rest` is `/` and the operation's name.
pub async fn call(
    app: Arc<App>,
    head: &Parts,
    body: Incoming,
    caller: &Caller,
    path: &str,
    rest: &str,
    entry: &mut Entry,
) -> Answer {
    let operation = match find(app.contract, rest.trim_start_matches('/')) {
        Ok(operation) => operation,
        Err(text) => {
            return refuse(entry, "bad-form", "no operation of that name can be called by a form", &text);
        }
    };
    entry.operation = app.contract.model.operation(operation).name.as_str().into();
    if !is_form(head) {
        return refuse(entry, "bad-form", "the content type is not a form's", "Request format is invalid.");
    }
    let received = match app.intake.read(&head.headers, body).await {
        Ok(received) => received,
        Err(Refusal::TooLong) => {
            let text = "Maximum request length exceeded.";
            return refuse(entry, "too-long", "the form is longer than --max-body", text);
        }
        Err(_) => {
            return refuse(entry, "vanished", "the form did not arrive whole", "Request format is invalid.");
        }
    };
    entry.bytes = received.bytes.len();
    let form = Query::parse(&received.bytes);
    let request = match parameters(app.contract, operation, &form, app.clock.now()) {
        Ok(request) => request,
        Err(text) => return refuse(entry, "bad-form", "a parameter is missing or is not of its type", &text),
    };
    let call =
        Call { operation, request, session: None, peer: caller.address, endpoint: caller.endpoint(path) };
    let running = Arc::clone(&app.calls).acquire_owned().await;
    let ours = Arc::clone(&app);
    let task = tokio::spawn(async move {
        let result = ours.service.call(call).await;
        drop(running);
        result
    });
    match task.await {
        Ok(Ok(response)) => document(StatusCode::OK, content_type::XML, result_text(app.contract, &response)),
        Ok(Err(fault)) => {
            let code = app.contract.codes.entry(fault.code);
            entry.refuse(code.name.as_str(), fault.reason);
            plain_error(&code.token)
        }
        Err(_) => {
            let reason = "a bug in understudy; an error with the place was logged before this line";
            refuse(entry, "panicked", reason, "Server was unable to process request.")
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

/// The operation of a name, if a form can call it; otherwise what the client is told.
fn find(contract: &Contract, name: &str) -> Result<OperationId, String> {
    let model = &contract.model;
    let callable = |&(_, operation): &(usize, &contract::model::Operation)| {
        model.ty(operation.request).members.iter().all(is_primitive)
    };
    let mut operations = model.operations.iter().enumerate().filter(callable);
    match operations.clone().find(|(_, operation)| operation.name == name) {
        Some((_, operation)) => model.find_operation(&operation.name).ok_or_else(String::new),
        None => Err(match operations.find(|(_, operation)| operation.name.eq_ignore_ascii_case(name)) {
            Some((_, operation)) => format!(
                "Invalid method name '{name}',  method names are case sensitive.   The method name '{}' \
                 with the same name but different casing was found.\nParameter name: methodName",
                operation.name
            ),
            None => format!("{name} Web Service method name is not valid."),
        }),
    }
}

fn is_primitive(member: &Member) -> bool {
    !member.repeated && !matches!(member.ty, TypeRef::Complex(_))
}

/// The request of a form; an error says what the client is told.
fn parameters(
    contract: &Contract,
    operation: OperationId,
    form: &Query,
    now: Timestamp,
) -> Result<Record, String> {
    let ty = contract.model.operation(operation).request;
    let mut request = contract.record(ty);
    for (field, member) in contract.model.ty(ty).fields() {
        let text = form.get(&member.name).ok_or_else(|| format!("Missing parameter: {}.", member.name))?;
        let value = value(contract, member.ty, &text, now).ok_or_else(|| {
            format!("Cannot convert {text} to {}.\nParameter name: type", type_name(contract, member.ty))
        })?;
        request.set(field, value);
    }
    Ok(request)
}

fn value(contract: &Contract, ty: TypeRef, text: &str, now: Timestamp) -> Option<Value> {
    match ty {
        TypeRef::Complex(_) => None,
        TypeRef::Enumeration(id) => {
            let values = &contract.model.enumeration(id).values;
            let index = values.iter().position(|value| value == text)?;
            Some(Value::Enumeration(contract::EnumValue(u16::try_from(index).ok()?)))
        }
        TypeRef::Scalar(Scalar::String | Scalar::Integer) => Some(Value::from(text)),
        TypeRef::Scalar(Scalar::Boolean) => parse_boolean(text).ok().map(Value::Boolean),
        TypeRef::Scalar(Scalar::Int) => parse_int(text).ok().map(Value::Integer),
        TypeRef::Scalar(Scalar::Long) => parse_long(text).ok().map(Value::Integer),
        TypeRef::Scalar(Scalar::Decimal) => parse_decimal(text).ok().map(Value::Decimal),
        TypeRef::Scalar(Scalar::Double) => parse_double(text).ok().map(Value::Double),
        TypeRef::Scalar(Scalar::DateTime) => parse_date_time(text, now).ok().map(Value::Time),
    }
}

/// The .NET name of a type.
fn type_name(contract: &Contract, ty: TypeRef) -> &str {
    match ty {
        TypeRef::Complex(id) => &contract.model.ty(id).name,
        TypeRef::Enumeration(id) => &contract.model.enumeration(id).name,
        TypeRef::Scalar(Scalar::String | Scalar::Integer) => "System.String",
        TypeRef::Scalar(Scalar::Boolean) => "System.Boolean",
        TypeRef::Scalar(Scalar::Int) => "System.Int32",
        TypeRef::Scalar(Scalar::Long) => "System.Int64",
        TypeRef::Scalar(Scalar::Decimal) => "System.Decimal",
        TypeRef::Scalar(Scalar::Double) => "System.Double",
        TypeRef::Scalar(Scalar::DateTime) => "System.DateTime",
    }
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
