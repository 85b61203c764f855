//! What is answered when there is no answer.

use crate::reason::{Reason, Trouble};
use crate::write::Writer;
use crate::xml::Position;
use crate::{SOAP11, SOAP12, Version, XSD, XSI, content_type};
use contract::{Code, Contract, Namespace};
use std::fmt;

/// A request that is refused: everything of the response but the server's own headers, and a reason
/// for the log. Its debug form leaves out the body, which may quote the request.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejection {
    /// 500 with a fault, or 400 or 415 with nothing.
    pub status: u16,
    /// The `Content-Type`, sent with an empty body too.
    pub content_type: &'static str,
    /// The fault; empty for 400 and 415.
    pub body: Vec<u8>,
    /// What to log. Holds nothing from the request.
    pub reason: Reason,
    /// The place in the document, for troubles that have one.
    pub position: Option<Position>,
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rejection { status, reason, position, .. } = self;
        f.debug_struct("Rejection")
            .field("status", status)
            .field("reason", reason)
            .field("position", position)
            .finish_non_exhaustive()
    }
}

/// A fault of the service's own rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceFault {
    /// Its code; name and text come from the contract's table.
    pub code: Code,
    /// The endpoint's address, as the client is to know it.
    pub actor: String,
}

/// A fault's code.
#[derive(Clone, Copy)]
pub(crate) enum FaultCode<'a> {
    Client,
    Server,
    MustUnderstand,
    VersionMismatch,
    /// A code of the service, in the namespace of objects.
    Service {
        name: &'a str,
        namespace: &'a str,
    },
}

/// What follows the text of a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail<'a> {
    /// Nothing: faults about headers.
    None,
    /// An empty element.
    Empty,
    /// The two captured elements, in this namespace.
    Captured(&'a str),
}

/// A fault in full.
pub(crate) struct Fault<'a> {
    pub code: FaultCode<'a>,
    pub text: &'a str,
    pub actor: Option<&'a str>,
    pub detail: Detail<'a>,
}

impl<'a> Fault<'a> {
    /// A fault of the framework.
    pub(crate) fn plain(code: FaultCode<'a>, text: &'a str) -> Fault<'a> {
        Fault { code, text, actor: None, detail: Detail::Empty }
    }

    /// A fault of the service, in the captured form.
    pub(crate) fn service(contract: &'a Contract, fault: &'a ServiceFault) -> Fault<'a> {
        let entry = contract.codes.entry(fault.code);
        let namespace = contract.address(Namespace::Objects);
        Fault {
            code: FaultCode::Service { name: &entry.name, namespace },
            text: &entry.token,
            actor: Some(&fault.actor),
            detail: Detail::Captured(namespace),
        }
    }

    /// The whole envelope.
    pub(crate) fn write(&self, version: Version) -> Vec<u8> {
        let mut writer = Writer::new();
        open_envelope(&mut writer, version);
        if matches!(self.code, FaultCode::VersionMismatch) {
            upgrade(&mut writer);
        }
        writer.open_prefixed("soap", "Body");
        writer.open_prefixed("soap", "Fault");
        match version {
            Version::V11 => self.write_11(&mut writer),
            Version::V12 => self.write_12(&mut writer),
        }
        writer.finish()
    }

    fn write_11(&self, writer: &mut Writer<'a>) {
        writer.open("faultcode", "");
        self.write_code(writer, Version::V11);
        leaf(writer, "faultstring", self.text);
        if let Some(actor) = self.actor {
            leaf(writer, "faultactor", actor);
        }
        match self.detail {
            Detail::None => {}
            Detail::Empty => leaf(writer, "detail", ""),
            Detail::Captured(namespace) => captured(writer, namespace),
        }
    }

    fn write_12(&self, writer: &mut Writer<'a>) {
        writer.open_prefixed("soap", "Code");
        writer.open_prefixed("soap", "Value");
        self.write_code(writer, Version::V12);
        writer.close();
        writer.open_prefixed("soap", "Reason");
        writer.open_prefixed("soap", "Text");
        writer.attribute("xml:lang", "en");
        writer.text(self.text);
        writer.close();
        writer.close();
        if let Some(actor) = self.actor {
            writer.open_prefixed("soap", "Node");
            writer.text(actor);
            writer.close();
        }
        match self.detail {
            Detail::None => {}
            Detail::Empty => {
                writer.open_prefixed("soap", "Detail");
                writer.close();
            }
            // Recorded: a detail of the service's own keeps its SOAP 1.1 name.
            Detail::Captured(namespace) => captured(writer, namespace),
        }
    }

    /// Writes the code into the element just opened, and closes it.
    fn write_code(&self, writer: &mut Writer<'a>, version: Version) {
        let name = match (self.code, version) {
            (FaultCode::Service { name, namespace }, _) => {
                writer.attribute("xmlns:q0", namespace);
                writer.text("q0:");
                name
            }
            (FaultCode::Client, Version::V11) => "soap:Client",
            (FaultCode::Client, Version::V12) => "soap:Sender",
            (FaultCode::Server, Version::V11) => "soap:Server",
            (FaultCode::Server, Version::V12) => "soap:Receiver",
            (FaultCode::MustUnderstand, _) => "soap:MustUnderstand",
            (FaultCode::VersionMismatch, _) => "soap:VersionMismatch",
        };
        writer.text(name);
        writer.close();
    }
}

/// Opens the envelope of an answer.
pub(crate) fn open_envelope(writer: &mut Writer<'_>, version: Version) {
    writer.open_prefixed("soap", "Envelope");
    writer.attribute("xmlns:soap", version.namespace());
    writer.attribute("xmlns:xsi", XSI);
    writer.attribute("xmlns:xsd", XSD);
}

fn leaf<'n>(writer: &mut Writer<'n>, name: &'n str, text: &str) {
    writer.open(name, "");
    writer.text(text);
    writer.close();
}

/// The detail of the one captured fault.
fn captured<'n>(writer: &mut Writer<'n>, namespace: &'n str) {
    writer.open("detail", "");
    writer.open("Main-Exception", namespace);
    writer.open("Exception-Detail", namespace);
    writer.close();
    writer.close();
    writer.open("Secondary-Exception", namespace);
    writer.attribute("t:has-more", "yes");
    writer.attribute("xmlns:t", namespace);
    writer.close();
    writer.close();
}

/// The header that tells which envelopes would have done.
fn upgrade(writer: &mut Writer<'_>) {
    writer.open_prefixed("soap", "Header");
    writer.open_prefixed("soap12", "Upgrade");
    writer.attribute("xmlns:soap12", SOAP12);
    for (prefix, declaration, namespace) in
        [("soap:Envelope", "xmlns:soap", SOAP11), ("soap12:Envelope", "xmlns:soap12", SOAP12)]
    {
        writer.open_prefixed("soap12", "SupportedEnvelope");
        writer.attribute("qname", prefix);
        writer.attribute(declaration, namespace);
        writer.close();
    }
    writer.close();
    writer.close();
}

/// How far a request had come when it was refused.
pub(crate) struct Scene<'a> {
    pub version: Version,
    /// The document was being read to find the operation.
    pub routing: bool,
    pub text: &'a str,
}

/// What a client is answered whose request was refused.
///
/// Source: the ASMX rules on faults and status codes.
pub(crate) fn reject(trouble: &Trouble, scene: &Scene<'_>) -> Rejection {
    let at = match trouble {
        Trouble::Xml(error) => Some(error.at),
        Trouble::Value { at, .. } => Some(*at),
        _ => None,
    };
    let position = at.map(|at| Position::of(scene.text, at));
    let (version, code, text) = match trouble {
        Trouble::MediaType => return empty(415, trouble.reason(), scene.version, None),
        Trouble::Xml(_) if !scene.routing => {
            return empty(400, trouble.reason(), scene.version, position);
        }
        Trouble::Xml(error) => (scene.version, FaultCode::Server, unprocessed(&xml_text(error, position))),
        Trouble::MissingBody | Trouble::MissingEnvelope if scene.routing => {
            (scene.version, FaultCode::Server, unprocessed(&trouble.to_string()))
        }
        Trouble::MissingBody | Trouble::MissingEnvelope => {
            (scene.version, FaultCode::Client, unread(&trouble.to_string()))
        }
        Trouble::Value { error, .. } => {
            let Position { line, column } = position.unwrap_or(Position { line: 1, column: 1 });
            let text = format!("There is an error in XML document ({line}, {column}). ---> {error}");
            (scene.version, FaultCode::Client, unread(&text))
        }
        Trouble::UnknownAction(_) | Trouble::UnhandledAction(_) | Trouble::NoAction => {
            (scene.version, FaultCode::Client, trouble.to_string())
        }
        // Whatever the guess was, this one is always of SOAP 1.1.
        Trouble::VersionMismatch(_) => (Version::V11, FaultCode::VersionMismatch, trouble.to_string()),
        Trouble::NotUnderstood(_) => (scene.version, FaultCode::MustUnderstand, trouble.to_string()),
    };
    let mut fault = Fault::plain(code, &text);
    if matches!(trouble, Trouble::NotUnderstood(_)) {
        fault.detail = Detail::None;
    }
    Rejection {
        status: 500,
        content_type: content_type(version),
        body: fault.write(version),
        reason: trouble.reason(),
        position,
    }
}

fn empty(status: u16, reason: Reason, version: Version, position: Option<Position>) -> Rejection {
    Rejection { status, content_type: content_type(version), body: Vec::new(), reason, position }
}

fn xml_text(error: &crate::xml::XmlError, position: Option<Position>) -> String {
    match position {
        // The platform gives these two without a place.
        Some(_) if matches!(error.kind, crate::Malformed::NoRoot | crate::Malformed::DocumentType) => {
            error.to_string()
        }
        Some(Position { line, column }) => format!("{error} Line {line}, position {column}."),
        None => error.to_string(),
    }
}

fn unread(text: &str) -> String {
    format!("Server was unable to read request. ---> {text}")
}

/// The text of an unexpected failure.
pub(crate) fn unprocessed(text: &str) -> String {
    format!("Server was unable to process request. ---> {text}")
}
