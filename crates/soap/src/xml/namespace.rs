//! Namespace declarations in scope.

use super::error::{Malformed, XmlError};
use std::borrow::Cow;

/// A namespace, as an index into the well-known ones and, behind them, those that a document
/// brought along. Two attributes or elements of one document are in the same namespace exactly if
/// these are equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(crate) struct Ns(u32);

impl Ns {
    /// No namespace.
    pub(crate) const NONE: Ns = Ns(0);
    /// The SOAP 1.1 envelope's.
    pub(crate) const SOAP11: Ns = Ns(3);
    /// The SOAP 1.2 envelope's.
    pub(crate) const SOAP12: Ns = Ns(4);
    /// XML Schema instance: `type` and `nil`.
    pub(crate) const XSI: Ns = Ns(5);
    /// The contract's messages.
    pub(crate) const MESSAGES: Ns = Ns(6);
    /// The contract's objects.
    pub(crate) const OBJECTS: Ns = Ns(7);

    const XML: Ns = Ns(1);
    const XMLNS: Ns = Ns(2);
}

/// The addresses of the well-known namespaces, each at its index.
pub(crate) type WellKnown = [&'static str; 8];

impl Ns {
    /// The well-known namespaces around the two of a contract.
    pub(crate) fn well_known(messages: &'static str, objects: &'static str) -> WellKnown {
        [
            "",
            "http://www.w3.org/XML/1998/namespace",
            "http://www.w3.org/2000/xmlns/",
            crate::SOAP11,
            crate::SOAP12,
            crate::XSI,
            messages,
            objects,
        ]
    }
}

/// One declaration.
struct Binding<'a> {
    prefix: &'a str,
    ns: Ns,
    depth: usize,
}

/// The declarations in scope, innermost last.
pub(super) struct Namespaces<'a> {
    known: &'a WellKnown,
    others: Vec<Cow<'a, str>>,
    bindings: Vec<Binding<'a>>,
    limit: usize,
}

impl<'a> Namespaces<'a> {
    pub(super) fn new(known: &'a WellKnown, limit: usize) -> Namespaces<'a> {
        let bindings = vec![Binding { prefix: "xml", ns: Ns::XML, depth: 0 }];
        Namespaces { known, others: Vec::new(), bindings, limit }
    }

    /// The namespace that a prefix stands for. The empty prefix is that of elements: it stands for
    /// no namespace until a declaration binds it.
    pub(super) fn resolve(&self, prefix: &str) -> Option<Ns> {
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => Some(binding.ns),
            None => prefix.is_empty().then_some(Ns::NONE),
        }
    }

    /// The address of a namespace.
    pub(super) fn address(&self, ns: Ns) -> &str {
        let index = ns.0 as usize;
        match self.known.get(index) {
            Some(address) => address,
            None => self.others.get(index - self.known.len()).map_or("", |address| address),
        }
    }

    /// Binds a prefix for the element at `depth`.
    pub(super) fn declare(
        &mut self,
        prefix: &'a str,
        uri: Cow<'a, str>,
        depth: usize,
    ) -> Result<(), Malformed> {
        let here = self.bindings.iter().rev().take_while(|binding| binding.depth == depth);
        if here.into_iter().any(|binding| binding.prefix == prefix) {
            return Err(Malformed::DuplicateAttribute);
        }
        let ns = self.intern(uri)?;
        let allowed = match prefix {
            "xml" => ns == Ns::XML,
            "xmlns" => false,
            "" => ns != Ns::XML && ns != Ns::XMLNS,
            _ => ns != Ns::XML && ns != Ns::XMLNS && ns != Ns::NONE,
        };
        if !allowed {
            return Err(Malformed::Namespace);
        }
        if self.bindings.len() > self.limit {
            return Err(Malformed::TooManyNamespaces);
        }
        self.bindings.push(Binding { prefix, ns, depth });
        Ok(())
    }

    /// Forgets the declarations of the element at `depth`.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|binding| binding.depth >= depth) {
            self.bindings.pop();
        }
    }

    fn intern(&mut self, uri: Cow<'a, str>) -> Result<Ns, Malformed> {
        if let Some(index) = self.known.iter().position(|known| *known == uri) {
            return Ok(Ns(index as u32));
        }
        let index = match self.others.iter().position(|other| *other == uri) {
            Some(index) => index,
            None if self.others.len() >= self.limit => return Err(Malformed::TooManyNamespaces),
            None => {
                self.others.push(uri);
                self.others.len() - 1
            }
        };
        Ok(Ns((self.known.len() + index) as u32))
    }
}

/// An undeclared prefix, as an error at an offset.
pub(super) fn undeclared(at: usize) -> XmlError {
    XmlError::new(Malformed::UndeclaredPrefix, at)
}
