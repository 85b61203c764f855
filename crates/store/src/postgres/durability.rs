//! What a server must be set to for what is said here: that a write is on disk when it is acknowledged.

use tokio_postgres::{Client, Error};

/// The settings that are off.
const OFF: &str = "SELECT name::text FROM pg_settings
    WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name";

/// Warns of settings that let a crash of the server take acknowledged writes with it.
pub(super) async fn warn(client: &Client) -> Result<(), Error> {
    for row in client.query_typed(OFF, &[]).await? {
        let setting: &str = row.try_get(0)?;
        tracing::warn!(setting, "is off in PostgreSQL: a crash of its machine can lose acknowledged writes");
    }
    Ok(())
}
