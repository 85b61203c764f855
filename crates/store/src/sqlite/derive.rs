//! Brings the derived tables up to the contract. What is missing is added; nothing is taken away. A
//! column of text that has become a reference is made anew, as bytes.

use super::schema::{Schema, declared};
use crate::layout::{Form, LinkTable, Table};
use rusqlite::{Connection, Result};
use std::collections::{HashMap, HashSet};

/// The statements that add what the database lacks; none if it lacks nothing.
pub(crate) fn missing(connection: &Connection, schema: &Schema) -> Result<Vec<String>> {
    let indexes = names(connection, "SELECT name FROM sqlite_schema WHERE type = ?1", "index")?;
    let mut out = Vec::new();
    for table in schema.tables() {
        let present = columns(connection, &table.name)?;
        if present.is_empty() {
            out.push(create(table));
        } else {
            out.extend(add_columns(table, &present));
            out.extend(change_columns(table, &present));
        }
        out.extend(table_indexes(table, &indexes));
    }
    for link in schema.links() {
        if names(connection, "SELECT name FROM pragma_table_info(?1)", &link.name)?.is_empty() {
            out.push(create_link(link));
        }
        let index = format!("{}_target", link.name);
        if !indexes.contains(&index) {
            let name = &link.name;
            out.push(format!(r#"CREATE INDEX "{index}" ON "{name}" (account_id, target, owner)"#));
        }
    }
    Ok(out)
}

fn names(connection: &Connection, sql: &str, parameter: &str) -> Result<HashSet<String>> {
    connection.prepare_cached(sql)?.query_map([parameter], |row| row.get(0))?.collect()
}

fn create(table: &Table) -> String {
    let members: String = table
        .columns
        .iter()
        .map(|column| format!(r#", "{}" {}"#, column.name, declared(column.form)))
        .chain(table.keys.iter().map(|key| format!(r#", "{}" TEXT"#, key.name)))
        .collect();
    format!(
        r#"CREATE TABLE "{}" (seq INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, id BLOB(16) NOT NULL{members}, UNIQUE (account_id, id))"#,
        table.name
    )
}

/// The columns of a table and what they are declared as.
fn columns(connection: &Connection, table: &str) -> Result<HashMap<String, String>> {
    let mut statement = connection.prepare_cached("SELECT name, type FROM pragma_table_info(?1)")?;
    statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Columns that hold a reference and are declared otherwise, which means as text.
fn change_columns(table: &Table, present: &HashMap<String, String>) -> Vec<String> {
    let is_old = |name: &String| present.get(name).is_some_and(|found| found != declared(Form::Reference));
    let references = table.columns.iter().filter(|column| column.form == Form::Reference);
    let (name, form) = (&table.name, declared(Form::Reference));
    references
        .map(|column| &column.name)
        .filter(|column| is_old(column))
        .flat_map(|column| {
            [
                format!(r#"ALTER TABLE "{name}" RENAME COLUMN "{column}" TO "{column}_text""#),
                format!(r#"ALTER TABLE "{name}" ADD COLUMN "{column}" {form}"#),
                format!(r#"UPDATE "{name}" SET "{column}" = guid_bytes("{column}_text")"#),
                format!(r#"ALTER TABLE "{name}" DROP COLUMN "{column}_text""#),
            ]
        })
        .collect()
}

fn add_columns(table: &Table, present: &HashMap<String, String>) -> Vec<String> {
    let name = &table.name;
    let mut out = Vec::new();
    for column in table.columns.iter().filter(|column| !present.contains_key(&column.name)) {
        out.push(format!(r#"ALTER TABLE "{name}" ADD COLUMN "{}" {}"#, column.name, declared(column.form)));
    }
    for key in table.keys.iter().filter(|key| !present.contains_key(&key.name)) {
        let (column, source) = (&key.name, &key.source);
        out.push(format!(r#"ALTER TABLE "{name}" ADD COLUMN "{column}" TEXT"#));
        out.push(format!(r#"UPDATE "{name}" SET "{column}" = nullif(fold("{source}"), '')"#));
    }
    out
}

/// The index on the account alone ends in the row's number, and so gives an account's objects in
/// creation order. It grows at its end only, and an update never touches it.
fn table_indexes(table: &Table, present: &HashSet<String>) -> Vec<String> {
    let name = &table.name;
    let account = (format!("{name}_account"), "account_id".to_owned());
    let keys = table
        .keys
        .iter()
        .map(|key| (format!("{name}_{}", key.name), format!(r#"account_id, "{}""#, key.name)));
    let references = table.references.iter().map(|reference| {
        (format!("{name}_{}", reference.column), format!(r#"account_id, "{}""#, reference.column))
    });
    std::iter::once(account)
        .chain(keys)
        .chain(references)
        .filter(|(index, _)| !present.contains(index))
        .map(|(index, columns)| format!(r#"CREATE INDEX "{index}" ON "{name}" ({columns})"#))
        .collect()
}

fn create_link(link: &LinkTable) -> String {
    format!(
        r#"CREATE TABLE "{}" (account_id INTEGER NOT NULL, owner BLOB(16) NOT NULL, target BLOB(16) NOT NULL, value TEXT, PRIMARY KEY (account_id, owner, target)) WITHOUT ROWID"#,
        link.name
    )
}
