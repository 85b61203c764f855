//! Changes as a row of the journal: under the names that the tables have in the file, so that a later
//! program can bring them in before it changes a table.

use super::bytes::{Reader, Writer};
use super::changes::Changes;
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::form::Held;
use crate::layout::Table;
use contract::Guid;

/// How the bytes are laid out; nothing else is read.
const VERSION: u8 = 1;

/// What a row of the journal says.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    /// Whose objects they are.
    pub account: AccountId,
    /// The table.
    pub table: String,
    /// Its columns that are named below.
    pub columns: Vec<String>,
    /// Of each object its id, and the value that each of some columns gets.
    pub rows: Vec<(Guid, Vec<(usize, Held<'static>)>)>,
}

/// The changes of objects in a table.
pub(crate) fn encode(changes: &Changes, table: &Table) -> Vec<u8> {
    let mut used: Vec<u16> = changes.iter().flat_map(|change| change.columns.iter().copied()).collect();
    used.sort_unstable();
    used.dedup();
    let mut out = Writer(vec![VERSION]);
    out.0.extend(changes.account.0.to_le_bytes());
    out.text(&table.name);
    out.count(used.len());
    used.iter().for_each(|column| out.text(&table.columns[usize::from(*column)].name));
    out.count(changes.len());
    for change in changes.iter() {
        out.0.extend(change.id.0);
        out.count(change.columns.len());
        for (column, held) in change.columns.iter().zip(change.values) {
            out.column(used.partition_point(|other| other < column), held);
        }
    }
    out.0
}

/// What bytes that [`encode`] made say.
///
/// # Errors
/// [`StoreError::Stored`] for other bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<Entry> {
    let mut rest = Reader(bytes);
    let entry = entry(&mut rest).filter(|_| rest.0.is_empty());
    entry.ok_or_else(|| StoreError::Stored { table: "journal".to_owned(), column: "changes".to_owned() })
}

fn entry(rest: &mut Reader<'_>) -> Option<Entry> {
    if rest.array()? != [VERSION] {
        return None;
    }
    let account = AccountId(i64::from_le_bytes(rest.array()?));
    let table = rest.text()?.to_owned();
    let columns = (0..rest.count()?).map(|_| rest.text().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
    let rows = (0..rest.count()?).map(|_| row(rest, columns.len())).collect::<Option<_>>()?;
    Some(Entry { account, table, columns, rows })
}

fn row(rest: &mut Reader<'_>, columns: usize) -> Option<(Guid, Vec<(usize, Held<'static>)>)> {
    let id = Guid(rest.array()?);
    let count = rest.count()?;
    let mut value = || {
        let (column, held) = rest.column()?;
        (column < columns).then(|| (column, held.into_owned()))
    };
    Some((id, (0..count).map(|_| value()).collect::<Option<_>>()?))
}
