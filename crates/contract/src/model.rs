//! The interface as a value: what the contract's text says, resolved.
//!
//! This file and `read.rs` use nothing but the standard library, because `build.rs` compiles them
//! too: the field handles in [`crate::handles`] come from the same reader as everything else.

/// One of the two namespaces of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Namespace {
    /// Messages: operation wrappers and the arrays in them (`tns` in the WSDL).
    Messages,
    /// Objects: everything the messages carry (`s1` in the WSDL).
    Objects,
}

/// A complex type, as an index into [`Model::types`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct TypeId(pub u16);

/// An enumeration, as an index into [`Model::enumerations`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct EnumId(pub u16);

/// A member of a complex type, as an index into [`ComplexType::members`].
///
/// A derived type begins with its base's members, so a handle of the base is good for every
/// type that extends it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// An operation, as an index into [`Model::operations`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct OperationId(pub u16);

/// A value of an enumeration, as an index into [`Enumeration::values`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct EnumValue(pub u16);

/// Everything the interface's text declares, in its order.
#[derive(Debug, Default)]
pub struct Model {
    /// The schemas in document order, each with its namespace and items.
    pub schemas: Vec<Schema>,
    /// Complex types, the operations' wrapper elements among them.
    pub types: Vec<ComplexType>,
    /// Enumerations.
    pub enumerations: Vec<Enumeration>,
    /// Global elements of a named type.
    pub elements: Vec<Element>,
    /// Operations in binding order.
    pub operations: Vec<Operation>,
}

/// One schema of the WSDL.
#[derive(Debug)]
pub struct Schema {
    /// Its target namespace.
    pub namespace: Namespace,
    /// The namespaces it imports.
    pub imports: Vec<Namespace>,
    /// Its top-level items in document order.
    pub items: Vec<Item>,
}

/// A top-level item of a schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// An element with an inline complex type: a request or response wrapper.
    Wrapper(TypeId),
    /// An element of a named type, as an index into [`Model::elements`].
    Element(u16),
    /// A named complex type.
    Complex(TypeId),
    /// An enumeration.
    Enumeration(EnumId),
}

/// A global element of a named type.
#[derive(Debug)]
pub struct Element {
    /// Its local name.
    pub name: String,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its type.
    pub ty: TypeRef,
}

/// What a member holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeRef {
    /// A built-in XML Schema type.
    Scalar(Scalar),
    /// An enumeration.
    Enumeration(EnumId),
    /// A complex type.
    Complex(TypeId),
}

/// The built-in XML Schema types that the interface uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scalar {
    /// `xs:string`
    String,
    /// `xs:boolean`
    Boolean,
    /// `xs:int`, 32 bits
    Int,
    /// `xs:long`, 64 bits
    Long,
    /// `xs:integer`, which the serializer keeps as text
    Integer,
    /// `xs:decimal`
    Decimal,
    /// `xs:double`
    Double,
    /// `xs:dateTime`
    DateTime,
}

/// A complex type or a wrapper element's inline type.
#[derive(Debug)]
pub struct ComplexType {
    /// Its local name.
    pub name: String,
    /// Its namespace.
    pub namespace: Namespace,
    /// True for the inline type of a wrapper element.
    pub wrapper: bool,
    /// The type it extends.
    pub base: Option<TypeId>,
    /// All members: the base's first, then its own in document order.
    pub members: Vec<Member>,
    /// How many of `members` come from the base.
    pub inherited: usize,
    /// True where further attributes are allowed.
    pub any_attribute: bool,
}

/// How a member travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An unqualified attribute.
    Attribute,
    /// A qualified child element.
    Element,
    /// Not at all: it is kept with the object and only the server sees it.
    Hidden,
}

/// An attribute or a child element of a complex type.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its local name.
    pub name: String,
    /// Its name in snake case, unique within the type: a handle's and a table column's name.
    pub column: String,
    /// The namespace of a child element.
    pub namespace: Namespace,
    /// How it travels.
    pub kind: Kind,
    /// What it holds.
    pub ty: TypeRef,
    /// True for an element given by reference to a global one.
    pub by_reference: bool,
    /// The least number of occurrences: 0 or 1.
    pub min: u8,
    /// True where it may occur any number of times.
    pub repeated: bool,
    /// True where `xsi:nil` is honoured.
    pub nillable: bool,
    /// True for an attribute with `use="required"`.
    pub required: bool,
    /// The schema's default, as text.
    pub default: Option<String>,
}

/// An enumeration and its values in order.
#[derive(Debug)]
pub struct Enumeration {
    /// Its local name.
    pub name: String,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its values, blanks included.
    pub values: Vec<String>,
}

/// An operation of the service.
#[derive(Debug)]
pub struct Operation {
    /// Its name, which is also its request element's.
    pub name: String,
    /// True where the session header goes with it, in and out.
    pub header: bool,
    /// Its request wrapper.
    pub request: TypeId,
    /// Its response wrapper.
    pub response: TypeId,
}

impl Model {
    /// The complex type behind a handle.
    pub fn ty(&self, id: TypeId) -> &ComplexType {
        &self.types[usize::from(id.0)]
    }

    /// The enumeration behind a handle.
    pub fn enumeration(&self, id: EnumId) -> &Enumeration {
        &self.enumerations[usize::from(id.0)]
    }

    /// The operation behind a handle.
    pub fn operation(&self, id: OperationId) -> &Operation {
        &self.operations[usize::from(id.0)]
    }

    /// The member behind a handle of `ty`.
    pub fn member(&self, ty: TypeId, field: FieldId) -> &Member {
        &self.ty(ty).members[usize::from(field.0)]
    }

    /// The named complex type of a namespace (wrappers are not named types).
    pub fn find_type(&self, namespace: Namespace, name: &str) -> Option<TypeId> {
        self.position_type(|ty| !ty.wrapper && ty.namespace == namespace && ty.name == name)
    }

    /// The inline type of a wrapper element.
    pub fn find_wrapper(&self, name: &str) -> Option<TypeId> {
        self.position_type(|ty| ty.wrapper && ty.name == name)
    }

    /// The operation of that exact name.
    pub fn find_operation(&self, name: &str) -> Option<OperationId> {
        let index = self.operations.iter().position(|operation| operation.name == name)?;
        Some(OperationId(index as u16))
    }

    /// The enumeration of that name.
    pub fn find_enumeration(&self, name: &str) -> Option<EnumId> {
        let index = self.enumerations.iter().position(|enumeration| enumeration.name == name)?;
        Some(EnumId(index as u16))
    }

    /// True if `ty` is `ancestor` or extends it.
    pub fn extends(&self, ty: TypeId, ancestor: TypeId) -> bool {
        let mut current = Some(ty);
        while let Some(id) = current {
            if id == ancestor {
                return true;
            }
            current = self.ty(id).base;
        }
        false
    }

    fn position_type(&self, wanted: impl Fn(&ComplexType) -> bool) -> Option<TypeId> {
        self.types.iter().position(wanted).map(|index| TypeId(index as u16))
    }
}

impl ComplexType {
    /// The member of that exact name and kind.
    pub fn find(&self, kind: Kind, name: &str) -> Option<FieldId> {
        let index = self.members.iter().position(|member| member.kind == kind && member.name == name)?;
        Some(FieldId(index as u16))
    }

    /// The member of that exact name: attribute, element or hidden.
    pub fn find_any(&self, name: &str) -> Option<FieldId> {
        let kinds = [Kind::Attribute, Kind::Element, Kind::Hidden];
        kinds.into_iter().find_map(|kind| self.find(kind, name))
    }

    /// The members that the type adds to its base.
    pub fn own(&self) -> &[Member] {
        &self.members[self.inherited..]
    }

    /// All members with their handles.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &Member)> {
        self.members.iter().enumerate().map(|(index, member)| (FieldId(index as u16), member))
    }
}

/// `CCEmailAddress` as `cc_email_address`: the form of handles and of table columns.
pub fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut out = String::with_capacity(name.len() + 8);
    for (index, &c) in chars.iter().enumerate() {
        let after_lower =
            index > 0 && (chars[index - 1].is_ascii_lowercase() || chars[index - 1].is_ascii_digit());
        let ends_acronym = index > 0
            && chars[index - 1].is_ascii_uppercase()
            && chars.get(index + 1).is_some_and(|next| next.is_ascii_lowercase());
        if c.is_ascii_uppercase() && (after_lower || ends_acronym) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
