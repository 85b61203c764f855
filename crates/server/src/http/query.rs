//! Query strings and form bodies as ASP.NET reads them: names without regard to case, a value may have
//! no name at all (`?wsdl`), values of one name are joined with commas.

/// The most pairs that a query string or a form may have, as ASP.NET has it.
const MOST_PAIRS: usize = 1000;

/// What ASP.NET says about more.
pub const TOO_MANY: &str = "Operation is not valid due to the current state of the object.";

/// A query string or a form has more pairs than it may.
#[derive(PartialEq, Eq, Debug)]
pub struct TooManyPairs;

/// A query string or a form body, taken apart: the values that somebody asks for.
pub struct Query {
    pairs: Vec<(Option<String>, String)>,
    danger: Option<String>,
}

impl Query {
    /// Takes `a=1&b&c=%20` apart, and keeps the values of names that are `wanted` and those without a name.
    ///
    /// # Errors
    /// More than 1,000 pairs.
    pub fn parse(text: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Query, TooManyPairs> {
        let mut query = Query { pairs: Vec::new(), danger: None };
        if text.is_empty() {
            return Ok(query);
        }
        for (number, part) in text.split(|&byte| byte == b'&').enumerate() {
            if number == MOST_PAIRS {
                return Err(TooManyPairs);
            }
            let (name, value) = match part.iter().position(|&byte| byte == b'=') {
                Some(at) => (Some(decode(&part[..at], true)), decode(&part[at + 1..], true)),
                None => (None, decode(part, true)),
            };
            if query.danger.is_none() {
                query.danger = danger(name.as_deref().unwrap_or(""), &value);
            }
            if name.as_deref().is_none_or(&wanted) {
                query.pairs.push((name, value));
            }
        }
        Ok(query)
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<String> {
        self.joined(|given| given.is_some_and(|given| given.eq_ignore_ascii_case(name)))
    }

    /// The value that has no name: `wsdl` in `?wsdl&x=1`.
    pub fn unnamed(&self) -> Option<String> {
        self.joined(|given| given.is_none())
    }

    fn joined(&self, wanted: impl Fn(Option<&str>) -> bool) -> Option<String> {
        let values = self.pairs.iter().filter(|(name, _)| wanted(name.as_deref())).map(|(_, value)| &**value);
        let values: Vec<&str> = values.collect();
        if values.is_empty() { None } else { Some(values.join(",")) }
    }

    /// The first value that looks like markup, as the error page shows it.
    pub fn danger(&self) -> Option<String> {
        self.danger.clone()
    }
}

/// What ASP.NET's request validation finds fault with in a value: `<` before a letter, `!`, `/` or `?`,
/// and `&#`. The answer is the piece that its error page shows.
pub fn danger(name: &str, value: &str) -> Option<String> {
    let chars: Vec<char> = value.chars().collect();
    let suspicious = |pair: &[char]| {
        matches!(pair, ['<', next] if next.is_ascii_alphabetic() || "!/?".contains(*next))
            || pair == ['&', '#']
    };
    let at = chars.windows(2).position(suspicious)?;
    let (start, end) = (at.saturating_sub(10), (at + 20).min(chars.len()));
    let before = if start > 0 { "..." } else { "" };
    let after = if end < chars.len() { "..." } else { "" };
    let piece: String = chars[start..end].iter().collect();
    Some(format!("{name}=\"{before}{piece}{after}\""))
}

/// Undoes percent-encoding. What is not valid stays as it is; bytes that are no UTF-8 become U+FFFD.
pub fn decode(text: &[u8], plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            (b'+', _) if plus_is_blank => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_values_may_have_no_name() {
        let query = Query::parse(b"WSDL&Op=A+B&op=%43&x", |_| true).unwrap();
        assert_eq!(query.get("op").as_deref(), Some("A B,C"));
        assert_eq!(query.unnamed().as_deref(), Some("WSDL,x"));
        assert_eq!(query.get("wsdl"), None);
        assert_eq!(Query::parse(b"", |_| true).unwrap().unnamed(), None);
    }

    #[test]
    fn only_wanted_names_are_kept_and_pairs_are_counted() {
        let query = Query::parse(b"a=1&b=2&c=<d", |name| name == "b").unwrap();
        assert_eq!((query.get("a"), query.get("b").as_deref(), query.pairs.len()), (None, Some("2"), 1));
        assert_eq!(query.danger().as_deref(), Some("c=\"<d\""));
        let many = |pairs: usize| Query::parse("&".repeat(pairs - 1).as_bytes(), |_| true).map(|_| ());
        assert_eq!(many(1000), Ok(()));
        assert_eq!(many(1001), Err(TooManyPairs));
    }

    #[test]
    fn decoding_leaves_alone_what_is_not_encoded() {
        assert_eq!(decode(b"%", true), "%");
        assert_eq!(decode(b"%4", true), "%4");
        assert_eq!(decode(b"%zz+", false), "%zz+");
        assert_eq!(decode(b"%e2%82%ac%ff", true), "\u{20ac}\u{fffd}");
    }

    #[test]
    fn markup_is_dangerous() {
        for (value, found) in [
            ("<b", Some("op=\"<b\"")),
            ("</b", Some("op=\"</b\"")),
            ("&#1", Some("op=\"&#1\"")),
            ("0123456789abc<script>alert(1)</script>", Some("op=\"...3456789abc<script>alert(1)</sc...\"")),
            ("<", None),
            ("a < b", None),
            ("a & b", None),
            ("<1", None),
        ] {
            assert_eq!(danger("op", value).as_deref(), found, "{value}");
        }
    }
}
