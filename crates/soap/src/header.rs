//! The session header.

use crate::Version;
use crate::decode::Decoder;
use crate::reason::{Halt, Trouble, ValueError};
use crate::write::Writer;
use crate::xml::Ns;
use contract::handles::array::cvent_session_header as handle;
use contract::scalar::quoted;
use contract::{Contract, Value, memory};
use std::fmt;

/// The session header as a request brought it, to be echoed in the answer.
///
/// Source: the ASMX rules on headers. The value is not trimmed; unknown attributes and children
/// were ignored. The debug form leaves the value out, which must not be logged.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SessionHeader {
    value: Option<Box<str>>,
    must_understand: bool,
    /// `actor` of SOAP 1.1 or `role` of SOAP 1.2.
    actor: Option<Box<str>>,
    relay: bool,
}

impl fmt::Debug for SessionHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHeader").finish_non_exhaustive()
    }
}

impl SessionHeader {
    /// A header with a session value and no attributes.
    pub fn new(value: impl Into<Box<str>>) -> SessionHeader {
        SessionHeader { value: Some(value.into()), ..SessionHeader::default() }
    }

    /// The session value; none if the header has no such element, empty if the element is.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Reads the header whose start tag came last.
    pub(crate) fn read(decoder: &mut Decoder<'_, '_>) -> Result<SessionHeader, Halt> {
        let mut header = SessionHeader::default();
        for attribute in &decoder.reader.attributes {
            let value = &*attribute.value;
            let flag = |field| {
                flag(value).ok_or_else(|| Trouble::Value {
                    at: attribute.at,
                    error: ValueError::Flag { value: quoted(value), field },
                })
            };
            match (attribute.ns, attribute.local) {
                (Ns::SOAP11 | Ns::SOAP12, "mustUnderstand") => {
                    header.must_understand = flag("EncodedMustUnderstand")?;
                }
                (Ns::SOAP12, "relay") => header.relay = flag("EncodedRelay")?,
                (Ns::SOAP11, "actor") | (Ns::SOAP12, "role") => {
                    decoder.reader.tally.hold(memory::ALLOCATION + value.len())?;
                    header.actor = Some(value.into());
                }
                _ => {}
            }
        }
        let mut record = decoder.record(handle::TYPE_ID)?;
        header.value = match record.take(handle::CVENT_SESSION_VALUE) {
            Value::Text(text) => Some(text.into_string().into_boxed_str()),
            _ => None,
        };
        Ok(header)
    }

    /// Writes the header as the answer's echo.
    pub(crate) fn write<'n>(&self, writer: &mut Writer<'n>, contract: &'n Contract, version: Version) {
        let ty = contract.model.ty(handle::TYPE_ID);
        writer.open(&ty.name, contract.address(ty.namespace));
        if self.must_understand {
            writer.attribute("soap:mustUnderstand", "1");
        }
        if let Some(actor) = self.actor.as_deref().filter(|actor| !actor.is_empty()) {
            let name = match version {
                Version::V11 => "soap:actor",
                Version::V12 => "soap:role",
            };
            writer.attribute(name, actor);
        }
        if self.relay && version == Version::V12 {
            writer.attribute("soap:relay", "1");
        }
        if let Some(value) = &self.value {
            let member = contract.model.member(handle::TYPE_ID, handle::CVENT_SESSION_VALUE);
            writer.open(&member.name, contract.address(member.namespace));
            writer.text(value);
            writer.close();
        }
        writer.close();
    }
}

/// Whether an unknown header whose start tag came last must be understood.
pub(crate) fn must_understand(decoder: &Decoder<'_, '_>) -> bool {
    let of = |ns: Ns| {
        let found = decoder.reader.attributes.iter();
        found.into_iter().find(|attribute| attribute.ns == ns && attribute.local == "mustUnderstand")
    };
    of(Ns::SOAP11).or_else(|| of(Ns::SOAP12)).and_then(|attribute| flag(&attribute.value)).unwrap_or(false)
}

fn flag(value: &str) -> Option<bool> {
    match value {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}
