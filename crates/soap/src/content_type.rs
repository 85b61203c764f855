//! The `Content-Type` header, taken apart as the recorded service does: by splitting at semicolons,
//! without regard to quotes.

use crate::Version;

/// A `Content-Type` header; empty where the request has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContentType<'a>(pub &'a str);

impl<'a> ContentType<'a> {
    /// Which version's media type it is, if any. A blank before the semicolon makes it another.
    pub(crate) fn version(self) -> Option<Version> {
        let base = self.0.split(';').next().unwrap_or_default();
        if base.eq_ignore_ascii_case("text/xml") {
            Some(Version::V11)
        } else if base.eq_ignore_ascii_case("application/soap+xml") {
            Some(Version::V12)
        } else {
            None
        }
    }

    /// The value of the first parameter whose name begins so, quotes removed.
    pub(crate) fn parameter(self, name: &str) -> Option<&'a str> {
        let quotes = [' ', '\t', '"', '\''];
        self.0.split(';').skip(1).find_map(|part| {
            let part = part.trim_start();
            let head = part.get(..name.len())?;
            let (_, value) = part[name.len()..].split_once('=')?;
            head.eq_ignore_ascii_case(name).then(|| value.trim_matches(quotes))
        })
    }
}

/// Decodes `%41` and `+` as in a query string; bytes that are not UTF-8 then become U+FFFD.
pub(crate) fn url_decode(text: &[u8]) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        match (first, digit(behind.first()), digit(behind.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &behind[2..];
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(first),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_before_the_semicolon_counts() {
        for (text, version) in [
            ("text/xml", Some(Version::V11)),
            ("TEXT/XML;charset=utf-8", Some(Version::V11)),
            ("application/soap+xml; action=\"x\"", Some(Version::V12)),
            ("text/xml ; charset=utf-8", None),
            ("application/xml", None),
            ("", None),
        ] {
            assert_eq!(ContentType(text).version(), version, "{text}");
        }
    }

    #[test]
    fn parameters_lose_their_quotes() {
        let text = "text/xml;ACTION='urn:a' ; charset = \"utf-8\"";
        assert_eq!(ContentType(text).parameter("action"), Some("urn:a"));
        assert_eq!(ContentType(text).parameter("charset"), Some("utf-8"));
        assert_eq!(ContentType(text).parameter("boundary"), None);
        assert_eq!(ContentType("text/xml; action").parameter("action"), None);
    }

    #[test]
    fn urls_are_decoded() {
        for (text, decoded) in
            [("a%3Ab", "a:b"), ("a+b%20c", "a b c"), ("%", "%"), ("%4", "%4"), ("%C3%AB", "ë")]
        {
            assert_eq!(url_decode(text.as_bytes()), decoded);
        }
    }
}
