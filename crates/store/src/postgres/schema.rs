//! The tables with what PostgreSQL is told about them. SQL texts are made once, at the opening, so
//! that verbs find them ready.

use super::statements::{LinkStatements, Statements};
use crate::layout::{Kind, Layout};
use contract::{LinkId, ObjectId};
use std::ops::Deref;
use std::sync::Arc;

/// The tables, and the statements over them.
pub(crate) struct Schema {
    layout: Arc<Layout>,
    objects: Vec<Statements>,
    links: Vec<LinkStatements>,
}

impl Schema {
    /// The statements over the tables of a layout.
    pub fn new(layout: Arc<Layout>) -> Schema {
        let objects = layout.tables().iter().map(|table| Statements::new(&layout, table)).collect();
        let ids = (0..layout.links().len()).map(|index| LinkId(index as u16));
        let links = ids.map(|link| LinkStatements::new(&layout, link)).collect();
        Schema { layout, objects, links }
    }

    /// Those of the contract.
    #[cfg(test)]
    pub fn of_contract() -> Schema {
        Schema::new(Arc::new(Layout::new(contract::Contract::get().unwrap())))
    }

    /// The statements over the table of an object type.
    pub fn sql(&self, object: ObjectId) -> &Statements {
        &self.objects[usize::from(object.0)]
    }

    /// The statements over the table of a link.
    pub fn link_sql(&self, link: LinkId) -> &LinkStatements {
        &self.links[usize::from(link.0)]
    }

    /// Every statement over the derived tables.
    #[cfg(test)]
    pub fn statements(&self) -> Vec<&String> {
        let mut out = Vec::new();
        for sql in &self.objects {
            out.extend([&sql.insert, &sql.update, &sql.delete, &sql.touch, &sql.get, &sql.all, &sql.page]);
            out.extend([&sql.exists, &sql.count, &sql.changed, &sql.deleted]);
            out.extend(&sql.find);
            out.extend(sql.references.iter().map(|reference| &reference.find));
            out.extend(sql.references.iter().filter_map(|reference| reference.freeze.as_ref()));
        }
        for sql in &self.links {
            out.extend([&sql.put, &sql.remove, &sql.linked, &sql.of_owners, &sql.details]);
        }
        out
    }
}

impl Deref for Schema {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.layout
    }
}

/// What a column is declared as.
pub(crate) fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Boolean => "BOOLEAN",
        Kind::Integer => "BIGINT",
        Kind::Double => "DOUBLE PRECISION",
        Kind::Id => "UUID",
        Kind::Bytes => "BYTEA",
    }
}

/// What a key's column is declared as: it compares by code points, whatever the database's language.
pub(crate) const KEY: &str = r#"TEXT COLLATE "C""#;
