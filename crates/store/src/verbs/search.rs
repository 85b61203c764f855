//! Objects by what they are like.

use crate::account::AccountId;
use crate::error::Result;
use crate::filter::Filter;
use contract::{Guid, ObjectId};

/// Finds objects.
pub trait ObjectSearch {
    /// The objects that fit, in creation order. Gives up to `limit` and one more, which tells the
    /// caller that there are too many.
    fn search(
        &self,
        account: AccountId,
        object: ObjectId,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Guid>>;
}
