//! What the decoder and the encoder need of the contract, worked out once.

use crate::decode::scalar;
use crate::xml::Ns;
use contract::{Contract, FieldId, Kind, Namespace, Timestamp, TypeId, TypeRef, Value};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// One type's members by name.
pub(crate) struct Table {
    /// Attributes; their namespace is [`Ns::NONE`].
    pub attributes: Names,
    /// Child elements.
    pub elements: Names,
    /// True for a type that stands for an array: nothing but one repeated, nillable element.
    pub array: bool,
    /// The schema's default of each member that has one, in the order of members.
    pub defaults: Vec<Option<Value>>,
}

/// The contract's types as tables, each at its handle's index.
pub(crate) struct Tables {
    types: Vec<Table>,
    named: HashMap<(Ns, &'static str), TypeId, BuildHasherDefault<Fnv>>,
}

impl Tables {
    pub(crate) fn new(contract: &'static Contract) -> Tables {
        let types = (0..contract.model.types.len()).map(|index| Table::new(contract, TypeId(index as u16)));
        let named = contract.model.types.iter().enumerate().filter(|(_, ty)| !ty.wrapper);
        Tables {
            types: types.collect(),
            named: named
                .map(|(index, ty)| ((namespace(ty.namespace), ty.name.as_str()), TypeId(index as u16)))
                .collect(),
        }
    }

    pub(crate) fn of(&self, ty: TypeId) -> &Table {
        &self.types[usize::from(ty.0)]
    }

    /// The named type of a namespace, which is what an `xsi:type` may name.
    pub(crate) fn named(&self, ns: Ns, name: &str) -> Option<TypeId> {
        self.named.get(&(ns, name)).copied()
    }
}

impl Table {
    fn new(contract: &'static Contract, id: TypeId) -> Table {
        let ty = contract.model.ty(id);
        let names = |kind: Kind, ns: fn(Namespace) -> Ns| {
            let members = ty.fields().filter(move |(_, member)| member.kind == kind);
            Names::new(members.map(|(field, member)| Name {
                ns: ns(member.namespace),
                local: &member.name,
                field,
            }))
        };
        let array = match ty.members.as_slice() {
            [only] => only.kind == Kind::Element && only.repeated && only.nillable,
            _ => false,
        };
        let defaults = ty.members.iter().map(|member| {
            let TypeRef::Scalar(kind) = member.ty else { return None };
            scalar(kind, member.default.as_deref()?, Timestamp(0)).ok()
        });
        Table {
            attributes: names(Kind::Attribute, |_| Ns::NONE),
            elements: names(Kind::Element, namespace),
            array: array && !ty.wrapper,
            defaults: defaults.collect(),
        }
    }
}

/// A contract's namespace as the reader knows it.
pub(crate) fn namespace(namespace: Namespace) -> Ns {
    match namespace {
        Namespace::Messages => Ns::MESSAGES,
        Namespace::Objects => Ns::OBJECTS,
    }
}

/// Names with the members they stand for.
pub(crate) struct Names {
    order: Vec<Name>,
    index: HashMap<(Ns, &'static str), u16, BuildHasherDefault<Fnv>>,
}

struct Name {
    ns: Ns,
    local: &'static str,
    field: FieldId,
}

/// How many of the names that follow the last one found are tried before the map is asked.
const AHEAD: usize = 4;

impl Names {
    fn new(names: impl Iterator<Item = Name>) -> Names {
        let order: Vec<Name> = names.collect();
        let index = order.iter().enumerate().map(|(index, name)| ((name.ns, name.local), index as u16));
        Names { index: index.collect(), order }
    }

    /// The member of that name. `next` is where the search begins and is moved behind what was
    /// found, because most senders keep to the schema's order.
    pub(crate) fn find(&self, next: &mut usize, ns: Ns, local: &str) -> Option<FieldId> {
        let ahead = self.order.iter().skip(*next).take(AHEAD);
        let index = match ahead.into_iter().position(|name| name.local == local && name.ns == ns) {
            Some(steps) => *next + steps,
            None => usize::from(*self.index.get(&(ns, local))?),
        };
        *next = index + 1;
        Some(self.order[index].field)
    }
}

/// FNV-1a. Only the contract's own names are ever put into a map with it, so nobody can make them
/// collide.
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How deep types nest, with everything that may stand in for a declared type.
    fn depth(contract: &Contract, ty: TypeId, path: &mut Vec<TypeId>) -> usize {
        assert!(!path.contains(&ty), "{} contains itself", contract.model.ty(ty).name);
        path.push(ty);
        let mut deepest = 0;
        for member in &contract.model.ty(ty).members {
            let TypeRef::Complex(declared) = member.ty else { continue };
            for index in 0..contract.model.types.len() {
                let inner = TypeId(index as u16);
                if contract.model.extends(inner, declared) {
                    deepest = deepest.max(depth(contract, inner, path));
                }
            }
        }
        path.pop();
        deepest + 1
    }

    #[test]
    fn no_type_contains_itself_so_recursion_ends() {
        let contract = Contract::get().unwrap();
        for index in 0..contract.model.types.len() {
            assert!(depth(contract, TypeId(index as u16), &mut Vec::new()) <= 8);
        }
    }

    #[test]
    fn names_are_found_in_any_order() {
        let contract = Contract::get().unwrap();
        let tables = Tables::new(contract);
        for (index, ty) in contract.model.types.iter().enumerate() {
            let table = tables.of(TypeId(index as u16));
            for start in [0, 1, 1000] {
                for (field, member) in ty.fields() {
                    let mut next = start;
                    let (names, ns) = match member.kind {
                        Kind::Attribute => (&table.attributes, Ns::NONE),
                        Kind::Element => (&table.elements, namespace(member.namespace)),
                        Kind::Hidden => continue,
                    };
                    assert_eq!(names.find(&mut next, ns, &member.name), Some(field));
                    assert_eq!(names.find(&mut next, Ns::XSI, &member.name), None);
                }
            }
        }
    }
}
