//! Tests of one text, which SQL hands to [`fit`] together, so that the text is folded once for all of them.

use crate::comparison::{Condition, Sign};
use crate::parts::{Folded, Parts};
use crate::sqlite::bytes::{Reader, Writer};
use contract::table::fold;
use rusqlite::Result;
use rusqlite::functions::Context;

/// The name of the SQL function: of a text and the tests' bytes, it says whether the text fits.
pub(in crate::sqlite) const FIT: &str = "texts_fit";

/// Signs, each by its place.
const SIGNS: [Sign; 5] = [Sign::Equal, Sign::Less, Sign::Greater, Sign::LessOrEqual, Sign::GreaterOrEqual];

/// Tests of one text.
#[derive(Debug)]
pub(super) struct Texts {
    /// Whether all of them have to hold, or one.
    pub all: bool,
    /// What the text has to be like, or, where that is negative, must not be like.
    pub tests: Vec<(bool, Condition)>,
}

impl Texts {
    fn fit(&self, text: Option<&str>) -> bool {
        let folded = text.map(|text| Folded::new(fold(text)));
        let mut tests = self.tests.iter();
        let mut holds = |wanted: bool| {
            tests.any(|(negative, condition)| (condition.fits_text(folded.as_ref()) != *negative) == wanted)
        };
        if self.all { !holds(false) } else { holds(true) }
    }

    /// The tests as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.count(usize::from(self.all));
        for (negative, condition) in &self.tests {
            out.count(usize::from(*negative));
            match condition {
                Condition::Same(texts) => list(&mut out, 0, texts.iter()),
                Condition::Contains(parts) => list(&mut out, 1, parts.iter()),
                Condition::StartsWith(starts) => list(&mut out, 2, starts.iter()),
                Condition::Texts(sign, bounds) => {
                    let sign = SIGNS.iter().position(|known| known == sign).unwrap_or_default();
                    list(&mut out, 3 + sign, bounds.iter());
                }
                // What is not about text is compared by SQL: no text fits it.
                _ => list(&mut out, 0, [].iter()),
            }
        }
        out.0
    }

    fn read(bytes: &[u8]) -> Option<Texts> {
        let mut rest = Reader(bytes);
        let all = rest.count()? == 1;
        let mut tests = Vec::new();
        while !rest.0.is_empty() {
            let (negative, kind) = (rest.count()? == 1, rest.count()?);
            let texts =
                (0..rest.count()?).map(|_| rest.text().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
            let condition = match kind {
                0 => Condition::Same(texts.into_iter().collect()),
                1 => Condition::Contains(Parts::new(texts)),
                2 => Condition::StartsWith(texts),
                sign => Condition::Texts(*SIGNS.get(sign - 3)?, texts),
            };
            tests.push((negative, condition));
        }
        Some(Texts { all, tests })
    }
}

fn list<'a>(out: &mut Writer, kind: usize, texts: impl ExactSizeIterator<Item = &'a String>) {
    out.count(kind);
    out.count(texts.len());
    texts.for_each(|text| out.text(text));
}

/// The SQL function. The tests are read once for a statement.
pub(in crate::sqlite) fn fit(context: &mut Context<'_>) -> Result<bool> {
    let texts = context.get_or_create_aux(1, |bytes| {
        bytes.as_blob().ok().and_then(Texts::read).ok_or("these bytes are no tests")
    })?;
    Ok(texts.fit(context.get_raw(0).as_str_or_null().ok().flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(kind: u8) -> Condition {
        let texts = vec!["b".to_owned(), "ä".to_owned()];
        match kind {
            // Of several it is not known which comes first.
            0 => Condition::Same(texts.into_iter().take(1).collect()),
            1 => Condition::Contains(Parts::new(texts)),
            2 => Condition::StartsWith(texts),
            _ => Condition::Texts(Sign::GreaterOrEqual, texts),
        }
    }

    #[test]
    fn tests_are_read_as_they_were_written() {
        let tests = (0..4).flat_map(|kind| [(false, condition(kind)), (true, condition(kind))]).collect();
        let texts = Texts { all: true, tests };
        assert_eq!(format!("{:?}", Texts::read(&texts.bytes()).unwrap()), format!("{texts:?}"));
        let bytes = texts.bytes();
        assert!(Texts::read(&bytes[..bytes.len() - 1]).is_none());
    }

    #[test]
    fn all_tests_hold_or_one() {
        let tests = || vec![(false, condition(1)), (true, condition(2))];
        let fits = |all, text| Texts { all, tests: tests() }.fit(text);
        assert_eq!(
            [Some("aB"), Some("B"), Some("c"), None].map(|text| fits(true, text)),
            [true, false, false, false]
        );
        assert_eq!([Some("aB"), Some("B"), Some("c"), None].map(|text| fits(false, text)), [true; 4]);
        assert!(
            Texts { all: true, tests: vec![] }.fit(None) && !Texts { all: false, tests: vec![] }.fit(None)
        );
    }
}
