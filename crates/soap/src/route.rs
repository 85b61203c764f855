//! Which operation a request is for.

use crate::content_type::{ContentType, url_decode};
use crate::reason::{Halt, Trouble};
use crate::xml::{Event, Ns, Reader};
use crate::{Incoming, Version};
use contract::scalar::quoted;
use contract::{Contract, OperationId};
use std::collections::HashMap;

/// The version that a request looks like before its envelope is read: 1.2 if it has no SOAPAction
/// or the media type says so. What goes wrong before then is answered in it.
pub fn guess_version(soap_action: Option<&[u8]>, content_type: Option<&[u8]>) -> Version {
    let content_type = String::from_utf8_lossy(content_type.unwrap_or_default());
    match ContentType(&content_type).version() {
        Some(Version::V12) => Version::V12,
        _ if soap_action.is_none() => Version::V12,
        _ => Version::V11,
    }
}

/// The operations by action and by request element.
pub(crate) struct Routes {
    actions: HashMap<String, OperationId>,
    elements: HashMap<&'static str, OperationId>,
}

impl Routes {
    pub(crate) fn new(contract: &'static Contract) -> Routes {
        let ids = (0..contract.model.operations.len()).map(|index| OperationId(index as u16));
        Routes {
            actions: ids.clone().map(|id| (contract.action(id), id)).collect(),
            elements: ids.map(|id| (contract.model.operation(id).name.as_str(), id)).collect(),
        }
    }

    /// The operation that the SOAPAction or the `action` parameter names. None where the body's
    /// element has to decide, with the unknown action if there is one.
    pub(crate) fn by_action(
        &self,
        version: Version,
        incoming: &Incoming<'_>,
        content_type: ContentType<'_>,
    ) -> Result<Option<OperationId>, Trouble> {
        match version {
            Version::V11 => {
                let action = url_decode(unquoted(incoming.soap_action.unwrap_or_default()));
                match self.actions.get(&action) {
                    Some(&operation) => Ok(Some(operation)),
                    None => Err(Trouble::UnknownAction(action)),
                }
            }
            Version::V12 => Ok(self.actions.get(&action_parameter(content_type)).copied()),
        }
    }

    /// The operation that the first child of the body names. `reader` is at the document's start;
    /// `version` becomes the envelope's once that is known.
    pub(crate) fn by_element(
        &self,
        reader: &mut Reader<'_, '_>,
        version: &mut Version,
        content_type: ContentType<'_>,
    ) -> Result<OperationId, Halt> {
        let envelope = open_envelope(reader, version)?;
        loop {
            match reader.content()? {
                Event::Start(element) if element.ns == envelope && element.local == "Body" => break,
                Event::Start(_) => reader.skip()?,
                Event::End | Event::Eof => return Err(Trouble::MissingBody.into()),
                _ => {}
            }
        }
        let found = match reader.content()? {
            Event::Start(element) if element.ns == Ns::MESSAGES => self.elements.get(element.local),
            _ => None,
        };
        let unknown = || match action_parameter(content_type) {
            action if action.is_empty() => Trouble::NoAction,
            action => Trouble::UnhandledAction(action),
        };
        found.copied().ok_or_else(|| unknown().into())
    }
}

/// Reads up to and including the envelope's start tag and returns its namespace.
pub(crate) fn open_envelope(reader: &mut Reader<'_, '_>, version: &mut Version) -> Result<Ns, Halt> {
    let root = match reader.content()? {
        Event::Start(element) => element,
        // The reader has nothing else to offer at the root level.
        _ => return Err(Trouble::MissingEnvelope.into()),
    };
    *version = match root.ns {
        Ns::SOAP11 => Version::V11,
        Ns::SOAP12 => Version::V12,
        other => return Err(Trouble::VersionMismatch(quoted(reader.address(other))).into()),
    };
    if root.local == "Envelope" { Ok(root.ns) } else { Err(Trouble::MissingEnvelope.into()) }
}

fn action_parameter(content_type: ContentType<'_>) -> String {
    url_decode(content_type.parameter("action").unwrap_or_default().as_bytes())
}

/// Without one pair of quotation marks, if both are there.
fn unquoted(action: &[u8]) -> &[u8] {
    action.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(action)
}
