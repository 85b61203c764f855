//! Records as JSON, in the order of the contract.

use super::DERIVED;
use contract::{Contract, FieldId, Record, TypeRef, Value};
use std::fmt::Write;

/// Writes the members of a record that are wanted and set, in braces.
pub(super) fn members(
    out: &mut String,
    contract: &Contract,
    record: &Record,
    wanted: impl Fn(FieldId) -> bool,
) {
    out.push('{');
    let mut first = true;
    rest(out, contract, record, wanted, &mut first);
    out.push('}');
}

/// Writes members, each after a comma but the first.
fn rest(
    out: &mut String,
    contract: &Contract,
    record: &Record,
    wanted: impl Fn(FieldId) -> bool,
    first: &mut bool,
) {
    for (field, content) in record.present().filter(|(field, _)| wanted(*field)) {
        let member = contract.model.member(record.ty(), field);
        if !std::mem::take(first) {
            out.push(',');
        }
        text(out, &member.name);
        out.push(':');
        value(out, contract, member.ty, content);
    }
}

/// Writes a detail. One that is not of the declared type names its own first.
fn detail(out: &mut String, contract: &Contract, declared: TypeRef, record: &Record) {
    out.push('{');
    let mut first = declared == TypeRef::Complex(record.ty());
    if !first {
        text(out, DERIVED);
        out.push(':');
        text(out, &contract.model.ty(record.ty()).name);
    }
    rest(out, contract, record, |_| true, &mut first);
    out.push('}');
}

/// Writes a text in quotes.
pub(super) fn text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a string can't fail.
            c if c.is_control() => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn value(out: &mut String, contract: &Contract, ty: TypeRef, value: &Value) {
    match value {
        Value::Absent | Value::Nil => out.push_str("null"),
        Value::Boolean(truth) => _ = write!(out, "{truth}"),
        Value::Integer(number) => _ = write!(out, "{number}"),
        Value::Double(number) if number.is_finite() => _ = write!(out, "{number:?}"),
        Value::Double(number) => text(out, &contract::scalar::format_double(*number)),
        Value::Decimal(number) => _ = write!(out, "\"{number}\""),
        Value::Time(time) => _ = write!(out, "\"{time}\""),
        Value::Text(content) => text(out, content),
        Value::Enumeration(value) => {
            let TypeRef::Enumeration(id) = ty else { return out.push_str("null") };
            match contract.model.enumeration(id).values.get(usize::from(value.0)) {
                Some(name) => text(out, name),
                None => out.push_str("null"),
            }
        }
        Value::Record(record) => detail(out, contract, ty, record),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                self::value(out, contract, ty, item);
            }
            out.push(']');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_doubles_are_read_back_as_they_were() {
        for content in ["", "a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}\u{85}", "Zoë 🦀 / </script>"] {
            let mut out = String::new();
            text(&mut out, content);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), content);
            assert!(!out.contains('\n'));
        }
        let contract = Contract::get().unwrap();
        for number in [0.0, -1.5, 1e300, 1e-7, f64::MIN_POSITIVE, 123_456_789.123_456_78] {
            let mut out = String::new();
            value(&mut out, contract, TypeRef::Scalar(contract::Scalar::Double), &Value::Double(number));
            assert_eq!(contract::scalar::parse_double(&out), Ok(number), "{out}");
            assert!(serde_json::from_str::<f64>(&out).is_ok(), "{out}");
        }
    }
}
