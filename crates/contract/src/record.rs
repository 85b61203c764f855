//! Values in motion: what the decoder makes, the operations work on and the encoder writes.

use crate::model::{EnumValue, FieldId, Model, TypeId};
use crate::scalar::{Decimal, Guid, Timestamp};
use compact_str::{CompactString, ToCompactString};

/// The value of one member of a [`Record`].
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// Not in the message; nothing is stored.
    #[default]
    Absent,
    /// Present and `xsi:nil`: a null item of an array.
    Nil,
    /// `xs:boolean`
    Boolean(bool),
    /// `xs:int` or `xs:long`
    Integer(i64),
    /// `xs:double`
    Double(f64),
    /// `xs:decimal`, its scale kept
    Decimal(Decimal),
    /// `xs:dateTime`, in GMT
    Time(Timestamp),
    /// `xs:string` and `xs:integer`
    Text(CompactString),
    /// A value of the member's enumeration
    Enumeration(EnumValue),
    /// A child element of a complex type
    Record(Box<Record>),
    /// A repeated element's occurrences, in order
    List(Vec<Value>),
}

impl Value {
    /// The value as text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// The value as a record to change, if it is one.
    pub fn as_record_mut(&mut self) -> Option<&mut Record> {
        if let Value::Record(record) = self { Some(record) } else { None }
    }

    /// True for [`Value::Absent`].
    pub fn is_absent(&self) -> bool {
        matches!(self, Value::Absent)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text.into())
    }
}

impl From<Guid> for Value {
    fn from(id: Guid) -> Value {
        Value::Text(id.to_compact_string())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Boolean(truth)
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Value {
        Value::Time(time)
    }
}

impl From<Record> for Value {
    fn from(record: Record) -> Value {
        Value::Record(Box::new(record))
    }
}

/// An instance of a complex type: the values of those of its members that are not absent.
///
/// Two are equal if their types and values are, whatever was changed on the way.
#[derive(Clone, Debug)]
pub struct Record {
    ty: TypeId,
    /// How many members the type has: 128 at most.
    members: u16,
    /// The members that have a value, as bits.
    present: u128,
    /// Their values, in the type's order.
    values: Vec<Value>,
    changes: Option<Changes>,
}

/// Values that a record has room for from the start.
const USUAL: usize = 32;

/// How many values more a record takes room for at least.
const FEW: usize = 4;

/// Where a record keeps a member's value.
#[derive(Clone, Copy)]
struct Place {
    /// The member's.
    bit: u128,
    /// How many values are before it.
    index: usize,
    is_present: bool,
}

/// Members of a record, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Changes(u128);

impl Changes {
    /// Whether the member is one of them.
    pub fn has(self, field: FieldId) -> bool {
        self.0.checked_shr(u32::from(field.0)).is_some_and(|bits| bits & 1 == 1)
    }

    /// The members of either set.
    #[must_use]
    pub fn or(self, other: Changes) -> Changes {
        Changes(self.0 | other.0)
    }

    /// The set with one more member; none if the set has no room for it.
    fn with(self, field: FieldId) -> Option<Changes> {
        Some(Changes(self.0 | 1_u128.checked_shl(u32::from(field.0))?))
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        self.ty == other.ty && self.present == other.present && self.values == other.values
    }
}

impl Record {
    /// An instance with every member absent.
    pub fn new(model: &Model, ty: TypeId) -> Record {
        let members = model.ty(ty).members.len();
        Record::with_room(model, ty, members.min(USUAL))
    }

    /// An instance with every member absent, and room for so many values. What it needs beyond them
    /// it takes when they come.
    pub fn with_room(model: &Model, ty: TypeId, values: usize) -> Record {
        let members = model.ty(ty).members.len();
        let values = Vec::with_capacity(values.min(members));
        Record { ty, members: members as u16, present: 0, values, changes: None }
    }

    /// How many values it has room for.
    pub fn room(&self) -> usize {
        self.values.capacity()
    }

    /// The record as it was found somewhere: from now on it keeps count of the members that change.
    #[must_use]
    pub fn as_found(self) -> Record {
        Record { changes: Some(Changes::default()), ..self }
    }

    /// The members that have changed since the record was found; nothing if nobody counts.
    pub fn changes(&self) -> Option<Changes> {
        self.changes
    }

    /// Its type.
    pub fn ty(&self) -> TypeId {
        self.ty
    }

    /// The member's value; absent for a handle of another type that lies past the end.
    pub fn get(&self, field: FieldId) -> &Value {
        match self.place(field) {
            Some(Place { index, is_present: true, .. }) => self.values.get(index).unwrap_or(&Value::Absent),
            _ => &Value::Absent,
        }
    }

    /// Where a member's value is, or would be; none past the type's end.
    fn place(&self, field: FieldId) -> Option<Place> {
        let bit = 1_u128.checked_shl(u32::from(field.0)).filter(|_| field.0 < self.members)?;
        // Most records are made in the type's order.
        let index = match self.present < bit {
            true => self.values.len(),
            false => (self.present & (bit - 1)).count_ones() as usize,
        };
        Some(Place { bit, index, is_present: self.present & bit != 0 })
    }

    /// The member's text, if it is present and is text.
    pub fn text(&self, field: FieldId) -> Option<&str> {
        self.get(field).as_text()
    }

    /// The member's truth, if it is present and is a boolean.
    pub fn boolean(&self, field: FieldId) -> Option<bool> {
        if let Value::Boolean(truth) = self.get(field) { Some(*truth) } else { None }
    }

    /// The member's instant, if it is present and is one.
    pub fn time(&self, field: FieldId) -> Option<Timestamp> {
        if let Value::Time(time) = self.get(field) { Some(*time) } else { None }
    }

    /// The member's enumeration value, if it is present and is one.
    pub fn enumeration(&self, field: FieldId) -> Option<EnumValue> {
        if let Value::Enumeration(value) = self.get(field) { Some(*value) } else { None }
    }

    /// The member's record, if it is present and is one.
    pub fn record(&self, field: FieldId) -> Option<&Record> {
        if let Value::Record(record) = self.get(field) { Some(record) } else { None }
    }

    /// The occurrences of a repeated element; none if it is absent.
    pub fn list(&self, field: FieldId) -> &[Value] {
        if let Value::List(items) = self.get(field) { items } else { &[] }
    }

    /// The records among the occurrences of a repeated element.
    pub fn records(&self, field: FieldId) -> impl Iterator<Item = &Record> {
        self.list(field)
            .iter()
            .filter_map(|item| if let Value::Record(record) = item { Some(&**record) } else { None })
    }

    /// Sets the member. A handle of another type that lies past the end is ignored.
    pub fn set(&mut self, field: FieldId, value: impl Into<Value>) {
        let Some(place) = self.place(field) else { return };
        let value = value.into();
        if self.changes.is_some() && *self.get(field) != value {
            self.note(field);
        }
        self.put(place, value);
    }

    /// Adds an occurrence to a repeated element.
    pub fn push(&mut self, field: FieldId, value: impl Into<Value>) {
        let Some(place) = self.place(field) else { return };
        self.note(field);
        match self.values.get_mut(place.index).filter(|_| place.is_present) {
            Some(Value::List(items)) => items.push(value.into()),
            _ => self.put(place, Value::List(vec![value.into()])),
        }
    }

    /// The member's value to change in place, if it is present.
    pub fn get_mut(&mut self, field: FieldId) -> Option<&mut Value> {
        self.note(field);
        let place = self.place(field).filter(|place| place.is_present)?;
        self.values.get_mut(place.index)
    }

    /// Takes the member's value out, leaving it absent.
    pub fn take(&mut self, field: FieldId) -> Value {
        self.note(field);
        self.place(field).map(|place| self.remove(place)).unwrap_or_default()
    }

    fn remove(&mut self, place: Place) -> Value {
        if !place.is_present {
            return Value::Absent;
        }
        self.present &= !place.bit;
        self.values.remove(place.index)
    }

    fn put(&mut self, place: Place, value: Value) {
        match (place.is_present, value) {
            (_, Value::Absent) => drop(self.remove(place)),
            (true, value) => self.values[place.index] = value,
            (false, value) => {
                self.present |= place.bit;
                if self.values.len() == self.values.capacity() {
                    self.grow();
                }
                self.values.insert(place.index, value);
            }
        }
    }

    /// Makes room for as many values again, a few at least, and never for more than the type has.
    #[cold]
    fn grow(&mut self) {
        let have = self.values.len();
        let more = have.max(FEW).min(usize::from(self.members).saturating_sub(have));
        self.values.reserve_exact(more);
    }

    /// Notes that a member changes.
    fn note(&mut self, field: FieldId) {
        self.changes = self.changes.and_then(|changes| changes.with(field));
    }

    /// All members with their values, in the type's order.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &Value)> {
        let mut values = self.values.iter();
        (0..self.members).map(move |index| {
            let value = if self.present >> index & 1 == 1 { values.next() } else { None };
            (FieldId(index), value.unwrap_or(&Value::Absent))
        })
    }

    /// The members that have a value, in the type's order.
    pub fn present(&self) -> impl Iterator<Item = (FieldId, &Value)> {
        let mut rest = self.present;
        self.values.iter().map(move |value| {
            let field = FieldId(rest.trailing_zeros() as u16);
            rest &= rest.wrapping_sub(1);
            (field, value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;
    use crate::handles::object::contact;

    #[test]
    fn a_record_counts_what_changes_once_it_was_found() {
        let contract = Contract::get().unwrap();
        let mut record = contract.record(contact::TYPE_ID);
        record.set(contact::TITLE, "Chair");
        assert_eq!(record.changes(), None);
        let found = record.clone().as_found();
        let mut changed = found.clone();
        for (field, text) in [(contact::TITLE, "Chair"), (contact::COMPANY, "Sample")] {
            changed.set(field, text);
        }
        changed.take(contact::NICKNAME);
        let changes = changed.changes().unwrap();
        let all = changed.iter().filter(|(field, _)| changes.has(*field)).map(|(field, _)| field);
        assert_eq!(
            all.collect::<Vec<_>>(),
            [contact::COMPANY.min(contact::NICKNAME), contact::COMPANY.max(contact::NICKNAME)]
        );
        assert_eq!(found, record, "counting is no part of the value");
    }

    #[test]
    fn a_member_is_what_it_was_set_to_last() {
        let contract = Contract::get().unwrap();
        let all = || contract.model.types.iter().map(|ty| ty.members.len()).enumerate();
        assert!(all().all(|(_, members)| members <= 128), "more than a record has room for");
        for (index, members) in all() {
            let ty = TypeId(index as u16);
            let mut record = contract.record(ty);
            let fields: Vec<FieldId> = (0..members as u16).map(FieldId).collect();
            // The last first, so that each is put before those that are there.
            for field in fields.iter().rev() {
                record.set(*field, i64::from(field.0));
            }
            record.set(FieldId(members as u16), true);
            assert_eq!(record.present().count(), members);
            for field in fields.iter().filter(|field| field.0 % 3 == 1) {
                assert_eq!(record.take(*field), Value::Integer(i64::from(field.0)));
            }
            for field in fields.iter().filter(|field| field.0 % 3 == 2) {
                record.set(*field, Value::Absent);
                record.set(*field, Value::Absent);
                record.push(*field, true);
            }
            let expected = |field: FieldId| match field.0 % 3 {
                0 => Value::Integer(i64::from(field.0)),
                1 => Value::Absent,
                _ => Value::List(vec![Value::Boolean(true)]),
            };
            assert!(record.iter().map(|(field, _)| field).eq(fields.iter().copied()));
            assert!(record.iter().all(|(field, value)| *value == expected(field)));
            assert!(record.present().all(|(field, value)| *value == expected(field) && !value.is_absent()));
            assert_eq!(record.present().count(), fields.iter().filter(|field| field.0 % 3 != 1).count());
        }
    }

    #[test]
    fn a_member_past_the_sets_room_ends_the_count() {
        let contract = Contract::get().unwrap();
        let mut record = contract.record(contact::TYPE_ID).as_found();
        record.take(FieldId(500));
        assert_eq!(record.changes(), None);
    }
}
