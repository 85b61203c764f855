//! Objects of which something can't be read, on their way into a dump: each is judged on its own, by what a dump
//! holds of it.

use super::{link_id, link_value};
use crate::rules::id_of;
use crate::unreadable::{LeftOut, Unreadable, columns};
use contract::{Contract, FieldId, Guid, Link, LinkId, ObjectId, Record, TypeId, TypeRef};
use std::slice;
use store::{Account, PartialRecord, Reader, StoreError};

/// The objects of one type in one account.
pub(super) struct Salvage<'a> {
    pub contract: &'static Contract,
    pub reader: &'a Reader<'a>,
    pub account: &'a Account,
    pub object: ObjectId,
}

impl Salvage<'_> {
    /// Those of the objects that can be dumped, with their links; names the others.
    ///
    /// # Errors
    /// The database's trouble.
    pub fn records(&self, ids: &[Guid], left_out: &mut LeftOut) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::with_capacity(ids.len());
        let found = self.reader.get_partial(self.account.id, self.object, ids)?;
        for (id, found) in ids.iter().zip(found) {
            let Some(found) = found else { continue };
            match self.complete(found)? {
                Ok(record) => records.push(record),
                Err(columns) => left_out.add(1, self.name(Some(*id), columns)),
            }
        }
        Ok(records)
    }

    /// The name of an object that can't be read.
    pub fn name(&self, id: Option<Guid>, columns: Vec<String>) -> Unreadable {
        let (account, object) = (self.account.number.clone(), self.contract.object(self.object).name.clone());
        Unreadable { account, object, id, columns }
    }

    /// The object with its links, or the columns that keep it from being dumped.
    fn complete(&self, found: PartialRecord) -> Result<Result<Record, Vec<String>>, StoreError> {
        let PartialRecord { mut record, unreadable } = found;
        let mut own = Vec::new();
        for field in unreadable {
            if !self.is_shown(&record, field)? {
                own.push(field);
            }
        }
        if !own.is_empty() {
            return Ok(Err(columns(self.contract, self.object, own)));
        }
        match self.fill_links(&mut record) {
            Ok(()) => Ok(Ok(record)),
            Err(StoreError::Stored { table, column }) => Ok(Err(vec![format!("{table}.{column}")])),
            Err(error) => Err(error),
        }
    }

    /// Whether a member shows the value of another object, which exists: then a dump leaves it out.
    fn is_shown(&self, record: &Record, field: FieldId) -> Result<bool, StoreError> {
        for reference in self.contract.references_of(self.object) {
            let target = record.text(reference.field).and_then(Guid::parse);
            if let Some(target) = target
                && reference.shown.iter().any(|(shown, _)| *shown == field)
                && self.reader.exists(self.account.id, reference.target, &[target])? == [true]
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the details that are links. Where what they show of their targets can't be read, they are without it.
    fn fill_links(&self, record: &mut Record) -> Result<(), StoreError> {
        match self.reader.fill_links(self.account.id, self.object, slice::from_mut(record)) {
            Err(StoreError::Stored { .. }) => {}
            filled => return filled,
        }
        for (field, member) in self.contract.model.ty(record.ty()).fields() {
            if let Some(link) = self.contract.link_of(self.object, field)
                && let TypeRef::Complex(detail) = member.ty
            {
                record.take(field);
                self.bare_details(record, field, link, detail)?;
            }
        }
        Ok(())
    }

    fn bare_details(
        &self,
        record: &mut Record,
        field: FieldId,
        id: LinkId,
        detail: TypeId,
    ) -> Result<(), StoreError> {
        let Some(owner) = id_of(record) else {
            return Ok(());
        };
        let link = self.contract.link(id);
        let linked = self.reader.links(self.account.id, id, &[owner])?.pop().unwrap_or_default();
        let targets: Vec<Guid> = linked.iter().map(|(target, _)| *target).collect();
        let exists = self.reader.exists(self.account.id, link.target, &targets)?;
        for ((target, value), _) in linked.into_iter().zip(exists).filter(|(_, exists)| *exists) {
            record.push(field, self.bare_detail(link, detail, target, value));
        }
        Ok(())
    }

    fn bare_detail(&self, link: &Link, detail: TypeId, target: Guid, value: Option<String>) -> Record {
        let mut bare = self.contract.record(detail);
        if let Some(field) = link_id(link) {
            bare.set(field, target.to_string());
        }
        if let (Some(field), Some(text)) = (link_value(link), value) {
            let member = self.contract.model.member(detail, field);
            bare.set(field, store::link_value(self.contract, member, text));
        }
        bare
    }
}
