//! The outer form of a line: its keys, each with the text of its value.
//!
//! What the text means depends on the member's type, and a number must not lose digits on its way
//! through a double; so values stay text until [`super::value`] reads them.

use super::{ACCOUNT, DETAILS, FIELDS, GONE, TYPE};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::fmt;

/// A line's parts.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub account: String,
    pub object: String,
    pub fields: Members<'a>,
    pub details: Members<'a>,
    pub gone: Vec<String>,
}

/// The members of a JSON object in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Members<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'a>, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// Reads the outer form.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &[u8]) -> Result<Line<'_>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "not UTF-8".to_owned())?;
    let members: Members<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => "an object in braces is wanted".to_owned(),
        Category::Eof => "the JSON ends too early".to_owned(),
        Category::Syntax | Category::Io => format!("not JSON from column {} on", error.column()),
    })?;
    let mut line = Line::default();
    for (key, value) in &members.0 {
        match key.as_str() {
            ACCOUNT => line.account = typed(key, "a text", value)?,
            TYPE => line.object = typed(key, "a text", value)?,
            FIELDS => line.fields = typed(key, "an object", value)?,
            DETAILS => line.details = typed(key, "an object", value)?,
            GONE => line.gone = typed(key, "an array of names", value)?,
            _ => return Err(format!("unknown key {key:?}; a line has account, type, fields, details, gone")),
        }
    }
    let mut keys: Vec<&String> = members.0.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("{:?} stands there twice", pair[0]));
    }
    let missing = [ACCOUNT, TYPE, FIELDS].into_iter().find(|key| !keys.iter().any(|found| found == key));
    missing.map_or(Ok(line), |key| Err(format!("{key:?} is missing")))
}

fn typed<'a, T: Deserialize<'a>>(key: &str, wanted: &str, value: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(value.get()).map_err(|_| format!("{key:?} is not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let line = br#"{"account":"A","type":"T","fields":{"N":1.50000000000000000001, "S" : "x"}}"#;
        let line = read(line).unwrap();
        let members: Vec<(&str, &str)> =
            line.fields.0.iter().map(|(name, raw)| (name.as_str(), raw.get())).collect();
        assert_eq!(members, [("N", "1.50000000000000000001"), ("S", "\"x\"")]);
    }

    #[test]
    fn what_is_wrong_is_said_without_what_is_there() {
        for (line, reason) in [
            (&br#"["secret"]"#[..], "an object in braces is wanted"),
            (br#"{"account":"secret"#, "the JSON ends too early"),
            (br#"{"account" "secret"}"#, "not JSON from column 12 on"),
            (br#"{"account":1}"#, r#""account" is not a text"#),
            (br#"{"account":"secret"}"#, r#""type" is missing"#),
            (br#"{"account":"secret","account":"secret"}"#, r#""account" stands there twice"#),
            (b"\xff", "not UTF-8"),
        ] {
            assert_eq!(read(line).unwrap_err(), reason);
        }
    }
}
