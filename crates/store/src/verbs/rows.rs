//! Rows as they are, whatever they mean: for moving an account to another database.

use crate::account::AccountId;
use crate::error::Result;
use crate::form::Held;

/// One of the tables that hold rows of an account, by its place among them; how many there are and
/// what they are called is the same in every database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TableId(pub(crate) u16);

/// The values of a row without the account, in the order of the table's columns.
pub type Cells = Vec<Held<'static>>;

/// Reads rows.
pub trait RowReader {
    /// How many rows of an account a table has.
    fn count_rows(&self, account: AccountId, table: TableId) -> Result<u64>;

    /// Gives `each` all rows of an account in a table, in creation order where the table keeps one.
    fn read_rows(
        &self,
        account: AccountId,
        table: TableId,
        each: &mut dyn FnMut(Cells) -> Result<()>,
    ) -> Result<()>;
}

/// Writes rows.
pub trait RowWriter {
    /// Adds rows to a table, in that order. Nothing is checked and nothing is logged.
    fn write_rows(&mut self, account: AccountId, table: TableId, rows: &[Cells]) -> Result<()>;
}
