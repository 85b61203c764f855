//! The change log.

use crate::account::AccountId;
use crate::error::Result;
use contract::{Guid, ObjectId, Timestamp};

/// Reads what changed when, to the minute: spans begin and end with one, since the log may have an object once a
/// minute only, however often it changes.
pub trait ChangeReader {
    /// The objects that were created or changed at `from` or later and before `until`, and still
    /// exist, in the order of their first change there. Gives up to `limit` and one more, which
    /// tells the caller that there are too many.
    fn changed(
        &self,
        account: AccountId,
        object: ObjectId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Guid>>;

    /// The objects that were deleted in that span; otherwise as [`ChangeReader::changed`].
    fn deleted(
        &self,
        account: AccountId,
        object: ObjectId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Guid>>;
}
