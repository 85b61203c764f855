//! Spreads the tables over the machines of a Citus cluster, by account.

use super::Server;
use crate::error::{DistributeError, StoreError};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

/// What Citus brings, and where it keeps which tables are spread.
const HAS_CITUS: &str = "SELECT to_regproc('create_distributed_table') IS NOT NULL";
const IS_SPREAD: &str =
    "SELECT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrel = to_regclass($1::text))";

/// The first table stands alone; the rows of an account in all others go where its row there is.
const FIRST: &str = "account";
const SPREAD_FIRST: &str = "SELECT create_distributed_table($1::text::regclass, 'account_id')";
const SPREAD: &str =
    "SELECT create_distributed_table($1::text::regclass, 'account_id', colocate_with => 'account')";

impl Server {
    /// Spreads every table that is not spread yet; gives their names.
    pub async fn distribute(&self) -> Result<Vec<String>, DistributeError> {
        let _turn = self.shared.pool.turn(None).await?;
        let client = self.shared.pool.client().await?;
        distribute(&client, self.shared.schema.shapes().map(|(_, shape)| shape.name.as_str())).await
    }
}

async fn distribute<'a>(
    client: &Client,
    tables: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, DistributeError> {
    let has_citus: bool =
        client.query_typed_one(HAS_CITUS, &[]).await.and_then(|row| row.try_get(0)).map_err(store)?;
    if !has_citus {
        return Err(DistributeError::NoCitus);
    }
    let mut out = Vec::new();
    for table in std::iter::once(FIRST).chain(tables) {
        let quoted = format!(r#""{table}""#);
        let row = client.query_typed_one(IS_SPREAD, &[(&quoted, Type::TEXT)]).await.map_err(store)?;
        if row.try_get(0).map_err(store)? {
            continue;
        }
        let spread = if table == FIRST { SPREAD_FIRST } else { SPREAD };
        client.execute_typed(spread, &[(&quoted, Type::TEXT)]).await.map_err(store)?;
        out.push(table.to_owned());
    }
    Ok(out)
}

fn store(error: tokio_postgres::Error) -> DistributeError {
    DistributeError::Store(StoreError::from(error))
}
