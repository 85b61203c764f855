//! From records to elements: the only encoder, driven by the contract.

use crate::table::Tables;
use crate::write::Writer;
use contract::scalar::format_double;
use contract::{Contract, Kind, Member, Record, Scalar, TypeId, TypeRef, Value};

/// A record that the contract does not allow, or that is longer than the document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misfit;

/// Writes records.
///
/// Source: the ASMX rules on successful answers. Attributes come first, both in the contract's
/// order; what is absent, or an attribute equal to its schema default, is left out.
pub(crate) struct Encoder<'c> {
    pub(crate) contract: &'static Contract,
    pub(crate) tables: &'c Tables,
}

impl Encoder<'_> {
    /// Writes the attributes and children of a record into the element just opened, whose declared
    /// type is `declared`, and closes it.
    pub(crate) fn record(
        &self,
        writer: &mut Writer<'static>,
        record: &Record,
        declared: TypeId,
    ) -> Result<(), Misfit> {
        let model = &self.contract.model;
        let ty = model.ty(record.ty());
        if record.ty() != declared {
            if !model.extends(record.ty(), declared) {
                return Err(Misfit);
            }
            writer.type_attribute(&ty.name, self.contract.address(ty.namespace));
        }
        let defaults = &self.tables.of(record.ty()).defaults;
        for ((member, (_, value)), default) in ty.members.iter().zip(record.iter()).zip(defaults) {
            if member.kind == Kind::Attribute && !value.is_absent() && default.as_ref() != Some(value) {
                self.attribute(writer, member, value)?;
            }
        }
        for (member, (_, value)) in ty.members.iter().zip(record.iter()) {
            if member.kind == Kind::Element {
                self.elements(writer, member, value)?;
            }
        }
        writer.close();
        Ok(())
    }

    fn attribute(&self, writer: &mut Writer<'static>, member: &Member, value: &Value) -> Result<(), Misfit> {
        match self.simple(member.ty, value)? {
            Simple::Text(text) => writer.attribute(&member.name, text),
            Simple::Plain(shown) => writer.attribute_display(&member.name, shown),
            Simple::Number(text) => writer.attribute(&member.name, &text),
        }
        Ok(())
    }

    fn elements(
        &self,
        writer: &mut Writer<'static>,
        member: &'static Member,
        value: &Value,
    ) -> Result<(), Misfit> {
        match value {
            Value::List(items) if member.repeated => {
                items.iter().try_for_each(|item| self.element(writer, member, item))
            }
            Value::Absent if member.repeated => Ok(()),
            _ if member.repeated => Err(Misfit),
            value => self.element(writer, member, value),
        }
    }

    fn element(
        &self,
        writer: &mut Writer<'static>,
        member: &'static Member,
        value: &Value,
    ) -> Result<(), Misfit> {
        let open = |writer: &mut Writer<'static>| {
            writer.open(&member.name, self.contract.address(member.namespace));
        };
        if writer.is_full() {
            return Err(Misfit);
        }
        match value {
            // An array's null item, or a member that may be null but not missing.
            Value::Absent | Value::Nil if member.nillable && (member.repeated || member.min > 0) => {
                open(writer);
                writer.attribute("xsi:nil", "true");
                writer.close();
                Ok(())
            }
            Value::Absent | Value::Nil => Ok(()),
            Value::Record(record) => {
                let TypeRef::Complex(declared) = member.ty else { return Err(Misfit) };
                open(writer);
                self.record(writer, record, declared)
            }
            value => {
                let simple = self.simple(member.ty, value)?;
                open(writer);
                match simple {
                    Simple::Text(text) => writer.text(text),
                    Simple::Plain(shown) => writer.text_display(shown),
                    Simple::Number(text) => writer.text(&text),
                }
                writer.close();
                Ok(())
            }
        }
    }

    fn simple<'v>(&self, ty: TypeRef, value: &'v Value) -> Result<Simple<'v>, Misfit> {
        Ok(match (ty, value) {
            (TypeRef::Scalar(Scalar::String | Scalar::Integer), Value::Text(text)) => Simple::Text(text),
            (TypeRef::Scalar(Scalar::Boolean), Value::Boolean(truth)) => Simple::Plain(truth),
            (TypeRef::Scalar(Scalar::Int | Scalar::Long), Value::Integer(number)) => Simple::Plain(number),
            (TypeRef::Scalar(Scalar::Decimal), Value::Decimal(number)) => Simple::Plain(number),
            (TypeRef::Scalar(Scalar::DateTime), Value::Time(time)) => Simple::Plain(time),
            (TypeRef::Scalar(Scalar::Double), Value::Double(number)) => {
                Simple::Number(format_double(*number))
            }
            (TypeRef::Enumeration(id), Value::Enumeration(value)) => {
                let values = &self.contract.model.enumeration(id).values;
                Simple::Text(values.get(usize::from(value.0)).ok_or(Misfit)?)
            }
            _ => return Err(Misfit),
        })
    }
}

/// A value on its way out.
enum Simple<'v> {
    /// Text that may need escaping.
    Text(&'v str),
    /// A value whose display is its lexical form.
    Plain(&'v dyn std::fmt::Display),
    /// A number that had to be formatted.
    Number(String),
}
