//! What to search for.

use contract::{FieldId, Guid, LinkId, Source, Value};

/// Values that a filter may have; SQLite takes 32,766 with a statement.
pub(crate) const MOST_VALUES: usize = 32_000;

/// A condition on objects of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every one of these holds; with none of them, every object fits.
    All(Vec<Filter>),
    /// At least one of these holds; with none of them, no object fits.
    Any(Vec<Filter>),
    /// A test holds.
    Test(Test),
}

impl Filter {
    /// A filter that says the same, in which many tests of a column by an operator are one: of those of
    /// which one is enough, of those that say what nothing may be, and of those that are equal.
    pub(crate) fn merged(&self) -> Filter {
        match self {
            Filter::All(filters) => Filter::All(merge(filters, true)),
            Filter::Any(filters) => Filter::Any(merge(filters, false)),
            Filter::Test(test) => Filter::Test(test.clone()),
        }
    }

    fn test_like(&mut self, test: &Test) -> Option<&mut Test> {
        match self {
            Filter::Test(known) => {
                let is_like = known.column == test.column && known.operator.is_like(test.operator);
                is_like.then_some(known)
            }
            Filter::All(_) | Filter::Any(_) => None,
        }
    }
}

fn merge(filters: &[Filter], negative: bool) -> Vec<Filter> {
    let mut out: Vec<Filter> = Vec::new();
    for filter in filters {
        if let Filter::Test(test) = filter
            && test.operator.is_negative() == negative
            && let Some(known) = out.iter_mut().find_map(|known| known.test_like(test))
        {
            known.values.extend(test.values.iter().cloned());
        } else if !out.contains(filter) {
            out.push(filter.merged());
        }
    }
    out
}

/// A comparison of one column with values.
///
/// Text compares without regard to case, and where whole texts are compared, without the white
/// space around them. A column that is not set fits none of the comparisons but the negative ones
/// ([`Operator::is_negative`]), with two exceptions: text that is not set equals the empty text,
/// and a boolean that is not set equals false.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What is compared.
    pub column: Column,
    /// How.
    pub operator: Operator,
    /// With what. Of several values, one that fits is enough.
    pub values: Vec<Value>,
}

/// What a [`Test`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The object's Id.
    Id,
    /// A scalar member of the object.
    Own(FieldId),
    /// The objects it is linked to. An object fits if one of its links does; for a negative
    /// operator, if none of them is what the operator negates.
    Link {
        /// The link.
        link: LinkId,
        /// What of each link is compared.
        source: Source,
        /// Looks at no link but the one to this object, such as one custom field's value.
        target: Option<Guid>,
    },
}

/// How a column is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal to a value.
    Equals,
    /// Equal to none.
    NotEqual,
    /// Before a value.
    Less,
    /// After a value.
    Greater,
    /// Before a value or equal to it.
    LessOrEqual,
    /// After a value or equal to it.
    GreaterOrEqual,
    /// Holds a value somewhere in its text.
    Contains,
    /// Holds none.
    DoesNotContain,
    /// Begins with a value.
    StartsWith,
    /// Equal to a value.
    Includes,
    /// Equal to none.
    Excludes,
}

impl Operator {
    /// True if both hold for the same values.
    fn is_like(self, other: Operator) -> bool {
        let plain = |operator| match operator {
            Operator::Includes => Operator::Equals,
            Operator::Excludes => Operator::NotEqual,
            other => other,
        };
        plain(self) == plain(other)
    }

    /// True for the operators that hold where another one does not.
    pub fn is_negative(self) -> bool {
        matches!(self, Operator::NotEqual | Operator::DoesNotContain | Operator::Excludes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_become_one_where_that_says_the_same() {
        let test = |operator, value: &str| {
            Filter::Test(Test { column: Column::Id, operator, values: vec![Value::from(value)] })
        };
        let (same, other) = (test(Operator::Equals, "a"), test(Operator::Includes, "b"));
        let (not, nor) = (test(Operator::Excludes, "a"), test(Operator::NotEqual, "b"));
        let all = |operator| {
            let values = vec![Value::from("a"), Value::from("b")];
            Filter::Test(Test { column: Column::Id, operator, values })
        };
        let four = vec![same, not, other, nor];
        let twice = [four[0].clone(), four[0].clone()];
        assert_eq!(Filter::All(twice.into()).merged(), Filter::All(vec![four[0].clone()]));
        assert_eq!(
            Filter::Any(four.clone()).merged(),
            Filter::Any(vec![all(Operator::Equals), four[1].clone(), four[3].clone()])
        );
        assert_eq!(
            Filter::All(four.clone()).merged(),
            Filter::All(vec![four[0].clone(), all(Operator::Excludes), four[2].clone()])
        );
    }
}
