//! Sample messages of an operation: the boxes of its documentation page, and a message to edit.
//!
//! One walk over the types makes them all. What the published pages show follows from how ASP.NET
//! walks them:
//! - a type shows what it adds to its base, never what the base has (an update shows no `Id`);
//! - an element that may be repeated stands there twice;
//! - each level of elements counts, a reference and the element it refers to as one, and from the
//!   fifth on a complex element is nil;
//! - the default namespace is declared, after the attributes, wherever it changes.

use super::xml::{NONE, Writer};
use super::{of_kind, scalar_name, session_header};
use crate::model::{ComplexType, Member};
use crate::{Contract, EnumId, Kind, Namespace, OperationId, Scalar, TypeId, TypeRef};

/// A version of SOAP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// SOAP 1.1
    Soap11,
    /// SOAP 1.2
    Soap12,
}

impl Version {
    /// The namespace of its envelope.
    pub fn namespace(self) -> &'static str {
        match self {
            Version::Soap11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Version::Soap12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// The media type of its messages.
    pub fn media_type(self) -> &'static str {
        match self {
            Version::Soap11 => "text/xml; charset=utf-8",
            Version::Soap12 => "application/soap+xml; charset=utf-8",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Version::Soap11 => "soap",
            Version::Soap12 => "soap12",
        }
    }
}

/// The sample request of an operation at `path` on `host`: head lines and envelope.
pub fn request(
    contract: &Contract,
    operation: OperationId,
    version: Version,
    path: &str,
    host: &str,
) -> String {
    let mut head = format!("POST {path} HTTP/1.1\nHost: {host}\n{}", entity_headers(version));
    if version == Version::Soap11 {
        head.push_str(&format!("SOAPAction: \"{}\"\n", contract.action(operation)));
    }
    head.push('\n');
    let walk = Walk { contract, purpose: Purpose::Documentation };
    walk.envelope(head, version, operation, contract.model.operation(operation).request)
}

/// The sample response of an operation: head lines and envelope.
pub fn response(contract: &Contract, operation: OperationId, version: Version) -> String {
    let head = format!("HTTP/1.1 200 OK\n{}\n", entity_headers(version));
    let walk = Walk { contract, purpose: Purpose::Documentation };
    walk.envelope(head, version, operation, contract.model.operation(operation).response)
}

/// A SOAP 1.1 request of an operation that the service can read as it stands, for a person to edit.
///
/// Unlike the sample it shows the base's members too, everything once and nothing that is nil. Where
/// a value must be given it is one of its type; an optional attribute that is no string is left out.
pub fn message(contract: &Contract, operation: OperationId) -> String {
    let walk = Walk { contract, purpose: Purpose::Editing };
    let request = contract.model.operation(operation).request;
    walk.envelope(String::new(), Version::Soap11, operation, request)
}

fn entity_headers(version: Version) -> String {
    format!("Content-Type: {}\nContent-Length: length\n", version.media_type())
}

/// From this depth on a complex element is nil.
const DEPTH: usize = 4;

/// What a sample is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To be read, as the published pages show it.
    Documentation,
    /// To be edited and sent.
    Editing,
}

/// A place in the message: how deep, and the default namespace there.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    namespace: Option<Namespace>,
}

struct Walk<'a> {
    contract: &'a Contract,
    purpose: Purpose,
}

impl Walk<'_> {
    /// A whole message; `body` is the wrapper in its body.
    fn envelope(&self, head: String, version: Version, operation: OperationId, body: TypeId) -> String {
        const TOP: Place = Place { depth: 0, namespace: None };
        let model = &self.contract.model;
        let tag = |local: &str| format!("{}:{local}", version.prefix());
        let attributes = [
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
            (&format!("xmlns:{}", version.prefix()), version.namespace()),
        ];
        let header = session_header(model).filter(|_| model.operation(operation).header);
        let mut writer = Writer::new(head, "\n");
        writer.element(&tag("Envelope"), &attributes, |w| {
            if let Some(header) = header {
                w.element(&tag("Header"), NONE, |w| {
                    self.element(w, &header.name, header.namespace, header.ty, TOP);
                });
            }
            w.element(&tag("Body"), NONE, |w| {
                let wrapper = model.ty(body);
                self.element(w, &wrapper.name, wrapper.namespace, TypeRef::Complex(body), TOP);
            });
        });
        writer.finish()
    }

    /// An element and all that is in it.
    fn element(&self, w: &mut Writer, name: &str, namespace: Namespace, ty: TypeRef, place: Place) {
        let declaration = (place.namespace != Some(namespace))
            .then(|| ("xmlns", self.contract.address(namespace).to_owned()));
        let id = match ty {
            TypeRef::Complex(id) => id,
            TypeRef::Scalar(scalar) => {
                return w.text(name, declaration.as_slice(), self.scalar(scalar));
            }
            TypeRef::Enumeration(id) => {
                return w.text(name, declaration.as_slice(), &self.enumeration(id));
            }
        };
        if place.depth >= DEPTH {
            let nil = [("xsi:nil", "true".to_owned())];
            return w.empty(name, &[nil.as_slice(), declaration.as_slice()].concat());
        }
        let members = self.members(self.contract.model.ty(id));
        let mut attributes: Vec<_> = of_kind(members, Kind::Attribute)
            .filter(|member| self.shows_attribute(member))
            .map(|member| (member.name.as_str(), self.value(member.ty)))
            .collect();
        attributes.extend(declaration);
        let inside = Place { depth: place.depth + 1, namespace: Some(namespace) };
        w.element(name, &attributes, |w| {
            for member in of_kind(members, Kind::Element) {
                for _ in 0..self.copies(member, inside.depth) {
                    self.element(w, &member.name, member.namespace, member.ty, inside);
                }
            }
        });
    }

    /// The members of a type that the sample shows.
    fn members<'t>(&self, ty: &'t ComplexType) -> &'t [Member] {
        match self.purpose {
            Purpose::Documentation => ty.own(),
            Purpose::Editing => &ty.members,
        }
    }

    fn shows_attribute(&self, member: &Member) -> bool {
        match self.purpose {
            Purpose::Documentation => true,
            Purpose::Editing => member.required || member.ty == TypeRef::Scalar(Scalar::String),
        }
    }

    /// How often a child element stands there.
    fn copies(&self, member: &Member, depth: usize) -> usize {
        match self.purpose {
            Purpose::Documentation => 1 + usize::from(member.repeated),
            Purpose::Editing => {
                let nil = depth >= DEPTH && matches!(member.ty, TypeRef::Complex(_));
                usize::from(!nil)
            }
        }
    }

    /// The value of an attribute.
    fn value(&self, ty: TypeRef) -> String {
        match ty {
            TypeRef::Scalar(scalar) => self.scalar(scalar).to_owned(),
            TypeRef::Enumeration(id) => self.enumeration(id),
            // An attribute's type is a simple one.
            TypeRef::Complex(_) => String::new(),
        }
    }

    fn scalar(&self, scalar: Scalar) -> &'static str {
        match (self.purpose, scalar) {
            (Purpose::Documentation, _) | (_, Scalar::String) => scalar_name(scalar),
            (Purpose::Editing, Scalar::Boolean) => "false",
            (Purpose::Editing, Scalar::DateTime) => "2026-01-01T00:00:00",
            (Purpose::Editing, _) => "0",
        }
    }

    fn enumeration(&self, id: EnumId) -> String {
        let values = &self.contract.model.enumeration(id).values;
        match self.purpose {
            Purpose::Documentation => values.join(" or "),
            Purpose::Editing => values.first().cloned().unwrap_or_default(),
        }
    }
}
