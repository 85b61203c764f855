//! How much the jobs of a database ask of it.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the verbs have asked of a database since it was opened; a test holds a call to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Statements. One that a verb runs for each of its ids counts once.
    pub statements: u64,
    /// Rows that statements gave.
    pub rows: u64,
}

/// Counts as they grow.
#[derive(Default)]
pub(crate) struct Counter {
    statements: AtomicU64,
    rows: AtomicU64,
}

impl Counter {
    /// Counts a statement.
    pub fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts rows that a statement gave.
    pub fn rows(&self, count: usize) {
        self.rows.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The counts as they are now.
    pub fn now(&self) -> Asked {
        let now = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Asked { statements: now(&self.statements), rows: now(&self.rows) }
    }
}
