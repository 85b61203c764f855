//! Rows packed for memory: without the values that an earlier row of the same account and type has as well.

use crate::error::Result;
use crate::form::{self, Held};
use crate::layout::Table;
use crate::sqlite::bytes::{Reader, Writer};
use crate::sqlite::memory::piece;
use contract::{Contract, FieldId, Record, Value};
use std::sync::Arc;

/// A row: its number, and the values of the columns that have any.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// The row's number in its table.
    pub place: i64,
    /// The values that are not the pattern's, in the order of the record's members.
    values: Box<[u8]>,
    /// What the rest of the values is taken from.
    pattern: Option<Arc<Pattern>>,
    /// For each value of the pattern, whether the row has it, too.
    shared: u64,
}

/// Values of a row that others may have, too, in the order of the record's members.
#[derive(Debug, Default)]
pub(crate) struct Pattern(Box<[(FieldId, Value)]>);

impl Packed {
    /// A record as the row that it is going to be, against a pattern if there is one.
    ///
    /// # Errors
    /// [`crate::StoreError::Record`] if it cannot be a row.
    pub fn new(
        contract: &'static Contract,
        table: &Table,
        record: &Record,
        place: i64,
        pattern: Option<Arc<Pattern>>,
    ) -> Result<Packed> {
        let mut out = Writer(Vec::with_capacity(512));
        let (mut shared, mut next) = (0, 0);
        let known = pattern.as_ref().map_or(&[][..], |pattern| &pattern.0);
        for (field, value) in record.present() {
            while known.get(next).is_some_and(|(other, _)| *other < field) {
                next += 1;
            }
            if known.get(next).is_some_and(|(other, known)| *other == field && known == value) {
                shared |= 1 << next;
                continue;
            }
            let Some(column) = table.place(field) else { continue };
            let held = form::held(contract, table, &table.columns[column], value)?;
            if held != Held::Null {
                out.column(column, &held);
            }
        }
        let values = out.exact();
        Ok(Packed { place, values, pattern: pattern.filter(|_| shared != 0), shared })
    }

    /// Adds the values to a record; none if something else wrote them.
    pub fn unpack(&self, contract: &Contract, table: &Table, record: &mut Record) -> Option<()> {
        let mut own = Reader(&self.values);
        let mut next = next_value(&mut own, contract, table)?;
        let mut shared = self.shared;
        while shared != 0
            && let Some(pattern) = &self.pattern
        {
            let (field, value) = pattern.0.get(shared.trailing_zeros() as usize)?;
            shared &= shared - 1;
            // In the members' order, so that the record does not have to move any.
            while let Some((own_field, own_value)) = next.take_if(|(own, _)| *own < *field) {
                record.set(own_field, own_value);
                next = next_value(&mut own, contract, table)?;
            }
            record.set(*field, value.clone());
        }
        while let Some((field, value)) = next {
            record.set(field, value);
            next = next_value(&mut own, contract, table)?;
        }
        Some(())
    }

    /// What its values take, the pattern's aside.
    pub fn size(&self) -> usize {
        piece(self.values.len())
    }
}

impl Pattern {
    /// Values that a pattern has at most.
    const VALUES: usize = u64::BITS as usize;

    /// Bytes that its texts have at most, all together.
    const LONGEST: usize = 1 << 10;

    /// What a pattern takes at most.
    pub const SIZE: usize = 2 * Pattern::LONGEST + Pattern::VALUES * size_of::<(FieldId, Value)>() + 64;

    /// The values of a row that others are compared with: those that are stored as they are compared.
    pub fn of(record: &Record, table: &Table) -> Pattern {
        let mut room = Pattern::LONGEST;
        let mut fits = |value: &Value| match value {
            Value::Boolean(_) | Value::Integer(_) | Value::Time(_) | Value::Enumeration(_) => true,
            Value::Text(text) => match room.checked_sub(text.len()) {
                Some(left) => {
                    room = left;
                    true
                }
                None => false,
            },
            _ => false,
        };
        let values = record.present().filter(|(field, value)| table.place(*field).is_some() && fits(value));
        Pattern(values.take(Pattern::VALUES).map(|(field, value)| (field, value.clone())).collect())
    }
}

/// The next value of a row, and its member; none at the end, and no answer at all for what is no value.
fn next_value(rest: &mut Reader<'_>, contract: &Contract, table: &Table) -> Option<Option<(FieldId, Value)>> {
    if rest.0.is_empty() {
        return Some(None);
    }
    let (column, held) = rest.column()?;
    let column = table.columns.get(column)?;
    Some(Some((column.field, form::decode(contract, column.form, held)?)))
}
