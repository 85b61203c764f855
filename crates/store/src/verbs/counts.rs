//! Questions whose answers are numbers.

use crate::account::AccountId;
use crate::asked::Asked;
use crate::error::Result;
use contract::{FieldId, Guid, ObjectId, Value};

/// Objects that have the same values.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The values of the members that were asked for, in that order.
    pub values: Vec<Value>,
    /// How many objects have them.
    pub count: u64,
}

/// Counts, without giving out what is counted.
pub trait Counts {
    /// For each object, how many refer to it by their member `field`, by the values of other members: a group for each
    /// combination that there is, in no order. For members with few values, none of which shows another object's.
    fn count_referring(
        &self,
        account: AccountId,
        reference: (ObjectId, FieldId),
        targets: &[Guid],
        by: &[FieldId],
    ) -> Result<Vec<Vec<Group>>>;

    /// What was asked of the database since it was opened, by all jobs.
    fn asked(&self) -> Asked;
}
