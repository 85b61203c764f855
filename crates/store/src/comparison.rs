//! One comparison of a column with values, decided here rather than in SQL.

use crate::filter::Operator;
use crate::form::Held;
use crate::layout::Form;
use crate::parts::{Folded, Parts};
use contract::scalar::{format_double, parse_decimal};
use contract::table::{fold, fold_case};
use contract::{Contract, Decimal, Guid, Timestamp, Value};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::HashSet;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// The id of an object.
    Id,
    /// A text that has a key, of which an empty one is none.
    Key,
    /// A member of that form, or a link's value, which is text.
    Column(Form),
}

/// A comparison with values that are of the right kind.
#[derive(Debug)]
pub(crate) struct Comparison {
    subject: Subject,
    condition: Condition,
}

/// What a value has to be like. One of those listed is enough.
#[derive(Debug)]
pub(crate) enum Condition {
    /// A text that folds to one of these; one that is not set folds to the empty text.
    Same(HashSet<String>),
    /// The id of one of these, or none at all where that is wanted.
    Ids {
        /// The ids.
        ids: HashSet<Guid>,
        /// True if what is not set fits.
        unset: bool,
    },
    /// A boolean; what is not set is false.
    Booleans(Sign, Vec<bool>),
    /// A whole number or an instant.
    Integers(Sign, Vec<i64>),
    /// A floating-point number.
    Doubles(Sign, Vec<f64>),
    /// A decimal.
    Decimals(Sign, Vec<Decimal>),
    /// A text that comes, folded, before or after one of these.
    Texts(Sign, Vec<String>),
    /// A text that has one of these, folded, in it.
    Contains(Parts),
    /// A text that begins, folded, with one of these.
    StartsWith(Vec<String>),
}

/// Where a value stands to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sign {
    /// It is the same.
    Equal,
    /// It comes before.
    Less,
    /// It comes after.
    Greater,
    /// It does not come after.
    LessOrEqual,
    /// It does not come before.
    GreaterOrEqual,
}

impl Sign {
    /// As SQL writes it.
    pub fn sql(self) -> &'static str {
        match self {
            Sign::Equal => "=",
            Sign::Less => "<",
            Sign::Greater => ">",
            Sign::LessOrEqual => "<=",
            Sign::GreaterOrEqual => ">=",
        }
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Sign::Equal => order.is_eq(),
            Sign::Less => order.is_lt(),
            Sign::Greater => order.is_gt(),
            Sign::LessOrEqual => order.is_le(),
            Sign::GreaterOrEqual => order.is_ge(),
        }
    }

    fn any<T: PartialOrd>(self, value: &T, bounds: &[T]) -> bool {
        bounds.iter().any(|bound| value.partial_cmp(bound).is_some_and(|order| self.holds(order)))
    }
}

/// A value, and its text folded, once for all that it is compared with.
pub(crate) struct Found<'a> {
    held: Held<'a>,
    folded: OnceCell<Option<Folded>>,
}

impl<'a> Found<'a> {
    /// A value.
    pub fn new(held: Held<'a>) -> Found<'a> {
        Found { held, folded: OnceCell::new() }
    }
}

impl Condition {
    /// Whether it is about the text of a value, folded.
    pub fn is_of_text(&self) -> bool {
        use Condition::{Contains, Same, StartsWith, Texts};
        matches!(self, Same(_) | Texts(..) | Contains(_) | StartsWith(_))
    }

    /// True if a text fits; never for a condition that is not about text.
    pub fn fits_text(&self, folded: Option<&Folded>) -> bool {
        match (self, folded) {
            (Condition::Same(texts), None) => texts.contains(""),
            (Condition::Same(texts), Some(folded)) => texts.contains(&folded.text),
            (Condition::Texts(sign, bounds), Some(folded)) => sign.any(&folded.text, bounds),
            (Condition::Contains(parts), Some(folded)) => parts.any_in(folded),
            (Condition::StartsWith(starts), Some(folded)) => {
                starts.iter().any(|start| folded.text.starts_with(start))
            }
            _ => false,
        }
    }
}

impl Comparison {
    /// What fits an operator or, for a negative one, the operator that it negates. None if the values
    /// cannot be compared with the column.
    pub fn new(
        contract: &Contract,
        subject: Subject,
        operator: Operator,
        values: &[Value],
    ) -> Option<Comparison> {
        if matches!(subject, Subject::Column(Form::Json(_))) {
            return None;
        }
        let texts = |of: fn(&str) -> String| {
            let texts = values.iter().map(|value| Some(of(&text(contract, subject, value)?)));
            texts.collect::<Option<Vec<String>>>()
        };
        let condition = match operator {
            Operator::Equals | Operator::NotEqual | Operator::Includes | Operator::Excludes => {
                match subject {
                    Subject::Key | Subject::Column(Form::Text | Form::Enumeration(_)) => {
                        Condition::Same(texts(fold)?.into_iter().collect())
                    }
                    Subject::Id => Condition::Ids { ids: ids(values), unset: false },
                    Subject::Column(Form::Reference) => {
                        let empty =
                            |value: &Value| value.as_text().is_some_and(|text| text.trim().is_empty());
                        Condition::Ids { ids: ids(values), unset: values.iter().any(empty) }
                    }
                    Subject::Column(form) => scalars(form, Sign::Equal, values)?,
                }
            }
            Operator::Contains | Operator::DoesNotContain => {
                Condition::Contains(Parts::new(texts(fold_case)?))
            }
            Operator::StartsWith => Condition::StartsWith(texts(|text| fold_case(text.trim_start()))?),
            Operator::Less => ordered(subject, Sign::Less, values, texts)?,
            Operator::Greater => ordered(subject, Sign::Greater, values, texts)?,
            Operator::LessOrEqual => ordered(subject, Sign::LessOrEqual, values, texts)?,
            Operator::GreaterOrEqual => ordered(subject, Sign::GreaterOrEqual, values, texts)?,
        };
        Some(Comparison { subject, condition })
    }

    /// What is compared.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// What a value has to be like.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// What a value has to be like.
    pub fn into_condition(self) -> Condition {
        self.condition
    }

    /// True if a value fits.
    pub fn fits(&self, found: &Found<'_>) -> bool {
        let held = &found.held;
        if self.condition.is_of_text() {
            let folded = || self.text(held).map(|text| Folded::new(fold(&text)));
            return self.fits_text(found.folded.get_or_init(folded).as_ref());
        }
        match (&self.condition, held) {
            (Condition::Ids { unset, .. }, Held::Null) => *unset,
            (Condition::Ids { ids, .. }, Held::Id(id)) => ids.contains(id),
            (Condition::Booleans(sign, bounds), Held::Null) => sign.any(&false, bounds),
            (Condition::Booleans(sign, bounds), Held::Boolean(truth)) => sign.any(truth, bounds),
            (Condition::Integers(sign, bounds), Held::Integer(number)) => sign.any(number, bounds),
            (Condition::Doubles(sign, bounds), Held::Double(number)) => sign.any(number, bounds),
            (Condition::Decimals(sign, bounds), Held::Text(text)) => {
                parse_decimal(text).is_ok_and(|number| sign.any(&number, bounds))
            }
            _ => false,
        }
    }

    fn fits_text(&self, folded: Option<&Folded>) -> bool {
        let starts = matches!(self.condition, Condition::StartsWith(_));
        let has_no_key =
            starts && self.subject == Subject::Key && folded.is_some_and(|folded| folded.text.is_empty());
        !has_no_key && self.condition.fits_text(folded)
    }

    /// A value as the text that the interface writes.
    fn text<'a>(&self, held: &'a Held<'_>) -> Option<Cow<'a, str>> {
        match (self.subject, held) {
            (Subject::Column(Form::Boolean), Held::Null) => Some(Cow::Borrowed("false")),
            (_, Held::Null) => None,
            (_, Held::Text(text)) => Some(Cow::Borrowed(text)),
            (_, Held::Boolean(truth)) => Some(Cow::Owned(truth.to_string())),
            (Subject::Column(Form::Time), Held::Integer(micros)) => {
                let time = Some(Timestamp(*micros)).filter(|time| time.can_be_written());
                time.map(|time| Cow::Owned(time.to_string()))
            }
            (_, Held::Integer(number)) => Some(Cow::Owned(number.to_string())),
            (_, Held::Double(number)) => Some(Cow::Owned(format_double(*number))),
            (_, Held::Id(id)) => Some(Cow::Owned(id.to_string())),
            // No member is bytes.
            (_, Held::Bytes(_)) => None,
        }
    }
}

fn ordered(
    subject: Subject,
    sign: Sign,
    values: &[Value],
    texts: impl Fn(fn(&str) -> String) -> Option<Vec<String>>,
) -> Option<Condition> {
    match subject {
        Subject::Id | Subject::Key => Some(Condition::Texts(sign, texts(fold)?)),
        Subject::Column(Form::Text | Form::Enumeration(_) | Form::Reference) => {
            Some(Condition::Texts(sign, texts(fold)?))
        }
        Subject::Column(form) => scalars(form, sign, values),
    }
}

/// The ids among the values. A text that is not a GUID is nobody's id.
fn ids(values: &[Value]) -> HashSet<Guid> {
    values.iter().filter_map(|value| value.as_text().and_then(Guid::parse)).collect()
}

/// The comparison of a column that is not text, with values that are all of a fitting kind.
fn scalars(form: Form, sign: Sign, values: &[Value]) -> Option<Condition> {
    match form {
        Form::Boolean => all(values, boolean).map(|bounds| Condition::Booleans(sign, bounds)),
        Form::Integer => all(values, integer).map(|bounds| Condition::Integers(sign, bounds)),
        Form::Time => all(values, time).map(|bounds| Condition::Integers(sign, bounds)),
        Form::Double => all(values, double).map(|bounds| Condition::Doubles(sign, bounds)),
        Form::Decimal => all(values, decimal).map(|bounds| Condition::Decimals(sign, bounds)),
        Form::Text | Form::Enumeration(_) | Form::Reference | Form::Json(_) => None,
    }
}

fn all<T>(values: &[Value], of: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    values.iter().map(of).collect()
}

fn boolean(value: &Value) -> Option<bool> {
    if let Value::Boolean(truth) = value { Some(*truth) } else { None }
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

fn time(value: &Value) -> Option<i64> {
    if let Value::Time(time) = value { Some(time.0) } else { None }
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        Value::Decimal(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(number) => Some(*number),
        Value::Integer(number) => Some(Decimal::from(*number)),
        _ => None,
    }
}

/// A value as the text that the interface writes.
fn text(contract: &Contract, subject: Subject, value: &Value) -> Option<String> {
    match (subject, value) {
        (_, Value::Text(text)) => Some(text.to_string()),
        (_, Value::Boolean(truth)) => Some(truth.to_string()),
        (_, Value::Integer(number)) => Some(number.to_string()),
        (_, Value::Decimal(number)) => Some(number.to_string()),
        (_, Value::Double(number)) => Some(format_double(*number)),
        (_, Value::Time(time)) => Some(time.to_string()),
        (Subject::Column(Form::Enumeration(id)), Value::Enumeration(value)) => {
            contract.model.enumeration(id).values.get(usize::from(value.0)).cloned()
        }
        _ => None,
    }
}

/// The least text that comes after everything that begins with `start`, in the order of code
/// points, which is that of UTF-8's bytes. None if nothing does.
pub(crate) fn end_of_range(start: &str) -> Option<String> {
    let mut chars: Vec<char> = start.chars().collect();
    while let Some(last) = chars.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Scalar, TypeRef};

    fn fits(subject: Subject, operator: Operator, value: impl Into<Value>, held: &[Held<'_>]) -> Vec<bool> {
        let contract = Contract::get().unwrap();
        let comparison = Comparison::new(contract, subject, operator, &[value.into()]).unwrap();
        held.iter().map(|held| comparison.fits(&Found::new(held.borrowed()))).collect()
    }

    #[test]
    fn an_empty_text_has_no_key_and_is_a_text() {
        let held = [Held::Null, Held::Text("".into()), Held::Text(" x".into())];
        let text = Subject::Column(Form::Text);
        assert_eq!(fits(text, Operator::StartsWith, "", &held), [false, true, true]);
        assert_eq!(fits(Subject::Key, Operator::StartsWith, "", &held), [false, false, true]);
        for subject in [text, Subject::Key] {
            assert_eq!(fits(subject, Operator::Equals, " ", &held), [true, true, false]);
            assert_eq!(fits(subject, Operator::Contains, "", &held), [false, true, true]);
            assert_eq!(fits(subject, Operator::Less, "x", &held), [false, true, false]);
        }
    }

    #[test]
    fn what_is_not_set_is_false_and_nobodys_id() {
        let held = [Held::Null, Held::Boolean(true), Held::Boolean(false)];
        let boolean = Subject::Column(Form::Boolean);
        assert_eq!(fits(boolean, Operator::Equals, false, &held), [true, false, true]);
        assert_eq!(fits(boolean, Operator::Contains, "als", &held), [true, false, true]);
        let held = [Held::Null, Held::Id(Guid([0xab; 16]))];
        assert_eq!(fits(Subject::Column(Form::Reference), Operator::Equals, " ", &held), [true, false]);
        assert_eq!(fits(Subject::Id, Operator::Equals, " ", &held), [false, false]);
        assert_eq!(fits(Subject::Id, Operator::Contains, "B-a", &held), [false, true]);
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        let contract = Contract::get().unwrap();
        let integer = Subject::Column(Form::Integer);
        assert!(Comparison::new(contract, integer, Operator::Less, &["1".into()]).is_none());
        assert!(Comparison::new(contract, integer, Operator::Contains, &["1".into()]).is_some());
        assert!(Comparison::new(contract, integer, Operator::Contains, &[Value::Nil]).is_none());
        let json = Subject::Column(Form::Json(TypeRef::Scalar(Scalar::String)));
        assert!(Comparison::new(contract, json, Operator::Equals, &[]).is_none());
    }

    #[test]
    fn the_range_of_a_start_ends_before_the_next_letter() {
        assert_eq!(end_of_range("ab").as_deref(), Some("ac"));
        assert_eq!(end_of_range("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(end_of_range("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end_of_range("\u{10ffff}"), None);
        assert_eq!(end_of_range(""), None);
    }
}
