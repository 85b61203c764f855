//! How much memory values take: estimates in bytes, which count what allocations cost.

use crate::record::{Record, Value};
use std::mem::size_of;

/// What an allocation takes beyond the bytes asked for.
pub const ALLOCATION: usize = 16;

/// How long a text a [`Value`] holds without an allocation.
pub const INLINE: usize = 24;

/// What a record takes, with room for so many values.
pub fn record(room: usize) -> usize {
    size_of::<Record>() + ALLOCATION + values(room)
}

/// What room for so many values takes.
pub fn values(room: usize) -> usize {
    if room == 0 { 0 } else { room * size_of::<Value>() + ALLOCATION }
}

/// What a text takes.
pub fn text(length: usize) -> usize {
    if length > INLINE { length + ALLOCATION } else { 0 }
}

/// What a value takes besides its own place.
pub fn value(of: &Value) -> usize {
    match of {
        Value::Text(held) => text(held.len()),
        Value::Record(held) => whole(held),
        Value::List(items) => values(items.capacity()) + items.iter().map(value).sum::<usize>(),
        _ => 0,
    }
}

/// What a record takes with all that is below it.
pub fn whole(of: &Record) -> usize {
    record(of.room()) + of.present().map(|(_, of)| value(of)).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_inline_up_to_its_bound() {
        for length in [INLINE, INLINE + 1] {
            let Value::Text(text) = Value::from("x".repeat(length).as_str()) else { unreachable!() };
            assert_eq!(text.is_heap_allocated(), length > INLINE);
        }
    }
}
