//! Links between objects.

use crate::account::AccountId;
use crate::error::Result;
use contract::{Guid, LinkId, ObjectId, Record};

/// What an owner is linked to, and the link's value.
pub type Linked = (Guid, Option<String>);

/// Reads links, and the details that they are.
pub trait LinkReader {
    /// Adds to each record the details that are links, in the creation order of what they link to.
    fn fill_links(&self, account: AccountId, object: ObjectId, records: &mut [Record]) -> Result<()>;

    /// For each owner, what it is linked to and the links' values, in the order of the ids.
    fn links(&self, account: AccountId, link: LinkId, owners: &[Guid]) -> Result<Vec<Vec<Linked>>>;

    /// Which of the pairs of an owner and a target are linked.
    fn linked(&self, account: AccountId, link: LinkId, pairs: &[(Guid, Guid)]) -> Result<Vec<bool>>;
}

/// Writes links.
pub trait LinkWriter {
    /// Links owners to targets, each link with its value; a link that is there gets the new value.
    ///
    /// Neither end is looked for, and nothing is logged: see [`super::ObjectWriter::touch`].
    fn link(&mut self, account: AccountId, link: LinkId, rows: &[(Guid, Guid, Option<String>)])
    -> Result<()>;

    /// Removes links from owners to targets; tells which there were.
    fn unlink(&mut self, account: AccountId, link: LinkId, rows: &[(Guid, Guid)]) -> Result<Vec<bool>>;
}
