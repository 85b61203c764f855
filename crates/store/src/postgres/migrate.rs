//! The tables that the contract does not speak of, and the steps that made them what they are.
//!
//! A step is never changed once released; a later one changes what it made. The table `understudy`
//! marks a database as this program's, and whoever migrates it holds its one row, so that any number
//! of processes may start at once. The table `understudy_step` has the steps that were taken. After
//! them the derived tables are brought up to the contract.
//!
//! No statement is prepared, for a pooler may give each another server process.

use super::derive::{PARTITIONING, Present, ROOM};
use super::schema::Schema;
use crate::error::{OpenError, StoreError};
use crate::options::{Opened, Opening};
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

/// The steps in order.
pub(super) const STEPS: &[&str] =
    &[include_str!("steps/001_accounts_and_changes.sql"), include_str!("steps/002_mail.sql")];

const ENCODING: &str = "SELECT current_setting('server_encoding')";

/// How often the first tables are made anew after another process made them first.
const TRIES: u32 = 10;

/// Why a database is not opened, before its place is told.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is another program's.
    Foreign,
    /// It is a later version's.
    Newer { found: i64, known: i64 },
    /// There is none in it, and none may be made.
    Missing,
    /// It is an earlier version's, and may not be brought up to date.
    Older,
    /// A step that it has taken is not the one of that number here.
    Changed { step: i64 },
    /// It keeps text in another encoding.
    Encoding(String),
    /// PostgreSQL failed.
    Postgres(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Postgres(error)
    }
}

impl Refusal {
    /// As the error of opening the database at a place.
    pub fn of(self, place: String) -> OpenError {
        match self {
            Refusal::Foreign => OpenError::Foreign { place },
            Refusal::Newer { found, known } => OpenError::Newer { place, found, known },
            Refusal::Missing => OpenError::Missing { place },
            Refusal::Older => OpenError::Older { place },
            Refusal::Changed { step } => OpenError::Changed { place, step },
            Refusal::Encoding(found) => OpenError::Encoding { place, found },
            Refusal::Postgres(error) => OpenError::Database { place, source: StoreError::from(error) },
        }
    }
}

/// Takes the steps that the database has not taken, then adds what the derived tables lack. Tables that
/// are made are made in so many parts, or whole.
pub(super) async fn migrate(
    client: &mut Client,
    schema: &Schema,
    (steps, partitions): (&[&str], Option<u32>),
    opening: Opening,
) -> Result<Opened, Refusal> {
    let encoding: String = client.query_typed_one(ENCODING, &[]).await?.try_get(0)?;
    if encoding != "UTF8" {
        return Err(Refusal::Encoding(encoding));
    }
    let is_marked = is_marked(client).await?;
    // None between the mark and the first tables, too.
    let found = if is_marked { taken(client, steps).await? } else { 0 };
    if found == steps.len() && Present::of(client).await?.lacks(schema).is_empty() {
        return Ok(Opened::Found);
    }
    match found {
        0 if !opening.create => return Err(missing(client, is_marked).await?),
        1.. if !opening.update => return Err(Refusal::Older),
        _ => {}
    }
    if !is_marked {
        mark(client).await?;
    }
    let transaction = client.transaction().await?;
    transaction.query_typed_one("SELECT 1 FROM understudy FOR UPDATE", &[]).await?;
    // Another process may have migrated the database while this one waited for it.
    let from = taken(transaction.client(), steps).await?;
    for (number, step) in steps.iter().enumerate().skip(from) {
        transaction.batch_execute(&with_partitioning(step, partitions)).await?;
        let (number, at) = (number as i64 + 1, now());
        let row = "INSERT INTO understudy_step (number, checksum, taken) VALUES ($1, $2, $3)";
        transaction
            .execute_typed(row, &[(&number, Type::INT8), (&checksum(step), Type::TEXT), (&at, Type::INT8)])
            .await?;
    }
    for statement in Present::of(transaction.client()).await?.lacks(schema) {
        transaction.batch_execute(&with_partitioning(&statement, partitions)).await?;
    }
    if let Some(partitions) = partitions {
        for table in transaction.query_typed(WITHOUT_PARTS, &[]).await? {
            let parts = make_parts(table.try_get(0)?, partitions);
            transaction.batch_execute(&parts).await?;
        }
    }
    transaction.commit().await?;
    if from != steps.len() {
        tracing::info!(from, to = steps.len(), "migrated the database");
    }
    Ok(if found == 0 { Opened::Made } else { Opened::Updated })
}

/// Why a database without tables of ours is not opened.
async fn missing(client: &Client, is_marked: bool) -> Result<Refusal, Error> {
    let tables: i64 = client.query_typed_one(TABLES, &[]).await?.try_get(0)?;
    Ok(if tables > 0 && !is_marked { Refusal::Foreign } else { Refusal::Missing })
}

async fn is_marked(client: &Client) -> Result<bool, Error> {
    client.query_typed_one("SELECT to_regclass('understudy') IS NOT NULL", &[]).await?.try_get(0)
}

/// Makes an empty database this program's.
async fn mark(client: &Client) -> Result<(), Refusal> {
    for tried in 1.. {
        let tables: i64 = client.query_typed_one(TABLES, &[]).await?.try_get(0)?;
        if tables > 0 && !is_marked(client).await? {
            return Err(Refusal::Foreign);
        }
        match client.batch_execute(MARK).await {
            // Processes that make a table at the same time may both fail to find it.
            Err(error) if error.as_db_error().is_some() && tried < TRIES => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            made => return Ok(made?),
        }
    }
    Ok(())
}

/// How many steps the database has taken, if they are those that this program knows.
async fn taken(client: &Client, steps: &[&str]) -> Result<usize, Refusal> {
    let rows =
        client.query_typed("SELECT number, checksum FROM understudy_step ORDER BY number", &[]).await?;
    for (row, wanted) in rows.iter().zip(1_i64..) {
        let (number, found): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        let Some(known) = steps.get(wanted as usize - 1) else {
            return Err(Refusal::Newer { found: rows.len() as i64, known: steps.len() as i64 });
        };
        if number != wanted || found != checksum(known) {
            return Err(Refusal::Changed { step: number });
        }
    }
    Ok(rows.len())
}

fn checksum(step: &str) -> String {
    Sha256::digest(step.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// For whoever wonders when a step was taken; nothing else depends on it.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_micros() as i64
}

fn with_partitioning(sql: &str, partitions: Option<u32>) -> String {
    // What is in parts has no pages of its own.
    let (parts, room) = match partitions {
        Some(_) => ("PARTITION BY HASH (account_id)", ""),
        None => ("", "WITH (fillfactor = 85)"),
    };
    sql.replace(PARTITIONING, parts).replace(ROOM, room)
}

/// The parts of a table, with numbers like those of Citus's.
fn make_parts(table: &str, partitions: u32) -> String {
    let part = |index: u32| {
        format!(
            r#"CREATE TABLE "{table}_{}" PARTITION OF "{table}" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {index});"#,
            102_000 + index
        )
    };
    (0..partitions).map(part).collect()
}

const MARK: &str = "
    CREATE TABLE IF NOT EXISTS understudy_step (number BIGINT PRIMARY KEY, checksum TEXT NOT NULL, taken BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS understudy (id BIGINT PRIMARY KEY);
    INSERT INTO understudy (id) VALUES (1) ON CONFLICT DO NOTHING";

/// How many tables there are that belong to no extension.
const TABLES: &str = "
    SELECT count(*) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
    AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')";

const WITHOUT_PARTS: &str = "
    SELECT c.relname::text FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'p'
    AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid)
    ORDER BY c.relname";
