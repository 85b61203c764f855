//! SQL functions: how text is compared without case, and the text that other forms have.
//!
//! Statements use them, but no index and no table does, so that the file stays readable by any
//! tool.

use super::read::{FIT, fit};
use crate::form::reference;
use contract::scalar::{format_double, parse_decimal};
use contract::{Guid, Timestamp};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

/// Adds the functions to a connection. All of them give NULL for what they do not understand.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(FIT, 2, flags, fit)?;
    connection.create_scalar_function("fold", 1, flags, fold)?;
    connection.create_scalar_function("guid_text", 1, flags, guid_text)?;
    connection.create_scalar_function("guid_bytes", 1, flags, guid_bytes)?;
    connection.create_scalar_function("time_text", 1, flags, time_text)?;
    connection.create_scalar_function("double_text", 1, flags, double_text)?;
    connection.create_scalar_function("compare_decimals", 2, flags, compare_decimals)
}

/// The text as keys compare it.
fn fold(context: &mut Context<'_>) -> Result<Option<String>> {
    Ok(text(context, 0).map(contract::table::fold))
}

/// The text of a 16-byte id.
fn guid_text(context: &mut Context<'_>) -> Result<Option<String>> {
    let ValueRef::Blob(bytes) = context.get_raw(0) else { return Ok(None) };
    Ok(bytes.try_into().ok().map(|bytes| Guid(bytes).to_string()))
}

/// The 16 bytes of an id's text.
fn guid_bytes(context: &mut Context<'_>) -> Result<Option<Vec<u8>>> {
    Ok(text(context, 0).and_then(reference).map(|id| id.0.to_vec()))
}

/// The ISO text of an instant in microseconds.
fn time_text(context: &mut Context<'_>) -> Result<Option<String>> {
    let ValueRef::Integer(micros) = context.get_raw(0) else { return Ok(None) };
    Ok(Some(Timestamp(micros)).filter(|time| time.can_be_written()).map(|time| time.to_string()))
}

/// The text of a double, as the interface writes it.
fn double_text(context: &mut Context<'_>) -> Result<Option<String>> {
    let ValueRef::Real(value) = context.get_raw(0) else { return Ok(None) };
    Ok(Some(format_double(value)))
}

/// -1, 0 or 1 as the first decimal, given as text, is less than, equal to or greater than the second.
fn compare_decimals(context: &mut Context<'_>) -> Result<Option<i64>> {
    let decimal = |index| text(context, index).and_then(|text| parse_decimal(text).ok());
    let (Some(one), Some(other)) = (decimal(0), decimal(1)) else { return Ok(None) };
    Ok(Some(one.cmp(&other) as i64))
}

fn text<'a>(context: &'a Context<'_>, index: usize) -> Option<&'a str> {
    context.get_raw(index).as_str_or_null().ok().flatten()
}
