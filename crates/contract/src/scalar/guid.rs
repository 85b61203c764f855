//! Identifiers of stored objects.

use std::fmt;

/// A GUID. Written upper-case without braces, as every captured answer has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// Reads 8-4-4-4-12 hexadecimal digits in any case, with or without braces.
    pub fn parse(text: &str) -> Option<Guid> {
        let text = text.trim();
        let text = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let text = text.as_bytes();
        if text.len() != 36 {
            return None;
        }
        let mut bytes = [0; 16];
        let mut digits = 0;
        for (index, &byte) in text.iter().enumerate() {
            if matches!(index, 8 | 13 | 18 | 23) {
                if byte != b'-' {
                    return None;
                }
                continue;
            }
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'A'..=b'F' => byte - b'A' + 10,
                b'a'..=b'f' => byte - b'a' + 10,
                _ => return None,
            };
            bytes[digits / 2] = bytes[digits / 2] << 4 | digit;
            digits += 1;
        }
        Some(Guid(bytes))
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
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = DIGITS[usize::from(byte >> 4)];
            text[at + 1] = DIGITS[usize::from(byte & 15)];
            at += 2;
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
