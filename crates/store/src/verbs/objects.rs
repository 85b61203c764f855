//! Objects by id and by key, and the log of their changes.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use contract::{FieldId, Guid, ObjectId, Record, Timestamp};

/// An object as far as it can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialRecord {
    /// The members that can be read.
    pub record: Record,
    /// Those that can't.
    pub unreadable: Vec<FieldId>,
}

impl PartialRecord {
    /// Notes the members whose columns can't be read; other trouble stays trouble.
    pub(crate) fn noting(unreadable: &mut Vec<FieldId>) -> impl FnMut(FieldId, StoreError) -> Result<()> {
        |field, error| match error {
            StoreError::Stored { .. } => {
                unreadable.push(field);
                Ok(())
            }
            error => Err(error),
        }
    }
}

/// Reads objects.
pub trait ObjectReader {
    /// Bounds the memory of the records that the job is given from now on, in bytes. One that would be given more
    /// fails with [`crate::StoreError::TooMuch`]. No bound for a job that writes, whose records its caller bounds.
    fn at_most(&self, bytes: usize);

    /// The objects of those ids, without the details that are links (see [`super::LinkReader::fill_links`]).
    ///
    /// Members that show another object's have its present values, and once it is gone the last.
    fn get(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<Option<Record>>>;

    /// Those of [`ObjectReader::get`], as far as they can be read: where something other than this program wrote to
    /// a row, all that is not of its column's form is left out and named.
    fn get_partial(
        &self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
    ) -> Result<Vec<Option<PartialRecord>>>;

    /// Every object of a type in creation order, without links. For types with few objects.
    fn all(&self, account: AccountId, object: ObjectId) -> Result<Vec<Record>>;

    /// Up to `limit` objects of a type in creation order, without links: the first, or those that
    /// follow the object `after`. None follow one that does not exist.
    fn page(
        &self,
        account: AccountId,
        object: ObjectId,
        after: Option<Guid>,
        limit: usize,
    ) -> Result<Vec<Record>>;

    /// Which of the ids are those of objects.
    fn exists(&self, account: AccountId, object: ObjectId, ids: &[Guid]) -> Result<Vec<bool>>;

    /// How many objects of a type there are.
    fn count(&self, account: AccountId, object: ObjectId) -> Result<u64>;

    /// For each text, folded as [`contract::table::fold`] does it, the objects whose key it is. An
    /// empty text is nobody's key.
    fn find(&self, account: AccountId, key: (ObjectId, FieldId), folded: &[String])
    -> Result<Vec<Vec<Guid>>>;

    /// For each object, those whose member `field` refers to it, in creation order.
    fn referring(
        &self,
        account: AccountId,
        object: ObjectId,
        field: FieldId,
        targets: &[Guid],
    ) -> Result<Vec<Vec<Guid>>>;

    /// For each object, those that refer to it as [`ObjectReader::referring`] says, and whose other member refers to
    /// the other object, in creation order.
    fn referring_both(
        &self,
        account: AccountId,
        object: ObjectId,
        reference: (FieldId, &[Guid]),
        other: (FieldId, Guid),
    ) -> Result<Vec<Vec<Guid>>>;
}

/// Writes objects, and logs each change.
pub trait ObjectWriter {
    /// Adds objects: the members that are columns, not those that are links.
    ///
    /// What a member shows of another object is kept, and comes to light when that object is gone.
    fn insert(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()>;

    /// Gives existing objects all the members that are columns, set or not.
    fn update(
        &mut self,
        account: AccountId,
        object: ObjectId,
        records: &[Record],
        at: Timestamp,
    ) -> Result<()>;

    /// Removes objects with the links from them and to them; tells which there were. Objects that
    /// refer to them keep the id and the values they showed last.
    fn delete(
        &mut self,
        account: AccountId,
        object: ObjectId,
        ids: &[Guid],
        at: Timestamp,
    ) -> Result<Vec<bool>>;

    /// Logs objects as changed without changing them, as when a link of theirs has changed.
    fn touch(&mut self, account: AccountId, object: ObjectId, ids: &[Guid], at: Timestamp) -> Result<()>;
}
