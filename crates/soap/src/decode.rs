//! From elements to records: the only decoder, driven by the contract.

use crate::Limits;
use crate::meter::OverBudget;
use crate::reason::{Halt, Trouble, ValueError};
use crate::table::Tables;
use crate::xml::{Element, Event, Malformed, Ns, Reader, XmlError};
use contract::memory;
use contract::scalar::{
    parse_boolean, parse_date_time, parse_decimal, parse_double, parse_int, parse_long, quoted,
};
use contract::{
    Contract, EnumId, EnumValue, Member, OperationId, Record, Scalar, Timestamp, TypeId, TypeRef, Value,
};
use std::borrow::Cow;

/// Decodes one request.
///
/// Source: the ASMX rules on parameters. Whatever is unknown is ignored; of an element that may
/// occur once the first counts; what is missing stays absent.
pub(crate) struct Decoder<'a, 'm> {
    contract: &'static Contract,
    tables: &'a Tables,
    limits: Limits,
    now: Timestamp,
    pub(crate) reader: Reader<'a, 'm>,
    /// How many items the call's list may have; none if the contract does not say.
    limit: Option<usize>,
    /// How many items the call's list has so far, those that were not kept included.
    pub(crate) items: usize,
    /// Within an item of the call's list: how many items the lists below it have together so far.
    nested: Option<usize>,
}

impl<'a, 'm> Decoder<'a, 'm> {
    pub(crate) fn new(
        contract: &'static Contract,
        tables: &'a Tables,
        limits: Limits,
        now: Timestamp,
        reader: Reader<'a, 'm>,
        operation: OperationId,
    ) -> Decoder<'a, 'm> {
        let limit = contract.call(operation).limit.map(|(limit, _)| limit);
        Decoder { contract, tables, limits, now, reader, limit, items: 0, nested: None }
    }

    /// Reads the element whose start tag came last as a record of `ty`, attributes and children.
    pub(crate) fn record(&mut self, ty: TypeId) -> Result<Record, Halt> {
        let complex = self.contract.model.ty(ty);
        let room = self.reader.attributes.len().min(complex.members.len());
        self.reader.tally.hold(memory::record(room))?;
        let mut record = Record::with_room(&self.contract.model, ty, room);
        let names = &self.tables.of(ty).attributes;
        let mut next = 0;
        for attribute in &self.reader.attributes {
            if attribute.ns != Ns::NONE {
                continue;
            }
            if let Some(field) = names.find(&mut next, Ns::NONE, attribute.local) {
                if attribute.value.len() > memory::INLINE {
                    self.reader.tally.hold(memory::text(attribute.value.len()))?;
                }
                let member = &complex.members[usize::from(field.0)];
                let value = self.value(member, &attribute.value);
                record.set(field, value.map_err(|error| Trouble::Value { at: attribute.at, error })?);
            }
        }
        self.children(ty, &mut record)?;
        Ok(record)
    }

    /// Reads the children of the element whose start tag came last, to its end, into `record`.
    pub(crate) fn children(&mut self, ty: TypeId, record: &mut Record) -> Result<(), Halt> {
        let members = &self.contract.model.ty(ty).members;
        let tables = self.tables;
        let mut next = 0;
        let mut nil = Vec::new();
        loop {
            let element = match self.reader.next()? {
                Event::Start(element) => element,
                Event::End | Event::Eof => return Ok(()),
                _ => continue,
            };
            let Some(field) = tables.of(ty).elements.find(&mut next, element.ns, element.local) else {
                self.reader.skip()?;
                continue;
            };
            let member = &members[usize::from(field.0)];
            let room = (record.room(), room_of(record.get(field)));
            if member.repeated {
                // The next one is most likely another of the same.
                next -= 1;
                if let Some(value) = self.item(member, element)? {
                    record.push(field, value);
                }
            } else if record.get(field).is_absent() && !nil.contains(&field) {
                match self.occurrence(member, element)? {
                    Value::Nil => nil.push(field),
                    value => record.set(field, value),
                }
            } else {
                self.reader.skip()?;
                continue;
            }
            let grown = (record.room(), room_of(record.get(field)));
            if room != grown {
                let held = memory::values(room.0) + memory::values(room.1);
                self.reader.tally.hold(memory::values(grown.0) + memory::values(grown.1) - held)?;
            }
        }
    }

    /// Reads one item of a list. None if the list has enough of them: then it was looked at for
    /// faults only.
    fn item(&mut self, member: &'static Member, element: Element<'a>) -> Result<Option<Value>, Halt> {
        let held = self.reader.tally.held();
        let (count, limit) = match self.nested {
            Some(count) => (count + 1, self.limits.nested),
            None => (self.items + 1, self.limit.unwrap_or(self.limits.nested)),
        };
        let value = if self.nested.is_some() {
            self.nested = Some(count);
            self.occurrence(member, element)?
        } else {
            self.items = count;
            self.nested = Some(0);
            let value = self.occurrence(member, element)?;
            self.nested = None;
            value
        };
        // One past the limit shows that there were more.
        if count <= limit.saturating_add(1) {
            return Ok(Some(value));
        }
        drop(value);
        let now = self.reader.tally.held();
        self.reader.tally.release(now.saturating_sub(held));
        Ok(None)
    }

    /// Reads one occurrence of a child element.
    fn occurrence(&mut self, member: &'static Member, element: Element<'a>) -> Result<Value, Halt> {
        let TypeRef::Complex(declared) = member.ty else {
            if member.nillable && self.is_nil(element)? {
                self.reader.skip()?;
                return Ok(Value::Nil);
            }
            let text = self.text()?;
            self.reader.tally.hold(memory::text(text.len()))?;
            let value = self.value(member, &text);
            if let Cow::Owned(text) = text {
                self.reader.tally.release(text.capacity());
            }
            return match value {
                Ok(value) => Ok(value),
                Err(error) => Err(self.behind(error)),
            };
        };
        let array = self.tables.of(declared).array && !member.repeated;
        let named = if array { None } else { self.named_type(element)? };
        if (array || member.nillable) && self.is_nil(element)? {
            self.reader.skip()?;
            return Ok(Value::Nil);
        }
        let ty = match named {
            Some(name) => self.resolve_type(declared, name, element)?,
            None => declared,
        };
        self.record(ty).map(Value::from)
    }

    /// What an element's `xsi:type` names.
    fn named_type(&self, element: Element<'_>) -> Result<Option<TypeName>, Trouble> {
        let Some(value) = self.instance_attribute("type") else { return Ok(None) };
        let (prefix, local) = match value.rsplit_once(':') {
            Some((prefix, local)) if !prefix.is_empty() => (prefix, local),
            _ => ("", value),
        };
        match self.reader.resolve(prefix) {
            Some(ns) => {
                let ty = self.tables.named(ns, local);
                Ok(Some(TypeName { ty, ns, local: quoted(local) }))
            }
            None => {
                let error = ValueError::Prefix(quoted(prefix));
                Err(Trouble::Value { at: element.at, error })
            }
        }
    }

    fn resolve_type(
        &self,
        declared: TypeId,
        name: TypeName,
        element: Element<'_>,
    ) -> Result<TypeId, Trouble> {
        match name.ty {
            Some(ty) if self.contract.model.extends(ty, declared) => Ok(ty),
            _ => {
                let error = ValueError::Type {
                    namespace: quoted(self.reader.address(name.ns)),
                    name: name.local,
                    element: element.local.to_owned(),
                    element_namespace: quoted(self.reader.address(element.ns)),
                };
                Err(Trouble::Value { at: element.at, error })
            }
        }
    }

    fn is_nil(&self, element: Element<'_>) -> Result<bool, Trouble> {
        match self.instance_attribute("nil") {
            Some(value) => parse_boolean(value)
                .map_err(|error| Trouble::Value { at: element.at, error: ValueError::Scalar(error) }),
            None => Ok(false),
        }
    }

    fn instance_attribute(&self, local: &str) -> Option<&str> {
        let found = self.reader.attributes.iter();
        found
            .into_iter()
            .find(|attribute| attribute.ns == Ns::XSI && attribute.local == local)
            .map(|attribute| &*attribute.value)
    }

    /// The text of an element that holds nothing else, to its end.
    fn text(&mut self) -> Result<Cow<'a, str>, Halt> {
        let mut out = Cow::Borrowed("");
        loop {
            match self.reader.next()? {
                Event::End => return Ok(out),
                Event::Text(text) => match text.plain() {
                    Some(plain) if out.is_empty() => out = Cow::Borrowed(plain),
                    _ => text.push_to(self.room_for(&mut out, text.len())?),
                },
                Event::Char(c) => self.room_for(&mut out, c.len_utf8())?.push(c),
                _ => return Err(XmlError::new(Malformed::NotText, self.reader.next_node()).into()),
            }
            if out.len() > self.limits.text {
                return Err(XmlError::new(Malformed::TextTooLong, self.reader.next_node()).into());
            }
        }
    }

    /// The text as one to append to, with room for so many bytes more.
    fn room_for<'o>(&mut self, out: &'o mut Cow<'a, str>, more: usize) -> Result<&'o mut String, OverBudget> {
        let room = if let Cow::Owned(text) = &*out { text.capacity() } else { 0 };
        let needed = out.len() + more;
        if needed > room {
            let needed = needed.max(room * 2);
            self.reader.tally.hold(needed - room)?;
            let mut text = match std::mem::take(out) {
                Cow::Owned(text) => text,
                Cow::Borrowed(plain) => {
                    let mut text = String::with_capacity(needed);
                    text.push_str(plain);
                    text
                }
            };
            text.reserve_exact(needed - text.len());
            *out = Cow::Owned(text);
        }
        Ok(out.to_mut())
    }

    /// An error in an element's text. It is reported where the reader stands then: at the node
    /// behind the end tag, which has been read by then and may itself be malformed.
    fn behind(&mut self, error: ValueError) -> Halt {
        let at = self.reader.next_node();
        match self.reader.next() {
            Ok(_) => Trouble::Value { at, error }.into(),
            Err(stop) => stop.into(),
        }
    }

    fn value(&self, member: &'static Member, text: &str) -> Result<Value, ValueError> {
        match member.ty {
            TypeRef::Scalar(kind) => scalar(kind, text, self.now),
            TypeRef::Enumeration(id) => self.enumeration(id, text),
            TypeRef::Complex(_) => Ok(Value::Absent),
        }
    }

    fn enumeration(&self, id: EnumId, text: &str) -> Result<Value, ValueError> {
        let enumeration = self.contract.model.enumeration(id);
        match enumeration.values.iter().position(|value| value == text) {
            Some(index) => Ok(Value::Enumeration(EnumValue(index as u16))),
            None => Err(ValueError::Enumeration { value: quoted(text), enumeration: &enumeration.name }),
        }
    }
}

/// How many items a list has room for.
fn room_of(value: &Value) -> usize {
    if let Value::List(items) = value { items.capacity() } else { 0 }
}

/// A type's name as an `xsi:type` gives it.
struct TypeName {
    /// What it names.
    ty: Option<TypeId>,
    ns: Ns,
    /// As an error quotes it.
    local: String,
}

/// The value of a built-in type.
pub(crate) fn scalar(kind: Scalar, text: &str, now: Timestamp) -> Result<Value, ValueError> {
    Ok(match kind {
        Scalar::String | Scalar::Integer => Value::from(text),
        Scalar::Boolean => Value::Boolean(parse_boolean(text)?),
        Scalar::Int => Value::Integer(parse_int(text)?),
        Scalar::Long => Value::Integer(parse_long(text)?),
        Scalar::Decimal => Value::Decimal(parse_decimal(text)?),
        Scalar::Double => Value::Double(parse_double(text)?),
        Scalar::DateTime => Value::Time(parse_date_time(text, now)?),
    })
}
