//! The envelope on its way in.

use crate::Version;
use crate::content_type::ContentType;
use crate::decode::Decoder;
use crate::header::{self, SessionHeader};
use crate::reason::{Halt, Trouble};
use crate::route::open_envelope;
use crate::table;
use crate::xml::{Element, Event};
use contract::handles::array::cvent_session_header;
use contract::model::Operation;
use contract::{Contract, Record, Value, memory};

/// What an envelope holds.
pub(crate) struct Contents {
    /// The session header, if the operation takes one and it came.
    pub session: Option<SessionHeader>,
    /// The parameters.
    pub body: Record,
    /// How many items the call's list has.
    pub items: usize,
}

/// Reads a whole envelope for an operation. The decoder's reader is at the document's start;
/// `version` becomes the envelope's once that is known.
///
/// Source: the ASMX rules on envelopes and headers. Everything is read, to the end of the document,
/// before it is asked whether all headers were understood.
pub(crate) fn read(
    decoder: &mut Decoder<'_, '_>,
    contract: &'static Contract,
    operation: &'static Operation,
    version: &mut Version,
    content_type: ContentType<'_>,
) -> Result<Contents, Halt> {
    let envelope = open_envelope(&mut decoder.reader, version);
    // A 1.1 envelope needs text/xml; a 1.2 envelope may travel as either.
    let known = matches!(envelope, Ok(_) | Err(Halt::Trouble(Trouble::MissingEnvelope)));
    if known && *version == Version::V11 && content_type.version() != Some(Version::V11) {
        return Err(Trouble::MediaType.into());
    }
    let envelope = envelope?;
    let is = |element: Element<'_>, name| element.ns == envelope && element.local == name;

    let mut headers = Headers::default();
    let mut event = decoder.reader.content()?;
    if matches!(event, Event::Start(element) if is(element, "Header")) {
        headers.read(decoder, contract, operation)?;
        event = decoder.reader.content()?;
    }
    if !matches!(event, Event::Start(element) if is(element, "Body")) {
        return Err(Trouble::MissingBody.into());
    }
    let (body, items) = body(decoder, contract, operation)?;
    while decoder.reader.next()? != Event::Eof {}
    match headers.not_understood {
        Some(name) => Err(Trouble::NotUnderstood(name).into()),
        None => Ok(Contents { session: headers.session, body, items }),
    }
}

#[derive(Default)]
struct Headers {
    session: Option<SessionHeader>,
    /// The first header that must be understood and is not.
    not_understood: Option<String>,
}

impl Headers {
    fn read(
        &mut self,
        decoder: &mut Decoder<'_, '_>,
        contract: &'static Contract,
        operation: &Operation,
    ) -> Result<(), Halt> {
        let known = contract.model.ty(cvent_session_header::TYPE_ID);
        loop {
            let element = match decoder.reader.next()? {
                Event::Start(element) => element,
                Event::End | Event::Eof => return Ok(()),
                _ => continue,
            };
            let session = operation.header
                && element.ns == table::namespace(known.namespace)
                && element.local == known.name;
            if session && self.session.is_none() {
                self.session = Some(SessionHeader::read(decoder)?);
                continue;
            }
            if self.not_understood.is_none() && header::must_understand(decoder) {
                self.not_understood = Some(element.local.to_owned());
            }
            decoder.reader.skip()?;
        }
    }
}

/// Reads the body whose start tag came last: each child of the operation's name, one over the other.
/// Tells how many items the list in it has, too, however many were kept.
fn body(
    decoder: &mut Decoder<'_, '_>,
    contract: &'static Contract,
    operation: &'static Operation,
) -> Result<(Record, usize), Halt> {
    let wrapper = table::namespace(contract.model.ty(operation.request).namespace);
    let mut body = contract.record(operation.request);
    let mut last = 0;
    loop {
        match decoder.reader.next()? {
            Event::Start(element) if element.ns == wrapper && element.local == operation.name => {
                let mut parameters = contract.record(operation.request);
                decoder.items = 0;
                decoder.children(operation.request, &mut parameters)?;
                if decoder.items > 0 {
                    last = decoder.items;
                }
                for (field, _) in contract.model.ty(operation.request).fields() {
                    match parameters.take(field) {
                        value if value.is_absent() => {}
                        value => {
                            decoder.reader.tally.release(memory::value(body.get(field)));
                            body.set(field, value);
                        }
                    }
                }
            }
            Event::Start(_) => decoder.reader.skip()?,
            Event::End | Event::Eof => {
                // A later parameter without a list may have replaced the one that had the items.
                let items = if longest(&body) > 0 { last } else { 0 };
                return Ok((body, items));
            }
            _ => {}
        }
    }
}

/// The length of the longest list in a request's parameters.
fn longest(request: &Record) -> usize {
    let lengths = request.present().map(|(_, value)| match value {
        Value::Record(record) => longest(record),
        Value::List(items) => items.len(),
        _ => 0,
    });
    lengths.max().unwrap_or_default()
}
