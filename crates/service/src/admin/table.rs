//! Objects as rows of a table.

use super::{Admin, AdminError};
use crate::GivenOut;
use crate::table::{Columns, Import, Match, Seed, Sheet, TableError, export};
use contract::ObjectId;

impl Admin {
    /// The columns of a table of objects of a type, as its header names them.
    ///
    /// # Errors
    /// No such type; every mistake in the header.
    pub fn columns<'h>(
        &self,
        object: &str,
        header: impl IntoIterator<Item = &'h str>,
        ignores_unknown: bool,
    ) -> Result<Columns, AdminError> {
        let columns = Columns::read(self.service.contract(), self.object(object)?, header, ignores_unknown);
        Ok(columns.map_err(TableError::Header)?)
    }

    /// Begins an import into an account, or goes on with one that had that seed. Without `matching`,
    /// rows are matched by their Ids if they have any, else by what tells objects apart in the account.
    ///
    /// # Errors
    /// No such account; a type that can't be imported; rows that can't be matched as wanted.
    pub async fn import(
        &self,
        account: &str,
        columns: Columns,
        matching: Option<Match>,
        seed: Option<Seed>,
    ) -> Result<Import, AdminError> {
        let account = self.account(account).await?;
        Ok(Import::new(self.service.clone(), account, columns, matching, seed)?)
    }

    /// Writes the objects of a type as rows, in creation order: those of an account, with the columns
    /// named, or all of them. Objects of which such a column can't be read are left out and named.
    ///
    /// # Errors
    /// No such account, type or column; what keeps the rows from being written.
    pub async fn export(
        &self,
        account: &str,
        object: &str,
        columns: &[String],
        sheet: Box<dyn Sheet>,
    ) -> Result<GivenOut, AdminError> {
        let account = self.account(account).await?;
        let contract = self.service.contract();
        let object = self.object(object)?;
        let columns = if columns.is_empty() {
            Columns::all(contract, object)
        } else {
            Columns::chosen(contract, object, columns).map_err(TableError::Chosen)?
        };
        export::export(&self.service, account, columns, sheet).await
    }

    fn object(&self, name: &str) -> Result<ObjectId, AdminError> {
        let objects = &self.service.contract().objects;
        let index = objects.iter().position(|object| object.name.eq_ignore_ascii_case(name));
        index.map(|index| ObjectId(index as u16)).ok_or_else(|| AdminError::NoType(name.to_owned()))
    }
}
