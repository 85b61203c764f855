//! The contract as clients read it: WSDL, discovery document and sample messages.
//!
//! Nothing here names an operation, a type or a member; all of it is walked out of the
//! [`Model`]. Members of [`Kind::Hidden`] are left out throughout.

mod disco;
pub mod sample;
#[cfg(test)]
mod tests;
mod wsdl;
mod xml;

pub use disco::disco;
pub use wsdl::wsdl;

use crate::model::{ComplexType, Element, Kind, Member, Model, Namespace, Scalar};

/// The service's name in the WSDL; its ports and bindings are named after it.
pub const SERVICE: &str = "V200611";

/// The element that travels as the session header: the only one of a named type among the messages.
fn session_header(model: &Model) -> Option<&Element> {
    model.elements.iter().find(|element| element.namespace == Namespace::Messages)
}

fn of_kind(members: &[Member], kind: Kind) -> impl Iterator<Item = &Member> {
    members.iter().filter(move |member| member.kind == kind)
}

/// The child elements that a type adds to its base.
fn own_elements(ty: &ComplexType) -> impl Iterator<Item = &Member> {
    of_kind(ty.own(), Kind::Element)
}

/// The attributes that a type adds to its base.
fn own_attributes(ty: &ComplexType) -> impl Iterator<Item = &Member> {
    of_kind(ty.own(), Kind::Attribute)
}

/// A built-in type's local name in XML Schema.
fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "string",
        Scalar::Boolean => "boolean",
        Scalar::Int => "int",
        Scalar::Long => "long",
        Scalar::Integer => "integer",
        Scalar::Decimal => "decimal",
        Scalar::Double => "double",
        Scalar::DateTime => "dateTime",
    }
}
