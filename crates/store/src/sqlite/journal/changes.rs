//! What one update changes: of each object the columns that get another value, and no other.

use super::entry;
use super::generation::Key;
use crate::account::AccountId;
use crate::error::Result;
use crate::form::{self, Held};
use crate::layout::{Column, Table};
use crate::sqlite::bytes::Reader;
use crate::sqlite::memory::piece;
use contract::{Changes as Changed, Contract, Guid, ObjectId, Record};

/// Changes of some objects of one type, none of which moves an index entry. They are kept as the bytes that
/// the journal has of them.
#[derive(Debug, PartialEq)]
pub(crate) struct Changes {
    /// Whose objects they are.
    pub account: AccountId,
    /// The objects' type.
    pub object: ObjectId,
    /// The columns that change in any of them, by their places in the table, in that order.
    columns: Vec<u16>,
    rows: Vec<Row>,
    /// No longer than need be: they stay for long.
    bytes: Box<[u8]>,
}

/// Where one object's are.
#[derive(Debug, PartialEq)]
struct Row {
    /// The row's number in its table.
    place: i64,
    /// Where its bytes begin.
    at: u32,
}

/// One object's changes.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    /// The object.
    pub id: Guid,
    /// The number of its row.
    pub place: i64,
    columns: &'a [u16],
    count: usize,
    values: Reader<'a>,
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
        let mut all = Changed::default();
        for record in records {
            let Some(changed) = record.changes() else { return Ok(None) };
            all = all.or(changed);
        }
        let Some(used) = columns(table, all) else { return Ok(None) };
        let mut out = entry::begin(account, table, &used, records.len());
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            let id = form::id(table, record)?;
            rows.push(Row { place: place(id)?, at: out.0.len() as u32 });
            out.0.extend(id.0);
            let changed = record.changes().unwrap_or_default();
            let own = || {
                let columns = used.iter().map(|place| &table.columns[usize::from(*place)]).enumerate();
                columns.filter(|(_, column)| changed.has(column.field))
            };
            out.count(own().count());
            for (number, column) in own() {
                out.column(number, &form::column(contract, table, column, record)?);
            }
        }
        Ok(Some(Changes { account, object: table.id, columns: used, rows, bytes: out.exact() }))
    }

    /// The changes as a row of the journal.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The columns that change in any of the objects, by their places in the table.
    pub fn columns(&self) -> &[u16] {
        &self.columns
    }

    /// The object of a change.
    pub fn key(&self, change: &Change<'_>) -> Key {
        Key { account: self.account, object: self.object, id: change.id }
    }

    /// How many objects they are about.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The number of the row of a change's object.
    pub fn place(&self, index: usize) -> Option<i64> {
        self.rows.get(index).map(|row| row.place)
    }

    /// Those of one object.
    pub fn get(&self, index: usize) -> Option<Change<'_>> {
        let Row { place, at } = *self.rows.get(index)?;
        let mut values = Reader(self.bytes.get(at as usize..)?);
        let id = Guid(values.array()?);
        let count = values.count()?;
        Some(Change { id, place, columns: &self.columns, count, values })
    }

    /// Those of every object, in the order of the records.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        (0..self.rows.len()).filter_map(|index| self.get(index))
    }

    /// The bytes that they take in memory, where several may hold them.
    pub fn weight(&self) -> usize {
        let pieces = [
            size_of::<Changes>() + 2 * size_of::<usize>(),
            self.columns.capacity() * size_of::<u16>(),
            self.rows.capacity() * size_of::<Row>(),
            self.bytes.len(),
        ];
        pieces.into_iter().map(piece).sum()
    }
}

impl<'a> Change<'a> {
    /// The columns that change, by their places in the table, as bits; none if there is one that has no bit.
    pub fn columns(&self) -> Option<u128> {
        bits(self.values().map(|(column, _)| column))
    }

    /// Whether all the columns change that change in any object of the call.
    pub fn is_whole(&self) -> bool {
        self.count == self.columns.len()
    }

    /// What each column that changes gets: columns by their places in the table, each once and in that order.
    pub fn values(&self) -> impl Iterator<Item = (u16, Held<'a>)> {
        let Change { columns, mut values, .. } = *self;
        (0..self.count).map_while(move |_| {
            let (column, held) = values.column()?;
            Some((*columns.get(column)?, held))
        })
    }
}

/// Columns as bits; none if there is one that has no bit.
pub(super) fn bits(columns: impl IntoIterator<Item = u16>) -> Option<u128> {
    columns.into_iter().try_fold(0, |bits, column| Some(bits | 1_u128.checked_shl(u32::from(column))?))
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
