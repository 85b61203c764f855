//! Values as bytes: a column's number and the kind of its value as one number, then the value. Numbers that
//! count are written seven bits at a time, the lowest first, with the top bit set where more follow.

use crate::form::Held;
use contract::Guid;
use std::borrow::Cow;

/// Kinds of value that a column's number is followed by.
const KINDS: usize = 8;

/// Bytes in the making.
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    /// The bytes, in no more memory than they need: an allocator that shrinks a piece may leave it as it is.
    pub fn exact(&self) -> Box<[u8]> {
        Box::from(self.0.as_slice())
    }

    /// A column and its value.
    pub fn column(&mut self, column: usize, held: &Held<'_>) {
        let mut head = |kind| self.count(column * KINDS + kind);
        match held {
            Held::Null => head(0),
            Held::Boolean(truth) => head(1 + usize::from(*truth)),
            Held::Text(text) => {
                head(3);
                self.text(text);
            }
            Held::Integer(number) => {
                head(4);
                self.0.extend(number.to_le_bytes());
            }
            Held::Double(number) => {
                head(5);
                self.0.extend(number.to_le_bytes());
            }
            Held::Id(id) => {
                head(6);
                self.0.extend(id.0);
            }
            Held::Bytes(bytes) => {
                head(7);
                self.count(bytes.len());
                self.0.extend(&**bytes);
            }
        }
    }

    /// A text, its length before it.
    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }

    /// A number that counts something.
    pub fn count(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

/// The bytes that are still to be read. Each verb gives none for what [`Writer`] does not write; nothing is
/// set aside for a count before what it counts is there.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// A column and its value.
    pub fn column(&mut self) -> Option<(usize, Held<'a>)> {
        let head = self.count()?;
        let held = match head % KINDS {
            0 => Held::Null,
            kind @ (1 | 2) => Held::Boolean(kind == 2),
            3 => Held::Text(Cow::Borrowed(self.text()?)),
            4 => Held::Integer(i64::from_le_bytes(self.array()?)),
            5 => Held::Double(f64::from_le_bytes(self.array()?)),
            6 => Held::Id(Guid(self.array()?)),
            _ => {
                let length = self.count()?;
                Held::Bytes(Cow::Borrowed(self.take(length)?))
            }
        };
        Some((head / KINDS, held))
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// A number that counts something; less than 2³⁵.
    pub fn count(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.array()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// As many bytes as the array has.
    pub fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        self.take(LENGTH)?.try_into().ok()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}
