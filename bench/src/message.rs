//! Requests as bytes, and the few things looked for in answers. All names come from the contract.

use anyhow::{Context, Result, bail};
use contract::handles::array::cvent_session_header;
use contract::model::ComplexType;
use contract::render::sample::Version;
use contract::{Contract, Kind, Namespace, OperationId, Record, TypeId, Value};
use memchr::memmem;

/// The length of an identifier on the wire.
const ID_LENGTH: usize = 36;

/// The contract, or its mistakes as one error.
pub fn contract() -> Result<&'static Contract> {
    Contract::get().map_err(|mistakes| anyhow::anyhow!("the contract is broken: {mistakes:?}"))
}

/// A SOAP 1.1 envelope around the operation's request wrapper.
pub fn request(contract: &Contract, operation: OperationId, session: Option<&str>, body: &Record) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    out.push_str(&format!("<soap:Envelope xmlns:soap=\"{}\">", Version::Soap11.namespace()));
    if let Some(session) = session {
        let ty = cvent_session_header::TYPE_ID;
        let mut header = contract.record(ty);
        header.set(cvent_session_header::CVENT_SESSION_VALUE, session);
        let name = &contract.model.ty(ty).name;
        out.push_str("<soap:Header>");
        record(&mut out, contract, name, Namespace::Messages, None, &header);
        out.push_str("</soap:Header>");
    }
    out.push_str("<soap:Body>");
    let name = &contract.model.operation(operation).name;
    record(&mut out, contract, name, Namespace::Messages, None, body);
    out.push_str("</soap:Body></soap:Envelope>");
    out
}

fn record(
    out: &mut String,
    contract: &Contract,
    name: &str,
    namespace: Namespace,
    around: Option<Namespace>,
    record: &Record,
) {
    let ty = contract.model.ty(record.ty());
    out.push('<');
    out.push_str(name);
    for (field, member) in ty.fields().filter(|(_, member)| member.kind == Kind::Attribute) {
        if let Some(text) = text(contract, member.ty, record.get(field)) {
            out.push_str(&format!(" {}=\"{}\"", member.name, escaped(&text)));
        }
    }
    declare(out, contract, namespace, around);
    out.push('>');
    children(out, contract, ty, record);
    out.push_str(&format!("</{name}>"));
}

fn children(out: &mut String, contract: &Contract, ty: &ComplexType, parent: &Record) {
    for (field, member) in ty.fields().filter(|(_, member)| member.kind == Kind::Element) {
        let value = parent.get(field);
        let values = if let Value::List(items) = value { items } else { std::slice::from_ref(value) };
        for value in values {
            if let Value::Record(child) = value {
                record(out, contract, &member.name, member.namespace, Some(ty.namespace), child);
            } else if let Some(text) = text(contract, member.ty, value) {
                out.push_str(&format!("<{}", member.name));
                declare(out, contract, member.namespace, Some(ty.namespace));
                out.push_str(&format!(">{}</{}>", escaped(&text), member.name));
            }
        }
    }
}

/// Makes the namespace the default one where it is not already.
fn declare(out: &mut String, contract: &Contract, namespace: Namespace, around: Option<Namespace>) {
    if around != Some(namespace) {
        out.push_str(&format!(" xmlns=\"{}\"", contract.address(namespace)));
    }
}

/// A scalar as the interface writes it.
pub fn text(contract: &Contract, ty: contract::TypeRef, value: &Value) -> Option<String> {
    match (value, ty) {
        (Value::Text(text), _) => Some(text.to_string()),
        (Value::Boolean(truth), _) => Some(truth.to_string()),
        (Value::Integer(number), _) => Some(number.to_string()),
        (Value::Time(time), _) => Some(time.to_string()),
        (Value::Enumeration(value), contract::TypeRef::Enumeration(id)) => {
            contract.model.enumeration(id).values.get(usize::from(value.0)).cloned()
        }
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// The start tag of the first element of that name, from its bracket to its end.
pub fn element<'a>(message: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let start = memmem::find(message, format!("<{name}").as_bytes())?;
    let end = memchr::memchr(b'>', &message[start..])?;
    Some(&message[start..start + end])
}

/// The attribute of that name in a start tag, as written.
pub fn attribute<'a>(tag: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let needle = format!(" {name}=\"");
    let start = memmem::find(tag, needle.as_bytes())? + needle.len();
    let end = memchr::memchr(b'"', &tag[start..])?;
    Some(&tag[start..start + end])
}

/// Reads the answers to a batch operation: one result per record, in request order.
pub struct Results {
    id: memmem::Finder<'static>,
    success: memmem::Finder<'static>,
}

impl Results {
    /// The reader for the answers of `operation`.
    pub fn of(contract: &Contract, operation: OperationId) -> Result<Results> {
        let roles = contract.call(operation).batch.context("not a batch operation")?.roles;
        let id = roles.id.context("its results have no identifier")?;
        let needle = |ty: TypeId, field, rest: &str| {
            let text = format!(" {}=\"{rest}", contract.model.member(ty, field).name);
            memmem::Finder::new(text.as_bytes()).into_owned()
        };
        Ok(Results { id: needle(roles.ty, id, ""), success: needle(roles.ty, roles.success, "true\"") })
    }

    /// The identifiers in the answer, if it has `count` results and all say success.
    pub fn ids<'a>(&self, answer: &'a [u8], count: usize) -> Result<impl Iterator<Item = &'a [u8]>> {
        let found: Vec<&[u8]> = self
            .id
            .find_iter(answer)
            .filter_map(|at| answer.get(at + self.id.needle().len()..)?.get(..ID_LENGTH))
            .collect();
        let successes = self.success.find_iter(answer).count();
        if (found.len(), successes) != (count, count) {
            bail!("{} results and {successes} successes for {count} records", found.len());
        }
        Ok(found.into_iter())
    }
}
