//! Namespace declarations in scope.

use super::error::{Malformed, XmlError};
use std::borrow::Cow;
use std::collections::HashMap;

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
    bound: Bound,
    /// What the prefix stood for outside of the element.
    outside: Option<Bound>,
}

/// What a prefix stands for, and the depth of the element that says so.
#[derive(Clone, Copy)]
struct Bound {
    ns: Ns,
    depth: usize,
}

/// Up to how many declarations are looked through one by one.
const FEW: usize = 8;

/// The declarations in scope, innermost last.
pub(super) struct Namespaces<'a> {
    known: &'a WellKnown,
    /// The namespaces that the document brought along.
    others: HashMap<Cow<'a, str>, Ns>,
    bindings: Vec<Binding<'a>>,
    /// What each prefix stands for, once a document had many in scope.
    index: Option<HashMap<&'a str, Bound>>,
    limit: usize,
    /// How many bytes the addresses take that are not borrowed from the document.
    owned: usize,
}

impl<'a> Namespaces<'a> {
    pub(super) fn new(known: &'a WellKnown, limit: usize) -> Namespaces<'a> {
        let bound = Bound { ns: Ns::XML, depth: 0 };
        Namespaces {
            known,
            others: HashMap::new(),
            bindings: vec![Binding { prefix: "xml", bound, outside: None }],
            index: None,
            limit,
            owned: 0,
        }
    }

    /// The namespace that a prefix stands for. The empty prefix is that of elements: it stands for
    /// no namespace until a declaration binds it.
    pub(super) fn resolve(&self, prefix: &str) -> Option<Ns> {
        match self.bound(prefix) {
            Some(bound) => Some(bound.ns),
            None => prefix.is_empty().then_some(Ns::NONE),
        }
    }

    fn bound(&self, prefix: &str) -> Option<Bound> {
        if let Some(index) = &self.index {
            return index.get(prefix).copied();
        }
        let mut inwards = self.bindings.iter().rev();
        inwards.find(|binding| binding.prefix == prefix).map(|binding| binding.bound)
    }

    /// The address of a namespace.
    pub(super) fn address(&self, ns: Ns) -> &str {
        match self.known.get(ns.0 as usize) {
            Some(address) => address,
            None => self.others.iter().find(|(_, other)| **other == ns).map_or("", |(address, _)| address),
        }
    }

    /// How many bytes the addresses take that are not borrowed from the document.
    pub(super) fn owned(&self) -> usize {
        self.owned
    }

    /// Binds a prefix for the element at `depth`.
    pub(super) fn declare(
        &mut self,
        prefix: &'a str,
        uri: Cow<'a, str>,
        depth: usize,
    ) -> Result<(), Malformed> {
        let outside = self.bound(prefix);
        if outside.is_some_and(|bound| bound.depth == depth) {
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
        let bound = Bound { ns, depth };
        self.bindings.push(Binding { prefix, bound, outside });
        match &mut self.index {
            Some(index) => {
                index.insert(prefix, bound);
            }
            None if self.bindings.len() > FEW => {
                // Inner ones come later, and so take the place of outer ones.
                let all = self.bindings.iter().map(|binding| (binding.prefix, binding.bound));
                self.index = Some(all.collect());
            }
            None => {}
        }
        Ok(())
    }

    /// Forgets the declarations of the element at `depth`.
    pub(super) fn leave(&mut self, depth: usize) {
        while let Some(Binding { prefix, outside, .. }) =
            self.bindings.pop_if(|binding| binding.bound.depth >= depth)
        {
            match (&mut self.index, outside) {
                (Some(index), Some(outside)) => drop(index.insert(prefix, outside)),
                (Some(index), None) => drop(index.remove(prefix)),
                (None, _) => {}
            }
        }
    }

    fn intern(&mut self, uri: Cow<'a, str>) -> Result<Ns, Malformed> {
        if let Some(index) = self.known.iter().position(|known| *known == uri) {
            return Ok(Ns(index as u32));
        }
        if let Some(ns) = self.others.get(&uri) {
            return Ok(*ns);
        }
        if self.others.len() >= self.limit {
            return Err(Malformed::TooManyNamespaces);
        }
        let ns = Ns((self.known.len() + self.others.len()) as u32);
        self.owned += if let Cow::Owned(address) = &uri { address.capacity() } else { 0 };
        self.others.insert(uri, ns);
        Ok(ns)
    }
}

/// An undeclared prefix, as an error at an offset.
pub(super) fn undeclared(at: usize) -> XmlError {
    XmlError::new(Malformed::UndeclaredPrefix, at)
}
