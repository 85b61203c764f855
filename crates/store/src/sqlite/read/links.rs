//! Details that are links to other objects.

use crate::account::AccountId;
use crate::error::Result;
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::sqlite::statements::OWNERS;
use crate::verbs::{LinkReader, Linked};
use contract::{FieldId, Guid, Link, LinkId, ObjectId, Record, Source, TypeId, TypeRef};
use rusqlite::{Row, params};
use std::collections::HashMap;

impl LinkReader for Access<'_> {
    fn fill_links(&self, account: AccountId, object: ObjectId, records: &mut [Record]) -> Result<()> {
        let table = self.schema.table(object);
        self.whole(account, table.links.iter().map(|(_, link)| (self.schema.link(*link).target, None)))?;
        let ids = records.iter().map(|record| row::id(table, record)).collect::<Result<Vec<_>>>()?;
        for &(field, link) in &table.links {
            let TypeRef::Complex(detail) = self.schema.contract.model.member(table.ty, field).ty else {
                continue;
            };
            for (ids, records) in ids.chunks(OWNERS).zip(records.chunks_mut(OWNERS)) {
                let details = self.details(account, link, detail, ids)?;
                for (id, record) in ids.iter().zip(records) {
                    add(record, field, details.get(id).map_or(&[], Vec::as_slice));
                }
            }
        }
        Ok(())
    }

    fn links(&self, account: AccountId, link: LinkId, owners: &[Guid]) -> Result<Vec<Vec<Linked>>> {
        let name = &self.schema.link(link).name;
        let mut statement = self.prepare(&self.schema.link_sql(link).of_owner)?;
        let mut of_owner = |owner: &Guid| {
            let rows = statement.query_and_then(params![account.0, owner.0], |found| {
                Ok((row::guid(found, 0)?, row::link_text(name, found, 1)?))
            })?;
            Ok(self.given(rows.collect::<Result<_>>()?))
        };
        owners.iter().map(&mut of_owner).collect()
    }

    fn linked(&self, account: AccountId, link: LinkId, pairs: &[(Guid, Guid)]) -> Result<Vec<bool>> {
        let mut statement = self.prepare(&self.schema.link_sql(link).exists)?;
        let mut linked =
            |(owner, target): &(Guid, Guid)| Ok(statement.exists(params![account.0, owner.0, target.0])?);
        pairs.iter().map(&mut linked).collect()
    }
}

impl Access<'_> {
    /// The details of up to [`OWNERS`] owners.
    fn details(
        &self,
        account: AccountId,
        link: LinkId,
        detail: TypeId,
        owners: &[Guid],
    ) -> Result<HashMap<Guid, Vec<Record>>> {
        let mut statement = self.prepare(&self.schema.link_sql(link).details)?;
        statement.raw_bind_parameter(1, account.0)?;
        for (index, owner) in owners.iter().enumerate() {
            statement.raw_bind_parameter(index + 2, owner.0)?;
        }
        let mut rows = statement.raw_query();
        let mut out: HashMap<Guid, Vec<Record>> = HashMap::new();
        while let Some(found) = rows.next()? {
            self.go_on()?;
            let record = self.detail(self.schema.contract.link(link), detail, found)?;
            self.took(&record)?;
            out.entry(row::guid(found, 0)?).or_default().push(record);
            self.schema.asked.rows(1);
        }
        Ok(out)
    }

    /// The detail in a row of owner, target, value and the target's columns.
    fn detail(&self, link: &Link, detail: TypeId, found: &Row<'_>) -> Result<Record> {
        let target = self.schema.table(link.target);
        let mut record = self.schema.contract.record(detail);
        for &(field, source) in &link.members {
            match source {
                Source::Id => record.set(field, row::guid(found, 1)?.to_string()),
                Source::Value => {
                    if let Some(text) = row::link_text(&link.table, found, 2)? {
                        let member = self.schema.contract.model.member(detail, field);
                        record.set(field, row::link_value(self.schema.contract, member, text));
                    }
                }
                Source::Target(wanted) => {
                    if let Some(index) = target.place(wanted) {
                        let column = &target.columns[index];
                        record.set(field, row::value(self.schema, target, column, found, index + 3)?);
                    }
                }
            }
        }
        Ok(record)
    }
}

fn add(record: &mut Record, field: FieldId, details: &[Record]) {
    for detail in details {
        record.push(field, detail.clone());
    }
}
