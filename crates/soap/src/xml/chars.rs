//! Characters: which ones XML allows, and a table by which a scan finds the bytes that matter.

use super::error::{Malformed, XmlError};

/// A quotation mark or an apostrophe.
const QUOTE: u8 = 1;
/// TAB, LF or CR.
pub(super) const SPACE: u8 = 2;
/// `&`
pub(super) const AMPERSAND: u8 = 4;
/// `<`
pub(super) const LESS: u8 = 8;
/// A control character that XML does not allow.
pub(super) const CONTROL: u8 = 16;
/// The first byte of U+F000 to U+FFFF, of which the last two are not allowed.
pub(super) const LAST_PLANE: u8 = 32;
/// `]`
const BRACKET: u8 = 64;

/// What each byte may mean to a scan; 0 for those that mean only themselves.
pub(super) static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = CONTROL;
        byte += 1;
    }
    table[b'\t' as usize] = SPACE;
    table[b'\n' as usize] = SPACE;
    table[b'\r' as usize] = SPACE;
    table[b'"' as usize] = QUOTE;
    table[b'\'' as usize] = QUOTE;
    table[b'&' as usize] = AMPERSAND;
    table[b'<' as usize] = LESS;
    table[b']' as usize] = BRACKET;
    table[0xEF] = LAST_PLANE;
    table
};

/// The bytes of names that are nothing but ASCII letters, digits and underscores.
pub(super) static WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x80 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize;
        byte += 1;
    }
    table
};

/// XML's white space.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Checks that a comment, an instruction or a CDATA section holds allowed characters only.
/// `at` is the offset of its first byte in the document.
pub(super) fn check(text: &str, at: usize) -> Result<(), XmlError> {
    let classes = text.bytes().fold(0, |all, byte| all | CLASS[usize::from(byte)]);
    if classes & (CONTROL | LAST_PLANE) == 0 {
        return Ok(());
    }
    check_slowly(text, at)
}

/// Checks character data between tags, where `]]>` is not allowed either.
pub(super) fn check_text(text: &str, at: usize) -> Result<(), XmlError> {
    let classes = text.bytes().fold(0, |all, byte| all | CLASS[usize::from(byte)]);
    if classes & (CONTROL | LAST_PLANE) != 0 {
        check_slowly(text, at)?;
    }
    if classes & BRACKET == 0 {
        return Ok(());
    }
    match text.find("]]>") {
        Some(found) => Err(XmlError::new(Malformed::CDataEnd, at + found)),
        None => Ok(()),
    }
}

/// Finds the first character that is not allowed in a text that may have one.
pub(super) fn check_slowly(text: &str, at: usize) -> Result<(), XmlError> {
    let bytes = text.as_bytes();
    let is_bad = |index: usize| match CLASS[usize::from(bytes[index])] {
        CONTROL => true,
        // U+FFFE and U+FFFF; a text never ends within a character.
        LAST_PLANE => bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE,
        _ => false,
    };
    match (0..bytes.len()).find(|&index| is_bad(index)) {
        Some(index) => Err(XmlError::new(Malformed::Character, at + index)),
        None => Ok(()),
    }
}

/// Appends text with its line ends made LF.
pub(super) fn push_normalised(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let mut rest = 0;
    while let Some(found) = memchr::memchr(b'\r', &bytes[rest..]) {
        let here = rest + found;
        out.push_str(&text[rest..here]);
        rest = here + 1;
        // The LF of CR LF comes with what follows.
        if bytes.get(rest) != Some(&b'\n') {
            out.push('\n');
        }
    }
    out.push_str(&text[rest..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::scalar::is_char;

    #[test]
    fn the_table_and_the_rule_agree() {
        for c in (0..=0x11_0000).filter_map(char::from_u32) {
            let text = c.to_string();
            assert_eq!(check(&text, 0).is_ok(), is_char(c), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn line_ends_become_line_feeds() {
        let mut out = String::new();
        push_normalised(&mut out, "a\r\nb\rc\n\r\r\n");
        assert_eq!(out, "a\nb\nc\n\n\n");
    }
}
