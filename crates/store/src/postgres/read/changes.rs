//! The change log.

use crate::account::AccountId;
use crate::error::Result;
use crate::postgres::access::Access;
use crate::postgres::row;
use crate::postgres::value::Parameter;
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
        let parameters = [Parameter::new(&name), Parameter::new(&from.0), Parameter::new(&until.0)];
        let (mut seen, mut out) = (HashSet::new(), Vec::new());
        self.stream(account, sql, &parameters, &mut |found| {
            let id = row::guid(found, 0)?;
            if seen.insert(id) {
                out.push(id);
            }
            Ok(out.len() <= limit)
        })?;
        Ok(out)
    }
}
