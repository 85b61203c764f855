//! The V200611 interface as a value.
//!
//! The texts in `contract/` are read once; everything else in the project is derived from them:
//! decoder and encoder, WSDL, documentation pages, tables, Describe answers. Rust code refers to
//! a type, member, operation, enumeration value or error code by a constant of [`handles`], which
//! `build.rs` makes from the same texts.

pub mod call;
pub mod code;
pub mod email;
pub mod list;
pub mod mapping;
pub mod memory;
pub mod model;
pub mod object;
pub mod read;
mod record;
pub mod registration;
pub mod render;
pub mod scalar;
pub mod table;
pub mod words;

pub use call::Call;
pub use code::{Code, Codes};
pub use email::{Email, Emails};
pub use list::Lists;
pub use mapping::{Derived, Mapping};
pub use model::{
    EnumId, EnumValue, FieldId, Kind, Member, Model, Namespace, OperationId, Scalar, TypeId, TypeRef,
};
pub use object::{ObjectId, ObjectType, Property};
pub use read::Mistake;
pub use record::{Changes, Record, Value};
pub use scalar::{Decimal, Guid, Timestamp};
pub use table::{Key, Link, LinkId, Reference, Source};
pub use words::Words;

use std::sync::OnceLock;

/// Constants for everything the contract names, made from it by `build.rs`.
pub mod handles {
    include!(concat!(env!("OUT_DIR"), "/handles.rs"));
}

/// The contract, read and resolved.
#[derive(Debug)]
pub struct Contract {
    /// Types, members and operations.
    pub model: Model,
    /// Error codes.
    pub codes: Codes,
    /// Object types, in the order of the enumeration `CvObjectType`.
    pub objects: Vec<ObjectType>,
    /// Members by which objects are found.
    pub keys: Vec<Key>,
    /// Link tables.
    pub links: Vec<Link>,
    /// Members that refer to other objects.
    pub references: Vec<Reference>,
    /// Objects that are kept a second time as another type.
    pub twins: Vec<table::Twin>,
    noted: Vec<table::Noted>,
    /// The categories of custom fields, each with the objects they belong to.
    pub categories: Vec<(EnumValue, Option<ObjectId>)>,
    /// Countries, states and other lists.
    pub lists: Lists,
    /// The rules of each operation, in the order of the operations.
    pub calls: Vec<Call>,
    /// The mails of SendEmail.
    pub emails: Emails,
    /// What calls about invitees may do, by where an invitee and its event stand.
    pub registration: registration::Steps,
    /// Types that calls take and keep as objects.
    pub mappings: Vec<Mapping>,
    /// Details that show objects which refer to their owner.
    pub derived: Vec<Derived>,
    addresses: read::Addresses,
}

macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("../../../contract/", $name))
    };
}

const CALLS: &[(&str, &str)] = &[
    ("calls/roles.txt", text!("calls/roles.txt")),
    ("calls/queries.txt", text!("calls/queries.txt")),
    ("calls/contacts.txt", text!("calls/contacts.txt")),
    ("calls/custom_fields.txt", text!("calls/custom_fields.txt")),
    ("calls/users.txt", text!("calls/users.txt")),
    ("calls/events.txt", text!("calls/events.txt")),
    ("calls/invitees.txt", text!("calls/invitees.txt")),
    ("calls/email.txt", text!("calls/email.txt")),
    ("calls/surveys.txt", text!("calls/surveys.txt")),
    ("calls/budgets.txt", text!("calls/budgets.txt")),
    ("calls/meetings.txt", text!("calls/meetings.txt")),
    ("calls/sourcing.txt", text!("calls/sourcing.txt")),
];

impl Contract {
    /// The contract that this program was built with, read at the first call.
    ///
    /// # Errors
    /// All mistakes in its files; the tests see to it that there are none.
    pub fn get() -> Result<&'static Contract, &'static [Mistake]> {
        static CONTRACT: OnceLock<Result<Contract, Vec<Mistake>>> = OnceLock::new();
        CONTRACT.get_or_init(Contract::read).as_ref().map_err(Vec::as_slice)
    }

    fn read() -> Result<Contract, Vec<Mistake>> {
        let (model, addresses) = read::read(text!("v200611.txt"))?;
        let codes = Codes::read(text!("errors.tsv"))?;
        let lists = Lists::read(&list::Texts {
            lists: text!("lists.txt"),
            countries: text!("countries.tsv"),
            states: text!("states.tsv"),
            currencies: text!("currencies.tsv"),
            timezones: text!("timezones.tsv"),
        })?;
        let objects = object::read(text!("objects.txt"), &model)?;
        let tables = table::read(text!("tables.txt"), &model, &objects)?;
        let mappings = mapping::read(text!("mappings.txt"), &model, &objects, &lists)?;
        let calls = call::read(CALLS, &model, &codes, &lists, &mappings.taken)?;
        let emails = Emails::read(text!("emails.txt"), &model)?;
        let registration = registration::Steps::read(text!("registration.txt"), &model, &codes, &lists)?;
        Ok(Contract {
            model,
            codes,
            objects,
            keys: tables.keys,
            links: tables.links,
            references: tables.references,
            twins: tables.twins,
            noted: tables.noted,
            categories: tables.categories,
            lists,
            calls,
            mappings: mappings.taken,
            derived: mappings.derived,
            registration,
            emails,
            addresses,
        })
    }

    /// The address that stands for a namespace on the wire.
    pub fn address(&self, namespace: Namespace) -> &str {
        self.addresses.get(&namespace).map_or("", String::as_str)
    }

    /// The rules of an operation.
    pub fn call(&self, operation: OperationId) -> &Call {
        &self.calls[usize::from(operation.0)]
    }

    /// How records of a type are kept as objects of another, if they are.
    pub fn mapping(&self, from: TypeId) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.from == from)
    }

    /// The details that objects of a type show of the objects that refer to them.
    pub fn derived_of(&self, object: ObjectId) -> impl Iterator<Item = &Derived> {
        self.derived.iter().filter(move |derived| derived.object == object)
    }

    /// The object type behind a handle.
    pub fn object(&self, id: ObjectId) -> &ObjectType {
        &self.objects[usize::from(id.0)]
    }

    /// The object type that a complex type carries.
    pub fn object_of(&self, ty: TypeId) -> Option<ObjectId> {
        self.objects.iter().position(|object| object.ty == ty).map(|index| ObjectId(index as u16))
    }

    /// The link behind a handle.
    pub fn link(&self, id: LinkId) -> &Link {
        &self.links[usize::from(id.0)]
    }

    /// The references of an object type, each to a target of its own.
    pub fn references_of(&self, object: ObjectId) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |reference| reference.object == object)
    }

    /// The link that holds the details `field` of an object type, if they are links.
    pub fn link_of(&self, object: ObjectId, field: FieldId) -> Option<LinkId> {
        let index = self.links.iter().position(|link| link.owners.contains(&(object, field)))?;
        Some(LinkId(index as u16))
    }

    /// Where the server notes who made and changed objects of a type.
    pub fn noted(&self, object: ObjectId) -> table::Noted {
        self.noted.get(usize::from(object.0)).copied().unwrap_or_default()
    }

    /// Whether a member is text.
    pub fn is_text(&self, ty: TypeId, field: FieldId) -> bool {
        self.model.member(ty, field).ty == TypeRef::Scalar(Scalar::String)
    }

    /// An empty record of a type.
    pub fn record(&self, ty: TypeId) -> Record {
        Record::new(&self.model, ty)
    }

    /// The SOAP action of an operation.
    pub fn action(&self, operation: OperationId) -> String {
        format!("{}/{}", self.address(Namespace::Messages), self.model.operation(operation).name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_has_no_mistakes() {
        if let Err(mistakes) = Contract::get() {
            panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        }
    }

    #[test]
    fn every_list_that_a_property_names_is_there() {
        let contract = Contract::get().unwrap();
        for property in contract.objects.iter().flat_map(|object| &object.properties) {
            if let Some(object::Lookup::List(name)) = &property.lookup {
                assert!(contract.lists.has(name), "{}: no list {name}", property.name);
            }
        }
    }
}
