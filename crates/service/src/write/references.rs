//! Members that name one object of the account.

use contract::call::Check;
use contract::{Call, Code, FieldId, Guid, ObjectId, Record};
use std::collections::HashSet;
use store::{AccountId, Reader, StoreError};

/// What the records of a call refer to.
pub(super) struct References {
    checks: Vec<Reference>,
}

struct Reference {
    field: FieldId,
    missing: Option<Code>,
    unknown: Option<Code>,
    known: HashSet<Guid>,
}

impl References {
    /// Looks up the objects that the records name.
    pub fn read(
        reader: &Reader<'_>,
        account: AccountId,
        call: &Call,
        records: &[Record],
    ) -> Result<References, StoreError> {
        let mut checks = Vec::new();
        for check in &call.checks {
            let Check::Refers(field, object, missing, unknown) = *check else { continue };
            let known = known(reader, account, object, field, records)?;
            checks.push(Reference { field, missing, unknown, known });
        }
        Ok(References { checks })
    }

    /// What is wrong with the record's references. A stored object may leave one out, which keeps
    /// it, but not send it empty.
    pub fn check(&self, record: &Record, is_new: bool) -> Vec<Code> {
        let wrong = |reference: &Reference| {
            let text = record.text(reference.field).map(str::trim);
            match text {
                None if !is_new => None,
                None | Some("") => reference.missing,
                Some(text) if is_nothing(text) && reference.missing.is_none() => None,
                Some(text) => {
                    let known = Guid::parse(text).is_some_and(|id| reference.known.contains(&id));
                    if known { None } else { reference.unknown }
                }
            }
        };
        self.checks.iter().filter_map(wrong).collect()
    }
}

/// Whether it is the identifier of zeros, which the service writes where there is none.
pub(crate) fn is_nothing(text: &str) -> bool {
    Guid::parse(text).is_some_and(|id| id.0 == [0; 16])
}

fn known(
    reader: &Reader<'_>,
    account: AccountId,
    object: ObjectId,
    field: FieldId,
    records: &[Record],
) -> Result<HashSet<Guid>, StoreError> {
    let mut ids: Vec<Guid> = records.iter().filter_map(|record| Guid::parse(record.text(field)?)).collect();
    ids.sort_unstable();
    ids.dedup();
    let exists = reader.exists(account, object, &ids)?;
    Ok(ids.into_iter().zip(exists).filter(|(_, exists)| *exists).map(|(id, _)| id).collect())
}
