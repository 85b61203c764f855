//! Brings the derived tables up to the contract: what is missing is added, and nothing is taken away.

use super::schema::{KEY, Schema, declared};
use crate::layout::{Kind, LinkTable, Table};
use std::collections::{HashMap, HashSet};
use tokio_postgres::{Client, Error};

/// What a step or a statement says where a table may be made in parts.
pub(super) const PARTITIONING: &str = "/* PARTITIONING */";

/// What a statement says where a whole table leaves room in its pages.
pub(super) const ROOM: &str = "/* ROOM */";

/// The longest name that PostgreSQL keeps whole, in bytes.
const NAME: usize = 63;

/// What the database has.
pub(super) struct Present {
    columns: HashMap<String, HashSet<String>>,
    indexes: HashSet<String>,
}

impl Present {
    /// Asks a database for its tables and indexes.
    pub async fn of(client: &Client) -> Result<Present, Error> {
        let mut present = Present { columns: HashMap::new(), indexes: HashSet::new() };
        for row in client.query_typed(COLUMNS, &[]).await? {
            let columns = present.columns.entry(row.try_get(0)?).or_default();
            columns.insert(row.try_get(1)?);
        }
        for row in client.query_typed(INDEXES, &[]).await? {
            present.indexes.insert(row.try_get(0)?);
        }
        Ok(present)
    }

    /// The statements that add what it lacks; none if it lacks nothing.
    pub fn lacks(&self, schema: &Schema) -> Vec<String> {
        let mut out = Vec::new();
        for table in schema.tables() {
            match self.columns.get(&table.name) {
                Some(present) => out.extend(add_columns(table, present)),
                None => out.push(create(table)),
            }
            out.extend(self.add_indexes(table));
        }
        for link in schema.links() {
            if !self.columns.contains_key(&link.name) {
                out.push(create_link(link));
            }
            out.extend(self.add_index(&link.name, "target", "target, owner"));
        }
        out
    }

    /// The order of creation, each key, and each reference.
    fn add_indexes(&self, table: &Table) -> impl Iterator<Item = String> {
        let keys = table.keys.iter().map(|key| &key.name);
        let columns = keys.chain(table.references.iter().map(|reference| &reference.column));
        let columns = columns.map(|column| self.add_index(&table.name, column, &format!(r#""{column}""#)));
        std::iter::once(self.add_index(&table.name, "seq", "seq")).chain(columns).flatten()
    }

    fn add_index(&self, table: &str, name: &str, columns: &str) -> Option<String> {
        let index = index_name(table, name);
        let absent = !self.indexes.contains(&index);
        absent.then(|| format!(r#"CREATE INDEX "{index}" ON "{table}" (account_id, {columns})"#))
    }
}

/// `TABLE_COLUMN`, shortened in the middle where PostgreSQL would cut off its end.
fn index_name(table: &str, column: &str) -> String {
    let whole = format!("{table}_{column}");
    if whole.len() <= NAME {
        return whole;
    }
    // Names are ASCII: the contract's, in snake case.
    let hash = whole.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let end = format!("_{hash:08x}");
    whole.chars().take(NAME - end.len()).chain(end.chars()).collect()
}

/// Objects change often: a row's next version finds room beside it, and no index takes note of it unless a
/// key changed.
fn create(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| (&column.name, declared(Kind::of(column.form))));
    let keys = table.keys.iter().map(|key| (&key.name, KEY));
    let members: String = columns.chain(keys).map(|(name, ty)| format!(r#", "{name}" {ty}"#)).collect();
    format!(
        r#"CREATE TABLE "{}" (account_id BIGINT NOT NULL, seq BIGINT NOT NULL, id UUID NOT NULL{members},
           PRIMARY KEY (account_id, id)) {PARTITIONING} {ROOM}"#,
        table.name
    )
}

/// A key that is added later is empty: no contract has made a key of a member that was none before.
fn add_columns(table: &Table, present: &HashSet<String>) -> Vec<String> {
    let columns = table.columns.iter().map(|column| (&column.name, declared(Kind::of(column.form))));
    let keys = table.keys.iter().map(|key| (&key.name, KEY));
    let absent = columns.chain(keys).filter(|(name, _)| !present.contains(*name));
    absent.map(|(name, ty)| format!(r#"ALTER TABLE "{}" ADD COLUMN "{name}" {ty}"#, table.name)).collect()
}

fn create_link(link: &LinkTable) -> String {
    format!(
        r#"CREATE TABLE "{}" (account_id BIGINT NOT NULL, owner UUID NOT NULL, target UUID NOT NULL, value TEXT,
           PRIMARY KEY (account_id, owner, target)) {PARTITIONING}"#,
        link.name
    )
}

/// Of each table, whole or in parts, its columns.
const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    AND a.attnum > 0 AND NOT a.attisdropped";

/// Each index, of a table that is whole or in parts.
const INDEXES: &str = "
    SELECT relname::text FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('i', 'I')";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_indexes_are_short_enough_and_differ() {
        let present = Present { columns: HashMap::new(), indexes: HashSet::new() };
        let statements = present.lacks(&Schema::of_contract());
        let names =
            statements.iter().filter_map(|sql| sql.strip_prefix(r#"CREATE INDEX ""#)?.split('"').next());
        let names: Vec<&str> = names.collect();
        assert!(names.len() > 100 && names.iter().all(|name| name.len() <= NAME));
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    }
}
