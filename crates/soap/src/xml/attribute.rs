//! The attributes of a start tag.

use super::chars::{AMPERSAND, CLASS, CONTROL, LAST_PLANE, LESS, SPACE, check_slowly, is_space};
use super::error::{Malformed, XmlError};
use super::name::{QName, qualified};
use super::namespace::{Namespaces, Ns, undeclared};
use super::reference::{Reference, resolve};
use crate::Limits;
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

/// Reads the attributes in `text[at..end]`, which begins right behind the element's name. Namespace
/// declarations go to `namespaces`, everything else to `out`, with its namespace resolved.
pub(super) fn scan<'a>(
    text: &'a str,
    mut at: usize,
    end: usize,
    depth: usize,
    namespaces: &mut Namespaces<'a>,
    out: &mut Vec<Attribute<'a>>,
    limits: &Limits,
) -> Result<(), XmlError> {
    out.clear();
    let mut prefixed = false;
    let mut count = 0;
    while let Some(raw) = next(text, at, end)? {
        count += 1;
        if count > limits.attributes {
            return Err(XmlError::new(Malformed::TooManyAttributes, raw.at));
        }
        at = raw.end;
        let name = match raw.plain && raw.name.len() <= limits.name {
            true => QName { prefix: "", local: raw.name },
            false => qualified(raw.name, raw.at, limits.name)?,
        };
        let value = value(raw.value, raw.value_at, raw.classes, limits)?;
        match name {
            QName { prefix: "", local: "xmlns" } => namespaces.declare("", value, depth),
            QName { prefix: "xmlns", local } => namespaces.declare(local, value, depth),
            QName { prefix, local } => {
                prefixed |= !prefix.is_empty();
                out.push(Attribute { ns: Ns::NONE, local, value, at: raw.at, prefix });
                Ok(())
            }
        }
        .map_err(|kind| XmlError::new(kind, raw.at))?;
    }
    if prefixed {
        for attribute in out.iter_mut().filter(|attribute| !attribute.prefix.is_empty()) {
            attribute.ns = namespaces.resolve(attribute.prefix).ok_or(undeclared(attribute.at))?;
        }
    }
    unrepeated(out)
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
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut name_end = at;
    while bytes.get(name_end).is_some_and(|&byte| word(byte)) {
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
    let mut close = open + 1;
    let mut classes = 0;
    loop {
        let Some(&byte) = bytes.get(close) else { return Err(broken) };
        let class = CLASS[usize::from(byte)];
        if class != 0 {
            if byte == quote {
                break;
            }
            classes |= class;
        }
        close += 1;
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

/// An attribute's value with references resolved and white space normalised.
fn value<'a>(raw: &'a str, at: usize, classes: u8, limits: &Limits) -> Result<Cow<'a, str>, XmlError> {
    if raw.len() > limits.text {
        return Err(XmlError::new(Malformed::TextTooLong, at));
    }
    if classes & (SPACE | AMPERSAND | LESS | CONTROL | LAST_PLANE) == 0 {
        return Ok(Cow::Borrowed(raw));
    }
    if classes & LESS != 0 {
        let found = memchr::memchr(b'<', raw.as_bytes()).unwrap_or_default();
        return Err(XmlError::new(Malformed::Attribute, at + found));
    }
    check_slowly(raw, at)?;
    if classes & (SPACE | AMPERSAND) == 0 {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(index) = rest.find(['&', '\t', '\n', '\r']) {
        let here = at + (raw.len() - rest.len()) + index;
        out.push_str(&rest[..index]);
        let special = rest.as_bytes()[index];
        rest = &rest[index + 1..];
        if special == b'&' {
            let broken = XmlError::new(Malformed::Reference, here);
            let (name, behind) = rest.split_once(';').ok_or(broken)?;
            match resolve(name).ok_or(broken)? {
                Reference::Char(c) => out.push(c),
                // Recorded: without a document type it expands to nothing.
                Reference::Undefined => {}
            }
            rest = behind;
        } else {
            out.push(' ');
            if special == b'\r' {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
            }
        }
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// From how many attributes on a set is cheaper than comparing each with each.
const MANY: usize = 48;

fn unrepeated(attributes: &[Attribute<'_>]) -> Result<(), XmlError> {
    if attributes.len() > MANY {
        let mut seen = HashSet::with_capacity(attributes.len());
        let again = attributes.iter().find(|attribute| !seen.insert((attribute.ns, attribute.local)));
        return again.map_or(Ok(()), |attribute| Err(repeated(attribute)));
    }
    // A bit per attribute by length and outer letters: only where two share one are they compared.
    let mut bits = [0u64; 4];
    for (index, attribute) in attributes.iter().enumerate() {
        let name = attribute.local.as_bytes();
        let (first, last) = (name[0], name[name.len() - 1]);
        let hash = usize::from(first) * 5 + usize::from(last) * 3 + name.len() * 17;
        let (word, bit) = (hash >> 6 & 3, 1 << (hash & 63));
        if bits[word] & bit != 0
            && attributes[..index].iter().any(|one| one.local == attribute.local && one.ns == attribute.ns)
        {
            return Err(repeated(attribute));
        }
        bits[word] |= bit;
    }
    Ok(())
}

fn repeated(attribute: &Attribute<'_>) -> XmlError {
    XmlError::new(Malformed::DuplicateAttribute, attribute.at)
}
