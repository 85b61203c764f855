//! The attributes of a start tag.

use super::chars::{AMPERSAND, CLASS, CONTROL, LAST_PLANE, LESS, SPACE, WORD, check_slowly, is_space};
use super::error::{Malformed, Stop, XmlError};
use super::name::{QName, qualified};
use super::namespace::{Namespaces, Ns, undeclared};
use super::reference::{Reference, resolve};
use crate::Limits;
use crate::meter::Tally;
use std::borrow::Cow;
use std::collections::HashSet;

/// An attribute that is not a namespace declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Attribute<'a> {
    /// Its namespace; attributes without a prefix are in none.
    pub ns: Ns,
    /// Its name without the prefix.
    pub local: &'a str,
    /// Its value, references resolved and white space made blanks as XML asks for.
    pub value: Cow<'a, str>,
    /// The offset of its name.
    pub at: usize,
    prefix: &'a str,
}

/// Reads the attributes of one start tag.
pub(super) struct Scan<'a, 's, 'm> {
    pub text: &'a str,
    /// Where the tag's `>` or `/>` is.
    pub end: usize,
    /// The element's depth.
    pub depth: usize,
    pub limits: &'s Limits,
    /// Where namespace declarations go.
    pub namespaces: &'s mut Namespaces<'a>,
    pub tally: &'s mut Tally<'m>,
    /// How many bytes of the tally are for the values.
    pub taken: &'s mut usize,
}

impl<'a> Scan<'a, '_, '_> {
    /// Reads from `at`, which is right behind the element's name, and adds all attributes but
    /// namespace declarations to `out`, each with its namespace resolved.
    pub(super) fn run(&mut self, mut at: usize, out: &mut Vec<Attribute<'a>>) -> Result<(), Stop> {
        let mut prefixed = false;
        let mut count = 0;
        while let Some(raw) = next(self.text, at, self.end)? {
            count += 1;
            if count > self.limits.attributes {
                return Err(XmlError::new(Malformed::TooManyAttributes, raw.at).into());
            }
            at = raw.end;
            let name = match raw.plain && raw.name.len() <= self.limits.name {
                true => QName { prefix: "", local: raw.name },
                false => qualified(raw.name, raw.at, self.limits.name)?,
            };
            let value = self.value(&raw)?;
            let declared = match name {
                QName { prefix: "", local: "xmlns" } => self.declare("", value),
                QName { prefix: "xmlns", local } => self.declare(local, value),
                QName { prefix, local } => {
                    prefixed |= !prefix.is_empty();
                    out.push(Attribute { ns: Ns::NONE, local, value, at: raw.at, prefix });
                    Ok(())
                }
            };
            declared.map_err(|kind| XmlError::new(kind, raw.at))?;
        }
        if prefixed {
            for attribute in out.iter_mut().filter(|attribute| !attribute.prefix.is_empty()) {
                attribute.ns = self.namespaces.resolve(attribute.prefix).ok_or(undeclared(attribute.at))?;
            }
        }
        Ok(unrepeated(out)?)
    }

    fn declare(&mut self, prefix: &'a str, uri: Cow<'a, str>) -> Result<(), Malformed> {
        let before = self.namespaces.owned();
        let declared = self.namespaces.declare(prefix, uri, self.depth);
        // What they have kept outlives the tag.
        *self.taken = self.taken.saturating_sub(self.namespaces.owned() - before);
        declared
    }

    /// An attribute's value with references resolved and white space normalised.
    fn value(&mut self, raw: &Raw<'a>) -> Result<Cow<'a, str>, Stop> {
        let plain = raw.classes & (SPACE | AMPERSAND | LESS | CONTROL | LAST_PLANE) == 0;
        if plain && raw.value.len() <= self.limits.text {
            return Ok(Cow::Borrowed(raw.value));
        }
        self.unusual(raw)
    }

    #[cold]
    fn unusual(&mut self, raw: &Raw<'a>) -> Result<Cow<'a, str>, Stop> {
        let Raw { value: text, value_at: at, classes, .. } = *raw;
        if text.len() > self.limits.text {
            return Err(XmlError::new(Malformed::TextTooLong, at).into());
        }
        if classes & LESS != 0 {
            let found = memchr::memchr(b'<', text.as_bytes()).unwrap_or_default();
            return Err(XmlError::new(Malformed::Attribute, at + found).into());
        }
        check_slowly(text, at)?;
        if classes & (SPACE | AMPERSAND) == 0 {
            return Ok(Cow::Borrowed(text));
        }
        self.tally.hold(text.len())?;
        *self.taken += text.len();
        Ok(normalised(text, at).map(Cow::Owned)?)
    }
}

/// An attribute as it stands in the text.
struct Raw<'a> {
    name: &'a str,
    at: usize,
    /// The name is one of ASCII letters, digits and underscores.
    plain: bool,
    value: &'a str,
    value_at: usize,
    /// What classes of bytes the value has.
    classes: u8,
    /// Behind the closing quote.
    end: usize,
}

fn next(text: &str, from: usize, end: usize) -> Result<Option<Raw<'_>>, XmlError> {
    let bytes = &text.as_bytes()[..end];
    let skip_space = |mut at: usize| {
        while bytes.get(at).is_some_and(|&byte| is_space(byte)) {
            at += 1;
        }
        at
    };
    let at = skip_space(from);
    if at == end {
        return Ok(None);
    }
    let broken = XmlError::new(Malformed::Attribute, at);
    if at == from {
        return Err(broken);
    }
    let mut name_end = at;
    for &byte in &bytes[at..] {
        if !WORD[usize::from(byte)] {
            break;
        }
        name_end += 1;
    }
    let plain = name_end > at && !bytes[at].is_ascii_digit() && bytes.get(name_end) == Some(&b'=');
    while !plain && bytes.get(name_end).is_some_and(|&byte| byte != b'=' && !is_space(byte)) {
        name_end += 1;
    }
    let equals = skip_space(name_end);
    if bytes.get(equals) != Some(&b'=') {
        return Err(broken);
    }
    let open = skip_space(equals + 1);
    let quote = match bytes.get(open) {
        Some(&quote @ (b'"' | b'\'')) => quote,
        _ => return Err(broken),
    };
    let (mut close, mut classes, mut is_closed) = (open + 1, 0, false);
    for &byte in &bytes[close..] {
        let class = CLASS[usize::from(byte)];
        if class != 0 {
            if byte == quote {
                is_closed = true;
                break;
            }
            classes |= class;
        }
        close += 1;
    }
    if !is_closed {
        return Err(broken);
    }
    Ok(Some(Raw {
        name: &text[at..name_end],
        at,
        plain,
        value: &text[open + 1..close],
        value_at: open + 1,
        classes,
        end: close + 1,
    }))
}

/// A value with references resolved and white space made blanks. It is never longer for that.
fn normalised(raw: &str, at: usize) -> Result<String, XmlError> {
    let mut out = String::with_capacity(raw.len());
    let bytes = raw.as_bytes();
    let mut here = 0;
    while here < bytes.len() {
        match bytes[here] {
            b'&' => {
                let broken = XmlError::new(Malformed::Reference, at + here);
                let (name, _) = raw[here + 1..].split_once(';').ok_or(broken)?;
                match resolve(name).ok_or(broken)? {
                    Reference::Char(c) => out.push(c),
                    // Recorded: without a document type it expands to nothing.
                    Reference::Undefined => {}
                }
                here += name.len() + 2;
            }
            // The blank of CR LF comes with the LF.
            b'\r' if bytes.get(here + 1) == Some(&b'\n') => here += 1,
            b'\t' | b'\n' | b'\r' => {
                out.push(' ');
                here += 1;
            }
            _ => {
                let special = |byte: &u8| CLASS[usize::from(*byte)] & (SPACE | AMPERSAND) != 0;
                let length = bytes[here..].iter().position(special).unwrap_or(bytes.len() - here);
                out.push_str(&raw[here..here + length]);
                here += length;
            }
        }
    }
    Ok(out)
}

/// From how many attributes on a set is cheaper than comparing each with each.
const MANY: usize = 48;

/// How many attributes are compared with each before them, until a set takes over.
const FEW: usize = 8;

fn unrepeated(attributes: &[Attribute<'_>]) -> Result<(), XmlError> {
    if attributes.len() > MANY {
        return unrepeated_among_many(attributes);
    }
    // A bit per attribute by length and outer letters: only where two share one are they compared.
    let mut bits = [0u64; 4];
    let mut shared = 0;
    for (index, attribute) in attributes.iter().enumerate() {
        let name = attribute.local.as_bytes();
        let (first, last) = (name[0], name[name.len() - 1]);
        let hash = usize::from(first) * 5 + usize::from(last) * 3 + name.len() * 17;
        let (word, bit) = (hash >> 6 & 3, 1 << (hash & 63));
        if bits[word] & bit != 0 {
            shared += 1;
            if shared > FEW {
                return unrepeated_among_many(attributes);
            }
            if attributes[..index].iter().any(|one| one.local == attribute.local && one.ns == attribute.ns) {
                return Err(repeated(attribute));
            }
        }
        bits[word] |= bit;
    }
    Ok(())
}

fn unrepeated_among_many(attributes: &[Attribute<'_>]) -> Result<(), XmlError> {
    let mut seen = HashSet::with_capacity(attributes.len());
    let again = attributes.iter().find(|attribute| !seen.insert((attribute.ns, attribute.local)));
    again.map_or(Ok(()), |attribute| Err(repeated(attribute)))
}

fn repeated(attribute: &Attribute<'_>) -> XmlError {
    XmlError::new(Malformed::DuplicateAttribute, attribute.at)
}
