//! SQL over the tables of objects and of links. The account comes first in every statement.

use crate::layout::{Column, KeyColumn, Layout, LinkTable, Reference, Table};

/// How many owners one statement reads the links of.
pub(crate) const OWNERS: usize = 200;

/// Objects with the same changed columns that are worth a statement of their own.
pub(crate) const ALIKE: usize = 8;

/// SQL over the table of an object type. Columns stand in the table's order, keys after them.
pub(crate) struct Statements {
    /// A row: account, id, columns, keys.
    pub insert: String,
    /// All columns of a row but its keys: account, id, columns.
    pub update: String,
    /// The same of a row that has these keys: account, id, columns, keys.
    pub update_same_keys: String,
    /// Removes a row: account, id.
    pub delete: String,
    /// The id, all columns and the number of a row, as they show it now: account, id.
    pub get: String,
    /// The same of every row, in creation order: account.
    pub all: String,
    /// The same of up to as many rows as are wanted: account, number, the row before them or none.
    pub page: String,
    /// All columns of a row, as they stand in it: account, id.
    pub own: String,
    /// The number of a row: account, id.
    pub place: String,
    /// Whether a row exists: account, id.
    pub exists: String,
    /// The number of rows: account.
    pub count: String,
    /// Over each key, in the table's order.
    pub keys: Vec<KeyStatements>,
    /// Over each reference, in the table's order.
    pub references: Vec<ReferenceStatements>,
}

/// SQL over a key.
pub(crate) struct KeyStatements {
    /// Sets the column of one row, where that changes it (an index entry moves only then): account,
    /// id, key.
    pub update: String,
    /// The ids of the objects with that key: account, key.
    pub find: String,
}

/// SQL over a reference.
pub(crate) struct ReferenceStatements {
    /// The objects that refer to one, in creation order: account, the one's id.
    pub find: String,
    /// Copies an object's values into the rows that refer to it, if any show them: account, its id.
    pub freeze: Option<String>,
}

impl Statements {
    pub fn new(layout: &Layout, of: &Table) -> Statements {
        let Table { name: table, columns, keys, references, .. } = of;
        let shown: String =
            columns.iter().map(|column| format!(", {}", present(column, references))).collect();
        let joins: String =
            references.iter().filter(|found| found.shows_any()).map(|found| found.join.as_str()).collect();
        let rows = format!(r#"SELECT o.id{shown}, o.seq FROM "{table}" o{joins} WHERE o.account_id = ?1"#);
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let key_names: Vec<String> = keys.iter().map(|key| quoted(&key.name)).collect();
        let row = [names.as_slice(), key_names.as_slice()].concat();
        let settings: Vec<String> =
            names.iter().enumerate().map(|(index, name)| format!("{name} = ?{}", index + 3)).collect();
        let same_keys: String = key_names
            .iter()
            .enumerate()
            .map(|(index, name)| format!(" AND {name} IS ?{}", index + 3 + names.len()))
            .collect();
        let own = names.join(", ");
        let (row, places) = (row.join(", "), places(3, row.len()));
        let settings = settings.join(", ");
        let one = "account_id = ?1 AND id = ?2";
        Statements {
            insert: format!(r#"INSERT INTO "{table}" (account_id, id, {row}) VALUES (?1, ?2, {places})"#),
            update: format!(r#"UPDATE "{table}" SET {settings} WHERE {one}"#),
            update_same_keys: format!(r#"UPDATE "{table}" SET {settings} WHERE {one}{same_keys}"#),
            delete: format!(r#"DELETE FROM "{table}" WHERE {one}"#),
            get: format!("{rows} AND o.id = ?2"),
            all: format!("{rows} ORDER BY o.seq"),
            page: format!(
                r#"{rows} AND o.seq > CASE WHEN ?3 IS NULL THEN 0 ELSE
                   (SELECT seq FROM "{table}" WHERE account_id = ?1 AND id = ?3) END ORDER BY o.seq LIMIT ?2"#
            ),
            own: format!(r#"SELECT {own} FROM "{table}" WHERE {one}"#),
            place: format!(r#"SELECT seq FROM "{table}" WHERE {one}"#),
            exists: format!(r#"SELECT 1 FROM "{table}" WHERE {one}"#),
            count: format!(r#"SELECT count(*) FROM "{table}" WHERE account_id = ?1"#),
            keys: keys.iter().map(|key| KeyStatements::new(table, key)).collect(),
            references: references
                .iter()
                .map(|found| ReferenceStatements::new(table, found, &layout.table(found.target).name))
                .collect(),
        }
    }
}

/// The rows that refer to one object, which are few, and to another, in creation order: account, the ids of both.
pub(crate) fn referring_both(table: &str, reference: &Reference, other: &Reference) -> String {
    let (column, other) = (quoted(&reference.column), quoted(&other.column));
    // Not by the index of the other, which may have far more.
    format!(
        "SELECT id FROM {} WHERE account_id = ?1 AND {column} = ?2 AND +{other} = ?3 ORDER BY seq",
        quoted(table)
    )
}

/// The rows that refer to up to [`OWNERS`] objects, counted by the object and some columns: account, ids. Gives the
/// id, the number and the columns.
pub(crate) fn count_referring<'a>(
    table: &str,
    reference: &Reference,
    by: impl Iterator<Item = &'a str>,
) -> String {
    let by: String = by.map(|column| format!(", {}", quoted(column))).collect();
    let (table, column, ids) = (quoted(table), quoted(&reference.column), places(2, OWNERS));
    format!(
        "SELECT {column}, count(*){by} FROM {table} WHERE account_id = ?1 AND {column} IN ({ids}) GROUP BY {column}{by}"
    )
}

/// Sets some columns of a row: account, id, columns.
pub(crate) fn update<'a>(table: &str, columns: impl Iterator<Item = &'a str>) -> String {
    let settings = settings(columns, 3);
    format!("UPDATE {} SET {settings} WHERE account_id = ?1 AND id = ?2", quoted(table))
}

/// Sets some columns of the row with a number: number, account, id, columns.
pub(crate) fn update_at<'a>(table: &str, columns: impl Iterator<Item = &'a str>) -> String {
    let settings = settings(columns, 4);
    format!("UPDATE {} SET {settings} WHERE seq = ?1 AND account_id = ?2 AND id = ?3", quoted(table))
}

fn settings<'a>(columns: impl Iterator<Item = &'a str>, from: usize) -> String {
    let setting = |(index, name): (usize, &str)| format!("{} = ?{}", quoted(name), index + from);
    columns.enumerate().map(setting).collect::<Vec<_>>().join(", ")
}

impl KeyStatements {
    fn new(table: &str, KeyColumn { name, .. }: &KeyColumn) -> KeyStatements {
        KeyStatements {
            update: format!(
                r#"UPDATE "{table}" SET "{name}" = ?3 WHERE account_id = ?1 AND id = ?2 AND "{name}" IS NOT ?3"#
            ),
            find: format!(r#"SELECT id FROM "{table}" WHERE account_id = ?1 AND "{name}" = ?2 ORDER BY seq"#),
        }
    }
}

impl ReferenceStatements {
    fn new(table: &str, reference: &Reference, other: &str) -> ReferenceStatements {
        let Reference { column, shown, .. } = reference;
        let copies: Vec<String> =
            shown.iter().map(|shown| format!(r#""{}" = t."{}""#, shown.column, shown.source)).collect();
        let freeze = format!(
            r#"UPDATE "{table}" AS o SET {} FROM "{other}" t WHERE o.account_id = ?1 AND o."{column}" = ?2
               AND t.account_id = ?1 AND t.id = ?2"#,
            copies.join(", ")
        );
        ReferenceStatements {
            find: format!(
                r#"SELECT id FROM "{table}" WHERE account_id = ?1 AND "{column}" = ?2 ORDER BY seq"#
            ),
            freeze: reference.shows_any().then_some(freeze),
        }
    }
}

/// SQL over the table of a link.
pub(crate) struct LinkStatements {
    /// A row, new or in place of the one there: account, owner, target, value.
    pub put: String,
    /// Removes a row: account, owner, target.
    pub remove: String,
    /// Removes the rows of an owner: account, owner.
    pub remove_owner: String,
    /// Removes the rows to a target: account, target.
    pub remove_target: String,
    /// Whether a row exists: account, owner, target.
    pub exists: String,
    /// Target and value of the rows of an owner: account, owner.
    pub of_owner: String,
    /// Owner, target, value and the target's columns, of the rows of up to [`OWNERS`] owners, in
    /// the targets' creation order: account, owners.
    pub details: String,
}

impl LinkStatements {
    pub fn new(LinkTable { name: link, .. }: &LinkTable, target: &Table) -> LinkStatements {
        let columns: String =
            target.columns.iter().map(|column| format!(r#", t."{}""#, column.name)).collect();
        let (other, owners) = (&target.name, places(2, OWNERS));
        LinkStatements {
            put: format!(
                r#"INSERT INTO "{link}" (account_id, owner, target, value) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (account_id, owner, target) DO UPDATE SET value = excluded.value"#
            ),
            remove: format!(r#"DELETE FROM "{link}" WHERE account_id = ?1 AND owner = ?2 AND target = ?3"#),
            remove_owner: format!(r#"DELETE FROM "{link}" WHERE account_id = ?1 AND owner = ?2"#),
            remove_target: format!(r#"DELETE FROM "{link}" WHERE account_id = ?1 AND target = ?2"#),
            exists: format!(r#"SELECT 1 FROM "{link}" WHERE account_id = ?1 AND owner = ?2 AND target = ?3"#),
            of_owner: format!(
                r#"SELECT target, value FROM "{link}" WHERE account_id = ?1 AND owner = ?2 ORDER BY target"#
            ),
            details: format!(
                r#"SELECT l.owner, l.target, l.value{columns} FROM "{link}" l
                   JOIN "{other}" t ON t.account_id = l.account_id AND t.id = l.target
                   WHERE l.account_id = ?1 AND l.owner IN ({owners}) ORDER BY t.seq"#
            ),
        }
    }
}

/// What a column shows.
fn present(column: &Column, references: &[Reference]) -> String {
    let own = || format!(r#"o."{}""#, column.name);
    references.iter().find_map(|reference| reference.present(&column.name)).unwrap_or_else(own)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `?from, ?from+1, …`
fn places(from: usize, count: usize) -> String {
    (from..from + count).map(|index| format!("?{index}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::sqlite::migrate::{STEPS, migrate};
    use crate::sqlite::open::{Role, connect};
    use crate::sqlite::schema::Schema;
    use contract::LinkId;

    /// Every statement over the derived tables.
    fn statements(schema: &Schema) -> Vec<&str> {
        let mut out = Vec::new();
        for table in schema.tables() {
            let sql = schema.sql(table.id);
            out.extend([
                &sql.insert,
                &sql.update,
                &sql.update_same_keys,
                &sql.delete,
                &sql.get,
                &sql.all,
                &sql.page,
                &sql.own,
                &sql.place,
                &sql.exists,
                &sql.count,
            ]);
            out.extend(sql.keys.iter().flat_map(|key| [&key.update, &key.find]));
            out.extend(sql.references.iter().map(|reference| &reference.find));
            out.extend(sql.references.iter().filter_map(|reference| reference.freeze.as_ref()));
        }
        for sql in (0..schema.links().len()).map(|link| schema.link_sql(LinkId(link as u16))) {
            out.extend([&sql.put, &sql.remove, &sql.remove_owner, &sql.remove_target, &sql.of_owner]);
            out.extend([&sql.exists, &sql.details]);
        }
        out.into_iter().map(String::as_str).collect()
    }

    #[test]
    fn every_statement_finds_its_rows_by_an_index_that_the_account_leads() {
        let schema = Schema::of_contract();
        let mut connection = connect(None, Role::Writer).unwrap();
        migrate(&mut connection, &schema, STEPS).unwrap();
        for sql in statements(&schema) {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            for index in 1..=plan.parameter_count() {
                plan.raw_bind_parameter(index, 1).unwrap();
            }
            let mut rows = plan.raw_query();
            while let Some(row) = rows.next().unwrap() {
                let step: String = row.get(3).unwrap();
                let search = step.starts_with("SEARCH") && step.contains("(account_id=?");
                // `details` alone sorts: by the order of its targets.
                let sort = step.contains("TEMP B-TREE FOR ORDER BY") && sql.contains("JOIN");
                // Its own steps come after it.
                let subquery = step.starts_with("SCALAR SUBQUERY");
                assert!(search || sort || subquery, "{sql}: {step}");
            }
        }
    }
}
