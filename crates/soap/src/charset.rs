//! From a request's bytes to text.

use crate::Version;
use crate::content_type::ContentType;
use crate::quirk::CharsetFallback;
use crate::xml::{self, Malformed, XmlError};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The text of a body, by its byte order mark, else the `charset` parameter, else what the media
/// type says: `fallback` for `text/xml`, XML's own rules for `application/soap+xml`. UTF-8 is not
/// copied unless it is faulty.
///
/// # Errors
/// Only under XML's own rules: an encoding nobody knows, or bytes that are not of the encoding.
/// Otherwise such bytes become U+FFFD.
pub(crate) fn decode<'a>(
    body: &'a [u8],
    content_type: ContentType<'_>,
    fallback: CharsetFallback,
) -> Result<Cow<'a, str>, XmlError> {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return Ok(encoding.decode_without_bom_handling(&body[mark..]).0);
    }
    let charset = content_type.parameter("charset").filter(|name| !name.is_empty());
    match charset {
        Some(name) if name.eq_ignore_ascii_case("us-ascii") => return Ok(ascii(body)),
        Some(name) if name.eq_ignore_ascii_case("iso-8859-1") => return Ok(latin1(body)),
        Some(name) => {
            if let Some(encoding) = Encoding::for_label_no_replacement(name.as_bytes()) {
                return Ok(encoding.decode_without_bom_handling(body).0);
            }
        }
        None => {}
    }
    match (content_type.version(), charset, fallback) {
        (Some(Version::V12), ..) => detect(body),
        (_, None, CharsetFallback::Utf8) => Ok(UTF_8.decode_without_bom_handling(body).0),
        _ => Ok(ascii(body)),
    }
}

/// Every byte past ASCII becomes a question mark.
fn ascii(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => body.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '?' }).collect(),
    }
}

/// Every byte is the character of that number.
fn latin1(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => body.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Appendix F of XML 1.0: how the first `<` is encoded, then the declaration, then UTF-8.
fn detect(body: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    let unknown = XmlError::new(Malformed::Encoding, 0);
    let encoding = match body {
        [b'<', 0, ..] => UTF_16LE,
        [0, b'<', ..] => UTF_16BE,
        _ => {
            let head = &body[..body.len().min(256)];
            let head = head.split(|byte| !byte.is_ascii()).next().unwrap_or_default();
            let declared = std::str::from_utf8(head).ok().and_then(xml::declared_encoding);
            match declared {
                Some(name) if name.eq_ignore_ascii_case("iso-8859-1") => return Ok(latin1(body)),
                // UTF-16 would have shown itself above.
                Some(name) if !name.to_ascii_lowercase().starts_with("utf-16") => {
                    Encoding::for_label_no_replacement(name.as_bytes()).ok_or(unknown)?
                }
                _ => UTF_8,
            }
        }
    };
    match encoding.decode_without_bom_handling(body) {
        (text, false) => Ok(text),
        (_, true) => Err(unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &[u8], content_type: &str) -> String {
        match decode(body, ContentType(content_type), CharsetFallback::Utf8) {
            Ok(text) => text.into_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_parameter_decides_unless_there_is_a_mark() {
        for (body, content_type, expected) in [
            (&b"Zo\xC3\xAB"[..], "text/xml; charset=utf-8", "Zoë"),
            (b"Zo\xC3\xAB", "text/xml", "Zoë"),
            (b"Zo\xC3\xAB", "text/xml; charset=us-ascii", "Zo??"),
            (b"Zo\xC3\xAB", "text/xml; charset=bogus", "Zo??"),
            (b"Zo\xEB", "text/xml; charset='ISO-8859-1'", "Zoë"),
            (b"Zo\xEB", "text/xml; charset=utf-8", "Zo\u{FFFD}"),
            (b"\xEF\xBB\xBFZo\xC3\xAB", "text/xml; charset=us-ascii", "Zoë"),
            (b"Z\0\xEB\0", "text/xml; charset=utf-16", "Zë"),
            (b"\xFE\xFF\0Z\0\xEB", "text/xml; charset=utf-16", "Zë"),
            (b"\0Z\0\xEB", "text/xml; charset=utf-16BE", "Zë"),
        ] {
            assert_eq!(text(body, content_type), expected, "{content_type}");
        }
        let ascii = decode("Zoë".as_bytes(), ContentType("text/xml"), CharsetFallback::Ascii);
        assert_eq!(ascii.as_deref(), Ok("Zo??"));
    }

    #[test]
    fn soap_12_without_a_parameter_follows_xml() {
        for (body, expected) in [
            (&b"<a>\xC3\xAB</a>"[..], "<a>ë</a>"),
            (b"<\0a\0/\0>\0", "<a/>"),
            (b"\0<\0a\0/\0>", "<a/>"),
            (
                b"<?xml version='1.0' encoding='iso-8859-1'?>\xEB",
                "<?xml version='1.0' encoding='iso-8859-1'?>ë",
            ),
            (b"<a>\xEB</a>", "Invalid character in the given encoding."),
            (b"<?xml version='1.0' encoding='nope'?>", "Invalid character in the given encoding."),
        ] {
            assert_eq!(text(body, "application/soap+xml"), expected);
        }
    }

    #[test]
    fn utf_8_is_not_copied() {
        let decoded = decode("Zoë".as_bytes(), ContentType("text/xml"), CharsetFallback::Utf8);
        assert!(matches!(decoded, Ok(Cow::Borrowed(_))));
    }
}
