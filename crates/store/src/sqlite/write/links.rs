//! Links between objects.

use super::Writer;
use crate::account::AccountId;
use crate::error::Result;
use contract::{Guid, LinkId};
use rusqlite::params;

impl Writer<'_> {
    /// Links owners to targets, each link with its value; a link that is there gets the new value.
    ///
    /// Neither end is looked for, and nothing is logged: see [`Writer::touch`].
    pub fn link(
        &mut self,
        account: AccountId,
        link: LinkId,
        rows: &[(Guid, Guid, Option<String>)],
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(&self.schema.link(link).sql.put)?;
        for (owner, target, value) in rows {
            statement.execute(params![account.0, owner.0, target.0, value])?;
        }
        Ok(())
    }

    /// Removes links from owners to targets; tells which there were.
    pub fn unlink(&mut self, account: AccountId, link: LinkId, rows: &[(Guid, Guid)]) -> Result<Vec<bool>> {
        let mut statement = self.connection.prepare_cached(&self.schema.link(link).sql.remove)?;
        let mut unlink = |(owner, target): &(Guid, Guid)| {
            Ok(statement.execute(params![account.0, owner.0, target.0])? > 0)
        };
        rows.iter().map(&mut unlink).collect()
    }
}
