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
    /// True for the operators that hold where another one does not.
    pub fn is_negative(self) -> bool {
        matches!(self, Operator::NotEqual | Operator::DoesNotContain | Operator::Excludes)
    }
}
