//! Links between objects.

use crate::account::AccountId;
use crate::error::Result;
use crate::sqlite::access::Access;
use crate::verbs::LinkWriter;
use contract::{Guid, LinkId};
use rusqlite::params;

impl LinkWriter for Access<'_> {
    fn link(
        &mut self,
        account: AccountId,
        link: LinkId,
        rows: &[(Guid, Guid, Option<String>)],
    ) -> Result<()> {
        let mut statement = self.prepare(&self.schema.link_sql(link).put)?;
        for (owner, target, value) in rows {
            statement.execute(params![account.0, owner.0, target.0, value])?;
        }
        Ok(())
    }

    fn unlink(&mut self, account: AccountId, link: LinkId, rows: &[(Guid, Guid)]) -> Result<Vec<bool>> {
        let mut statement = self.prepare(&self.schema.link_sql(link).remove)?;
        let mut unlink = |(owner, target): &(Guid, Guid)| {
            Ok(statement.execute(params![account.0, owner.0, target.0])? > 0)
        };
        rows.iter().map(&mut unlink).collect()
    }
}
