//! Advanced logic: which choices of a custom field show for a choice of another.

use crate::batch::{self, Outcome};
use crate::rules::id_text;
use crate::session::Session;
use crate::{Fault, Service};
use contract::call::IdCodes;
use contract::handles::object::{
    advanced_logic, advanced_logic_choices, cv_object, entity_custom_field, field_choice,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Contract, Guid, Record, Value};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{AccountId, Reader, StoreError};

/// AddAdvancedLogic: each record's Id names the field whose choices depend on those of the source
/// field. A field has one logic, under its own Id; adding to it replaces the rows of the same source
/// choice, and all of them where the source is another field.
pub(crate) async fn add_advanced_logic(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::ADD_ADVANCED_LOGIC;
    let (batch, records) = batch::records(contract, operation, request)?;
    let ids = contract.call(operation).id;
    let ids = ids.ok_or_else(|| Fault::new(code::CV10000, "the call has no codes for its ids"))?;
    let (account, at) = (session.account.id, session.at);
    let outcomes = service.store().write(move |writer| {
        let known = Known::read(writer, account, &records)?;
        let mut seen = HashSet::new();
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(records.len());
        for record in &records {
            outcomes.push(match logic(&known, record, ids, &mut seen) {
                Err(code) => Outcome::refused(record, vec![code]),
                Ok(id) => {
                    match known.logic.get(&id) {
                        Some(stored) => updated.push(laid_over(stored.clone(), record)),
                        None => created.push(fresh(contract, id, record)),
                    }
                    Outcome::accepted(record, id)
                }
            });
        }
        writer.insert(account, object_type::ADVANCED_LOGIC, &created, at)?;
        writer.update(account, object_type::ADVANCED_LOGIC, &updated, at)?;
        Ok::<_, StoreError>(outcomes)
    });
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

/// The fields that a call's records name, and the logic that they have.
struct Known {
    fields: HashMap<Guid, Record>,
    logic: HashMap<Guid, Record>,
}

impl Known {
    fn read(reader: &Reader<'_>, account: AccountId, records: &[Record]) -> Result<Known, StoreError> {
        let of = records.iter().filter_map(|record| Guid::parse(id_text(record)?));
        let of: BTreeSet<Guid> = of.collect();
        let sources = records.iter().filter_map(|record| source(record)).filter_map(Guid::parse);
        let fields: BTreeSet<Guid> = of.iter().copied().chain(sources).collect();
        let read = |object, ids: BTreeSet<Guid>| {
            let ids: Vec<Guid> = ids.into_iter().collect();
            let found = reader.get(account, object, &ids)?;
            let found = ids.into_iter().zip(found).filter_map(|(id, found)| Some((id, found?)));
            Ok::<_, StoreError>(found.collect())
        };
        Ok(Known {
            fields: read(object_type::ENTITY_CUSTOM_FIELD, fields)?,
            logic: read(object_type::ADVANCED_LOGIC, of)?,
        })
    }
}

fn source(record: &Record) -> Option<&str> {
    record.text(advanced_logic::SOURCE_FIELD).map(str::trim).filter(|text| !text.is_empty())
}

/// The field that a record gives logic to, if the record is good.
fn logic(known: &Known, record: &Record, ids: IdCodes, seen: &mut HashSet<Guid>) -> Result<Guid, Code> {
    let id = Guid::parse(id_text(record).ok_or(ids.missing)?).ok_or(ids.invalid)?;
    let child = known.fields.get(&id).ok_or(ids.invalid)?;
    if !seen.insert(id) {
        return Err(ids.twice);
    }
    let source = Guid::parse(source(record).ok_or(code::CV91101)?).filter(|source| *source != id);
    let source = known.fields.get(&source.ok_or(code::CV91102)?);
    let category = entity_custom_field::CATEGORY;
    let source = source.filter(|source| source.get(category) == child.get(category));
    choices(record, child, source.ok_or(code::CV91102)?)?;
    Ok(id)
}

/// Every row must name a choice of the source field and choices of the field itself.
fn choices(record: &Record, child: &Record, source: &Record) -> Result<(), Code> {
    let (child, source) = (choices_of(child), choices_of(source));
    let rows: Vec<&Record> = record.records(advanced_logic::ADVANCED_LOGIC_CHOICES).collect();
    if rows.is_empty() {
        return Err(code::CV91101);
    }
    for row in rows {
        let parent = row.text(advanced_logic_choices::SOURCE_FIELD_CHOICE).map(folded);
        if !parent.is_some_and(|choice| source.contains(&choice)) {
            return Err(code::CV91102);
        }
        let mut named = row.list(advanced_logic_choices::FIELD_CHOICE).iter();
        if !named.all(|choice| choice.as_text().is_some_and(|text| child.contains(&folded(text)))) {
            return Err(code::CV99747);
        }
    }
    Ok(())
}

fn choices_of(field: &Record) -> HashSet<String> {
    let choices = field.records(entity_custom_field::FIELD_CHOICES);
    choices.filter_map(|choice| choice.text(field_choice::FIELD_CHOICE_TEXT)).map(folded).collect()
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn fresh(contract: &Contract, id: Guid, record: &Record) -> Record {
    let mut logic = contract.record(advanced_logic::TYPE_ID);
    logic.set(cv_object::ID, id);
    for field in [advanced_logic::SOURCE_FIELD, advanced_logic::ADVANCED_LOGIC_CHOICES] {
        logic.set(field, record.get(field).clone());
    }
    logic
}

fn laid_over(mut stored: Record, record: &Record) -> Record {
    let source = |logic: &Record| logic.text(advanced_logic::SOURCE_FIELD).and_then(Guid::parse);
    let rows = record.list(advanced_logic::ADVANCED_LOGIC_CHOICES);
    let choice = |row: &Value| match row {
        Value::Record(row) => row.text(advanced_logic_choices::SOURCE_FIELD_CHOICE).map(folded),
        _ => None,
    };
    let mut kept = match stored.take(advanced_logic::ADVANCED_LOGIC_CHOICES) {
        Value::List(items) if source(&stored) == source(record) => items,
        _ => Vec::new(),
    };
    let replaced: HashSet<Option<String>> = rows.iter().map(choice).collect();
    kept.retain(|row| !replaced.contains(&choice(row)));
    kept.extend(rows.iter().cloned());
    stored.set(advanced_logic::SOURCE_FIELD, record.get(advanced_logic::SOURCE_FIELD).clone());
    stored.set(advanced_logic::ADVANCED_LOGIC_CHOICES, Value::List(kept));
    stored
}
