//! Lists in requests: which calls are batches, and where their records and results are.

use crate::model::{FieldId, Kind, Member, Model, OperationId, TypeId, TypeRef};

/// The shape of a batch: records in, results out.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// The request's member that holds the record with the array, where the request itself does not.
    pub within: Option<FieldId>,
    /// The member that holds the array.
    pub parameter: FieldId,
    /// The array's member that repeats.
    pub item: FieldId,
    /// The type of a record.
    pub item_type: TypeId,
    /// The response's member that holds the results.
    pub result: FieldId,
    /// The type of the array of results.
    pub results_type: TypeId,
    /// The array's member that repeats.
    pub outcome: FieldId,
    /// The members of a result, by role.
    pub roles: Roles,
}

/// The members of a result item.
#[derive(Debug, Clone, Copy)]
pub struct Roles {
    /// The type of a result item.
    pub ty: TypeId,
    /// The object's identifier, empty where the record failed.
    pub id: Option<FieldId>,
    /// The record's own correlation value.
    pub reference: Option<FieldId>,
    /// The object's key in the client's system.
    pub source: Option<FieldId>,
    /// Whether the record was accepted.
    pub success: FieldId,
    /// The errors of a record that was not.
    pub errors: Option<FieldId>,
    /// Whether an upsert created the object.
    pub created: Option<FieldId>,
    /// The code that the server gave the object.
    pub code: Option<FieldId>,
}

/// The call's shape, if it is a batch: one parameter, or a member of the only one, is an array of
/// records and the response an array of results that say whether each was accepted. `roles` are the
/// names of a result's members by role.
pub(super) fn find(model: &Model, roles: &[(&str, &str)], operation: OperationId) -> Option<Batch> {
    let operation = model.operation(operation);
    let found = array_in(model, operation.request).map(|found| (None, found));
    let (within, (parameter, item, item_type)) = found.or_else(|| {
        let mut parameters = model.ty(operation.request).fields();
        match (parameters.next()?, parameters.next()) {
            ((field, Member { ty: TypeRef::Complex(only), .. }), None) => {
                array_in(model, *only).map(|found| (Some(field), found))
            }
            _ => None,
        }
    })?;
    let (result, member) = model.ty(operation.response).fields().next()?;
    let (results_type, outcome, ty) = array(model, member.ty)?;
    let role = |wanted: &str| {
        let mut names = roles.iter().filter(|(role, _)| *role == wanted);
        names.find_map(|(_, name)| model.ty(ty).find_any(name))
    };
    let roles = Roles {
        ty,
        id: role("id"),
        reference: role("reference"),
        source: role("source"),
        success: role("success")?,
        errors: role("errors"),
        created: role("created"),
        code: role("code"),
    };
    Some(Batch { within, parameter, item, item_type, result, results_type, outcome, roles })
}

/// The first member of a type that is an array of records.
fn array_in(model: &Model, ty: TypeId) -> Option<(FieldId, FieldId, TypeId)> {
    let mut arrays = model.ty(ty).fields().filter_map(|(field, member)| {
        let (_, item, item_type) = array(model, member.ty)?;
        Some((field, item, item_type))
    });
    arrays.next()
}

fn array(model: &Model, ty: TypeRef) -> Option<(TypeId, FieldId, TypeId)> {
    let TypeRef::Complex(array) = ty else { return None };
    let members = model.ty(array).fields();
    let mut members = members.filter(|(_, member)| member.kind == Kind::Element);
    let (item, member) = members.next()?;
    match member.ty {
        TypeRef::Complex(item_type) if member.repeated && members.next().is_none() => {
            Some((array, item, item_type))
        }
        _ => None,
    }
}

/// How many lists a type holds, those in the items of a list apart. A type that extends the one of
/// a member may stand in for it, so it counts too.
pub(super) fn lists(model: &Model, ty: TypeId) -> usize {
    let of = |member: &Member| match member.ty {
        _ if member.repeated => 1,
        TypeRef::Complex(declared) => {
            let types = (0..model.types.len()).map(|index| TypeId(index as u16));
            let each = types.filter(|ty| model.extends(*ty, declared)).map(|ty| lists(model, ty));
            each.max().unwrap_or_default()
        }
        _ => 0,
    };
    model.ty(ty).members.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;
    use crate::handles::operation;

    #[test]
    fn a_call_has_one_list_at_most_and_every_list_has_a_limit() {
        let contract = Contract::get().unwrap();
        for (index, described) in contract.model.operations.iter().enumerate() {
            let limit = contract.call(OperationId(index as u16)).limit;
            let lists = lists(&contract.model, described.request);
            assert_eq!(lists, usize::from(limit.is_some()), "{}", described.name);
        }
        assert!(contract.call(operation::SEARCH).limit.is_some());
    }
}
