//! The change log.

use super::chunks::Chunks;
use crate::account::AccountId;
use crate::error::Result;
use crate::postgres::access::Access;
use crate::postgres::value::{Id, Parameter};
use crate::verbs::ChangeReader;
use contract::{Guid, ObjectId, Timestamp};
use std::collections::HashSet;

impl ChangeReader for Access<'_> {
    fn changed(
        &self,
        account: AccountId,
        object: ObjectId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        self.logged(account, object, &self.schema.sql(object).changed, (from, until), limit)
    }

    fn deleted(
        &self,
        account: AccountId,
        object: ObjectId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        self.logged(account, object, &self.schema.sql(object).deleted, (from, until), limit)
    }
}

impl Access<'_> {
    /// Up to `limit` and one more of the ids that a statement over the log gives, each where it first
    /// comes.
    fn logged(
        &self,
        account: AccountId,
        object: ObjectId,
        sql: &str,
        (from, until): (Timestamp, Timestamp),
        limit: usize,
    ) -> Result<Vec<Guid>> {
        let name = self.schema.table(object).object.as_str();
        let (mut seen, mut out, mut chunks) = (HashSet::new(), Vec::new(), Chunks::default());
        // Each piece begins with the last row of the one before.
        let mut last = (from.0, Id(Guid([0; 16])));
        loop {
            let chunk = chunks.next(out.len(), limit);
            let parameters = [
                Parameter::new(&name),
                Parameter::new(&last.0),
                Parameter::new(&last.1),
                Parameter::new(&until.0),
                Parameter::new(&chunk),
            ];
            let (mut rows, mut reached) = (0, last);
            self.stream(account, sql, &parameters, &mut |found| {
                rows += 1;
                reached = (found.try_get(1)?, found.try_get(0)?);
                if seen.insert(reached.1) {
                    out.push(reached.1.0);
                }
                Ok(out.len() <= limit)
            })?;
            if out.len() > limit || rows < chunk {
                return Ok(out);
            }
            last = reached;
        }
    }
}
