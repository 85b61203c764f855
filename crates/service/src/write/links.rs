//! Details that name other objects: a contact's groups and its custom fields' values.

use crate::rules::id_text;
use contract::call::Check;
use contract::handles::object::entity_custom_field;
use contract::handles::object_type;
use contract::{
    Call, Code, Contract, FieldId, Guid, LinkId, ObjectId, Record, Source, TypeId, TypeRef, Value,
};
use std::collections::HashSet;
use store::{AccountId, Reader, StoreError, Writer};

/// Objects that are looked up at a time.
const READ: usize = 500;

/// The linked details of a call's records.
pub(super) struct Links {
    tables: Vec<Table>,
}

struct Table {
    detail: FieldId,
    link: LinkId,
    id: FieldId,
    value: Option<FieldId>,
    length: Option<usize>,
    /// The texts of the value's enumeration, if it is of one.
    words: &'static [String],
    /// The code for a detail that names what its owner is linked to already, if that is wrong.
    linked: Option<Code>,
    held: HashSet<(Guid, Guid)>,
    unknown: Code,
    twice: Code,
    known: HashSet<Guid>,
    set: Vec<(Guid, Guid, Option<String>)>,
    cleared: Vec<(Guid, Guid)>,
}

impl Links {
    /// Looks up the objects that the records' details name.
    pub fn read(
        reader: &Reader<'_>,
        contract: &'static Contract,
        account: AccountId,
        object: ObjectId,
        call: &Call,
        records: &[Record],
    ) -> Result<Links, StoreError> {
        let mut tables = Vec::new();
        for check in &call.checks {
            let Check::Links(detail, unknown, twice) = *check else { continue };
            let Some(mut table) = table(contract, object, detail, unknown, twice) else { continue };
            table.linked = call.checks.iter().find_map(|check| match *check {
                Check::Linked(field, code) if field == detail => Some(code),
                _ => None,
            });
            if table.linked.is_some() {
                table.held = held(reader, account, &table, records)?;
            }
            let named = records.iter().flat_map(|record| record.records(detail));
            let mut ids: Vec<Guid> = named.filter_map(|row| Guid::parse(row.text(table.id)?)).collect();
            ids.sort_unstable();
            ids.dedup();
            let target = contract.link(table.link).target;
            for ids in ids.chunks(READ) {
                let good: Vec<bool> = if target == object_type::ENTITY_CUSTOM_FIELD {
                    let good = |field: &Record| custom_field_of(contract, field, object);
                    reader
                        .get(account, target, ids)?
                        .iter()
                        .map(|row| row.as_ref().is_some_and(good))
                        .collect()
                } else {
                    reader.exists(account, target, ids)?
                };
                table.known.extend(ids.iter().zip(good).filter(|(_, good)| *good).map(|(id, _)| *id));
            }
            tables.push(table);
        }
        Ok(Links { tables })
    }

    /// What is wrong with the record's details.
    pub fn check(&self, record: &Record, owner: Guid) -> Vec<Code> {
        let mut errors = Vec::new();
        for table in &self.tables {
            let mut seen = HashSet::new();
            for row in record.records(table.detail) {
                let id = row.text(table.id).and_then(Guid::parse);
                match id.filter(|id| table.known.contains(id)) {
                    None => errors.push(table.unknown),
                    Some(id) if !seen.insert(id) => errors.push(table.twice),
                    Some(id) if table.held.contains(&(owner, id)) => errors.extend(table.linked),
                    Some(_) => {}
                }
            }
        }
        errors.dedup();
        errors
    }

    /// Notes the details of an accepted record. An empty value clears a link that has values; an
    /// absent one leaves it as it is; a link without values is only ever added.
    pub fn accept(&mut self, owner: Guid, record: &Record) {
        for table in &mut self.tables {
            for row in record.records(table.detail) {
                let Some(target) = row.text(table.id).and_then(Guid::parse) else { continue };
                match table.value.map(|field| row.get(field)) {
                    None => table.set.push((owner, target, None)),
                    Some(Value::Text(text)) if text.is_empty() => table.cleared.push((owner, target)),
                    Some(Value::Text(text)) => {
                        let text = text.chars().take(table.length.unwrap_or(usize::MAX)).collect();
                        table.set.push((owner, target, Some(text)));
                    }
                    Some(Value::Enumeration(value)) => {
                        table.set.push((owner, target, table.words.get(usize::from(value.0)).cloned()));
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// Writes what was noted.
    pub fn write(&self, writer: &mut Writer<'_>, account: AccountId) -> Result<(), StoreError> {
        for table in &self.tables {
            if !table.set.is_empty() {
                writer.link(account, table.link, &table.set)?;
            }
            if !table.cleared.is_empty() {
                writer.unlink(account, table.link, &table.cleared)?;
            }
        }
        Ok(())
    }
}

fn table(
    contract: &'static Contract,
    object: ObjectId,
    detail: FieldId,
    unknown: Code,
    twice: Code,
) -> Option<Table> {
    let link = contract.link_of(object, detail)?;
    let members = &contract.link(link).members;
    let from = |wanted: Source| members.iter().find(|(_, source)| *source == wanted).map(|(field, _)| *field);
    let value = from(Source::Value);
    let words = value.and_then(|field| {
        match contract.model.member(detail_type(contract, object, detail)?, field).ty {
            TypeRef::Enumeration(id) => Some(&contract.model.enumeration(id).values[..]),
            _ => None,
        }
    });
    let property = value.and_then(|field| contract.object(object).property_at(&[detail], field));
    Some(Table {
        detail,
        link,
        id: from(Source::Id)?,
        value,
        length: property.and_then(|property| property.length).map(|length| length as usize),
        words: words.unwrap_or_default(),
        linked: None,
        held: HashSet::new(),
        unknown,
        twice,
        known: HashSet::new(),
        set: Vec::new(),
        cleared: Vec::new(),
    })
}

fn detail_type(contract: &Contract, object: ObjectId, detail: FieldId) -> Option<TypeId> {
    match contract.model.member(contract.object(object).ty, detail).ty {
        TypeRef::Complex(ty) => Some(ty),
        _ => None,
    }
}

/// Which objects that the records name are linked already to what their details name.
fn held(
    reader: &Reader<'_>,
    account: AccountId,
    table: &Table,
    records: &[Record],
) -> Result<HashSet<(Guid, Guid)>, StoreError> {
    let mut pairs = Vec::new();
    for record in records {
        let Some(owner) = id_text(record).and_then(Guid::parse) else { continue };
        let targets = record.records(table.detail).filter_map(|row| Guid::parse(row.text(table.id)?));
        pairs.extend(targets.map(|target| (owner, target)));
    }
    let linked = reader.linked(account, table.link, &pairs)?;
    Ok(pairs.into_iter().zip(linked).filter(|(_, linked)| *linked).map(|(pair, _)| pair).collect())
}

/// Whether a custom field is of the category that objects of that type carry.
pub(crate) fn custom_field_of(contract: &Contract, field: &Record, object: ObjectId) -> bool {
    let category = field.enumeration(entity_custom_field::CATEGORY);
    contract.categories.iter().any(|(value, owner)| Some(*value) == category && *owner == Some(object))
}
