//! What a job wants written that has read ahead of the writer, and what it relies on.

use super::changes::Changes;
use super::generation::Key;
use super::packed::Packed;
use crate::account::AccountId;
use contract::{Guid, ObjectId, Timestamp};
use std::sync::Arc;

/// What a job did that was run on a reading connection.
pub(crate) struct Plan {
    /// The last commit that it has seen.
    pub snapshot: u64,
    /// The objects that it read.
    pub rows: Vec<Key>,
    /// Whether it read what any change may have changed.
    pub relies_on_all: bool,
    /// What it wrote, in order.
    pub steps: Vec<Step>,
}

/// Something that a job wrote.
pub(crate) enum Step {
    /// It changed objects; with what becomes of each, where that is known.
    Update(Arc<Changes>, Vec<Option<Packed>>, Timestamp),
    /// It logged objects as changed.
    Touch(AccountId, ObjectId, Vec<Guid>, Timestamp),
}

impl Plan {
    /// The plan of a job that has done nothing yet.
    pub fn new(snapshot: u64) -> Plan {
        Plan { snapshot, rows: Vec::new(), relies_on_all: false, steps: Vec::new() }
    }

    /// The bytes of its changes, and how many objects they are about.
    pub fn size(&self) -> (usize, usize) {
        let changes = self.steps.iter().filter_map(|step| match step {
            Step::Update(changes, ..) => Some(changes),
            Step::Touch(..) => None,
        });
        changes.fold((0, 0), |(bytes, objects), changes| (bytes + changes.weight(), objects + changes.len()))
    }
}
