//! Links between objects.

use crate::account::AccountId;
use crate::error::Result;
use crate::postgres::access::Access;
use crate::postgres::row;
use crate::postgres::value::{Id, Parameter, escape};
use crate::verbs::LinkWriter;
use contract::{Guid, LinkId};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

impl LinkWriter for Access<'_> {
    fn link(
        &mut self,
        account: AccountId,
        link: LinkId,
        rows: &[(Guid, Guid, Option<String>)],
    ) -> Result<()> {
        // Of several values for one link the last counts.
        let rows: BTreeMap<(Guid, Guid), Option<&str>> =
            rows.iter().map(|(owner, target, value)| ((*owner, *target), value.as_deref())).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let (owners, targets) = ends(rows.keys());
        let values: Vec<Option<Cow<'_, str>>> = rows.values().map(|value| value.map(escape)).collect();
        let parameters = [Parameter::new(&owners), Parameter::new(&targets), Parameter::new(&values)];
        self.execute(account, &self.schema.link_sql(link).put, &parameters)?;
        Ok(())
    }

    fn unlink(&mut self, account: AccountId, link: LinkId, rows: &[(Guid, Guid)]) -> Result<Vec<bool>> {
        let (owners, targets) = ends(rows.iter().collect::<BTreeSet<_>>());
        let parameters = [Parameter::new(&owners), Parameter::new(&targets)];
        let found = self.query(account, &self.schema.link_sql(link).remove, &parameters)?;
        let found = found.iter().map(|found| Ok((row::guid(found, 0)?, row::guid(found, 1)?)));
        let mut found: HashSet<(Guid, Guid)> = found.collect::<Result<_>>()?;
        Ok(rows.iter().map(|row| found.remove(row)).collect())
    }
}

/// Pairs as a list of owners and one of targets.
fn ends<'a>(pairs: impl IntoIterator<Item = &'a (Guid, Guid)>) -> (Vec<Id>, Vec<Id>) {
    pairs.into_iter().map(|&(owner, target)| (Id(owner), Id(target))).unzip()
}
