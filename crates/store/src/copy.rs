//! Moves everything from one database to another, of the same kind or not.
//!
//! An account is moved in one transaction: it is there whole or not at all. Then both sides are read
//! once more and must hold the same rows.

use crate::account::{Account, AccountId, Sessions};
use crate::error::{Result, StoreError};
use crate::form::Held;
use crate::layout::{Layout, Shape};
use crate::store::Store;
use crate::verbs::{Cells, Reader, TableId, Writer};
use contract::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use thiserror::Error;

/// Rows that travel together.
const BATCH: usize = 1_000;

/// Batches on their way.
const AHEAD: usize = 4;

/// Why a copy ended early. What was moved before stays, and a new copy goes on after it.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The database that is copied failed.
    #[error("reading: {0}")]
    From(StoreError),
    /// The database that is filled failed.
    #[error("writing: {0}")]
    To(StoreError),
    /// The two differ after the copy, or an account that was there before is another.
    #[error(
        "account {account}, table {table}: the rows are not the same ({from} here, {to} there); an account that \
         should be copied anew has to be removed there first"
    )]
    Differs {
        /// The account's number.
        account: String,
        /// The table.
        table: String,
        /// Rows in the database that is copied.
        from: u64,
        /// Rows in the other.
        to: u64,
    },
}

/// What a table came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// The table.
    pub table: String,
    /// Its rows, of all accounts, which both databases hold.
    pub rows: u64,
    /// Their checksum, which is that of both: it depends on every value, and on the order of the rows
    /// where the table keeps one.
    pub checksum: u128,
}

/// Is told how far a copy is. Each row counts twice: once moved, once compared.
pub trait Progress: Send + Sync {
    /// So many rows there are.
    fn total(&self, rows: u64);
    /// So many more are done.
    fn advance(&self, rows: u64);
}

/// Copies every account of `from` to `to`, and gives what each table holds. An account that is in `to`
/// already, as after an earlier copy that was stopped, is only compared.
///
/// Accounts keep their ids unless these are of an old file (see [`AccountId`]); the sessions of such
/// an account end.
///
/// # Errors
/// See [`CopyError`].
pub async fn copy(
    from: &Store,
    to: &Store,
    progress: Arc<dyn Progress>,
) -> std::result::Result<Vec<Copied>, CopyError> {
    let accounts = from.read_out(|reader| reader.accounts()).await.map_err(CopyError::From)?;
    let (asked, layout) = (accounts.clone(), Arc::clone(from.layout()));
    let total = from.read_out(move |reader| {
        let tables = || layout.shapes().map(|(table, _)| table);
        let counts = asked.iter().flat_map(|account| tables().map(|table| (account.id, table)));
        counts.map(|(account, table)| reader.count_rows(account, table)).sum::<Result<u64>>()
    });
    progress.total(2 * total.await.map_err(CopyError::From)?);
    let mut sums = vec![Sum::default(); from.layout().shapes().count()];
    for account in accounts {
        let account = Moved { from: account.id, id: AccountId::of(&account.number), account };
        account.bring(from, to, &progress).await?;
        for (sum, found) in sums.iter_mut().zip(account.compare(from, to, &progress).await?) {
            sum.add(found);
        }
    }
    let names = from.layout().shapes().map(|(_, shape)| shape.name.clone());
    Ok(names.zip(sums).map(|(table, Sum { rows, checksum })| Copied { table, rows, checksum }).collect())
}

/// What travels. A reader that fails sends no end, and the writer then keeps nothing.
enum Parcel {
    /// Rows of a table.
    Rows(TableId, Vec<Cells>),
    /// That was all.
    End,
}

/// An account on its way.
struct Moved {
    account: Account,
    from: AccountId,
    id: AccountId,
}

impl Moved {
    /// Moves the account, unless the other database has it.
    async fn bring(
        &self,
        from: &Store,
        to: &Store,
        progress: &Arc<dyn Progress>,
    ) -> std::result::Result<(), CopyError> {
        let id = self.id;
        if to.read_out(move |reader| reader.account_by_id(id)).await.map_err(CopyError::To)?.is_some() {
            return Ok(());
        }
        let (sender, receiver) = sync_channel(AHEAD);
        let (source, layout) = (self.from, Arc::clone(from.layout()));
        let reading = from.read_out(move |reader| send(reader, &layout, source, &sender));
        let (account, progress) = (Account { id, ..self.account.clone() }, Arc::clone(progress));
        let rekeyed = self.id != self.from;
        let mut begun = false;
        let writing = to.write(move |writer| {
            // Rows come once: what a transaction that has to be run again had is gone.
            if std::mem::replace(&mut begun, true) {
                return Err(StoreError::Abandoned);
            }
            writer.add_account(&account)?;
            receive(writer, id, &receiver, &*progress)?;
            if rekeyed { end_sessions(writer, id) } else { Ok(()) }
        });
        // Where one side fails, the other gives up.
        match tokio::join!(reading, writing) {
            (Err(error), _) if error != StoreError::Abandoned => Err(CopyError::From(error)),
            (_, written) => written.map_err(CopyError::To),
        }
    }

    /// Compares what both databases hold of the account, table by table.
    async fn compare(
        &self,
        from: &Store,
        to: &Store,
        progress: &Arc<dyn Progress>,
    ) -> std::result::Result<Vec<Sum>, CopyError> {
        let rekeyed = self.id != self.from;
        let (source, target, told) = (self.from, self.id, Arc::clone(progress));
        let (layout, same) = (Arc::clone(from.layout()), Arc::clone(from.layout()));
        let ours = from.read_out(move |reader| sums(reader, &layout, source, &*told));
        let theirs = to.read_out(move |reader| sums(reader, &same, target, &Silent));
        let (ours, theirs) = tokio::join!(ours, theirs);
        let (ours, theirs) = (ours.map_err(CopyError::From)?, theirs.map_err(CopyError::To)?);
        let names = from.layout().shapes().map(|(_, shape)| &shape.name);
        for (table, (ours, theirs)) in names.zip(ours.iter().zip(&theirs)) {
            if ours != theirs && !(rekeyed && table == SESSIONS) {
                let (account, table) = (self.account.number.clone(), table.clone());
                return Err(CopyError::Differs { account, table, from: ours.rows, to: theirs.rows });
            }
        }
        Ok(theirs)
    }
}

/// The table of sessions, whose values hold the account's id.
const SESSIONS: &str = "api_session";

fn end_sessions(writer: &mut Writer<'_>, account: AccountId) -> Result<()> {
    writer.remove_sessions(account, Sessions::ExpiredBefore(Timestamp::MAX)).map(|_| ())
}

/// Sends all rows of an account, until nobody listens.
fn send(reader: &Reader<'_>, layout: &Layout, account: AccountId, sender: &SyncSender<Parcel>) -> Result<()> {
    for (table, _) in layout.shapes() {
        let mut batch = Vec::with_capacity(BATCH);
        reader.read_rows(account, table, &mut |row| {
            batch.push(row);
            if batch.len() == BATCH {
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
                sender.send(Parcel::Rows(table, full)).map_err(|_| StoreError::Abandoned)?;
            }
            Ok(())
        })?;
        if !batch.is_empty() {
            sender.send(Parcel::Rows(table, batch)).map_err(|_| StoreError::Abandoned)?;
        }
    }
    sender.send(Parcel::End).map_err(|_| StoreError::Abandoned)
}

/// Writes what comes, until the end of it.
fn receive(
    writer: &mut Writer<'_>,
    account: AccountId,
    receiver: &Receiver<Parcel>,
    progress: &dyn Progress,
) -> Result<()> {
    loop {
        match receiver.recv() {
            Ok(Parcel::Rows(table, rows)) => {
                writer.write_rows(account, table, &rows)?;
                progress.advance(rows.len() as u64);
            }
            Ok(Parcel::End) => return Ok(()),
            Err(_) => return Err(StoreError::Abandoned),
        }
    }
}

/// Rows of a table, and what they add up to.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Sum {
    rows: u64,
    checksum: u128,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.rows += other.rows;
        self.checksum = self.checksum.wrapping_add(other.checksum);
    }
}

/// What every table holds of an account.
fn sums(
    reader: &Reader<'_>,
    layout: &Layout,
    account: AccountId,
    progress: &dyn Progress,
) -> Result<Vec<Sum>> {
    let sum = |(table, shape): (TableId, &Shape)| {
        let mut sum = Sum::default();
        reader.read_rows(account, table, &mut |row| {
            let place = if shape.ordered { sum.rows } else { 0 };
            sum.add(Sum { rows: 1, checksum: checksum(place, &row) });
            if sum.rows.is_multiple_of(BATCH as u64) {
                progress.advance(BATCH as u64);
            }
            Ok(())
        })?;
        progress.advance(sum.rows % BATCH as u64);
        Ok(sum)
    };
    layout.shapes().map(sum).collect()
}

/// A row's own checksum. Sums of them do not depend on the order in which rows are read, so the
/// place in an order that is kept is part of it.
fn checksum(place: u64, row: &[Held<'_>]) -> u128 {
    let mut hash = Sha256::new();
    hash.update(place.to_be_bytes());
    let mut field = |tag: u8, bytes: &[u8]| {
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for cell in row {
        match cell {
            Held::Null => field(0, &[]),
            Held::Boolean(truth) => field(1, &[u8::from(*truth)]),
            Held::Integer(number) => field(2, &number.to_be_bytes()),
            Held::Double(number) => field(3, &number.to_bits().to_be_bytes()),
            Held::Text(text) => field(4, text.as_bytes()),
            Held::Id(id) => field(5, &id.0),
            Held::Bytes(bytes) => field(6, bytes),
        }
    }
    hash.finalize().first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

/// Nobody is told.
struct Silent;

impl Progress for Silent {
    fn total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
}
