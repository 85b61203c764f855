//! The change log.

use crate::account::AccountId;
use crate::error::Result;
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::verbs::ChangeReader;
use contract::{Guid, ObjectId, Timestamp};
use rusqlite::params;
use std::collections::HashSet;

const CHANGES: &str = "SELECT id FROM change_log
    WHERE account_id = ?1 AND object_type = ?2 AND at >= ?3 AND at < ?4 AND deleted = ?5 ORDER BY at, id";

impl ChangeReader for Access<'_> {
    fn changed(
        &self,
        account: AccountId,
        object: ObjectId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        self.logged(account, object, (from, until), false, limit)
    }

    fn deleted(
        &self,
        account: AccountId,
        object: ObjectId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        self.logged(account, object, (from, until), true, limit)
    }
}

impl Access<'_> {
    fn logged(
        &self,
        account: AccountId,
        object: ObjectId,
        (from, until): (Timestamp, Timestamp),
        deleted: bool,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        // A job that reads ahead does not find what it has logged itself.
        self.whole(account, [])?;
        let name = &self.schema.table(object).object;
        let mut statement = self.prepare(CHANGES)?;
        let mut rows = statement.query(params![account.0, name, from.0, until.0, deleted])?;
        let (mut seen, mut out) = (HashSet::new(), Vec::new());
        while let Some(found) = rows.next()? {
            let id = row::guid(found, 0)?;
            if seen.insert(id) && self.one_exists(account, object, id)? != deleted {
                out.push(id);
            }
            if out.len() > limit {
                break;
            }
        }
        Ok(out)
    }
}
