//! The tables of the objects, derived from the contract; the same in every database.
//!
//! One table per object type, one column per scalar member under the member's name, a JSON column
//! for each child element that the object owns, a `_key` column for each member by which objects
//! are found, and a table of rows for each kind of link. A member that refers to another object is
//! that object's id, with an index. What a backend needs to say in SQL it derives from here, once,
//! at the opening.

mod reference;
pub(crate) mod rows;

pub(crate) use reference::Reference;
pub(crate) use rows::{Kind, Shape};

use crate::asked::Counter;
use crate::error::{Result, StoreError};
use crate::verbs::TableId;
use contract::handles::object::cv_object;
use contract::model::snake_case;
use contract::{Changes, Contract, EnumId, FieldId, LinkId, Member, ObjectId, Scalar, TypeId, TypeRef};

/// The columns that every table of objects has beside its members.
#[cfg(test)]
pub(crate) const FIXED_COLUMNS: [&str; 3] = ["seq", "account_id", "id"];

/// All tables that derive from the contract.
pub(crate) struct Layout {
    /// The contract.
    pub contract: &'static Contract,
    tables: Vec<Table>,
    links: Vec<LinkTable>,
    shapes: Vec<Shape>,
    /// What was asked of the database that has the tables.
    pub asked: Counter,
}

/// The table of an object type.
pub(crate) struct Table {
    /// The object type.
    pub id: ObjectId,
    /// The object type's name in snake case.
    pub name: String,
    /// The object type's name, which is what the change log calls it.
    pub object: String,
    /// The type of its records.
    pub ty: TypeId,
    /// The members that are columns, in the type's order; the Id is none of them.
    pub columns: Vec<Column>,
    /// The place among the columns of each member that is one, by the member's place.
    places: Vec<Option<usize>>,
    /// The members that are also kept folded.
    pub keys: Vec<KeyColumn>,
    /// The details that are rows of a link table.
    pub links: Vec<(FieldId, LinkId)>,
    /// The members that refer to other objects.
    pub references: Vec<Reference>,
}

/// A member as a column.
pub(crate) struct Column {
    /// The member.
    pub field: FieldId,
    /// The column's name.
    pub name: String,
    /// What the column holds.
    pub form: Form,
}

/// A member's folded text as a column.
pub(crate) struct KeyColumn {
    /// The member.
    pub field: FieldId,
    /// The member's column.
    pub source: String,
    /// The column's name.
    pub name: String,
}

/// The table of a kind of link.
pub(crate) struct LinkTable {
    /// Its name.
    pub name: String,
    /// The object type at the other end.
    pub target: ObjectId,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Text.
    Text,
    /// 0 or 1.
    Boolean,
    /// A whole number.
    Integer,
    /// Microseconds since 1970 in GMT.
    Time,
    /// A decimal as text, which keeps its scale.
    Decimal,
    /// A floating-point number; NaN, which SQL has no place for, is kept as not set.
    Double,
    /// The text of a value.
    Enumeration(EnumId),
    /// The 16 bytes of another object's id. Text that is no id, or is that of nothing (all zeros),
    /// is kept as not set.
    Reference,
    /// Details of that type as JSON.
    Json(TypeRef),
}

impl Form {
    /// The form that a member takes.
    pub fn of(member: &Member) -> Form {
        match member.ty {
            ty @ TypeRef::Complex(_) => Form::Json(ty),
            ty if member.repeated => Form::Json(ty),
            TypeRef::Enumeration(id) => Form::Enumeration(id),
            TypeRef::Scalar(Scalar::String | Scalar::Integer) => Form::Text,
            TypeRef::Scalar(Scalar::Boolean) => Form::Boolean,
            TypeRef::Scalar(Scalar::Int | Scalar::Long) => Form::Integer,
            TypeRef::Scalar(Scalar::DateTime) => Form::Time,
            TypeRef::Scalar(Scalar::Decimal) => Form::Decimal,
            TypeRef::Scalar(Scalar::Double) => Form::Double,
        }
    }
}

impl Layout {
    /// The tables of a contract.
    pub fn new(contract: &'static Contract) -> Layout {
        let tables = (0..contract.objects.len()).map(|index| Table::new(contract, ObjectId(index as u16)));
        let tables = tables.collect();
        let links = contract.links.iter();
        let links = links.map(|link| LinkTable { name: link.table.clone(), target: link.target }).collect();
        let mut layout = Layout { contract, tables, links, shapes: Vec::new(), asked: Counter::default() };
        layout.shapes = rows::shapes(&layout);
        layout
    }

    /// The table of an object type.
    pub fn table(&self, object: ObjectId) -> &Table {
        &self.tables[usize::from(object.0)]
    }

    /// The table of a link.
    pub fn link(&self, link: LinkId) -> &LinkTable {
        &self.links[usize::from(link.0)]
    }

    /// The links to objects of a type.
    pub fn links_to(&self, object: ObjectId) -> impl Iterator<Item = LinkId> {
        let links = self.links.iter().enumerate().filter(move |(_, link)| link.target == object);
        links.map(|(index, _)| LinkId(index as u16))
    }

    /// The members that refer to objects of a type: the type that has each, and its place there.
    pub fn references_to(&self, object: ObjectId) -> impl Iterator<Item = (ObjectId, usize)> {
        self.tables.iter().flat_map(move |table| {
            let references = table.references.iter().enumerate();
            references.filter(move |(_, found)| found.target == object).map(|(index, _)| (table.id, index))
        })
    }

    /// That the member is no column that could be searched.
    pub fn not_searchable(&self, object: ObjectId, field: FieldId) -> StoreError {
        let table = self.table(object);
        let members = &self.contract.model.ty(table.ty).members;
        let column = members.get(usize::from(field.0)).map(|member| member.column.clone());
        StoreError::Filter { table: table.name.clone(), column: column.unwrap_or_default() }
    }

    /// The places of members' columns, none of which shows another object's.
    ///
    /// # Errors
    /// If one is no such column.
    pub fn own_columns(&self, table: &Table, members: &[FieldId]) -> Result<Vec<usize>> {
        let is_own = |place: &usize| {
            let name = &table.columns[*place].name;
            table.references.iter().all(|reference| reference.present(name).is_none())
        };
        let place = |field: &FieldId| {
            let place = table.place(*field).filter(is_own);
            place.ok_or_else(|| self.not_searchable(table.id, *field))
        };
        members.iter().map(place).collect()
    }

    /// Every table of objects.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Every table that holds rows of an account.
    pub fn shapes(&self) -> impl Iterator<Item = (TableId, &Shape)> {
        self.shapes.iter().enumerate().map(|(index, shape)| (TableId(index as u16), shape))
    }

    /// A table that holds rows of an account.
    pub fn shape(&self, table: TableId) -> &Shape {
        &self.shapes[usize::from(table.0)]
    }

    /// Every table of links.
    pub fn links(&self) -> &[LinkTable] {
        &self.links
    }
}

impl Table {
    fn new(contract: &Contract, object: ObjectId) -> Table {
        let kind = contract.object(object);
        let name = snake_case(&kind.name);
        let (mut columns, mut links) = (Vec::new(), Vec::new());
        for (field, member) in contract.model.ty(kind.ty).fields() {
            if [cv_object::ID, cv_object::MESSAGE_ID, cv_object::TRANSACTION_ID].contains(&field) {
                continue;
            }
            match contract.link_of(object, field) {
                Some(link) => links.push((field, link)),
                None => {
                    let refers = contract.references_of(object).any(|reference| reference.field == field);
                    let form = if refers { Form::Reference } else { Form::of(member) };
                    columns.push(Column { field, name: member.column.clone(), form });
                }
            }
        }
        let references = contract.references_of(object).enumerate();
        let references = references.map(|(index, found)| Reference::new(contract, index, found)).collect();
        let keys = contract.keys.iter().filter(|key| key.object == object).map(|key| {
            let source = contract.model.member(kind.ty, key.field).column.clone();
            KeyColumn { field: key.field, name: format!("{source}_key"), source }
        });
        let keys = keys.collect();
        let place = |field| columns.iter().position(|column: &Column| column.field == field);
        let places = contract.model.ty(kind.ty).fields().map(|(field, _)| place(field));
        let (places, ty, object_name) = (places.collect(), kind.ty, kind.name.clone());
        Table { id: object, name, object: object_name, ty, columns, places, keys, links, references }
    }

    /// The column of a member, if it is one.
    pub fn column(&self, field: FieldId) -> Option<&Column> {
        self.place(field).and_then(|place| self.columns.get(place))
    }

    /// The place of that column among all.
    pub fn place(&self, field: FieldId) -> Option<usize> {
        self.places.get(usize::from(field.0)).copied().flatten()
    }

    /// Whether changes of these members move index entries: those of a key or of a reference.
    pub fn moves(&self, changes: Changes) -> bool {
        let keys = self.keys.iter().map(|key| key.field);
        let mut moving = keys.chain(self.references.iter().map(|reference| reference.field));
        moving.any(|field| changes.has(field))
    }

    /// The types of the objects of which its rows show something.
    pub fn shown(&self) -> impl Iterator<Item = ObjectId> {
        self.references.iter().filter(|reference| reference.shows_any()).map(|reference| reference.target)
    }

    /// The place among the references of the one that a member holds, if it holds one.
    pub fn reference(&self, field: FieldId) -> Option<usize> {
        self.references.iter().position(|reference| reference.field == field)
    }

    /// The place among the keys of a member's folded column, if objects are found by it.
    pub fn key(&self, field: FieldId) -> Option<usize> {
        self.keys.iter().position(|key| key.field == field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_table_and_no_column_has_the_name_of_another() {
        let layout = Layout::new(Contract::get().unwrap());
        let mut tables = HashSet::from(["account"]);
        for (_, shape) in layout.shapes() {
            assert!(tables.insert(&shape.name), "{}", shape.name);
        }
        for table in layout.tables() {
            let mut columns: HashSet<&str> = FIXED_COLUMNS.into_iter().collect();
            let names = table.columns.iter().map(|column| &column.name);
            for name in names.chain(table.keys.iter().map(|key| &key.name)) {
                assert!(columns.insert(name), "{}.{name}", table.name);
            }
        }
    }

    #[test]
    fn details_of_a_contact_are_links_and_those_of_an_event_are_both() {
        let layout = Layout::new(Contract::get().unwrap());
        let table = |name: &str| layout.tables().iter().find(|table| table.object == name).unwrap();
        assert_eq!(table("Contact").links.len(), 3);
        assert!(table("Contact").columns.iter().all(|column| !matches!(column.form, Form::Json(_))));
        assert_eq!(table("Event").links.len(), 1);
        assert_eq!(table("Event").columns.iter().filter(|c| matches!(c.form, Form::Json(_))).count(), 4);
    }
}
