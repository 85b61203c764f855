//! What one update changes: of each object the columns that get another value, and no other.

use super::generation::Key;
use crate::account::AccountId;
use crate::error::Result;
use crate::form::{self, Held};
use crate::layout::{Column, Table};
use contract::{Changes as Changed, Contract, Guid, ObjectId, Record};
use std::ops::Range;

/// Changes of some objects of one type, none of which moves an index entry.
#[derive(Debug, PartialEq)]
pub(crate) struct Changes {
    /// Whose objects they are.
    pub account: AccountId,
    /// The objects' type.
    pub object: ObjectId,
    rows: Vec<Row>,
    columns: Vec<u16>,
    values: Vec<Held<'static>>,
}

/// One object's.
#[derive(Debug, PartialEq)]
struct Row {
    id: Guid,
    /// The row's number in its table.
    place: i64,
    /// Its share of the columns, and of the values.
    share: (u32, u32),
}

/// One object's changes.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    /// The object.
    pub id: Guid,
    /// The number of its row.
    pub place: i64,
    /// Columns, by their places in the table, each once and in that order.
    pub columns: &'a [u16],
    /// What each of them gets.
    pub values: &'a [Held<'static>],
}

impl Changes {
    /// Those of records that were read and then changed; `place` gives the number of an object's row.
    ///
    /// None if one of them was made otherwise, or has another key or refers to another object, since
    /// index entries move then, or has another value where it shows another object's.
    pub fn of(
        contract: &'static Contract,
        (account, table): (AccountId, &Table),
        records: &[Record],
        mut place: impl FnMut(Guid) -> Result<i64>,
    ) -> Result<Option<Changes>> {
        let mut out = Changes { account, object: table.id, rows: vec![], columns: vec![], values: vec![] };
        let mut known: Option<(Changed, Vec<u16>)> = None;
        for record in records {
            let Some(changed) = record.changes() else { return Ok(None) };
            if known.as_ref().is_none_or(|(before, _)| *before != changed) {
                let Some(columns) = columns(table, changed) else { return Ok(None) };
                known = Some((changed, columns));
            }
            let columns = known.as_ref().map_or(&[][..], |(_, columns)| columns);
            let from = out.values.len();
            for column in columns {
                let column = &table.columns[usize::from(*column)];
                out.values.push(form::column(contract, table, column, record)?.into_owned());
            }
            out.columns.extend(columns);
            let id = form::id(table, record)?;
            let share = (from as u32, out.values.len() as u32);
            out.rows.push(Row { id, place: place(id)?, share });
        }
        Ok(Some(out))
    }

    /// The object of a change.
    pub fn key(&self, change: &Change<'_>) -> Key {
        Key { account: self.account, object: self.object, id: change.id }
    }

    /// How many objects they are about.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Those of one object.
    pub fn get(&self, index: usize) -> Option<Change<'_>> {
        let row = self.rows.get(index)?;
        let share: Range<usize> = row.share.0 as usize..row.share.1 as usize;
        let (columns, values) = (self.columns.get(share.clone())?, self.values.get(share)?);
        Some(Change { id: row.id, place: row.place, columns, values })
    }

    /// Those of every object, in the order of the records.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        (0..self.rows.len()).filter_map(|index| self.get(index))
    }

    /// The bytes that they take in memory, nearly.
    pub fn weight(&self) -> usize {
        let texts = self.values.iter().map(|value| match value {
            Held::Text(text) => text.len(),
            Held::Bytes(bytes) => bytes.len(),
            _ => 0,
        });
        let each = size_of::<Held<'_>>() + size_of::<u16>();
        self.rows.len() * size_of::<Row>() + self.values.len() * each + texts.sum::<usize>()
    }
}

/// The places of the columns that have changed; none if one of them is a key or a reference, or shows another
/// object's.
fn columns(table: &Table, changed: Changed) -> Option<Vec<u16>> {
    if table.moves(changed) {
        return None;
    }
    let columns: Vec<(u16, &Column)> =
        (0_u16..).zip(&table.columns).filter(|(_, column)| changed.has(column.field)).collect();
    let mut shown = table.references.iter().flat_map(|reference| &reference.shown);
    if shown.any(|shown| columns.iter().any(|(_, column)| column.name == shown.column)) {
        return None;
    }
    Some(columns.into_iter().map(|(place, _)| place).collect())
}
