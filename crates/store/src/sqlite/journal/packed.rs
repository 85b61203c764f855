//! Rows packed for memory: as text, since text that was checked once need not be checked again, and without the
//! values that an earlier row of the same account and type has as well.
//!
//! A value is a head, the column's number and the kind of the value as one number, and then the value. Numbers are
//! written six bits at a time, the lowest first, with the next bit set where more follow: all of it is ASCII.

use crate::error::Result;
use crate::form::{self, Held};
use crate::layout::Table;
use crate::sqlite::memory::piece;
use contract::{Contract, FieldId, Guid, Record, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Kinds of value that a column's number is followed by.
const KINDS: u64 = 8;

/// A row: its number, and the values of the columns that have any.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// The row's number in its table.
    pub place: i64,
    /// The values that are not the pattern's, in the order of the record's members.
    values: Box<str>,
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
        let values = out.text();
        Ok(Packed { place, values, pattern: pattern.filter(|_| shared != 0), shared })
    }

    /// Adds the values to a record; none if something else wrote them.
    pub fn unpack(&self, contract: &Contract, table: &Table, record: &mut Record) -> Option<()> {
        let mut own = Reader(&self.values);
        let mut next = own.value(contract, table)?;
        let mut shared = self.shared;
        while shared != 0
            && let Some(pattern) = &self.pattern
        {
            let (field, value) = pattern.0.get(shared.trailing_zeros() as usize)?;
            shared &= shared - 1;
            // In the members' order, so that the record does not have to move any.
            while let Some((own_field, own_value)) = next.take_if(|(own, _)| *own < *field) {
                record.set(own_field, own_value);
                next = own.value(contract, table)?;
            }
            record.set(*field, value.clone());
        }
        while let Some((field, value)) = next {
            record.set(field, value);
            next = own.value(contract, table)?;
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

/// A row in the making.
struct Writer(Vec<u8>);

impl Writer {
    /// What was written, in no more memory than it needs.
    fn text(&self) -> Box<str> {
        // All of it is text: nothing is lost.
        Box::from(String::from_utf8_lossy(&self.0))
    }

    fn column(&mut self, column: usize, held: &Held<'_>) {
        let mut head = |kind| self.number(column as u64 * KINDS + kind);
        match held {
            Held::Null => head(0),
            Held::Boolean(truth) => head(1 + u64::from(*truth)),
            Held::Text(text) => {
                head(3);
                self.number(text.len() as u64);
                self.0.extend(text.as_bytes());
            }
            Held::Integer(number) => {
                head(4);
                // The sign comes last, so that small numbers are short.
                self.number((number << 1 ^ number >> 63) as u64);
            }
            Held::Double(number) => {
                head(5);
                self.number(number.to_bits());
            }
            Held::Id(id) => {
                head(6);
                let id = u128::from_le_bytes(id.0);
                self.number(id as u64);
                self.number((id >> 64) as u64);
            }
            Held::Bytes(bytes) => {
                head(7);
                self.number(bytes.len() as u64);
                bytes.iter().for_each(|byte| self.number(u64::from(*byte)));
            }
        }
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x40 {
            self.0.push(number as u8 & 0x3f | 0x40);
            number >>= 6;
        }
        self.0.push(number as u8);
    }
}

/// What is still to be read of a row. Each verb gives none for what [`Writer`] does not write.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// The next value, and its member; none at the end, and no answer at all for what is no value.
    fn value(&mut self, contract: &Contract, table: &Table) -> Option<Option<(FieldId, Value)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let (column, held) = self.column()?;
        let column = table.columns.get(column)?;
        Some(Some((column.field, form::decode(contract, column.form, held)?)))
    }

    fn column(&mut self) -> Option<(usize, Held<'a>)> {
        let head = self.number()?;
        let held = match head % KINDS {
            0 => Held::Null,
            kind @ (1 | 2) => Held::Boolean(kind == 2),
            3 => {
                let length = self.number()? as usize;
                let (text, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Held::Text(Cow::Borrowed(text))
            }
            4 => {
                let number = self.number()?;
                Held::Integer((number >> 1) as i64 ^ -((number & 1) as i64))
            }
            5 => Held::Double(f64::from_bits(self.number()?)),
            6 => {
                let low = u128::from(self.number()?);
                Held::Id(Guid((u128::from(self.number()?) << 64 | low).to_le_bytes()))
            }
            _ => {
                let length = self.number()?;
                let bytes = (0..length).map(|_| Some(self.number()? as u8)).collect::<Option<Vec<_>>>();
                Held::Bytes(Cow::Owned(bytes?))
            }
        };
        Some(((head / KINDS) as usize, held))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for (index, byte) in self.0.bytes().enumerate().take(11) {
            number |= u64::from(byte & 0x3f) << (6 * index);
            if byte < 0x40 {
                self.0 = self.0.get(index + 1..)?;
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held() -> impl Strategy<Value = Held<'static>> {
        prop_oneof![
            Just(Held::Null),
            any::<bool>().prop_map(Held::Boolean),
            "\\PC{0,90}".prop_map(|text| Held::Text(text.into())),
            any::<i64>().prop_map(Held::Integer),
            Just(Held::Integer(i64::MIN)),
            (-1e300..1e300).prop_map(Held::Double),
            any::<[u8; 16]>().prop_map(|id| Held::Id(Guid(id))),
            prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Held::Bytes(bytes.into())),
        ]
    }

    proptest! {
        #[test]
        fn values_are_read_as_they_were_written(values in prop::collection::vec((0_usize..300, held()), 0..40)) {
            let mut out = Writer(Vec::new());
            values.iter().for_each(|(column, held)| out.column(*column, held));
            let text = out.text();
            let mut rest = Reader(&text);
            for value in values {
                prop_assert_eq!(rest.column(), Some(value));
            }
            prop_assert_eq!(rest.0, "");
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,60}|[\\x00-\\x7f]{0,60}") {
            let mut rest = Reader(&text);
            while rest.column().is_some() {}
        }
    }
}
