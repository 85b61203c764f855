//! Values in motion: what the decoder makes, the operations work on and the encoder writes.

use crate::model::{EnumValue, FieldId, Model, TypeId};
use crate::scalar::{Decimal, Timestamp};

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
    Text(Box<str>),
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

/// An instance of a complex type: one value per member, in the type's order.
///
/// Two are equal if their types and values are, whatever was changed on the way.
#[derive(Clone, Debug)]
pub struct Record {
    ty: TypeId,
    values: Vec<Value>,
    changes: Option<Changes>,
}

/// Members of a record, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Changes(u128);

impl Changes {
    /// Whether the member is one of them.
    pub fn has(self, field: FieldId) -> bool {
        self.0.checked_shr(u32::from(field.0)).is_some_and(|bits| bits & 1 == 1)
    }

    /// The set with one more member; none if the set has no room for it.
    fn with(self, field: FieldId) -> Option<Changes> {
        Some(Changes(self.0 | 1_u128.checked_shl(u32::from(field.0))?))
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        self.ty == other.ty && self.values == other.values
    }
}

impl Record {
    /// An instance with every member absent.
    pub fn new(model: &Model, ty: TypeId) -> Record {
        Record { ty, values: vec![Value::Absent; model.ty(ty).members.len()], changes: None }
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
        self.values.get(usize::from(field.0)).unwrap_or(&Value::Absent)
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
        let Some(slot) = self.values.get_mut(usize::from(field.0)) else { return };
        let value = value.into();
        if let Some(changes) = self.changes
            && *slot != value
        {
            self.changes = changes.with(field);
        }
        *slot = value;
    }

    /// Adds an occurrence to a repeated element.
    pub fn push(&mut self, field: FieldId, value: impl Into<Value>) {
        let Some(slot) = self.changed(field) else { return };
        match slot {
            Value::List(items) => items.push(value.into()),
            _ => *slot = Value::List(vec![value.into()]),
        }
    }

    /// Takes the member's value out, leaving it absent.
    pub fn take(&mut self, field: FieldId) -> Value {
        self.changed(field).map(std::mem::take).unwrap_or_default()
    }

    /// The member's place, whose value is going to change.
    fn changed(&mut self, field: FieldId) -> Option<&mut Value> {
        self.changes = self.changes.and_then(|changes| changes.with(field));
        self.values.get_mut(usize::from(field.0))
    }

    /// All members with their values, in the type's order.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &Value)> {
        self.values.iter().enumerate().map(|(index, value)| (FieldId(index as u16), value))
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
    fn a_member_past_the_sets_room_ends_the_count() {
        let contract = Contract::get().unwrap();
        let mut record = contract.record(contact::TYPE_ID).as_found();
        record.take(FieldId(500));
        assert_eq!(record.changes(), None);
    }
}
