//! One comparison in SQL, as far as SQL can say it.
//!
//! PostgreSQL has no fold that is the same on every server, so that text without a key is compared in
//! [`crate::comparison`]. What SQL can rule out before that, by letters that have no other case than
//! ASCII's, it does.

use crate::comparison::{Comparison, Condition, Found, Sign, Subject, end_of_range};
use crate::form::Held;
use crate::layout::Form;
use crate::postgres::row::List;
use crate::postgres::value::{Id, Parameter, escape};
use contract::{Contract, Guid};
use std::borrow::Cow;

/// Texts that SQL compares a text with; with more, it is compared here.
const SET: usize = 1_000;
/// Ranges of keys that SQL looks up; with more, PostgreSQL would be long in finding a plan.
const RANGES: usize = 100;
/// Texts that SQL looks for within a text; more are looked for here.
const PARTS: usize = 8;

/// The values of a statement after the account.
#[derive(Default)]
pub(super) struct Parameters(Vec<Bound>);

enum Bound {
    List(List<'static>),
    Text(Cow<'static, str>),
    Number(i64),
}

impl Parameters {
    fn add(&mut self, bound: Bound) -> String {
        self.0.push(bound);
        format!("${}", self.0.len() + 1)
    }

    fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a String>) -> String {
        let texts = texts.into_iter().map(|text| Some(escape(text.clone()))).collect();
        self.add(Bound::List(List::Text(texts)))
    }

    fn text(&mut self, text: String) -> String {
        self.add(Bound::Text(escape(text)))
    }

    /// Adds a number and gives its place in the statement.
    pub fn number(&mut self, number: i64) -> String {
        self.add(Bound::Number(number))
    }

    /// The place of a list with one id, which is added if it is not there.
    pub fn id(&mut self, id: Guid) -> String {
        let is_it =
            |bound: &Bound| matches!(bound, Bound::List(List::Id(ids)) if ids.as_slice() == [Some(Id(id))]);
        match self.0.iter().position(is_it) {
            Some(place) => format!("${}", place + 2),
            None => self.add(Bound::List(List::Id(vec![Some(Id(id))]))),
        }
    }

    /// The parameters in their order.
    pub fn all(&self) -> Vec<Parameter<'_>> {
        let parameters = self.0.iter().map(|bound| match bound {
            Bound::List(list) => list.parameter(),
            Bound::Text(text) => Parameter::new(text),
            Bound::Number(number) => Parameter::new(number),
        });
        parameters.collect()
    }
}

/// What is compared, in SQL.
pub(super) struct Operand {
    /// Its value.
    pub sql: String,
    /// The column that holds it folded, if there is one that can be asked.
    pub key: Option<String>,
}

impl Operand {
    /// What holds exactly where a comparison does, or is NULL where it does not; none if SQL cannot
    /// say it.
    pub fn exact(
        &self,
        contract: &Contract,
        comparison: &Comparison,
        parameters: &mut Parameters,
    ) -> Option<String> {
        let sql = &self.sql;
        if let Subject::Column(Form::Enumeration(id)) = comparison.subject() {
            // There are few values, so that those that fit are known beforehand.
            let values = contract.model.enumeration(id).values.iter();
            let fits = |held: Held<'_>| comparison.fits(&Found::new(held));
            let fitting = values.filter(|text| fits(Held::Text(Cow::Borrowed(text))));
            let fitting = format!("{sql} = ANY({})", parameters.texts(fitting));
            return Some(or_null(fitting, sql, fits(Held::Null)));
        }
        match (comparison.condition(), &self.key) {
            (Condition::Same(texts), Some(key)) => {
                let set = texts.iter().filter(|text| !text.is_empty());
                let same = format!("{key} = ANY({})", parameters.texts(set));
                Some(or_null(same, key, texts.contains("")))
            }
            (Condition::StartsWith(starts), Some(key)) if starts.len() <= RANGES => {
                let ranges = starts.iter().map(|start| range(key, start, parameters));
                Some(any(ranges.collect()))
            }
            (Condition::Texts(sign @ (Sign::Greater | Sign::GreaterOrEqual), bounds), Some(key)) => {
                // What comes after one of several comes after the first. An empty text has no key.
                let first = bounds.iter().min()?;
                let is_key = *sign == Sign::Greater || !first.is_empty();
                is_key.then(|| format!("{key} {} {}", sign.sql(), parameters.text(first.clone())))
            }
            (Condition::Ids { ids, unset }, _) => {
                let ids = ids.iter().map(|id| Some(Id(*id))).collect();
                let ids = parameters.add(Bound::List(List::Id(ids)));
                Some(or_null(format!("{sql} = ANY({ids})"), sql, *unset))
            }
            (Condition::Booleans(sign, bounds), _) => {
                let bounds = List::Boolean(bounds.iter().copied().map(Some).collect());
                let bounds = parameters.add(Bound::List(bounds));
                Some(format!("coalesce({sql}, FALSE) {} ANY({bounds})", sign.sql()))
            }
            (Condition::Integers(sign, bounds), _) => {
                let bounds = List::Integer(bounds.iter().copied().map(Some).collect());
                Some(format!("{sql} {} ANY({})", sign.sql(), parameters.add(Bound::List(bounds))))
            }
            (Condition::Doubles(sign, bounds), _) => {
                // In PostgreSQL something may be equal to what is not a number.
                let bounds = bounds.iter().copied().filter(|bound| !bound.is_nan());
                let bounds = parameters.add(Bound::List(List::Double(bounds.map(Some).collect())));
                Some(format!("{sql} {} ANY({bounds})", sign.sql()))
            }
            _ => None,
        }
    }

    /// What holds at least where a comparison does that SQL cannot say; none if that is everywhere.
    pub fn necessary(&self, comparison: &Comparison, parameters: &mut Parameters) -> Option<String> {
        let sql = &self.sql;
        if !matches!(comparison.subject(), Subject::Key | Subject::Column(Form::Text)) {
            return None;
        }
        // Of this language, which every server has, the letters are those of ASCII.
        let lower = format!(r#"lower({sql} COLLATE "C")"#);
        match comparison.condition() {
            Condition::Same(texts) if texts.len() <= SET => {
                let set = parameters.texts(texts.iter().filter(|text| text.is_ascii()));
                let same = format!(r"btrim({lower}, E' \t\n\x0b\f\r') = ANY({set})");
                Some(or_null(or_other_letters(same, sql), sql, texts.contains("")))
            }
            Condition::Contains(parts) if parts.iter().len() <= PARTS => {
                Some(holds_one(parts.iter(), sql, &lower, parameters))
            }
            Condition::StartsWith(starts) if starts.len() <= PARTS => {
                Some(holds_one(starts.iter(), sql, &lower, parameters))
            }
            _ => None,
        }
    }
}

/// That a column, which is `lower` in small letters, may have one of these texts in it.
fn holds_one<'a>(
    parts: impl Iterator<Item = &'a String>,
    sql: &str,
    lower: &str,
    parameters: &mut Parameters,
) -> String {
    let parts = parts.filter(|part| part.is_ascii());
    let found = parts.map(|part| format!("strpos({lower}, {}) > 0", parameters.text(part.clone())));
    or_other_letters(any(found.collect()), sql)
}

/// The keys that begin with a text. An empty text has no key.
fn range(key: &str, start: &str, parameters: &mut Parameters) -> String {
    let end = end_of_range(start);
    let start = parameters.text(start.to_owned());
    match end {
        Some(end) => format!("({key} >= {start} AND {key} < {})", parameters.text(end)),
        None => format!("{key} >= {start}"),
    }
}

fn or_null(condition: String, sql: &str, null: bool) -> String {
    if null { format!("({condition} OR {sql} IS NULL)") } else { condition }
}

/// Letters beyond ASCII may fold to some of ASCII: the Kelvin sign is a k.
fn or_other_letters(condition: String, sql: &str) -> String {
    format!("({condition} OR octet_length({sql}) <> char_length({sql}))")
}

/// That one of several conditions holds.
pub(super) fn any(conditions: Vec<String>) -> String {
    match conditions.as_slice() {
        [] => "FALSE".to_owned(),
        [one] => one.clone(),
        _ => format!("({})", conditions.join(" OR ")),
    }
}

/// That all of several conditions hold.
pub(super) fn all(conditions: Vec<String>) -> String {
    if conditions.is_empty() { "TRUE".to_owned() } else { format!("({})", conditions.join(" AND ")) }
}
