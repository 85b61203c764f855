//! The tables that the contract does not speak of, and the steps that made them what they are.
//!
//! A step is never changed once released; a later one changes what it made. `user_version` counts
//! the steps a file has taken. After them the derived tables are brought up to the contract.

use super::journal::recover;
use super::open::Refusal;
use super::schema::Schema;
use super::{derive, statistics};
use rusqlite::{Connection, TransactionBehavior};

/// Marks a file as this program's: `USTY`.
pub(crate) const APPLICATION_ID: i64 = 0x5553_5459;

/// The steps in order.
pub(crate) const STEPS: &[&str] = &[
    include_str!("steps/001_accounts_and_changes.sql"),
    include_str!("steps/002_mail.sql"),
    include_str!("steps/003_journal.sql"),
];

/// Brings in what waits in the journal, which is named as the tables are; then takes the steps that the file has not taken,
/// then adds what the derived tables lack. True if an earlier version's tables were changed.
pub(crate) fn migrate(connection: &mut Connection, schema: &Schema, steps: &[&str]) -> Result<bool, Refusal> {
    migrate_after(connection, schema, steps, |_| Ok(()))
}

/// The same, calling `before` before an earlier version's tables are changed.
pub(crate) fn migrate_after(
    connection: &mut Connection,
    schema: &Schema,
    steps: &[&str],
    before: impl FnOnce(&Connection) -> Result<(), Refusal>,
) -> Result<bool, Refusal> {
    let found = version(connection, steps)?;
    let lacks = found != steps.len() || !derive::missing(connection, schema)?.is_empty();
    if lacks && found > 0 {
        before(connection)?;
    }
    recover(connection)?;
    if !lacks {
        return Ok(false);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated the file while this one waited for it.
    for step in &steps[version(&transaction, steps)?..] {
        transaction.execute_batch(step)?;
    }
    let missing = derive::missing(&transaction, schema)?;
    for statement in missing.into_iter().chain(statistics::statements(schema)) {
        transaction.execute_batch(&statement)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    transaction.commit()?;
    connection.execute_batch(statistics::LOAD)?;
    if found != steps.len() {
        tracing::info!(from = found, to = steps.len(), "migrated the database");
    }
    Ok(found > 0)
}

/// How many steps the file has taken, if it is this program's and not from a later version.
fn version(connection: &Connection, steps: &[&str]) -> Result<usize, Refusal> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let new = application == 0 && version == 0 && tables == 0;
    if application != APPLICATION_ID && !new {
        return Err(Refusal::Foreign);
    }
    match usize::try_from(version) {
        Ok(found) if found <= steps.len() => Ok(found),
        _ => Err(Refusal::Newer { found: version, known: steps.len() as i64 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::open::{Role, connect};

    const FIRST: &str = "CREATE TABLE one (a INTEGER); INSERT INTO one VALUES (1)";
    const SECOND: &str = "ALTER TABLE one ADD COLUMN b INTEGER; UPDATE one SET b = a + 1";

    fn steps(more: &[&'static str]) -> Vec<&'static str> {
        STEPS.iter().chain(more).copied().collect()
    }

    #[test]
    fn an_older_file_takes_the_steps_it_lacks_and_no_other() {
        let schema = Schema::of_contract();
        let mut connection = connect(None, Role::Writer).unwrap();
        for steps in [steps(&[FIRST]), steps(&[FIRST, SECOND]), steps(&[FIRST, SECOND])] {
            migrate(&mut connection, &schema, &steps).unwrap();
            assert_eq!(version(&connection, &steps).unwrap(), steps.len());
        }
        let row = connection.query_row("SELECT a, b FROM one", [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(row, Ok((1, 2)));
        assert!(matches!(
            migrate(&mut connection, &schema, &steps(&[FIRST])),
            Err(Refusal::Newer { found, known }) if found == known + 1
        ));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let schema = Schema::of_contract();
        let mut connection = connect(None, Role::Writer).unwrap();
        let broken = steps(&[FIRST, "CREATE TABLE one (a)"]);
        assert!(matches!(migrate(&mut connection, &schema, &broken), Err(Refusal::Sqlite(_))));
        assert_eq!(version(&connection, &broken).unwrap(), 0);
        migrate(&mut connection, &schema, STEPS).unwrap();
    }
}
