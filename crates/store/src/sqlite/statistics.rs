//! What the query planner is told about the tables: the shape of a large account, whatever is in
//! the file.
//!
//! Without it the planner takes an account for a handful of rows and reads all of them in order
//! rather than look up two keys. Measuring (`ANALYZE`) would make plans depend on when it ran; a
//! user who does it all the same does no harm.

use super::schema::Schema;

/// Rows of a table.
const ROWS: u32 = 1_000_000;
/// Rows of an account.
const ACCOUNT: u32 = 100_000;
/// Links of an owner.
const LINKS: u32 = 3;
/// Links to a target, or objects that refer to one.
const MEMBERS: u32 = 100;

/// The statements that write the statistics; [`LOAD`] has the connection take note of them.
pub(crate) fn statements(schema: &Schema) -> Vec<String> {
    // The first makes the table of statistics.
    let mut out = vec!["ANALYZE account".to_owned(), "DELETE FROM sqlite_stat1".to_owned()];
    let mut index = |table: &str, index: &str, shape: String| {
        out.push(format!(
            "INSERT INTO sqlite_stat1 VALUES ('{table}', '{index}', '{ROWS} {ACCOUNT}{shape}')"
        ));
    };
    for table in schema.tables() {
        let name = &table.name;
        index(name, &format!("{name}_account"), String::new());
        index(name, &format!("sqlite_autoindex_{name}_1"), " 1".to_owned());
        for key in &table.keys {
            index(name, &format!("{name}_{}", key.name), " 2".to_owned());
        }
        for reference in &table.references {
            index(name, &format!("{name}_{}", reference.column), format!(" {MEMBERS}"));
        }
    }
    for link in schema.links() {
        let name = &link.name;
        index(name, name, format!(" {LINKS} 1"));
        index(name, &format!("{name}_target"), format!(" {MEMBERS} 1"));
    }
    out
}

/// Has a connection that is open read the statistics again.
pub(crate) const LOAD: &str = "ANALYZE sqlite_schema";
