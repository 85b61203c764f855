//! What stands in the files for things that differ from run to run.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// The members of a GUID between its hyphens.
const GUID: [usize; 5] = [8, 4, 4, 4, 12];
const EMPTY_GUID: &str = "00000000-0000-0000-0000-000000000000";
/// How long a session value is.
const SESSION: usize = 1432;
/// How every time of the run begins.
const NOW: &str = "2026-11-24T12:";

/// How a body goes out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Its characters as two bytes each, the low one first.
    Utf16Le,
    /// Its characters as two bytes each, the high one first.
    Utf16Be,
    /// Its characters as one byte each.
    Latin1,
    /// Compressed.
    Gzip,
    /// In chunks of 100 bytes.
    Chunked,
}

impl Encoding {
    /// The encoding of a `# body:` line.
    pub fn named(name: &str) -> Result<Encoding, String> {
        Ok(match name {
            "utf-16le" => Encoding::Utf16Le,
            "utf-16be" => Encoding::Utf16Be,
            "latin-1" => Encoding::Latin1,
            "gzip" => Encoding::Gzip,
            "chunked" => Encoding::Chunked,
            _ => return Err(format!("there is no encoding {name:?}")),
        })
    }

    fn of_text(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Utf16Le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Encoding::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Encoding::Latin1 => Some(text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()),
            Encoding::Gzip | Encoding::Chunked => None,
        }
    }

    fn of_bytes(self, bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Encoding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&bytes).unwrap();
                encoder.finish().unwrap()
            }
            Encoding::Chunked => {
                let mut out = Vec::new();
                for chunk in bytes.chunks(100) {
                    out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n\r\n");
                out
            }
            _ => bytes,
        }
    }
}

/// What placeholders stand for in one run of one case.
pub struct Values {
    /// `{{host}}`: the server's address.
    pub host: String,
    /// `{{session}}`: the value of a login before the case.
    pub session: Option<String>,
    /// `{{guid:1.2}}`: the second identifier in the answer to the first set-up request.
    ids: Vec<Vec<String>>,
}

impl Values {
    /// The values before any request.
    pub fn new(host: String) -> Values {
        Values { host, session: None, ids: Vec::new() }
    }

    /// Notes the identifiers in a set-up answer, in their order.
    pub fn capture(&mut self, answer: &str) {
        let starts = answer.match_indices(" Id=\"").chain(answer.match_indices("<Id>"));
        let mut starts: Vec<usize> = starts.map(|(at, found)| at + found.len()).collect();
        starts.sort_unstable();
        let ids = starts.into_iter().filter_map(|at| guid_at(answer, at)).map(str::to_owned).collect();
        self.ids.push(ids);
    }

    /// Fills a text in and encodes it.
    pub fn fill(&self, text: &str, encodings: &[Encoding]) -> Result<Vec<u8>, String> {
        let text = repeat(text)?;
        let charset = |text: &str| {
            let encoded = encodings.iter().find_map(|encoding| encoding.of_text(text));
            encoded.unwrap_or_else(|| text.as_bytes().to_vec())
        };
        let mut out = Vec::new();
        let mut rest = &*text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("a placeholder has no end")?;
            out.extend(charset(before));
            match name.strip_prefix("bytes:") {
                Some(digits) => out.extend(bytes(digits)?),
                None => out.extend(charset(self.value(name)?)),
            }
            rest = after;
        }
        out.extend(charset(rest));
        Ok(encodings.iter().fold(out, |bytes, encoding| encoding.of_bytes(bytes)))
    }

    fn value(&self, name: &str) -> Result<&str, String> {
        let value = match name {
            "host" => Some(self.host.as_str()),
            "session" => self.session.as_deref(),
            _ => self.captured(name),
        };
        value.ok_or_else(|| format!("nothing stands behind {name:?}"))
    }

    fn captured(&self, name: &str) -> Option<&str> {
        let (answer, number) = name.strip_prefix("guid:")?.split_once('.')?;
        let ids = self.ids.get(answer.parse::<usize>().ok()?.checked_sub(1)?)?;
        ids.get(number.parse::<usize>().ok()?.checked_sub(1)?).map(String::as_str)
    }

    /// Puts placeholders where an answer has things that differ from run to run. What was sent literally
    /// stays.
    pub fn hide(&self, answer: &str, given: &str) -> String {
        let mut text = answer.to_owned();
        if let Some(session) = &self.session {
            text = text.replace(session, "{{session}}");
        }
        text = text.replace(&self.host, "{{host}}");
        for (answer, ids) in self.ids.iter().enumerate() {
            for (number, id) in ids.iter().enumerate() {
                text = text.replace(id, &format!("{{{{guid:{}.{}}}}}", answer + 1, number + 1));
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let (found, placeholder) = if let Some(guid) = guid_at(&text, at).filter(|id| *id != EMPTY_GUID) {
                (guid, "{{guid}}")
            } else if let Some(time) = time_at(&text, at) {
                (time, "{{time}}")
            } else if let Some(session) = session_at(&text, at) {
                (session, "{{new-session}}")
            } else {
                out.push(c);
                at += c.len_utf8();
                continue;
            };
            out.push_str(if given.contains(found) { found } else { placeholder });
            at += found.len();
        }
        out
    }
}

/// Whether an answer is the one expected: the same text, anything where that has `{{any}}`.
pub fn matches(expected: &str, actual: &str) -> bool {
    let mut pieces = expected.split("{{any}}");
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = actual.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// `{{repeat 3}}x{{n}}{{end}}` is `x1x2x3`.
fn repeat(text: &str) -> Result<String, String> {
    let Some((before, after)) = text.split_once("{{repeat ") else { return Ok(text.to_owned()) };
    let (count, after) = after.split_once("}}").ok_or("repeat has no count")?;
    let (inside, after) = after.split_once("{{end}}").ok_or("repeat has no end")?;
    let count: usize = count.parse().map_err(|_| "the count of repeat is not a number")?;
    let mut out = before.to_owned();
    for number in 1..=count {
        out.push_str(&inside.replace("{{n}}", &number.to_string()));
    }
    Ok(out + &repeat(after)?)
}

fn bytes(digits: &str) -> Result<Vec<u8>, String> {
    let byte = |at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    bytes.ok_or_else(|| format!("{digits:?} are not bytes"))
}

/// The upper-case GUID that begins there.
fn guid_at(text: &str, at: usize) -> Option<&str> {
    let guid = text.get(at..at + 36)?;
    let mut parts = guid.split('-');
    let good = GUID.iter().all(|length| {
        parts.next().is_some_and(|part| {
            part.len() == *length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
        })
    });
    (good && parts.next().is_none()).then_some(guid)
}

/// The time of this run that begins there, with its fraction.
fn time_at(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?.strip_prefix(NOW)?;
    let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || b":.".contains(byte)).count();
    (length >= "00:00".len()).then(|| &text[at..at + NOW.len() + length])
}

/// The value of another session that begins there.
fn session_at(text: &str, at: usize) -> Option<&str> {
    if !text.get(..at)?.ends_with(['"', '>']) {
        return None;
    }
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let length = text.as_bytes()[at..].iter().take_while(|byte| is_base64(byte)).count();
    (length == SESSION).then(|| &text[at..at + length])
}

#[test]
fn bodies_are_filled_in() {
    let mut values = Values::new("h".into());
    values.capture("<X Id=\"\" /><X Id=\"0123ABCD-0123-0123-0123-0123456789AB\" />");
    let fill = |text, encodings: &[Encoding]| values.fill(text, encodings);
    assert_eq!(fill("{{repeat 2}}{{n}},{{end}}{{host}}", &[]), Ok(b"1,2,h".to_vec()));
    assert_eq!(fill("{{bytes:FFFE}}a", &[Encoding::Utf16Le]), Ok(vec![0xff, 0xfe, b'a', 0]));
    assert_eq!(fill("{{guid:1.1}}", &[]).unwrap().len(), 36);
    assert!(fill("{{guid:1.2}}", &[]).is_err() && fill("{{session}}", &[]).is_err());
}

#[test]
fn what_differs_is_hidden_and_nothing_else() {
    let mut values = Values::new("127.0.0.1:9".into());
    values.capture("<Id>0123ABCD-0123-0123-0123-0123456789AB</Id>");
    let answer = "127.0.0.1:9 0123ABCD-0123-0123-0123-0123456789AB AAAAAAAA-0123-0123-0123-0123456789AB \
                  aaaaaaaa-0123-0123-0123-0123456789AB BBBBBBBB-0123-0123-0123-0123456789AB \
                  00000000-0000-0000-0000-000000000000 2026-11-24T12:00:01.25 2026-11-24T13:00:00 é";
    let hidden = values.hide(answer, "<X Id=\"BBBBBBBB-0123-0123-0123-0123456789AB\" />");
    assert_eq!(
        hidden,
        "{{host}} {{guid:1.1}} {{guid}} aaaaaaaa-0123-0123-0123-0123456789AB \
         BBBBBBBB-0123-0123-0123-0123456789AB 00000000-0000-0000-0000-000000000000 {{time}} \
         2026-11-24T13:00:00 é"
    );
}

#[test]
fn any_matches_anything_between() {
    assert!(matches("a{{any}}c{{any}}", "abcd"));
    assert!(matches("abcd", "abcd"));
    assert!(!matches("a{{any}}c", "abcd"));
    assert!(!matches("abc", "abcd"));
    assert!(!matches("a{{any}}ab", "ab"));
}
