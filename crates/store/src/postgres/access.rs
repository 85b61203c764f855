//! What the verbs stand on: a connection within a transaction, and statements that say whose data
//! they are about.

use super::connection::Connection;
use super::schema::Schema;
use super::value::Parameter;
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use contract::{Record, memory};
use std::cell::RefCell;
use std::collections::HashSet;
use tokio_postgres::Row;

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// It reads one snapshot.
    Read,
    /// It writes, and holds the account that it is about, so that an account's writes follow each
    /// other while those of different accounts go on side by side.
    Write,
}

/// A transaction, as the verbs see it.
pub(crate) struct Access<'a> {
    pub(super) schema: &'a Schema,
    connection: &'a Connection,
    mode: Mode,
    held: RefCell<HashSet<AccountId>>,
}

impl<'a> Access<'a> {
    /// Of a connection on which a transaction of that mode is open.
    pub fn new(schema: &'a Schema, connection: &'a Connection, mode: Mode) -> Access<'a> {
        Access { schema, connection, mode, held: RefCell::default() }
    }

    /// Bounds the memory of what the job is given, if it only reads.
    pub fn bound(&self, bytes: usize) {
        self.connection.at_most(bytes);
    }

    /// A record that the job is given, counted.
    pub fn taken(&self, record: Record) -> Result<Record> {
        self.connection.took(|| memory::whole(&record))?;
        Ok(record)
    }

    /// The rows of a statement about one account, which is its `$1`; `rest` are `$2` and on.
    pub(super) fn query(&self, account: AccountId, sql: &str, rest: &[Parameter<'_>]) -> Result<Vec<Row>> {
        self.hold(account);
        self.schema.asked.statement();
        let rows = self.connection.query(sql, &with_account(&account.0, rest))?;
        self.schema.asked.rows(rows.len());
        Ok(rows)
    }

    /// The rows that a statement about one account changed; otherwise as [`Access::query`].
    pub(super) fn execute(&self, account: AccountId, sql: &str, rest: &[Parameter<'_>]) -> Result<u64> {
        self.hold(account);
        self.schema.asked.statement();
        self.connection.execute(sql, &with_account(&account.0, rest))
    }

    /// Gives each row of a statement about one account to `each`, as they come in, until it says
    /// false; for results that may be long.
    pub(super) fn stream(
        &self,
        account: AccountId,
        sql: &str,
        rest: &[Parameter<'_>],
        each: &mut dyn FnMut(&Row) -> Result<bool>,
    ) -> Result<()> {
        self.hold(account);
        self.connection.stream(sql, &with_account(&account.0, rest), true, &mut self.counted(each))
    }

    /// As [`Access::stream`], with a statement that is made for once and planned for its parameters.
    pub(super) fn search_rows(
        &self,
        account: AccountId,
        sql: &str,
        rest: &[Parameter<'_>],
        each: &mut dyn FnMut(&Row) -> Result<bool>,
    ) -> Result<()> {
        self.hold(account);
        self.connection.stream(sql, &with_account(&account.0, rest), false, &mut self.counted(each))
    }

    /// Counts a statement whose rows `each` takes, and then those.
    fn counted<'e>(
        &'e self,
        each: &'e mut dyn FnMut(&Row) -> Result<bool>,
    ) -> impl FnMut(&Row) -> Result<bool> + 'e {
        self.schema.asked.statement();
        |row| {
            self.schema.asked.rows(1);
            each(row)
        }
    }

    /// The rows of one of the few questions about all accounts.
    pub(super) fn query_everywhere(
        &self,
        question: Everywhere,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>> {
        self.connection.query_everywhere(question.sql(), parameters)
    }

    /// The first of `count` numbers that follow each other and are greater than all that the account has
    /// given to its rows before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is no such account.
    pub(super) fn next_numbers(&self, account: AccountId, count: usize) -> Result<i64> {
        let count = count as i64;
        let rows = self.query(account, NUMBERS, &[Parameter::new(&count)])?;
        let missing = || StoreError::Missing { table: "account".to_owned() };
        Ok(rows.first().ok_or_else(missing)?.try_get(0)?)
    }

    /// The first statement about an account in a transaction that writes waits for those before it.
    fn hold(&self, account: AccountId) {
        if self.mode == Mode::Write && self.held.borrow_mut().insert(account) {
            self.connection.hold(account.0);
        }
    }
}

const NUMBERS: &str =
    "UPDATE account SET next_seq = next_seq + $2 WHERE account_id = $1 RETURNING next_seq - $2 + 1";

/// What may be asked of all accounts at once.
#[derive(Clone, Copy)]
pub(super) enum Everywhere {
    /// An administrator's list.
    Accounts,
    /// Which accounts have mail to be tried at `$1`.
    AccountsWithMail,
}

impl Everywhere {
    fn sql(self) -> &'static str {
        match self {
            Everywhere::Accounts => {
                "SELECT account_id, number, name, active, contact_key, max_calls, max_record_set
                 FROM account ORDER BY number"
            }
            Everywhere::AccountsWithMail => {
                "SELECT DISTINCT account_id FROM outbox WHERE state = 'queued' AND next_attempt <= $1"
            }
        }
    }
}

fn with_account<'a>(account: &'a i64, rest: &[Parameter<'a>]) -> Vec<Parameter<'a>> {
    std::iter::once(Parameter::new(account)).chain(rest.iter().copied()).collect()
}
