//! A value as the text of a cell, in the forms of the interface.

use contract::scalar::{
    forbidden, format_double, parse_boolean, parse_date_time, parse_decimal, parse_double, parse_int,
    parse_long,
};
use contract::{Contract, EnumValue, Member, Scalar, Timestamp, TypeRef, Value};
use std::fmt::Write;

/// Reads a cell. An empty one is empty text, and no value at all where the member is no text.
///
/// # Errors
/// What the cell is not. The cell itself is not repeated: it may be anybody's.
pub(super) fn read(contract: &Contract, member: &Member, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let is_text = matches!(member.ty, TypeRef::Scalar(Scalar::String));
    if let Some((place, c)) = forbidden(text) {
        return Err(format!("has U+{:04X} as character {place}, which XML does not allow", u32::from(c)));
    }
    if trimmed.is_empty() && !is_text {
        return Ok(if member.ty == TypeRef::Scalar(Scalar::Integer) { "".into() } else { Value::Absent });
    }
    let (value, wanted) = match member.ty {
        TypeRef::Scalar(Scalar::String) => (Some(text.into()), "a text"),
        TypeRef::Scalar(Scalar::Boolean) => {
            (parse_boolean(&trimmed.to_ascii_lowercase()).ok().map(Value::Boolean), "true or false")
        }
        TypeRef::Scalar(Scalar::Int) => (parse_int(trimmed).ok().map(Value::Integer), "a whole number"),
        TypeRef::Scalar(Scalar::Long) => (parse_long(trimmed).ok().map(Value::Integer), "a whole number"),
        TypeRef::Scalar(Scalar::Integer) => (whole(trimmed), "a whole number"),
        TypeRef::Scalar(Scalar::Decimal) => {
            (parse_decimal(trimmed).ok().map(Value::Decimal), "a number such as 1234.50")
        }
        TypeRef::Scalar(Scalar::Double) => {
            let number = parse_double(trimmed).ok().filter(|number| !number.is_nan());
            (number.map(Value::Double), "a number")
        }
        TypeRef::Scalar(Scalar::DateTime) => {
            (date(trimmed).map(Value::Time), "a date such as 2026-01-31 or 2026-01-31T09:30:00")
        }
        TypeRef::Enumeration(id) => {
            let values = &contract.model.enumeration(id).values;
            let exact = values.iter().position(|value| value == text);
            let index = exact
                .or_else(|| values.iter().position(|value| value.trim().eq_ignore_ascii_case(trimmed)))
                .ok_or_else(|| format!("is none of: {}", values.join(", ")))?;
            (Some(Value::Enumeration(EnumValue(index as u16))), "")
        }
        TypeRef::Complex(_) => (None, "a plain value"),
    };
    value.ok_or_else(|| format!("is not {wanted}"))
}

/// `xs:integer`, which has no bounds and is kept as text.
fn whole(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| text.into())
}

/// A full date, with a time or without.
fn date(text: &str) -> Option<Timestamp> {
    let is_full = text.as_bytes().get(4) == Some(&b'-') && text.len() >= "2026-01-31".len();
    // A blank between day and time is how spreadsheets and databases write it.
    let text = match text.as_bytes().get(10) {
        Some(b' ') => text.replacen(' ', "T", 1),
        _ => text.to_owned(),
    };
    if is_full { parse_date_time(&text, Timestamp(0)).ok() } else { None }
}

/// Writes a value as a cell; nothing where there is none.
pub(super) fn write(out: &mut String, contract: &Contract, member: &Member, value: &Value) {
    // Writing to a string can't fail.
    _ = match value {
        Value::Boolean(truth) => write!(out, "{truth}"),
        Value::Integer(number) => write!(out, "{number}"),
        Value::Double(number) => write!(out, "{}", format_double(*number)),
        Value::Decimal(number) => write!(out, "{number}"),
        Value::Time(time) => write!(out, "{time}"),
        Value::Text(text) => out.write_str(text),
        Value::Enumeration(value) => match member.ty {
            TypeRef::Enumeration(id) => {
                let text = contract.model.enumeration(id).values.get(usize::from(value.0));
                out.write_str(text.map_or("", String::as_str))
            }
            _ => Ok(()),
        },
        Value::Absent | Value::Nil | Value::Record(_) | Value::List(_) => Ok(()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::handles::object::{contact, event};
    use contract::{FieldId, TypeId};

    fn member(ty: TypeId, field: FieldId) -> (&'static Contract, &'static Member) {
        let contract = Contract::get().unwrap();
        (contract, contract.model.member(ty, field))
    }

    #[track_caller]
    fn reads(ty: TypeId, field: FieldId, cells: &[(&str, &str)]) {
        let (contract, member) = member(ty, field);
        for (cell, expected) in cells {
            let value = read(contract, member, cell);
            let mut out = String::new();
            match &value {
                Ok(value) => write(&mut out, contract, member, value),
                Err(reason) => out.push_str(reason),
            }
            assert_eq!(out, *expected, "{cell:?}");
            if value.is_ok() {
                assert_eq!(read(contract, member, &out), value, "{cell:?} does not come back");
            }
        }
    }

    #[test]
    fn texts_stay_as_they_are() {
        let texts = [" a\r\nb\"c,d ", "", "Zoë 🦀", "=1+1", "007"];
        reads(contact::TYPE_ID, contact::TITLE, &texts.map(|text| (text, text)));
    }

    #[test]
    fn dates_are_whole() {
        let wrong = "is not a date such as 2026-01-31 or 2026-01-31T09:30:00";
        reads(
            contact::TYPE_ID,
            contact::DATE_OF_BIRTH,
            &[
                ("1999-12-31", "1999-12-31T00:00:00"),
                ("1999-12-31 23:59:59", "1999-12-31T23:59:59"),
                (" 1999-12-31T23:59:59.5Z ", "1999-12-31T23:59:59.5"),
                ("1999-12-31T23:30:00-01:00", "2000-01-01T00:30:00"),
                ("", ""),
                ("31.12.1999", wrong),
                ("1999", wrong),
                ("12:00:00", wrong),
                ("1999-02-30", wrong),
                ("é999-12-31", wrong),
            ],
        );
    }

    #[test]
    fn truths_are_read_in_any_case() {
        let wrong = "is not true or false";
        reads(
            contact::TYPE_ID,
            contact::EXCLUDED_FROM_EMAIL,
            &[("TRUE", "true"), ("0", "false"), (" false", "false"), ("", ""), ("yes", wrong)],
        );
    }

    #[test]
    fn numbers_are_whole_where_they_must_be() {
        reads(
            event::TYPE_ID,
            event::CAPACITY,
            &[(" 12 ", "12"), ("-1", "-1"), ("", ""), ("1.5", "is not a whole number")],
        );
    }

    #[test]
    fn a_cell_has_no_character_that_no_answer_could_have() {
        let (contract, member) = member(contact::TYPE_ID, contact::FIRST_NAME);
        for (cell, named) in [("Ann\u{b}Mary", Some("U+000B as character 4")), ("Ann\nMary", None)] {
            let refused = read(contract, member, cell).err();
            assert_eq!(refused.is_some(), named.is_some(), "{cell:?}");
            assert!(refused.is_none_or(|reason| reason.contains(named.unwrap())));
        }
    }
}
