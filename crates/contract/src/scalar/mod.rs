//! The lexical forms of the built-in types, as the .NET serializer reads and writes them.
//!
//! Source: the ASMX rules on parameters and on successful answers, confirmed by the recorded
//! exchanges. The texts of the errors are what a client sees behind
//! `There is an error in XML document (line, column). --->`.

mod date_time;
mod guid;
mod number;

pub use date_time::{Timestamp, parse_date_time};
pub use guid::Guid;
pub use number::{Decimal, format_double, parse_decimal, parse_double, parse_int, parse_long};

use thiserror::Error;

/// Why a text is not a value of its type. The display is the .NET message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScalarError {
    /// Not `true`, `false`, `1` or `0`.
    #[error("The string '{0}' is not a valid Boolean value.")]
    Boolean(String),
    /// Not one of the forms of a date and time.
    #[error("The string '{0}' is not a valid AllXsd value.")]
    DateTime(String),
    /// Not a number.
    #[error("Input string was not in a correct format.")]
    Number,
    /// A number past the type's range.
    #[error("Value was either too large or too small for {0}.")]
    Range(&'static str),
}

/// The characters that XML 1.0 allows: what is none of them can't be in an answer.
pub fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The first character of a text that XML does not allow, and where it stands, counted from 1.
pub fn forbidden(text: &str) -> Option<(usize, char)> {
    // Most texts have none, and bytes are quicker to look at.
    if text.bytes().all(|byte| (b' '..0xEF).contains(&byte)) {
        return None;
    }
    text.chars().zip(1..).find(|(c, _)| !is_char(*c)).map(|(c, place)| (place, c))
}

/// `true`, `false`, `1` or `0`, white space around it allowed.
pub fn parse_boolean(text: &str) -> Result<bool, ScalarError> {
    match trim(text) {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(ScalarError::Boolean(quoted(other))),
    }
}

/// How many bytes of a value an error quotes.
const QUOTED: usize = 1024;

/// A text as an error quotes it: its beginning, where it is longer than anyone would read.
pub fn quoted(text: &str) -> String {
    text[..text.floor_char_boundary(QUOTED)].to_owned()
}

/// Without XML's white space around it.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_the_four_lexical_forms() {
        assert_eq!(parse_boolean(" true\n"), Ok(true));
        assert_eq!(parse_boolean("0"), Ok(false));
        for text in ["True", "TRUE", "", "01", "yes"] {
            let error = parse_boolean(text).unwrap_err();
            assert_eq!(error.to_string(), format!("The string '{text}' is not a valid Boolean value."));
        }
    }

    #[test]
    fn errors_quote_the_beginning_of_a_long_text() {
        let long = format!("a{}", "é".repeat(600));
        assert_eq!(quoted(&long), format!("a{}", "é".repeat(511)));
        assert_eq!(quoted("short"), "short");
        assert!(parse_boolean(&long).unwrap_err().to_string().len() < 1100);
        let error = parse_date_time(&long, Timestamp(0)).unwrap_err();
        assert!(error.to_string().len() < 1100);
    }
}
