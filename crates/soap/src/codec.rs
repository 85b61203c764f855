//! The codec: one request in, one answer out.

use crate::charset;
use crate::content_type::ContentType;
use crate::decode::Decoder;
use crate::encode::Encoder;
use crate::envelope::{self, Contents};
use crate::fault::{Fault, FaultCode, Scene, open_envelope, reject, unprocessed};
use crate::meter::{Meter, OverBudget, Tally};
use crate::quirk::EnumerationFault;
use crate::reason::{Halt, Trouble};
use crate::route::Routes;
use crate::table::Tables;
use crate::write::Writer;
use crate::xml::{Ns, Reader, WellKnown};
use crate::{
    Limits, Quirks, Reason, Rejection, ServiceFault, SessionHeader, Version, content_type, guess_version,
};
use contract::handles::code;
use contract::{Contract, Namespace, OperationId, Record, Timestamp};
use std::fmt;

/// A request as HTTP delivers it.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// The `SOAPAction` header, quotes included; none if there is none.
    pub soap_action: Option<&'a [u8]>,
    /// The `Content-Type` header.
    pub content_type: Option<&'a [u8]>,
    /// The whole body, transfer and content codings undone.
    pub body: &'a [u8],
    /// The present, which a time without a date is on.
    pub now: Timestamp,
    /// The endpoint's address as the client is to know it: the actor of a fault.
    pub endpoint: &'a str,
}

/// A request understood. Its debug form leaves out what must not be logged.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The version of its envelope, in which it is answered.
    pub version: Version,
    /// What is to be done.
    pub operation: OperationId,
    /// The session header, if the operation takes one and it came.
    pub session: Option<SessionHeader>,
    /// The parameters: a record of the operation's request type. Its list keeps no more items than
    /// the call's limit and one, and the lists below one of them no more than [`Limits::nested`] and
    /// one in all.
    pub body: Record,
    /// How many items the list in the parameters has in the message.
    pub records: usize,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { version, operation, .. } = self;
        f.debug_struct("Request")
            .field("version", version)
            .field("operation", operation)
            .finish_non_exhaustive()
    }
}

/// Why there is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is refused; what to answer instead.
    Rejected(Rejection),
    /// It needs more memory than the meter gives, or its text is longer than [`Limits::body`].
    OverBudget,
}

impl From<OverBudget> for Unread {
    fn from(_: OverBudget) -> Unread {
        Unread::OverBudget
    }
}

/// Reads requests and writes answers. Built once; it never changes and can be shared by threads.
pub struct Codec {
    contract: &'static Contract,
    limits: Limits,
    quirks: Quirks,
    tables: Tables,
    routes: Routes,
    known: WellKnown,
}

impl Codec {
    /// A codec for a contract.
    pub fn new(contract: &'static Contract, limits: Limits, quirks: Quirks) -> Codec {
        Codec {
            contract,
            limits,
            quirks,
            tables: Tables::new(contract),
            routes: Routes::new(contract),
            known: Ns::well_known(
                contract.address(Namespace::Messages),
                contract.address(Namespace::Objects),
            ),
        }
    }

    /// Reads a request.
    ///
    /// Source: the ASMX rules. What is looked at, in this order: the action where the request looks
    /// like SOAP 1.1, the media type, the body's element where no action decides, the envelope's
    /// version, headers, parameters, the rest of the document, and whether all headers that must be
    /// understood are. The first trouble is the one reported.
    ///
    /// What the request holds beside `incoming` is told to the meter before it is allocated.
    ///
    /// # Errors
    /// What to answer instead, see [`Rejection`]; or that the meter has no room for the request.
    pub fn read(&self, incoming: Incoming<'_>, meter: &mut dyn Meter) -> Result<Request, Unread> {
        let mut tally = Tally::new(meter);
        let request = self.read_metered(incoming, &mut tally)?;
        tally.tell()?;
        Ok(request)
    }

    fn read_metered(&self, incoming: Incoming<'_>, tally: &mut Tally<'_>) -> Result<Request, Unread> {
        let content_type = String::from_utf8_lossy(incoming.content_type.unwrap_or_default());
        let content_type = ContentType(&content_type);
        let version = guess_version(incoming.soap_action, incoming.content_type);
        let mut scene = Scene { version, routing: false, text: "" };

        let by_action = self.routes.by_action(version, &incoming, content_type);
        let by_action = by_action.map_err(|trouble| Unread::Rejected(reject(&trouble, &scene)))?;
        if content_type.version().is_none() {
            return Err(Unread::Rejected(reject(&Trouble::MediaType, &scene)));
        }
        scene.routing = by_action.is_none();
        let fallback = self.quirks.text_xml_without_charset;
        let text = charset::decode(incoming.body, content_type, fallback, self.limits.body, tally)
            .map_err(|stop| self.unread(stop, &scene, incoming.endpoint))?;
        scene.text = &text;

        let operation = match by_action {
            Some(operation) => operation,
            None => {
                let mut reader = Reader::new(&text, &self.known, self.limits, tally);
                let found = self.routes.by_element(&mut reader, &mut scene.version, content_type);
                reader.close();
                found.map_err(|halt| self.unread(halt, &scene, incoming.endpoint))?
            }
        };
        scene.routing = false;
        let reader = Reader::new(&text, &self.known, self.limits, tally);
        let (contract, tables) = (self.contract, &self.tables);
        let mut decoder = Decoder::new(contract, tables, self.limits, incoming.now, reader, operation);
        let described = contract.model.operation(operation);
        let read = envelope::read(&mut decoder, contract, described, &mut scene.version, content_type);
        match read {
            Ok(Contents { session, body, items }) => {
                Ok(Request { version: scene.version, operation, session, body, records: items })
            }
            Err(halt) => Err(self.unread(halt, &scene, incoming.endpoint)),
        }
    }

    /// Writes the answer to a call that went well: `response` is a record of the operation's
    /// response type. The header is echoed if the call came with one.
    ///
    /// # Errors
    /// The answer to give instead if the record does not fit the contract, which is the service's
    /// mistake.
    pub fn write(
        &self,
        version: Version,
        operation: OperationId,
        session: Option<&SessionHeader>,
        response: &Record,
    ) -> Result<Vec<u8>, Rejection> {
        Ok(self.write_within(version, operation, session, response, usize::MAX)?.unwrap_or_default())
    }

    /// As [`Codec::write`], but gives up an answer that is longer than `most` bytes: none then.
    ///
    /// # Errors
    /// As [`Codec::write`].
    pub fn write_within(
        &self,
        version: Version,
        operation: OperationId,
        session: Option<&SessionHeader>,
        response: &Record,
        most: usize,
    ) -> Result<Option<Vec<u8>>, Rejection> {
        let described = self.contract.model.operation(operation);
        let ty = self.contract.model.ty(described.response);
        let mut writer = Writer::within(most);
        open_envelope(&mut writer, version);
        if let Some(session) = session.filter(|_| described.header) {
            writer.open_prefixed("soap", "Header");
            session.write(&mut writer, self.contract, version);
            writer.close();
        }
        writer.open_prefixed("soap", "Body");
        writer.open(&ty.name, self.contract.address(ty.namespace));
        let encoder = Encoder { contract: self.contract, tables: &self.tables };
        let fits = response.ty() == described.response;
        let written = encoder.record(&mut writer, response, described.response);
        if writer.is_full() {
            return Ok(None);
        }
        match written {
            Ok(()) if fits => Ok(Some(writer.finish())),
            _ => Err(Rejection {
                status: 500,
                content_type: content_type(version),
                body: self.write_server_fault(version, "There was an error generating the XML document."),
                reason: Reason::Unwritable,
                position: None,
            }),
        }
    }

    /// Writes a fault of the service, in the form of the one that was captured, with status 500.
    ///
    /// The code's prefix is `q0`, declared on the code; text and code come from the contract's
    /// table. In SOAP 1.2 the same parts stand where the ASMX rules put them.
    pub fn write_fault(&self, version: Version, fault: &ServiceFault) -> Vec<u8> {
        Fault::service(self.contract, fault).write(version)
    }

    /// Writes the fault of an unexpected failure, with status 500. `text` goes to the client, so it
    /// must not say anything that is none of the client's business.
    pub fn write_server_fault(&self, version: Version, text: &str) -> Vec<u8> {
        Fault::plain(FaultCode::Server, &unprocessed(text)).write(version)
    }

    /// The answer to a request that was refused before anything of it began, because too much waits or runs: 503, so
    /// that clients and proxies try again.
    pub fn reject_busy(&self, version: Version) -> Rejection {
        Rejection {
            status: 503,
            content_type: content_type(version),
            body: Fault::plain(FaultCode::Server, "Server Too Busy").write(version),
            reason: Reason::Busy,
            position: None,
        }
    }

    /// The answer to a request that is longer than the server takes, in the version that
    /// [`guess_version`] finds.
    pub fn reject_too_long(&self, version: Version) -> Rejection {
        let text = "There was an exception running the extensions specified in the config file. ---> \
                    Maximum request length exceeded.";
        Rejection {
            status: 500,
            content_type: content_type(version),
            body: Fault::plain(FaultCode::Server, text).write(version),
            reason: Reason::TooLong,
            position: None,
        }
    }

    fn unread(&self, halt: impl Into<Halt>, scene: &Scene<'_>, endpoint: &str) -> Unread {
        match halt.into() {
            Halt::Trouble(trouble) => Unread::Rejected(self.reject(&trouble, scene, endpoint)),
            Halt::OverBudget => Unread::OverBudget,
        }
    }

    fn reject(&self, trouble: &Trouble, scene: &Scene<'_>, endpoint: &str) -> Rejection {
        let mut rejection = reject(trouble, scene);
        let captured = self.quirks.enumeration_fault == EnumerationFault::Captured;
        if captured && matches!(rejection.reason, Reason::Enumeration(_)) {
            let fault = ServiceFault { code: code::CV10001, actor: endpoint.to_owned() };
            rejection.body = self.write_fault(scene.version, &fault);
        }
        rejection
    }
}
