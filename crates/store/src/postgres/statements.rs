//! SQL over the tables of objects and of links, in PostgreSQL's words. The account is `$1` in every
//! statement and bounds every table it names.
//!
//! A statement takes a whole batch: one list per column. One that writes objects logs them too, and
//! counts the objects it wrote, all in one round trip.

use super::schema::declared;
use crate::layout::{Column, KeyColumn, Kind, Layout, Reference, Table};
use contract::{FieldId, LinkId, Source};

/// Enters rows into the change log from what follows; `$2` is the name of the object type, `$3` the
/// instant.
const LOG: &str = "INSERT INTO change_log (account_id, object_type, at, id, deleted)";

/// What happens to a change that is in the log already.
const LOGGED: &str = "ON CONFLICT (account_id, object_type, at, id) DO UPDATE SET deleted = excluded.deleted";

/// SQL over the table of an object type. Columns stand in the table's order, keys after them.
pub(crate) struct Statements {
    /// Rows and their log: account, object type, instant, ids, columns, keys. Changes as many rows as
    /// are new.
    pub insert: String,
    /// All columns of rows and their log: the same. Changes as many rows as were there.
    pub update: String,
    /// Removes rows with the links from them and to them, and logs it: account, object type,
    /// instant, ids. Gives the ids that were there.
    pub delete: String,
    /// The log alone: account, object type, instant, ids.
    pub touch: String,
    /// The id and all columns of rows, as they show them now: account, ids.
    pub get: String,
    /// The same of every row, in creation order: account.
    pub all: String,
    /// The same of up to as many rows as are wanted: account, number, the row before them or none.
    pub page: String,
    /// The ids that are those of rows: account, ids.
    pub exists: String,
    /// The number of rows: account.
    pub count: String,
    /// Id and instant of logged changes to rows that still exist, in the log's order: account, object
    /// type, the instant and the id to begin with, the instant to end before, number.
    pub changed: String,
    /// The same of logged removals of rows that do not exist.
    pub deleted: String,
    /// The keys and ids of the objects with one of those keys, in creation order, for each key in the
    /// table's order: account, keys.
    pub find: Vec<String>,
    /// Over each reference, in the table's order.
    pub references: Vec<ReferenceStatements>,
}

/// SQL over a reference.
pub(crate) struct ReferenceStatements {
    /// What is referred to and what refers to it, in creation order: account, the ids referred to.
    pub find: String,
    /// Copies objects' values into the rows that refer to them, if any show them: account, their ids.
    pub freeze: Option<String>,
}

impl Statements {
    pub fn new(layout: &Layout, of: &Table) -> Statements {
        let Table { name: table, columns, keys, references, .. } = of;
        let shown: String =
            columns.iter().map(|column| format!(", {}", present(column, references))).collect();
        let joins: String =
            references.iter().filter(|found| found.shows_any()).map(|found| found.join.as_str()).collect();
        let rows = format!(r#"SELECT o.id{shown} FROM "{table}" o{joins} WHERE o.account_id = $1"#);
        Statements {
            insert: insert(of),
            update: update(of),
            delete: delete(layout, of),
            touch: format!("{LOG} SELECT $1, $2, $3, v.id, FALSE FROM unnest($4::uuid[]) AS v(id) {LOGGED}"),
            get: format!("{rows} AND o.id = ANY($2)"),
            all: format!("{rows} ORDER BY o.seq"),
            page: format!(
                r#"{rows} AND o.seq > CASE WHEN $3::uuid IS NULL THEN -1 ELSE
                   (SELECT seq FROM "{table}" WHERE account_id = $1 AND id = $3) END ORDER BY o.seq LIMIT $2"#
            ),
            exists: format!(r#"SELECT id FROM "{table}" WHERE account_id = $1 AND id = ANY($2)"#),
            count: format!(r#"SELECT count(*) FROM "{table}" WHERE account_id = $1"#),
            changed: logged(table, false),
            deleted: logged(table, true),
            find: keys.iter().map(|key| find(table, key)).collect(),
            references: references
                .iter()
                .map(|found| ReferenceStatements::new(table, found, &layout.table(found.target).name))
                .collect(),
        }
    }
}

/// The columns of a table and then its keys: name and type.
fn row(of: &Table) -> impl Iterator<Item = (&str, &'static str)> {
    let columns = of.columns.iter().map(|column| (column.name.as_str(), declared(Kind::of(column.form))));
    columns.chain(of.keys.iter().map(|key| (key.name.as_str(), "TEXT")))
}

/// `unnest($4::uuid[], …)`: ids and a row's columns, as `v(id, c0, …`.
fn batch(of: &Table) -> (String, String) {
    let types = row(of).enumerate().map(|(index, (_, ty))| format!(", ${}::{ty}[]", index + 5));
    let names = (0..row(of).count()).map(|index| format!(", c{index}"));
    (format!("unnest($4::uuid[]{})", types.collect::<String>()), format!("v(id{}", names.collect::<String>()))
}

/// The rows take their places in the order of creation from the account, the batch as one block.
fn insert(of: &Table) -> String {
    let (table, (lists, names)) = (&of.name, batch(of));
    let columns: String = row(of).map(|(name, _)| format!(r#", "{name}""#)).collect();
    let values: String = (0..row(of).count()).map(|index| format!(", v.c{index}")).collect();
    format!(
        r#"WITH block AS (
             UPDATE account SET next_seq = next_seq + cardinality($4::uuid[]) WHERE account_id = $1
             RETURNING next_seq - cardinality($4::uuid[]) AS before),
           added AS (
             INSERT INTO "{table}" (account_id, id, seq{columns})
             SELECT $1, v.id, block.before + v.place{values}
             FROM block, {lists} WITH ORDINALITY AS {names}, place)
             ON CONFLICT (account_id, id) DO NOTHING RETURNING id)
           {LOG} SELECT $1, $2, $3, added.id, FALSE FROM added {LOGGED}"#
    )
}

/// Columns that stay as they are cost nothing in the indexes, though all are set.
fn update(of: &Table) -> String {
    let (table, (lists, names)) = (&of.name, batch(of));
    let settings: Vec<String> =
        row(of).enumerate().map(|(index, (name, _))| format!(r#""{name}" = v.c{index}"#)).collect();
    format!(
        r#"WITH changed AS (
             UPDATE "{table}" AS o SET {} FROM {lists} AS {names})
             WHERE o.account_id = $1 AND o.id = v.id RETURNING o.id)
           {LOG} SELECT $1, $2, $3, changed.id, FALSE FROM changed {LOGGED}"#,
        settings.join(", ")
    )
}

fn delete(layout: &Layout, of: &Table) -> String {
    let owned = of.links.iter().map(|&(_, link)| (link, "owner"));
    let targeted = layout.links_to(of.id).map(|link| (link, "target"));
    let links = owned.chain(targeted).enumerate().map(|(index, (link, end))| {
        format!(
            r#", links{index} AS (
                 DELETE FROM "{}" l USING gone WHERE l.account_id = $1 AND l.{end} = gone.id)"#,
            layout.link(link).name
        )
    });
    format!(
        r#"WITH gone AS (DELETE FROM "{}" WHERE account_id = $1 AND id = ANY($4) RETURNING id){}
           {LOG} SELECT $1, $2, $3, gone.id, TRUE FROM gone {LOGGED} RETURNING id"#,
        of.name,
        links.collect::<String>()
    )
}

/// An object is looked for by its key, once a row: a join would, as long as PostgreSQL has not seen the table grow, read
/// all of the account's objects for each row of the log.
fn logged(table: &str, deleted: bool) -> String {
    let (not, truth) = if deleted { ("", "TRUE") } else { ("NOT ", "FALSE") };
    format!(
        r#"SELECT c.id, c.at FROM change_log c WHERE c.account_id = $1 AND c.object_type = $2
           AND (c.at, c.id) >= ($3, $4) AND c.at < $5 AND c.deleted = {truth}
           AND (SELECT TRUE FROM "{table}" o WHERE o.account_id = $1 AND o.id = c.id) IS {not}NULL
           ORDER BY c.at, c.id LIMIT $6"#
    )
}

fn find(table: &str, KeyColumn { name, .. }: &KeyColumn) -> String {
    format!(r#"SELECT "{name}", id FROM "{table}" WHERE account_id = $1 AND "{name}" = ANY($2) ORDER BY seq"#)
}

impl ReferenceStatements {
    fn new(table: &str, reference: &Reference, other: &str) -> ReferenceStatements {
        let Reference { column, shown, .. } = reference;
        let copies: Vec<String> =
            shown.iter().map(|shown| format!(r#""{}" = t."{}""#, shown.column, shown.source)).collect();
        let freeze = format!(
            r#"UPDATE "{table}" AS o SET {} FROM "{other}" t WHERE o.account_id = $1
               AND o."{column}" = ANY($2) AND t.account_id = $1 AND t.id = o."{column}""#,
            copies.join(", ")
        );
        ReferenceStatements {
            find: format!(
                r#"SELECT "{column}", id FROM "{table}" WHERE account_id = $1 AND "{column}" = ANY($2)
                   ORDER BY seq"#
            ),
            freeze: reference.shows_any().then_some(freeze),
        }
    }
}

/// What is referred to by rows that refer to another object, too, and those rows, in creation order: account, the ids
/// referred to, the other.
pub(crate) fn referring_both(table: &str, reference: &Reference, other: &Reference) -> String {
    let (column, other) = (&reference.column, &other.column);
    format!(
        r#"SELECT "{column}", id FROM "{table}" WHERE account_id = $1 AND "{column}" = ANY($2) AND "{other}" = $3
           ORDER BY seq"#
    )
}

/// The rows that refer to objects, counted by the object and some columns: account, ids. Gives the id, the number and
/// the columns.
pub(crate) fn count_referring<'a>(
    table: &str,
    reference: &Reference,
    by: impl Iterator<Item = &'a str>,
) -> String {
    let by: String = by.map(|column| format!(r#", "{column}""#)).collect();
    let column = &reference.column;
    format!(
        r#"SELECT "{column}", count(*){by} FROM "{table}" WHERE account_id = $1 AND "{column}" = ANY($2)
           GROUP BY "{column}"{by}"#
    )
}

/// SQL over the table of a link.
pub(crate) struct LinkStatements {
    /// Rows, new or in place of those there: account, owners, targets, values.
    pub put: String,
    /// Removes rows, and gives owner and target of those that were there: account, owners, targets.
    pub remove: String,
    /// Those of some pairs that are rows: account, owners, targets.
    pub linked: String,
    /// Owner, target and value of the rows of owners, in the order of the targets: account, owners.
    pub of_owners: String,
    /// Owner, target, value and the target's columns that details show, of the rows of owners, in the
    /// targets' creation order: account, owners.
    pub details: String,
    /// What `details` gives of the target: the detail's member, and the place among the target's columns
    /// of what it shows.
    pub shown: Vec<(FieldId, usize)>,
}

impl LinkStatements {
    pub fn new(layout: &Layout, id: LinkId) -> LinkStatements {
        let link = &layout.link(id).name;
        let target = layout.table(layout.link(id).target);
        let members = layout.contract.link(id).members.iter();
        let shown = members.filter_map(|&(member, source)| {
            let Source::Target(wanted) = source else { return None };
            target.place(wanted).map(|place| (member, place))
        });
        let shown: Vec<(FieldId, usize)> = shown.collect();
        let columns: String =
            shown.iter().map(|(_, place)| format!(r#", t."{}""#, target.columns[*place].name)).collect();
        let other = &target.name;
        LinkStatements {
            put: format!(
                r#"INSERT INTO "{link}" (account_id, owner, target, value)
                   SELECT $1, v.owner, v.target, v.value
                   FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS v(owner, target, value)
                   ON CONFLICT (account_id, owner, target) DO UPDATE SET value = excluded.value"#
            ),
            remove: format!(
                r#"DELETE FROM "{link}" l USING unnest($2::uuid[], $3::uuid[]) AS v(owner, target)
                   WHERE l.account_id = $1 AND l.owner = v.owner AND l.target = v.target
                   RETURNING l.owner, l.target"#
            ),
            linked: format!(
                r#"SELECT l.owner, l.target FROM "{link}" l, unnest($2::uuid[], $3::uuid[]) AS v(owner, target)
                   WHERE l.account_id = $1 AND l.owner = v.owner AND l.target = v.target"#
            ),
            of_owners: format!(
                r#"SELECT owner, target, value FROM "{link}" WHERE account_id = $1 AND owner = ANY($2)
                   ORDER BY owner, target"#
            ),
            details: format!(
                r#"SELECT l.owner, l.target, l.value{columns} FROM "{link}" l
                   JOIN "{other}" t ON t.account_id = l.account_id AND t.id = l.target
                   WHERE l.account_id = $1 AND l.owner = ANY($2) ORDER BY t.seq"#
            ),
            shown,
        }
    }
}

/// What a column shows.
fn present(column: &Column, references: &[Reference]) -> String {
    let own = || format!(r#"o."{}""#, column.name);
    references.iter().find_map(|reference| reference.present(&column.name)).unwrap_or_else(own)
}
