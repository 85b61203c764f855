//! Values on their way to PostgreSQL and back.

use bytes::BytesMut;
use contract::Guid;
use std::borrow::Cow;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// A parameter and its type, which is known here, so that nobody has to ask the database.
#[derive(Clone, Copy)]
pub(crate) struct Parameter<'a> {
    /// The value.
    pub value: &'a (dyn ToSql + Sync),
    /// Its type.
    pub ty: &'static Type,
}

impl<'a> Parameter<'a> {
    /// A value of a type that is always the same in SQL.
    pub fn new<T: Sql>(value: &'a T) -> Parameter<'a> {
        Parameter { value, ty: T::TYPE }
    }
}

/// A Rust type with one type in SQL.
pub(crate) trait Sql: ToSql + Sync {
    /// That type.
    const TYPE: &'static Type;
}

/// Says which SQL types are those of a Rust type, of it where it may be NULL, and of lists of both.
macro_rules! sql {
    ($($rust:ty: $one:ident, $many:ident;)*) => {$(
        impl Sql for $rust { const TYPE: &'static Type = &Type::$one; }
        impl Sql for Option<$rust> { const TYPE: &'static Type = &Type::$one; }
        impl Sql for Vec<$rust> { const TYPE: &'static Type = &Type::$many; }
        impl Sql for Vec<Option<$rust>> { const TYPE: &'static Type = &Type::$many; }
    )*};
}

sql! {
    bool: BOOL, BOOL_ARRAY;
    i64: INT8, INT8_ARRAY;
    i32: INT4, INT4_ARRAY;
    f64: FLOAT8, FLOAT8_ARRAY;
    String: TEXT, TEXT_ARRAY;
    &str: TEXT, TEXT_ARRAY;
    Cow<'_, str>: TEXT, TEXT_ARRAY;
    Cow<'_, [u8]>: BYTEA, BYTEA_ARRAY;
    Vec<u8>: BYTEA, BYTEA_ARRAY;
    &[u8]: BYTEA, BYTEA_ARRAY;
    Id: UUID, UUID_ARRAY;
}

/// An object's id as a `uuid`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Id(pub Guid);

impl ToSql for Id {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.0);
        Ok(IsNull::No)
    }

    accepts!(UUID);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Id {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Id, Box<dyn Error + Sync + Send>> {
        Ok(Id(Guid(raw.try_into()?)))
    }

    accepts!(UUID);
}

/// Stands before another letter in place of the two that [`escape`] replaces.
const MARK: char = '\u{1}';

/// A text as PostgreSQL can hold it. It has no U+0000, so that this and the mark itself become two
/// letters each: the order of texts stays, what begins with what, and which are equal.
pub(crate) fn escape<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    if !text.bytes().any(|byte| byte <= 1) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\u{0}' => out.extend([MARK, '\u{1}']),
            MARK => out.extend([MARK, '\u{2}']),
            _ => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// The text that was escaped.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            MARK => out.extend(match letters.next() {
                Some('\u{1}') => Some('\u{0}'),
                Some('\u{2}') => Some(MARK),
                other => other,
            }),
            _ => out.push(letter),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_escaped_text_has_no_zero_and_comes_back(text in "[\u{0}-\u{3}a]*") {
            let escaped = escape(&*text);
            prop_assert!(escaped.bytes().all(|byte| byte > 0));
            prop_assert_eq!(&unescape(&escaped), &text);
        }

        #[test]
        fn escaping_keeps_order_and_beginnings(one in "[\u{0}-\u{3}a]{0,6}", other in "[\u{0}-\u{3}a]{0,6}") {
            let (here, there) = (escape(&*one), escape(&*other));
            prop_assert_eq!(here.cmp(&there), one.cmp(&other));
            prop_assert_eq!(there.starts_with(&*here), other.starts_with(&*one));
        }
    }
}
