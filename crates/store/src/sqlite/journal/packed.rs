//! Rows packed for memory: as text, since text that was checked once need not be checked again, and without the
//! values that an earlier row of the same account and type has as well.
//!
//! A value is a head, the column's number and the kind of the value as one number, and then the value. Numbers are
//! written six bits at a time, the lowest first, with the next bit set where more follow: all of it is ASCII.

use crate::form::{self, Held};
use crate::layout::Table;
use crate::sqlite::memory::piece;
use contract::{Contract, Guid, Record};
use std::borrow::Cow;
use std::sync::Arc;

/// Kinds of value that a column's number is followed by.
const KINDS: u64 = 8;

/// A row: its number, and the values of the columns that have any.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// The row's number in its table.
    pub place: i64,
    /// The values that the pattern does not have, in the order of the columns.
    values: Box<str>,
    /// What the rest of the values is taken from.
    pattern: Option<Arc<Pattern>>,
    /// For each value of the pattern, whether the row has it, too.
    shared: u64,
}

/// A row that others are packed against.
#[derive(Debug, Default)]
pub(crate) struct Pattern {
    text: Box<str>,
    /// Each value's column, and where its head begins.
    entries: Box<[(u16, u16)]>,
}

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
    ) -> crate::error::Result<Packed> {
        let mut out = Writer(String::with_capacity(512));
        let (mut shared, mut next) = (0, 0);
        for (field, value) in record.present() {
            let Some(column) = table.place(field) else { continue };
            let held = form::held(contract, table, &table.columns[column], value)?;
            if held == Held::Null {
                continue;
            }
            let start = out.0.len();
            out.column(column, &held);
            let Some(pattern) = &pattern else { continue };
            while pattern.column(next).is_some_and(|other| other < column) {
                next += 1;
            }
            if pattern.column(next) == Some(column) && pattern.entry(next) == out.0.get(start..) {
                shared |= 1 << next;
                out.0.truncate(start);
            }
        }
        let pattern = pattern.filter(|_| shared != 0);
        Ok(Packed { place, values: Box::from(out.0.as_str()), pattern, shared })
    }

    /// Adds the values to a record; none if something else wrote them.
    pub fn unpack(&self, contract: &Contract, table: &Table, record: &mut Record) -> Option<()> {
        let mut set = |column: usize, held: Held<'_>| {
            let column = table.columns.get(column)?;
            record.set(column.field, form::decode(contract, column.form, held)?);
            Some(())
        };
        let mut own = Reader(&self.values);
        let mut head = own.head();
        let mut shared = self.shared;
        while shared != 0
            && let Some(pattern) = &self.pattern
        {
            let index = shared.trailing_zeros() as usize;
            shared &= shared - 1;
            let column = pattern.column(index)?;
            // In the order of the columns, so that the record does not have to move any.
            while let Some((number, kind)) = head.filter(|(number, _)| *number < column) {
                set(number, own.value(kind)?)?;
                head = own.head();
            }
            let mut entry = Reader(pattern.entry(index)?);
            let (_, kind) = entry.head()?;
            set(column, entry.value(kind)?)?;
        }
        while let Some((number, kind)) = head {
            set(number, own.value(kind)?)?;
            head = own.head();
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
    pub const VALUES: usize = u64::BITS as usize;

    /// Bytes that its text has at most.
    pub const LONGEST: usize = 1 << 10;

    /// What a pattern takes at most.
    pub const SIZE: usize = Pattern::LONGEST + Pattern::VALUES * size_of::<(u16, u16)>() + 128;

    /// A row as a pattern for others, or as much of it as a pattern has; none if it is itself packed against one.
    pub fn of(row: &Packed) -> Option<Pattern> {
        if row.pattern.is_some() {
            return None;
        }
        let mut entries = Vec::new();
        let (mut rest, mut end) = (Reader(&row.values), 0);
        while entries.len() < Pattern::VALUES
            && let Some((column, kind)) = rest.head()
        {
            rest.value(kind)?;
            let start = std::mem::replace(&mut end, row.values.len() - rest.0.len());
            if end > Pattern::LONGEST {
                end = start;
                break;
            }
            entries.push((u16::try_from(column).ok()?, u16::try_from(start).ok()?));
        }
        Some(Pattern { text: Box::from(row.values.get(..end)?), entries: entries.into() })
    }

    fn column(&self, index: usize) -> Option<usize> {
        self.entries.get(index).map(|(column, _)| usize::from(*column))
    }

    fn entry(&self, index: usize) -> Option<&str> {
        let (_, start) = *self.entries.get(index)?;
        let end = self.entries.get(index + 1).map_or(self.text.len(), |(_, next)| usize::from(*next));
        self.text.get(usize::from(start)..end)
    }
}

/// A row in the making.
struct Writer(String);

impl Writer {
    fn column(&mut self, column: usize, held: &Held<'_>) {
        let mut head = |kind| self.number(column as u64 * KINDS + kind);
        match held {
            Held::Null => head(0),
            Held::Boolean(truth) => head(1 + u64::from(*truth)),
            Held::Text(text) => {
                head(3);
                self.number(text.len() as u64);
                self.0.push_str(text);
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
            self.0.push(char::from(number as u8 & 0x3f | 0x40));
            number >>= 6;
        }
        self.0.push(char::from(number as u8));
    }
}

/// What is still to be read of a row. Each verb gives none for what [`Writer`] does not write.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// The next value's column and kind; none at the end.
    fn head(&mut self) -> Option<(usize, u64)> {
        let head = self.number()?;
        Some(((head / KINDS) as usize, head % KINDS))
    }

    fn value(&mut self, kind: u64) -> Option<Held<'a>> {
        Some(match kind {
            0 => Held::Null,
            1 | 2 => Held::Boolean(kind == 2),
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
        })
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
            let mut out = Writer(String::new());
            values.iter().for_each(|(column, held)| out.column(*column, held));
            let mut rest = Reader(&out.0);
            for (column, held) in values {
                let (number, kind) = rest.head().unwrap();
                prop_assert_eq!((number, rest.value(kind).unwrap()), (column, held));
            }
            prop_assert_eq!(rest.head(), None);
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,60}|[\\x00-\\x7f]{0,60}") {
            let mut rest = Reader(&text);
            while let Some((_, kind)) = rest.head() {
                if rest.value(kind).is_none() {
                    break;
                }
            }
        }
    }
}
