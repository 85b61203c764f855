//! Identifiers of stored objects.

use std::fmt;

/// The length of the text.
const LENGTH: usize = 36;

/// Where its dashes are.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// Where the two digits of each byte are.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// No digit.
const NONE: u8 = 16;

/// What each character means as a hexadecimal digit.
static DIGITS: [u8; 256] = {
    let mut table = [NONE; 256];
    let mut digit = 0;
    while digit < 16 {
        table[b"0123456789abcdef"[digit] as usize] = digit as u8;
        table[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    table
};

/// A GUID. Written upper-case without braces, as every captured answer has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// Reads 8-4-4-4-12 hexadecimal digits in any case, with or without braces.
    pub fn parse(text: &str) -> Option<Guid> {
        let text = text.trim();
        let text = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let text: &[u8; LENGTH] = text.as_bytes().try_into().ok()?;
        if DASHES.iter().any(|&at| text[at] != b'-') {
            return None;
        }
        let mut bytes = [0; 16];
        let mut all = 0;
        for (byte, at) in bytes.iter_mut().zip(PAIRS) {
            let (high, low) = (DIGITS[usize::from(text[at])], DIGITS[usize::from(text[at + 1])]);
            all |= high | low;
            *byte = high << 4 | low & 15;
        }
        (all & NONE == 0).then_some(Guid(bytes))
    }

    /// A version 4 GUID from 16 random bytes.
    pub fn from_random(mut bytes: [u8; 16]) -> Guid {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Guid(bytes)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UPPER: &[u8; 16] = b"0123456789ABCDEF";
        let mut text = [b'-'; LENGTH];
        for (byte, at) in self.0.iter().zip(PAIRS) {
            text[at] = UPPER[usize::from(byte >> 4)];
            text[at + 1] = UPPER[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_case_and_braces_and_writes_upper_case() {
        let text = "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9";
        for form in [text.to_owned(), text.to_lowercase(), format!("{{{text}}}")] {
            assert_eq!(Guid::parse(&form).map(|guid| guid.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8FG", "{"] {
            assert_eq!(Guid::parse(text), None, "{text}");
        }
    }
}
