//! Values as JSON texts, read by the contract: what is an object's record, and what is wrong with it.

use super::line::{Line, Members};
use super::mistake::LineMistake;
use super::{DERIVED, DETAILS, FIELDS, is_detail};
use contract::handles::object::cv_object;
use contract::scalar::{
    forbidden, parse_boolean, parse_date_time, parse_decimal, parse_double, parse_int, parse_long,
};
use contract::{
    Contract, EnumValue, FieldId, Guid, Kind, Member, Namespace, ObjectId, ObjectType, Record, Scalar,
    Timestamp, TypeId, TypeRef, Value,
};
use serde_json::value::RawValue;

/// The most mistakes of one line that are told; a line with more is of another form altogether.
const MOST: usize = 100;

/// Reads the object of one line.
pub(super) struct Reading<'m> {
    contract: &'static Contract,
    object: &'static ObjectType,
    line: u64,
    /// From the object to the member being read.
    trail: Vec<Step>,
    first: usize,
    mistakes: &'m mut Vec<LineMistake>,
}

struct Step {
    field: FieldId,
    name: &'static str,
    item: Option<usize>,
}

impl<'m> Reading<'m> {
    pub fn new(
        contract: &'static Contract,
        object: ObjectId,
        line: u64,
        mistakes: &'m mut Vec<LineMistake>,
    ) -> Reading<'m> {
        let (object, first) = (contract.object(object), mistakes.len());
        Reading { contract, object, line, trail: Vec::new(), first, mistakes }
    }

    /// The line's object. With mistakes noted it may lack what they are about. As on the wire, what is
    /// true by default is true where it is left out.
    pub fn object(&mut self, line: &Line<'_>) -> Record {
        let mut record = self.contract.record(self.object.ty);
        self.members(&mut record, &line.fields, Some(false));
        self.members(&mut record, &line.details, Some(true));
        let id = record.get(cv_object::ID);
        if id.is_absent() && !line.fields.0.iter().any(|(name, _)| *name == self.id_name()) {
            self.trail.push(Step { field: cv_object::ID, name: self.id_name(), item: None });
            self.mistake("is missing");
            self.trail.pop();
        }
        for (field, member) in self.contract.model.ty(self.object.ty).fields() {
            if record.get(field).is_absent() && member.default.as_deref() == Some("true") {
                record.set(field, true);
            }
        }
        record
    }

    fn id_name(&self) -> &'static str {
        &self.contract.model.member(self.object.ty, cv_object::ID).name
    }

    /// Notes a mistake at the place that is being read.
    pub fn mistake(&mut self, reason: impl Into<String>) {
        if self.mistakes.len() - self.first >= MOST {
            return;
        }
        let mut place = self.object.name.clone();
        for step in &self.trail {
            place.push('.');
            place.push_str(step.name);
            if let Some(item) = step.item {
                place.push_str(&format!("[{}]", item + 1));
            }
        }
        self.mistakes.push(LineMistake { line: self.line, place, reason: reason.into() });
    }

    /// Reads members into a record. On an object itself, `details` tells which part of the line
    /// they stand in.
    fn members(&mut self, record: &mut Record, members: &Members<'_>, details: Option<bool>) {
        let ty = self.contract.model.ty(record.ty());
        for (name, raw) in &members.0 {
            if details.is_none() && name == DERIVED {
                continue;
            }
            let Some((field, member)) = ty.fields().find(|(_, member)| member.name == *name) else {
                self.mistake(format!("there is no {name:?}"));
                continue;
            };
            self.trail.push(Step { field, name: &member.name, item: None });
            if details.is_some() && [cv_object::MESSAGE_ID, cv_object::TRANSACTION_ID].contains(&field) {
                self.mistake("belongs to a message and is not kept");
            } else if details.is_some_and(|details| details != is_detail(member)) {
                let right = if is_detail(member) { DETAILS } else { FIELDS };
                self.mistake(format!("belongs under {right:?}"));
            } else if !record.get(field).is_absent() {
                self.mistake("stands there twice");
            } else if let Some(value) = self.member(member, raw) {
                record.set(field, value);
            }
            self.trail.pop();
        }
    }

    fn member(&mut self, member: &'static Member, raw: &RawValue) -> Option<Value> {
        if !member.repeated {
            return self.value(member, raw);
        }
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            self.mistake("is not an array");
            return None;
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            if let Some(step) = self.trail.last_mut() {
                step.item = Some(index);
            }
            values.extend(self.value(member, item));
        }
        Some(Value::List(values))
    }

    fn value(&mut self, member: &'static Member, raw: &RawValue) -> Option<Value> {
        if raw.get() == "null" {
            if member.kind == Kind::Element {
                return Some(Value::Nil);
            }
            self.mistake("is null; leave the member out");
            return None;
        }
        match member.ty {
            TypeRef::Complex(ty) => self.record(ty, raw),
            TypeRef::Enumeration(id) => {
                let text = self.text(raw)?;
                let values = &self.contract.model.enumeration(id).values;
                let index = values.iter().position(|value| *value == text);
                if index.is_none() {
                    self.mistake(format!("is none of: {}", values.join(", ")));
                }
                index.map(|index| Value::Enumeration(EnumValue(index as u16)))
            }
            TypeRef::Scalar(scalar) => self.scalar(scalar, raw),
        }
    }

    fn record(&mut self, ty: TypeId, raw: &RawValue) -> Option<Value> {
        let Ok(members) = serde_json::from_str::<Members<'_>>(raw.get()) else {
            self.mistake("is not an object");
            return None;
        };
        let Some(ty) = self.derived(ty, &members) else {
            self.mistake(format!("names a type under {DERIVED:?} that does not belong here"));
            return None;
        };
        let mut record = self.contract.record(ty);
        self.members(&mut record, &members, None);
        Some(record.into())
    }

    /// The type of a detail: the declared one, or the one that it names and that extends it.
    fn derived(&self, declared: TypeId, members: &Members<'_>) -> Option<TypeId> {
        let Some((_, raw)) = members.0.iter().find(|(name, _)| name == DERIVED) else {
            return Some(declared);
        };
        let name: String = serde_json::from_str(raw.get()).ok()?;
        let found = self.contract.model.find_type(Namespace::Objects, &name)?;
        self.contract.model.extends(found, declared).then_some(found)
    }

    fn scalar(&mut self, scalar: Scalar, raw: &RawValue) -> Option<Value> {
        let token = raw.get();
        let quoted = token.starts_with('"');
        let number = !quoted && token.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let (value, wanted) = match scalar {
            Scalar::String => {
                let text = self.text(raw)?;
                return self.checked(text);
            }
            Scalar::Integer if number => (parse_whole(token), "a whole number"),
            Scalar::Integer => (parse_whole(&self.text(raw)?), "a whole number"),
            Scalar::Boolean if quoted || number => (None, "true or false"),
            Scalar::Boolean => (parse_boolean(token).ok().map(Value::Boolean), "true or false"),
            Scalar::Int if number => (parse_int(token).ok().map(Value::Integer), "a whole number of 32 bits"),
            Scalar::Int => (None, "a whole number of 32 bits"),
            Scalar::Long if number => (parse_long(token).ok().map(Value::Integer), "a whole number"),
            Scalar::Long => (None, "a whole number"),
            Scalar::Decimal => {
                let text = if number { token.to_owned() } else { self.text(raw)? };
                (parse_decimal(&text).ok().map(Value::Decimal), "a decimal without an exponent")
            }
            Scalar::Double => {
                let text = if number { token.to_owned() } else { self.text(raw)? };
                let value = parse_double(&text).ok().filter(|value| !value.is_nan());
                (value.map(Value::Double), "a number")
            }
            Scalar::DateTime => {
                let text = self.text(raw)?;
                (date(&text).map(Value::Time), "a date such as 2026-01-31T09:30:00")
            }
        };
        if value.is_none() {
            self.mistake(format!("is not {wanted}"));
        }
        value
    }

    fn text(&mut self, raw: &RawValue) -> Option<String> {
        let text = serde_json::from_str(raw.get()).ok();
        if text.is_none() {
            self.mistake("is not a text");
        }
        text
    }

    /// A text, if it is not longer than its field, has no character that XML does not allow, and is an id where one is
    /// wanted.
    fn checked(&mut self, text: String) -> Option<Value> {
        if let Some((place, c)) = forbidden(&text) {
            self.mistake(format!(
                "has U+{:04X} as character {place}, which XML does not allow",
                u32::from(c)
            ));
            return None;
        }
        let (path, field) = match &self.trail[..] {
            [] => return Some(text.into()),
            [path @ .., last] => (path.iter().map(|step| step.field).collect::<Vec<_>>(), last.field),
        };
        let top = path.is_empty();
        let property = if top { self.object.property(field) } else { self.object.property_at(&path, field) };
        if let Some(length) = property.and_then(|property| property.length)
            && text.chars().count() > length as usize
        {
            self.mistake(format!("is longer than {length} characters"));
            return None;
        }
        let refers = || {
            let references = self.contract.references.iter();
            references
                .into_iter()
                .any(|r| r.field == field && self.contract.object(r.object).ty == self.object.ty)
        };
        if !top || (field != cv_object::ID && !refers()) {
            return Some(text.into());
        }
        match Guid::parse(&text).filter(|id| id.0 != [0; 16]) {
            Some(id) => Some(id.to_string().into()),
            None => {
                self.mistake("is not a GUID such as 0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9");
                None
            }
        }
    }
}

/// `xs:integer`, which has no bounds and is kept as text.
fn parse_whole(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| text.into())
}

/// A full date, with a time or without.
fn date(text: &str) -> Option<Timestamp> {
    let full = text.as_bytes().get(4) == Some(&b'-') && text.len() >= "2026-01-31".len();
    if full { parse_date_time(text, Timestamp(0)).ok() } else { None }
}
