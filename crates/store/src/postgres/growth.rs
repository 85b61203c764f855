//! Statistics of tables that grow.
//!
//! PostgreSQL plans by what it knows of a table and looks at one that has grown about a minute late. Until then it may
//! read all of an account's rows where a few by their keys would do, and a statement's plan is kept. So this process has
//! it look at what it fills.

use super::Shared;
use crate::store::Reading;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio_postgres::{Client, Error};

/// Commits between two looks at the sizes, at most.
const OFTEN: u64 = 1_024;

/// Statements that have PostgreSQL look at the tables that are more than twice as long as when it last did.
const DUE: &str = "SELECT format('ANALYZE %I.%I', n.nspname, c.relname)
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
        // PostgreSQL looks by itself later.
        tracing::debug!("PostgreSQL did not look at the tables that have grown");
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
