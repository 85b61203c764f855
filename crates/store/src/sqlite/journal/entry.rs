//! Changes as a row of the journal: under the names that the tables have in the file, so that a later
//! program can bring them in before it changes a table.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::form::Held;
use crate::layout::Table;
use crate::sqlite::bytes::{Reader, Writer};
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

/// Begins the changes of objects in a table. Each has its bytes after that: its id, how many values it gets, and
/// the values, whose columns are numbered as they are given here.
pub(crate) fn begin(account: AccountId, table: &Table, columns: &[u16], objects: usize) -> Writer {
    let mut out = Writer(vec![VERSION]);
    out.0.extend(account.0.to_le_bytes());
    out.text(&table.name);
    out.count(columns.len());
    columns.iter().for_each(|column| out.text(&table.columns[usize::from(*column)].name));
    out.count(objects);
    out
}

/// What a row of the journal says.
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

#[cfg(test)]
mod tests {
    use super::super::changes::Changes;
    use super::*;
    use crate::layout::Layout;
    use contract::handles::object_type::CONTACT;
    use contract::{Contract, ObjectId, Record, Timestamp, TypeRef, Value};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static LAYOUT: LazyLock<Layout> = LazyLock::new(|| Layout::new(Contract::get().unwrap()));

    /// A record as it was found, with another text in some of the members that are plain text.
    fn changed(number: u8, texts: &[(usize, String)]) -> Record {
        let table = LAYOUT.table(CONTACT);
        let mut record = LAYOUT.contract.record(table.ty);
        record.set(contract::handles::object::cv_object::ID, Guid([number; 16]).to_string());
        let mut record = record.as_found();
        for (index, text) in texts {
            let column = &table.columns[index % table.columns.len()];
            if let TypeRef::Scalar(contract::Scalar::String) =
                LAYOUT.contract.model.member(table.ty, column.field).ty
            {
                record.set(column.field, text.as_str());
            }
        }
        record
    }

    fn changes(records: &[Record], object: ObjectId) -> Option<Changes> {
        let table = (AccountId(-7), LAYOUT.table(object));
        Changes::of(LAYOUT.contract, table, records, |id| Ok(i64::from(id.0[0]))).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            texts in prop::collection::vec(prop::collection::vec((0_usize..200, ".{0,300}"), 0..6), 0..12)
        ) {
            let table = LAYOUT.table(CONTACT);
            let records: Vec<Record> =
                (0_u8..).zip(&texts).map(|(number, texts)| changed(number, texts)).collect();
            let Some(changes) = changes(&records, CONTACT) else { return Ok(()) };
            let entry = decode(changes.bytes()).unwrap();
            prop_assert_eq!((entry.account, entry.table.as_str()), (AccountId(-7), "contact"));
            prop_assert_eq!(entry.rows.len(), records.len());
            for (change, (id, values)) in changes.iter().zip(&entry.rows) {
                let name = |column: u16| table.columns[usize::from(column)].name.as_str();
                let written: Vec<_> = change.values().map(|(column, held)| (name(column), held)).collect();
                let read = values.iter().map(|(column, held)| (entry.columns[*column].as_str(), held.borrowed()));
                let read: Vec<_> = read.collect();
                prop_assert_eq!((change.id, written), (*id, read));
            }
        }

        #[test]
        fn other_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let with_version: Vec<u8> = std::iter::once(VERSION).chain(bytes).collect();
            let _ = decode(&with_version);
        }

        #[test]
        fn an_entry_that_is_cut_short_or_longer_is_an_error(cut in 0_usize..60) {
            let mut record = changed(1, &[]);
            record.set(contract::handles::object::contact::TITLE, "Chair");
            record.set(contract::handles::object::contact::COMPANY, "Sample");
            let changes = changes(&[record], CONTACT).unwrap();
            let bytes = changes.bytes();
            if cut < bytes.len() {
                prop_assert!(decode(&bytes[..cut]).is_err());
            }
            prop_assert!(decode(&[bytes, &[0]].concat()).is_err());
        }
    }

    #[test]
    fn what_moves_index_entries_or_shows_others_does_not_wait() {
        use contract::handles::object::contact;
        let set = |field, value: Value| {
            let mut record = changed(1, &[]);
            record.set(field, value);
            changes(&[record], CONTACT).is_some()
        };
        assert!(set(contact::TITLE, Value::from("Chair")));
        assert!(set(contact::LAST_MODIFIED_DATE, Value::from(Timestamp(5))));
        assert!(!set(contact::EMAIL_ADDRESS, Value::from("new@example.com")));
        for table in LAYOUT.tables() {
            for shown in table.references.iter().flat_map(|reference| &reference.shown) {
                let column = table.columns.iter().find(|column| column.name == shown.column).unwrap();
                let mut record = LAYOUT.contract.record(table.ty);
                record.set(contract::handles::object::cv_object::ID, Guid([1; 16]).to_string());
                let mut record = record.as_found();
                record.take(column.field);
                assert!(changes(&[record], table.id).is_none(), "{}.{}", table.name, shown.column);
            }
        }
        let mut made = LAYOUT.contract.record(LAYOUT.table(CONTACT).ty);
        made.set(contact::TITLE, "Chair");
        assert!(changes(&[made], CONTACT).is_none());
    }
}
