//! Character and entity references.

use super::name::is_ncname;
use contract::scalar::is_char;

/// What stands between `&` and `;`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reference {
    /// One character: a numeric reference, or one of the five predefined entities.
    Char(char),
    /// An entity that only a document type could have defined.
    Undefined,
}

/// Resolves the text between `&` and `;`; none if it is no reference at all.
pub(super) fn resolve(name: &str) -> Option<Reference> {
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => match name.strip_prefix('#') {
            Some(number) => numeric(number)?,
            None => return is_ncname(name).then_some(Reference::Undefined),
        },
    };
    Some(Reference::Char(c))
}

fn numeric(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would take a sign.
    let code = match digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => u32::from_str_radix(digits, radix).ok()?,
        false => return None,
    };
    char::from_u32(code).filter(|&c| is_char(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_numbers_and_the_five() {
        for (name, c) in [("amp", '&'), ("#65", 'A'), ("#x1F600", '😀'), ("#xa", '\n'), ("#0009", '\t')] {
            assert_eq!(resolve(name), Some(Reference::Char(c)), "{name}");
        }
        assert_eq!(resolve("nope"), Some(Reference::Undefined));
        for name in
            ["", "#", "#x", "#X41", "#+65", "#1", "#xD800", "#xFFFF", "#x110000", "#99999999999", "a b"]
        {
            assert_eq!(resolve(name), None, "{name}");
        }
    }
}
