//! Details that are links to other objects.

use crate::account::AccountId;
use crate::error::Result;
use crate::form;
use crate::postgres::access::Access;
use crate::postgres::row::{self, distinct};
use crate::postgres::value::{Id, Parameter, unescape};
use crate::verbs::{LinkReader, Linked};
use contract::{FieldId, Guid, LinkId, ObjectId, Record, Source, TypeId, TypeRef};
use std::collections::{HashMap, HashSet};
use tokio_postgres::Row;

impl LinkReader for Access<'_> {
    fn fill_links(&self, account: AccountId, object: ObjectId, records: &mut [Record]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let table = self.schema.table(object);
        let ids = records.iter().map(|record| form::id(table, record)).collect::<Result<Vec<_>>>()?;
        for &(field, link) in &table.links {
            let TypeRef::Complex(detail) = self.schema.contract.model.member(table.ty, field).ty else {
                continue;
            };
            let details = self.details(account, link, detail, &ids)?;
            for (id, record) in ids.iter().zip(&mut *records) {
                add(record, field, details.get(id).map_or(&[], Vec::as_slice));
            }
        }
        Ok(())
    }

    fn links(&self, account: AccountId, link: LinkId, owners: &[Guid]) -> Result<Vec<Vec<Linked>>> {
        let sql = &self.schema.link_sql(link).of_owners;
        let rows = self.query(account, sql, &[Parameter::new(&distinct(owners))])?;
        let mut of_owners: HashMap<Guid, Vec<Linked>> = HashMap::new();
        for found in &rows {
            let linked = (row::guid(found, 1)?, link_text(found, 2)?);
            of_owners.entry(row::guid(found, 0)?).or_default().push(linked);
        }
        Ok(owners.iter().map(|owner| of_owners.get(owner).cloned().unwrap_or_default()).collect())
    }

    fn linked(&self, account: AccountId, link: LinkId, pairs: &[(Guid, Guid)]) -> Result<Vec<bool>> {
        let (owners, targets): (Vec<Id>, Vec<Id>) =
            pairs.iter().map(|(owner, target)| (Id(*owner), Id(*target))).unzip();
        let parameters = [Parameter::new(&owners), Parameter::new(&targets)];
        let rows = self.query(account, &self.schema.link_sql(link).linked, &parameters)?;
        let found = rows.iter().map(|found| Ok((row::guid(found, 0)?, row::guid(found, 1)?)));
        let found: HashSet<(Guid, Guid)> = found.collect::<Result<_>>()?;
        Ok(pairs.iter().map(|pair| found.contains(pair)).collect())
    }
}

impl Access<'_> {
    /// The details of owners.
    fn details(
        &self,
        account: AccountId,
        link: LinkId,
        detail: TypeId,
        owners: &[Guid],
    ) -> Result<HashMap<Guid, Vec<Record>>> {
        let sql = &self.schema.link_sql(link).details;
        let rows = self.query(account, sql, &[Parameter::new(&distinct(owners))])?;
        let mut out: HashMap<Guid, Vec<Record>> = HashMap::new();
        for found in &rows {
            let record = self.taken(self.detail(link, detail, found)?)?;
            out.entry(row::guid(found, 0)?).or_default().push(record);
        }
        Ok(out)
    }

    /// The detail in a row of owner, target, value and what is shown of the target.
    fn detail(&self, id: LinkId, detail: TypeId, found: &Row) -> Result<Record> {
        let link = self.schema.contract.link(id);
        let target = self.schema.table(link.target);
        let mut record = self.schema.contract.record(detail);
        for &(field, source) in &link.members {
            match source {
                Source::Id => record.set(field, row::guid(found, 1)?.to_string()),
                Source::Value => {
                    if let Some(text) = link_text(found, 2)? {
                        let member = self.schema.contract.model.member(detail, field);
                        record.set(field, form::link_value(self.schema.contract, member, text));
                    }
                }
                Source::Target(_) => {}
            }
        }
        for (&(field, column), index) in self.schema.link_sql(id).shown.iter().zip(3..) {
            record.set(field, row::value(self.schema, target, &target.columns[column], found, index)?);
        }
        Ok(record)
    }
}

/// The value of a link.
fn link_text(found: &Row, index: usize) -> Result<Option<String>> {
    let text: Option<&str> = found.try_get(index)?;
    Ok(text.map(|text| unescape(text).into_owned()))
}

fn add(record: &mut Record, field: FieldId, details: &[Record]) {
    for detail in details {
        record.push(field, detail.clone());
    }
}
