//! The floors in place: what the same work costs without a server. One thread tokenises the very bytes
//! that the load sends and writes the same columns of the same rows, in a copy of the same file.

use crate::login::Credentials;
use crate::measure::{Measured, Timing, repeat};
use crate::message;
use crate::population::Visits;
use crate::tokens::{Sent, Tokeniser, Values};
use crate::updates::Update;
use anyhow::{Context, Result, bail};
use contract::Guid;
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::model::snake_case;
use contract::table::fold;
use rusqlite::{Connection, Statement};
use std::path::Path;

/// As the store opens its file. Its log is emptied at the same length, too: 64 MiB.
const SETTINGS: &str = "PRAGMA page_size = 4096; PRAGMA cache_size = -65536; PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 67108864;
    PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; PRAGMA mmap_size = 0;";

/// What is done with the columns that hold the keys folded, and with their indexes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Nothing, as if it were known that no key changes: the lower cost.
    Left,
    /// They are set with the rest, which moves their index entries whether or not they change.
    Set,
}

/// A plain program over a copy of the store's file.
pub struct Floor {
    connection: Connection,
    account: i64,
    sql: String,
    tokeniser: Tokeniser,
    /// Of each column, whether it is followed by its folded form.
    keys: Vec<bool>,
}

impl Floor {
    /// Opens the copy.
    pub fn open(file: &Path, who: &Credentials, keys: Keys) -> Result<Floor> {
        let contract = message::contract()?;
        let connection = Connection::open(file)?;
        connection.execute_batch(SETTINGS).context("the floor's database can't be set up")?;
        let account = connection
            .query_row("SELECT id FROM account WHERE number = ?1", [&who.account], |row| row.get(0))
            .context("the copy has no such account")?;
        let tokeniser = Tokeniser::new(contract);
        let is_key = |field| {
            keys == Keys::Set && contract.keys.iter().any(|key| (key.object, key.field) == (CONTACT, field))
        };
        let (mut columns, mut is_set) = (Vec::new(), Vec::new());
        for field in tokeniser.fields() {
            let column = &contract.model.member(contact::TYPE_ID, field).column;
            columns.push(column.clone());
            if is_key(field) {
                columns.push(format!("{column}_key"));
            }
            is_set.push(is_key(field));
        }
        let settings: Vec<String> =
            (3..).zip(columns).map(|(place, column)| format!(r#""{column}" = ?{place}"#)).collect();
        let (table, settings) = (snake_case(&contract.object(CONTACT).name), settings.join(", "));
        let sql = format!(r#"UPDATE "{table}" SET {settings} WHERE account_id = ?1 AND id = ?2"#);
        Ok(Floor { connection, account, sql, tokeniser, keys: is_set })
    }

    /// Repeats the call, about other contacts each time, one transaction a call.
    pub fn run(&self, call: &mut Update, mut visits: Visits<'_>, timing: Timing) -> Result<Measured> {
        let mut statement = self.connection.prepare(&self.sql)?;
        Ok(repeat(call.size(), timing, || {
            call.aim(&mut visits);
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            let changed = self.update(call, &mut statement)?;
            self.connection.execute_batch("COMMIT")?;
            if changed == call.size() { Ok(()) } else { bail!("{changed} rows changed") }
        }))
    }

    fn update(&self, call: &Update, statement: &mut Statement<'_>) -> Result<usize> {
        let mut changed = 0;
        self.tokeniser.contacts(&call.bytes, |id, values| {
            self.bind(id, values, statement)?;
            changed += statement.raw_execute()?;
            Ok(())
        })?;
        Ok(changed)
    }

    fn bind(&self, id: Guid, values: Values<'_>, statement: &mut Statement<'_>) -> Result<()> {
        statement.raw_bind_parameter(1, self.account)?;
        statement.raw_bind_parameter(2, id.0)?;
        let mut place = 3;
        for (value, is_key) in values.zip(&self.keys) {
            match value? {
                Sent::Truth(truth) => statement.raw_bind_parameter(place, truth)?,
                Sent::Time(time) => statement.raw_bind_parameter(place, time)?,
                Sent::Text(text) => {
                    statement.raw_bind_parameter(place, &*text)?;
                    if *is_key {
                        place += 1;
                        statement.raw_bind_parameter(place, fold(&text))?;
                    }
                }
            }
            place += 1;
        }
        Ok(())
    }
}
