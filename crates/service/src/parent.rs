//! The object that a parameter of a call names, and that all its records belong to.

use contract::handles::object::cv_object;
use contract::{Call, Code, Contract, Guid, Record};
use store::{AccountId, Reader, StoreError};

/// The parameter that names the parent, as sent.
pub(crate) fn named(call: &Call, request: &Record) -> Option<String> {
    request.text(call.parent.as_ref()?.parameter).map(str::to_owned)
}

/// The parent of a call's records, if the call has one; else the code that each of them gets.
pub(crate) fn find(
    reader: &Reader<'_>,
    account: AccountId,
    contract: &Contract,
    call: &Call,
    text: Option<&str>,
) -> Result<Result<Option<Record>, Code>, StoreError> {
    let Some(rule) = &call.parent else { return Ok(Ok(None)) };
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(Err(rule.missing));
    };
    let Some(id) = Guid::parse(text) else { return Ok(Err(rule.unknown)) };
    let Some(parent) = reader.get(account, rule.object, &[id])?.into_iter().flatten().next() else {
        return Ok(Err(rule.unknown));
    };
    if let Some((member, list, code)) = &rule.not
        && let Some(text) = parent.text(*member)
        && contract.lists.values(list).iter().any(|value| value.eq_ignore_ascii_case(text.trim()))
    {
        return Ok(Err(*code));
    }
    Ok(Ok(Some(parent)))
}

/// Whether a member names that object.
pub(crate) fn is(member: Option<&str>, object: &Record) -> bool {
    let id = |text: Option<&str>| text.and_then(Guid::parse);
    id(member).is_some_and(|found| Some(found) == id(object.text(cv_object::ID)))
}
