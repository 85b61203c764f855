//! From elements to records: the only decoder, driven by the contract.

use crate::Limits;
use crate::reason::{Trouble, ValueError};
use crate::table::Tables;
use crate::xml::{Element, Event, Malformed, Ns, Reader, XmlError};
use contract::scalar::{parse_boolean, parse_date_time, parse_decimal, parse_double, parse_int, parse_long};
use contract::{Contract, EnumId, EnumValue, Member, Record, Scalar, Timestamp, TypeId, TypeRef, Value};
use std::borrow::Cow;

/// Decodes one request.
///
/// Source: the ASMX rules on parameters. Whatever is unknown is ignored; of an element that may
/// occur once the first counts; what is missing stays absent.
pub(crate) struct Decoder<'c, 'a> {
    contract: &'static Contract,
    tables: &'c Tables,
    limits: Limits,
    now: Timestamp,
    pub(crate) reader: Reader<'a>,
    /// How many members the records have together so far.
    members: usize,
}

impl<'c, 'a> Decoder<'c, 'a> {
    pub(crate) fn new(
        contract: &'static Contract,
        tables: &'c Tables,
        limits: Limits,
        now: Timestamp,
        reader: Reader<'a>,
    ) -> Decoder<'c, 'a> {
        Decoder { contract, tables, limits, now, reader, members: 0 }
    }

    /// Reads the element whose start tag came last as a record of `ty`, attributes and children.
    pub(crate) fn record(&mut self, ty: TypeId, at: usize) -> Result<Record, Trouble> {
        let complex = self.contract.model.ty(ty);
        // A record has a place for each of its type's members, however short its element is.
        self.members += complex.members.len();
        if self.members > self.limits.members {
            return Err(XmlError::new(Malformed::TooManyMembers, at).into());
        }
        let mut record = self.contract.record(ty);
        let names = &self.tables.of(ty).attributes;
        let mut next = 0;
        for attribute in self.reader.attributes() {
            if attribute.ns != Ns::NONE {
                continue;
            }
            if let Some(field) = names.find(&mut next, Ns::NONE, attribute.local) {
                let member = &complex.members[usize::from(field.0)];
                let value = self.value(member, &attribute.value);
                record.set(field, value.map_err(|error| Trouble::Value { at: attribute.at, error })?);
            }
        }
        self.children(ty, &mut record)?;
        Ok(record)
    }

    /// Reads the children of the element whose start tag came last, to its end, into `record`.
    pub(crate) fn children(&mut self, ty: TypeId, record: &mut Record) -> Result<(), Trouble> {
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
            if member.repeated {
                // The next one is most likely another of the same.
                next -= 1;
                let value = self.occurrence(member, element)?;
                record.push(field, value);
            } else if record.get(field).is_absent() && !nil.contains(&field) {
                match self.occurrence(member, element)? {
                    Value::Nil => nil.push(field),
                    value => record.set(field, value),
                }
            } else {
                self.reader.skip()?;
            }
        }
    }

    /// Reads one occurrence of a child element.
    fn occurrence(&mut self, member: &'static Member, element: Element<'a>) -> Result<Value, Trouble> {
        let TypeRef::Complex(declared) = member.ty else {
            if member.nillable && self.is_nil(element)? {
                self.reader.skip()?;
                return Ok(Value::Nil);
            }
            let text = self.text()?;
            return match self.value(member, &text) {
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
        self.record(ty, element.at).map(Value::from)
    }

    /// What an element's `xsi:type` names.
    fn named_type(&self, element: Element<'_>) -> Result<Option<TypeName>, Trouble> {
        let Some(value) = self.instance_attribute("type") else { return Ok(None) };
        let (prefix, local) = match value.rsplit_once(':') {
            Some((prefix, local)) if !prefix.is_empty() => (prefix, local),
            _ => ("", value),
        };
        match self.reader.resolve(prefix) {
            Some(ns) => Ok(Some(TypeName { ns, local: local.to_owned() })),
            None => {
                let error = ValueError::Prefix(prefix.to_owned());
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
        match self.tables.named(name.ns, &name.local) {
            Some(ty) if self.contract.model.extends(ty, declared) => Ok(ty),
            _ => {
                let error = ValueError::Type {
                    namespace: self.reader.address(name.ns).to_owned(),
                    name: name.local,
                    element: element.local.to_owned(),
                    element_namespace: self.reader.address(element.ns).to_owned(),
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
        let found = self.reader.attributes().iter();
        found
            .into_iter()
            .find(|attribute| attribute.ns == Ns::XSI && attribute.local == local)
            .map(|attribute| &*attribute.value)
    }

    /// The text of an element that holds nothing else, to its end.
    fn text(&mut self) -> Result<Cow<'a, str>, Trouble> {
        let mut out = Cow::Borrowed("");
        loop {
            match self.reader.next()? {
                Event::End => return Ok(out),
                Event::Text(text) => match text.plain() {
                    Some(plain) if out.is_empty() => out = Cow::Borrowed(plain),
                    _ => text.push_to(out.to_mut()),
                },
                Event::Char(c) => out.to_mut().push(c),
                _ => return Err(XmlError::new(Malformed::NotText, self.reader.next_node()).into()),
            }
            if out.len() > self.limits.text {
                return Err(XmlError::new(Malformed::TextTooLong, self.reader.next_node()).into());
            }
        }
    }

    /// An error in an element's text. It is reported where the reader stands then: at the node
    /// behind the end tag, which has been read by then and may itself be malformed.
    fn behind(&mut self, error: ValueError) -> Trouble {
        let at = self.reader.next_node();
        match self.reader.next() {
            Ok(_) => Trouble::Value { at, error },
            Err(malformed) => malformed.into(),
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
            None => Err(ValueError::Enumeration { value: text.to_owned(), enumeration: &enumeration.name }),
        }
    }
}

/// A type's name as an `xsi:type` gives it.
struct TypeName {
    ns: Ns,
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
