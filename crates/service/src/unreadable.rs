//! Objects that a dump or an export leaves out, because something other than this program wrote to their rows.

use contract::{FieldId, Guid, ObjectId};
use std::fmt;
use store::{AccountId, Filter, Reader, StoreError};

/// How many objects are named; others are only counted.
const NAMED: usize = 10_000;

/// What came of a dump or an export.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GivenOut {
    /// The number of objects written.
    pub written: u64,
    /// Those that can't be read.
    pub left_out: LeftOut,
}

/// The objects that can't be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Their number.
    pub count: u64,
    /// The first of them.
    pub named: Vec<Unreadable>,
}

impl LeftOut {
    /// Counts so many objects under one name.
    pub(crate) fn add(&mut self, count: u64, name: Unreadable) {
        self.count += count;
        if self.named.len() < NAMED {
            self.named.push(name);
        }
    }
}

/// An object that can't be read, and why; never a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The account's number.
    pub account: String,
    /// The object's type.
    pub object: String,
    /// Its Id; `None` stands for all objects of the type, where an Id itself can't be read.
    pub id: Option<Guid>,
    /// The columns whose values are not of their form.
    pub columns: Vec<String>,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unreadable { account, object, id, columns } = self;
        let columns = columns.join(", ");
        match id {
            Some(id) => write!(f, "account {account}, {object} {id}: not of the column's form: {columns}"),
            None => write!(f, "account {account}, every {object}: not of the column's form: {columns}"),
        }
    }
}

/// The Ids of all objects of a type, in creation order.
pub(crate) fn ids(
    reader: &Reader<'_>,
    account: AccountId,
    object: ObjectId,
) -> Result<Vec<Guid>, StoreError> {
    reader.search(account, object, &Filter::All(Vec::new()), usize::MAX)
}

/// The columns of members.
pub(crate) fn columns(
    contract: &contract::Contract,
    object: ObjectId,
    fields: impl IntoIterator<Item = FieldId>,
) -> Vec<String> {
    let ty = contract.object(object).ty;
    fields.into_iter().map(|field| contract.model.member(ty, field).column.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_named() {
        let name = |number: usize| Unreadable {
            account: "A".to_owned(),
            object: "Event".to_owned(),
            id: Some(Guid([number as u8; 16])),
            columns: vec!["event_title".to_owned(), "capacity".to_owned()],
        };
        let mut left_out = LeftOut::default();
        (0..NAMED + 2).for_each(|number| left_out.add(1, name(number)));
        assert_eq!((left_out.count, left_out.named.len()), (NAMED as u64 + 2, NAMED));
        assert_eq!(
            left_out.named[1].to_string(),
            "account A, Event 01010101-0101-0101-0101-010101010101: not of the column's form: event_title, capacity"
        );
        let all = Unreadable { id: None, ..name(0) };
        assert!(all.to_string().starts_with("account A, every Event: "), "{all}");
    }
}
