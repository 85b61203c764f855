//! Bytes to records and back: the SOAP side of the service, without HTTP.
//!
//! [`Codec::read`] makes a [`Request`] of what HTTP delivers, or a [`Rejection`] that says what to
//! answer instead; [`Codec::write`] makes an answer of a record, [`Codec::write_fault`] a fault of
//! the service's own. SOAP 1.1 and 1.2 are both understood, and answered each in its own form.
//!
//! The behaviour is that of an ASP.NET ASMX service, from the project's notes on recorded exchanges
//! and on Microsoft's published sources; where the project departs from it, or it departs from what
//! a clean SOAP stack does, [`QUIRKS`] says so. What each type holds comes from the contract alone:
//! this crate names no element of it.
//!
//! # Rooms
//!
//! | module | concern |
//! |---|---|
//! | `charset`, `content_type` | bytes to text, media types |
//! | `xml` | strict pull reader over quick-xml's tokens |
//! | `route` | which operation, and the first guess at the version |
//! | `envelope`, `header` | envelope and headers on their way in |
//! | `decode`, `table` | elements to records, driven by the contract |
//! | `meter` | what a request takes of the memory that all share |
//! | `encode`, `write` | records to elements, in the recorded style |
//! | `reason`, `fault` | what went wrong: for the client, for the log |
//! | `quirk`, `settings` | what can be set |
//!
//! # Bounds
//!
//! Memory and time are bounded by the body's length and [`Limits`], and a [`Meter`] that is told what
//! a request takes stops it where there is no room. Only the decoder and the
//! encoder recurse, over the contract's types, none of which contains itself (a test sees to that);
//! unknown elements are skipped in a loop. Nothing here panics or holds a lock.

mod charset;
mod codec;
mod content_type;
mod decode;
mod encode;
mod envelope;
mod fault;
mod header;
mod meter;
mod quirk;
mod reason;
mod route;
mod settings;
mod table;
mod write;
mod xml;

pub use codec::{Codec, Incoming, Request, Unread};
pub use fault::{Rejection, ServiceFault};
pub use header::SessionHeader;
pub use meter::{Meter, OverBudget, Unmetered};
pub use quirk::{CharsetFallback, EnumerationFault, QUIRKS, Quirk, Quirks};
pub use reason::Reason;
pub use route::guess_version;
pub use settings::Limits;
pub use xml::{Malformed, Position};

/// The namespace of a SOAP 1.1 envelope.
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The namespace of a SOAP 1.2 envelope.
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// The namespace of `xsi:type` and `xsi:nil`.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The namespace of XML Schema, which every answer declares.
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// A version of SOAP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Version {
    /// SOAP 1.1, `text/xml`.
    V11,
    /// SOAP 1.2, `application/soap+xml`.
    V12,
}

impl Version {
    /// The namespace of its envelope.
    fn namespace(self) -> &'static str {
        match self {
            Version::V11 => SOAP11,
            Version::V12 => SOAP12,
        }
    }
}

/// The `Content-Type` of every answer in a version, faults included.
pub fn content_type(version: Version) -> &'static str {
    match version {
        Version::V11 => "text/xml; charset=utf-8",
        Version::V12 => "application/soap+xml; charset=utf-8",
    }
}

#[cfg(test)]
mod kept;
#[cfg(test)]
mod round_trip;
