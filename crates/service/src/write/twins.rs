//! Objects that are kept a second time as another type, under the same identifier.

use crate::session::Session;
use contract::table::Twin;
use contract::{Contract, Guid, ObjectId, Record, Value};
use store::{StoreError, Writer};

/// Writes the twins of objects that were written. One that has none yet gets one.
pub(super) fn write(
    writer: &mut Writer<'_>,
    contract: &Contract,
    session: &Session,
    object: ObjectId,
    records: &[Record],
) -> Result<(), StoreError> {
    let account = session.account.id;
    for twin in contract.twins.iter().filter(|twin| twin.base == object) {
        let found = records.iter().filter(|record| record.get(twin.field) == &twin.value);
        let copies: Vec<Record> = found.map(|record| copy(contract, twin, record)).collect();
        let ids: Vec<Guid> =
            copies.iter().filter_map(|copy| Guid::parse(crate::rules::id_text(copy)?)).collect();
        let exists = writer.exists(account, twin.object, &ids)?;
        let (old, new): (Vec<_>, Vec<_>) = copies.into_iter().zip(exists).partition(|(_, exists)| *exists);
        let records = |pairs: Vec<(Record, bool)>| pairs.into_iter().map(|(record, _)| record).collect();
        let (old, new): (Vec<Record>, Vec<Record>) = (records(old), records(new));
        writer.insert(account, twin.object, &new, session.at)?;
        writer.update(account, twin.object, &old, session.at)?;
    }
    Ok(())
}

fn copy(contract: &Contract, twin: &Twin, record: &Record) -> Record {
    let kind = contract.object(twin.object);
    let mut copy = contract.record(kind.ty);
    for (from, to) in &twin.members {
        if kind.property(*to).is_some_and(|property| property.hashed) {
            continue;
        }
        let value = match record.get(*from) {
            Value::Boolean(truth) if contract.is_text(kind.ty, *to) => truth.to_string().into(),
            other => other.clone(),
        };
        copy.set(*to, value);
    }
    copy
}
