//! From a request's bytes to text.

use crate::Version;
use crate::content_type::ContentType;
use crate::meter::{OverBudget, Tally};
use crate::quirk::CharsetFallback;
use crate::xml::{self, Malformed, Stop, XmlError};
use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The text of a body, by its byte order mark, else the `charset` parameter, else what the media
/// type says: `fallback` for `text/xml`, XML's own rules for `application/soap+xml`. UTF-8 is not
/// copied unless it is faulty, nor is ASCII.
///
/// # Errors
/// Under XML's own rules an encoding nobody knows, or bytes that are not of the encoding; otherwise
/// such bytes become U+FFFD. No memory for the copy, or one longer than `limit`.
pub(crate) fn decode<'a>(
    body: &'a [u8],
    content_type: ContentType<'_>,
    fallback: CharsetFallback,
    limit: usize,
    tally: &mut Tally<'_>,
) -> Result<Cow<'a, str>, Stop> {
    let Found { charset, body, strict } = find(body, content_type, fallback)?;
    let mut copy = Copy { text: String::new(), limit, tally };
    match charset {
        Charset::Ascii | Charset::Latin1 => match plain(body) {
            Some(text) => return Ok(Cow::Borrowed(text)),
            None if charset == Charset::Ascii => copy.ascii(body)?,
            None => copy.latin1(body)?,
        },
        Charset::Encoding(encoding) if encoding == UTF_8 => {
            if let Some(text) = UTF_8.decode_without_bom_handling_and_without_replacement(body) {
                return Ok(text);
            }
            if strict {
                return Err(UNKNOWN.into());
            }
            copy.faulty_utf8(body)?;
        }
        Charset::Encoding(encoding) => {
            if let Some(text) = plain(body).filter(|_| encoding.is_ascii_compatible()) {
                return Ok(Cow::Borrowed(text));
            }
            copy.decoded(body, encoding, strict)?;
        }
    }
    Ok(Cow::Owned(copy.text))
}

const UNKNOWN: XmlError = XmlError { kind: Malformed::Encoding, at: 0 };

/// How bytes stand for characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    /// Every byte past ASCII becomes a question mark.
    Ascii,
    /// Every byte is the character of that number.
    Latin1,
    Encoding(&'static Encoding),
}

/// How a body is to be read.
struct Found<'a> {
    charset: Charset,
    /// The body without its byte order mark.
    body: &'a [u8],
    /// Bytes that are not of the encoding are an error.
    strict: bool,
}

fn find<'a>(
    body: &'a [u8],
    content_type: ContentType<'_>,
    fallback: CharsetFallback,
) -> Result<Found<'a>, XmlError> {
    let lenient = |charset| Ok(Found { charset, body, strict: false });
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return Ok(Found { charset: Charset::Encoding(encoding), body: &body[mark..], strict: false });
    }
    let charset = content_type.parameter("charset").filter(|name| !name.is_empty());
    match charset {
        Some(name) if name.eq_ignore_ascii_case("us-ascii") => return lenient(Charset::Ascii),
        Some(name) if name.eq_ignore_ascii_case("iso-8859-1") => return lenient(Charset::Latin1),
        Some(name) => {
            if let Some(encoding) = Encoding::for_label_no_replacement(name.as_bytes()) {
                return lenient(Charset::Encoding(encoding));
            }
        }
        None => {}
    }
    match (content_type.version(), charset, fallback) {
        (Some(Version::V12), ..) => detect(body).map(|charset| Found { charset, body, strict: true }),
        (_, None, CharsetFallback::Utf8) => lenient(Charset::Encoding(UTF_8)),
        _ => lenient(Charset::Ascii),
    }
}

/// Appendix F of XML 1.0: how the first `<` is encoded, then the declaration, then UTF-8.
fn detect(body: &[u8]) -> Result<Charset, XmlError> {
    match body {
        [b'<', 0, ..] => return Ok(Charset::Encoding(UTF_16LE)),
        [0, b'<', ..] => return Ok(Charset::Encoding(UTF_16BE)),
        _ => {}
    }
    let head = &body[..body.len().min(256)];
    let head = head.split(|byte| !byte.is_ascii()).next().unwrap_or_default();
    match std::str::from_utf8(head).ok().and_then(xml::declared_encoding) {
        Some(name) if name.eq_ignore_ascii_case("iso-8859-1") => Ok(Charset::Latin1),
        // UTF-16 would have shown itself above.
        Some(name) if !name.to_ascii_lowercase().starts_with("utf-16") => {
            Encoding::for_label_no_replacement(name.as_bytes()).map(Charset::Encoding).ok_or(UNKNOWN)
        }
        _ => Ok(Charset::Encoding(UTF_8)),
    }
}

/// The body as it stands, if it is nothing but ASCII.
fn plain(body: &[u8]) -> Option<&str> {
    if Encoding::ascii_valid_up_to(body) < body.len() {
        return None;
    }
    std::str::from_utf8(body).ok()
}

/// What stands for bytes that are no character.
const REPLACEMENT: &str = "\u{FFFD}";

/// How many bytes are decoded at a time.
const STEP: usize = 64 << 10;

/// A text in the making.
struct Copy<'t, 'm> {
    text: String,
    limit: usize,
    tally: &'t mut Tally<'m>,
}

impl Copy<'_, '_> {
    /// Makes room for so many bytes more.
    fn room(&mut self, more: usize) -> Result<(), OverBudget> {
        let room = self.text.capacity();
        let needed = self.text.len().saturating_add(more);
        if needed > room {
            let needed = needed.max(room + room / 2);
            self.tally.hold(needed - room)?;
            self.text.reserve_exact(needed - self.text.len());
        }
        Ok(())
    }

    fn is_short_enough(&self) -> Result<(), OverBudget> {
        if self.text.len() > self.limit { Err(OverBudget) } else { Ok(()) }
    }

    fn ascii(&mut self, body: &[u8]) -> Result<(), OverBudget> {
        self.room(body.len())?;
        for part in body.chunks(STEP) {
            self.text.extend(part.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '?' }));
            self.is_short_enough()?;
        }
        Ok(())
    }

    fn latin1(&mut self, body: &[u8]) -> Result<(), OverBudget> {
        for part in body.chunks(STEP) {
            self.room(2 * part.len())?;
            self.text.extend(part.iter().map(|&byte| char::from(byte)));
            self.is_short_enough()?;
        }
        Ok(())
    }

    /// UTF-8 with each maximal part of a character that is none made U+FFFD, as the WHATWG has it.
    fn faulty_utf8(&mut self, body: &[u8]) -> Result<(), OverBudget> {
        let mut rest = body;
        while let Some(chunk) = rest.utf8_chunks().next() {
            let (valid, invalid) = (chunk.valid(), chunk.invalid());
            rest = &rest[valid.len() + invalid.len()..];
            self.room(valid.len() + REPLACEMENT.len())?;
            self.text.push_str(valid);
            if !invalid.is_empty() {
                self.text.push_str(REPLACEMENT);
            }
            // Faulty bytes come in runs, most of them bytes that begin no character.
            let run = rest.iter().take(STEP).take_while(|byte| matches!(byte, 0x80..=0xC1 | 0xF5..)).count();
            if run > 0 {
                self.room(run * REPLACEMENT.len())?;
                self.text.extend(std::iter::repeat_n(REPLACEMENT, run));
                rest = &rest[run..];
            }
            self.is_short_enough()?;
        }
        Ok(())
    }

    fn decoded(&mut self, body: &[u8], encoding: &'static Encoding, strict: bool) -> Result<(), Stop> {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut rest = body;
        loop {
            let part = &rest[..rest.len().min(STEP)];
            let last = part.len() == rest.len();
            self.room(decoder.max_utf8_buffer_length(part.len()).unwrap_or(usize::MAX))?;
            let (result, read, faulty) = decoder.decode_to_string(part, &mut self.text, last);
            if faulty && strict {
                return Err(UNKNOWN.into());
            }
            self.is_short_enough()?;
            rest = &rest[read..];
            if last && result == CoderResult::InputEmpty {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Unmetered;
    use proptest::prelude::*;

    fn decoded<'a>(
        body: &'a [u8],
        content_type: &str,
        fallback: CharsetFallback,
        limit: usize,
    ) -> Result<Cow<'a, str>, Stop> {
        let mut meter = Unmetered;
        decode(body, ContentType(content_type), fallback, limit, &mut Tally::new(&mut meter))
    }

    fn text(body: &[u8], content_type: &str) -> String {
        match decoded(body, content_type, CharsetFallback::Utf8, 1 << 20) {
            Ok(text) => text.into_owned(),
            Err(Stop::Malformed(error)) => error.to_string(),
            Err(Stop::OverBudget) => "over budget".to_owned(),
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
        let ascii = decoded("Zoë".as_bytes(), "text/xml", CharsetFallback::Ascii, 9);
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
        let decoded = decoded("Zoë".as_bytes(), "text/xml", CharsetFallback::Utf8, 4);
        assert!(matches!(decoded, Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn a_copy_longer_than_the_limit_is_over_budget() {
        let latin1 = vec![0xEB; 100];
        for (body, content_type) in [
            (&latin1[..], "text/xml; charset=iso-8859-1"),
            (&latin1, "text/xml; charset=utf-8"),
            (&latin1, "text/xml; charset=us-ascii"),
            (&latin1, "text/xml; charset=utf-16"),
            (&latin1, "text/xml; charset=windows-1252"),
        ] {
            let length = decoded(body, content_type, CharsetFallback::Utf8, 999).unwrap().len();
            for (limit, fits) in [(length, true), (length - 1, false)] {
                let found = decoded(body, content_type, CharsetFallback::Utf8, limit);
                assert_eq!(found.is_ok(), fits, "{content_type}");
                assert!(fits || found == Err(Stop::OverBudget));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_charset_is_decoded_as_the_whatwg_has_it(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            times in proptest::sample::select(vec![1, 3, 1500]),
            name in proptest::sample::select(vec!["utf-8", "utf-16le", "utf-16be", "shift_jis", "gb18030", "windows-1251"]),
        ) {
            let body = bytes.repeat(times);
            prop_assume!(Encoding::for_bom(&body).is_none());
            let encoding = Encoding::for_label(name.as_bytes()).unwrap();
            let content_type = format!("text/xml; charset={name}");
            let found = decoded(&body, &content_type, CharsetFallback::Utf8, usize::MAX);
            prop_assert_eq!(found.unwrap(), encoding.decode_without_bom_handling(&body).0);
        }
    }
}
