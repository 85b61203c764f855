//! Statistics of tables that grow.
//!
//! PostgreSQL plans by what ANALYZE found in a table, and autovacuum runs ANALYZE up to about a minute after a table has
//! grown. Until then a plan may read all of an account's rows where a few by their keys would do, and a statement's plan is
//! kept. So this process runs ANALYZE on what it fills.

use super::Shared;
use crate::store::Reading;
use deadpool_postgres::Object;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio_postgres::{Client, Error};

/// Commits between two looks at the sizes, at most.
const OFTEN: u64 = 1_024;

/// Statements for the tables that are more than twice as long as when ANALYZE last ran. Not waited for: a lock that somebody
/// has, another process's ANALYZE among them, and more than a few seconds.
const DUE: &str =
    "SELECT format('BEGIN; SET LOCAL statement_timeout = 5000; ANALYZE (SKIP_LOCKED) %I.%I; COMMIT',
        n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
    AND pg_relation_size(c.oid) > 2 * greatest(c.relpages, 0) * current_setting('block_size')::bigint";

/// How far the tables may have grown.
#[derive(Default)]
pub(super) struct Growth {
    commits: AtomicU64,
    is_looking: AtomicBool,
}

impl Growth {
    /// Counts a commit; true if the sizes should be looked at, and nobody does: after the first commits of a process
    /// more often than later.
    fn is_due(&self) -> bool {
        let commits = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        let due = commits.is_power_of_two() || commits.is_multiple_of(OFTEN);
        due && !self.is_looking.swap(true, Ordering::Relaxed)
    }
}

/// Notes that a job has written.
pub(super) fn committed(shared: &Arc<Shared>) {
    if shared.growth.is_due() {
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            look(&shared).await;
            shared.growth.is_looking.store(false, Ordering::Relaxed);
        });
    }
}

async fn look(shared: &Shared) {
    let Ok(_turn) = shared.pool.turn(Some(Reading::General)).await else { return };
    let Ok(client) = shared.pool.client().await else { return };
    if analyze(&client).await.is_err() {
        // Autovacuum does it later. Its transaction may still be open.
        tracing::debug!("the tables that have grown were not analyzed");
        drop(Object::take(client));
    }
}

async fn analyze(client: &Client) -> Result<(), Error> {
    for row in client.query_typed(DUE, &[]).await? {
        client.batch_execute(row.try_get(0)?).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_commits_are_followed_closely() {
        let growth = Growth::default();
        let mut due = Vec::new();
        for commit in 1..=3 * OFTEN {
            if growth.is_due() {
                due.push(commit);
                growth.is_looking.store(false, Ordering::Relaxed);
            }
        }
        assert_eq!(due, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3072]);
    }

    #[test]
    fn one_looks_at_a_time() {
        let growth = Growth::default();
        assert!(growth.is_due());
        assert!(!growth.is_due());
    }
}
