//! The floor: what the same work costs without a server. One thread tokenises the very bytes that the
//! load sends and writes the same columns of the same rows, in a copy of the same file.

use crate::contacts::{self, Update};
use crate::load::{Measured, Timing, repeat};
use crate::message::{self, Credentials};
use anyhow::{Context, Result, bail};
use contract::handles::array::array_of_contact;
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::model::snake_case;
use contract::scalar::{parse_boolean, parse_date_time};
use contract::table::fold;
use contract::{Guid, Scalar, Timestamp, TypeRef};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement};
use std::path::Path;

/// As the store opens its file. Its log is emptied at the same length, too: 64 MiB.
const SETTINGS: &str = "PRAGMA page_size = 4096; PRAGMA cache_size = -65536; PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 67108864;
    PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; PRAGMA mmap_size = 0;";

/// What is done with the columns that hold the keys folded, and with their indexes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Nothing, as if it were known that no key changes. The lower cost, and the one to compare with.
    Left,
    /// They are set with the rest, which moves their index entries whether or not they change.
    Set,
}

/// What an attribute is as a column.
#[derive(Clone, Copy)]
struct Column {
    ty: TypeRef,
    key: bool,
}

/// A plain program over a copy of the store's file.
pub struct Floor {
    connection: Connection,
    account: i64,
    sql: String,
    columns: Vec<Column>,
    element: String,
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
        let (mut settings, mut key_settings, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        for field in contacts::members(contract) {
            let member = contract.model.member(contact::TYPE_ID, field);
            let is_key = contract.keys.iter().any(|key| (key.object, key.field) == (CONTACT, field));
            columns.push(Column { ty: member.ty, key: is_key && keys == Keys::Set });
            let place = columns.len() + 2;
            settings.push(format!(r#""{}" = ?{place}"#, member.column));
            if is_key && keys == Keys::Set {
                key_settings.push(member.column.clone());
            }
        }
        for (index, column) in key_settings.into_iter().enumerate() {
            settings.push(format!(r#""{column}_key" = ?{}"#, columns.len() + 3 + index));
        }
        let (table, settings) = (snake_case(&contract.object(CONTACT).name), settings.join(", "));
        let sql = format!(r#"UPDATE "{table}" SET {settings} WHERE account_id = ?1 AND id = ?2"#);
        let element =
            contract.model.member(array_of_contact::TYPE_ID, array_of_contact::CONTACT).name.clone();
        Ok(Floor { connection, account, sql, columns, element })
    }

    /// Repeats the calls for the time.
    pub fn run(&self, calls: &mut [Update], timing: Timing) -> Result<Measured> {
        let mut statement = self.connection.prepare(&self.sql)?;
        let mut turn = 0;
        let size = calls.first().map_or(0, |call| call.ids.len());
        let measured = repeat(timing.window(), || {
            let count = calls.len().max(1);
            let call = calls.get_mut(turn % count).context("no calls")?;
            turn += 1;
            call.stamp();
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            let changed = self.update(call, &mut statement)?;
            self.connection.execute_batch("COMMIT")?;
            if changed == size { Ok(()) } else { bail!("{changed} rows changed for {size} contacts") }
        });
        let mut out = Measured { size, connections: 1, seconds: timing.seconds as f64, ..measured };
        out.times.sort_unstable();
        Ok(out)
    }

    fn update(&self, call: &Update, statement: &mut Statement<'_>) -> Result<usize> {
        let mut changed = 0;
        self.tokenise(&call.bytes, |attributes| {
            self.bind(attributes, statement)?;
            changed += statement.raw_execute()?;
            Ok(())
        })?;
        Ok(changed)
    }

    /// Every contact's attributes, in order.
    fn tokenise(&self, bytes: &[u8], mut each: impl FnMut(Attributes<'_>) -> Result<()>) -> Result<()> {
        let mut reader = Reader::from_str(std::str::from_utf8(bytes)?);
        loop {
            match reader.read_event()? {
                Event::Start(tag) if tag.name().as_ref() == self.element => each(tag.attributes())?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// The request has the identifier first and then the columns in the statement's order.
    fn bind(&self, mut attributes: Attributes<'_>, statement: &mut Statement<'_>) -> Result<()> {
        let attributes = attributes.with_checks(false);
        let id = attributes.next().context("a contact without attributes")??;
        let id = Guid::parse(&id.value).context("not an identifier")?;
        statement.raw_bind_parameter(1, self.account)?;
        statement.raw_bind_parameter(2, id.0)?;
        let mut key_place = self.columns.len() + 3;
        for (index, column) in self.columns.iter().enumerate() {
            let attribute = attributes.next().context("a contact with too few attributes")??;
            let text = unescape(&attribute.value)?;
            match column.ty {
                TypeRef::Scalar(Scalar::Boolean) => {
                    statement.raw_bind_parameter(index + 3, parse_boolean(&text)?)?;
                }
                TypeRef::Scalar(Scalar::DateTime) => {
                    let time = parse_date_time(&text, Timestamp(0))?;
                    statement.raw_bind_parameter(index + 3, time.0)?;
                }
                _ => statement.raw_bind_parameter(index + 3, &*text)?,
            }
            if column.key {
                statement.raw_bind_parameter(key_place, Value::Text(fold(&text)))?;
                key_place += 1;
            }
        }
        Ok(())
    }

    /// Tokenises only, for a second.
    pub fn run_tokeniser(&self, calls: &[Update]) -> Result<Measured> {
        let mut turn = 0;
        let size = calls.first().map_or(0, |call| call.ids.len());
        let measured = repeat(Timing { warm_up: 0, seconds: 1 }.window(), || {
            let call = calls.get(turn % calls.len().max(1)).context("no calls")?;
            turn += 1;
            let mut length = 0;
            self.tokenise(&call.bytes, |mut attributes| {
                for attribute in attributes.with_checks(false) {
                    length += unescape(&attribute?.value)?.len();
                }
                Ok(())
            })?;
            std::hint::black_box(length);
            Ok(())
        });
        let mut out = Measured { size, connections: 1, seconds: 1.0, ..measured };
        out.times.sort_unstable();
        Ok(out)
    }
}
