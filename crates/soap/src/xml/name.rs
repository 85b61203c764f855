//! Names, plain and qualified.

use super::error::{Malformed, XmlError};

/// A qualified name in its two parts; the prefix is empty where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct QName<'a> {
    pub prefix: &'a str,
    pub local: &'a str,
}

/// Takes `text` apart at its colon and checks both parts. `at` is its offset in the document.
pub(super) fn qualified(text: &str, at: usize, limit: usize) -> Result<QName<'_>, XmlError> {
    if text.len() > limit {
        return Err(XmlError::new(Malformed::NameTooLong, at));
    }
    let (prefix, local) = match memchr::memchr(b':', text.as_bytes()) {
        Some(colon) => (&text[..colon], &text[colon + 1..]),
        None => ("", text),
    };
    let prefixed = prefix.len() + local.len() < text.len();
    if is_ncname(local) && (!prefixed || is_ncname(prefix)) {
        Ok(QName { prefix, local })
    } else {
        Err(XmlError::new(Malformed::Name, at))
    }
}

/// A name without a colon.
pub(super) fn is_ncname(text: &str) -> bool {
    let Some((&first, rest)) = text.as_bytes().split_first() else { return false };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if (first.is_ascii_alphabetic() || first == b'_') && rest.iter().all(|&byte| plain(byte)) {
        return true;
    }
    let mut chars = text.chars();
    chars.next().is_some_and(is_start) && chars.all(is_part)
}

/// NameStartChar of XML 1.0, fifth edition, without the colon.
fn is_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// NameChar, likewise.
fn is_part(c: char) -> bool {
    is_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualified_names_have_one_colon_at_most() {
        for (text, prefix, local) in [("a", "", "a"), ("a:b", "a", "b"), ("é:_1", "é", "_1")] {
            assert_eq!(qualified(text, 0, 99), Ok(QName { prefix, local }));
        }
        for text in ["", ":", "a:", ":b", "a:b:c", "1", "a:1", "-a", "a b", "a/", "a<"] {
            assert_eq!(qualified(text, 7, 99), Err(XmlError::new(Malformed::Name, 7)), "{text}");
        }
        assert_eq!(qualified("abcd", 0, 3), Err(XmlError::new(Malformed::NameTooLong, 0)));
    }
}
