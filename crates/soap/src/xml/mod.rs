//! Strict XML with namespaces, read by pulling one event at a time.
//!
//! quick-xml splits the document into tokens; everything that makes those tokens a well-formed,
//! namespace-conforming XML 1.0 document is checked here, because quick-xml lets most of it pass:
//! one root and nothing beside it, characters, references, names, separated and unrepeated
//! attributes, declared prefixes, the place and content of the XML declaration.
//!
//! Three leniencies are wanted, because the service being imitated has them: an undefined general
//! entity in an attribute expands to nothing, one in content is an event of its own, and the
//! encoding that the XML declaration names is not looked at. A document type is always refused.

mod attribute;
mod chars;
mod declaration;
mod error;
mod name;
mod namespace;
mod position;
mod reader;
mod reference;

pub(crate) use declaration::encoding as declared_encoding;
pub use error::Malformed;
pub(crate) use error::{Stop, XmlError};
pub(crate) use namespace::{Ns, WellKnown};
pub use position::Position;
pub(crate) use reader::{Element, Event, Reader};

#[cfg(test)]
mod oracle;
