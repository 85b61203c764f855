//! The fields of a form: which operation it calls, and the request that it makes.

use super::query::{Query, TOO_MANY, TooManyPairs};
use contract::scalar::{parse_boolean, parse_date_time, parse_decimal, parse_double, parse_int, parse_long};
use contract::{Contract, Member, OperationId, Record, Scalar, Timestamp, TypeRef, Value};

/// The operation of a name, if a form can call it; otherwise what the client is told.
pub fn find(contract: &Contract, name: &str) -> Result<OperationId, String> {
    let model = &contract.model;
    let callable = |&(_, operation): &(usize, &contract::model::Operation)| {
        model.ty(operation.request).members.iter().all(is_primitive)
    };
    let mut operations = model.operations.iter().enumerate().filter(callable);
    match operations.clone().find(|(_, operation)| operation.name == name) {
        Some((_, operation)) => model.find_operation(&operation.name).ok_or_else(String::new),
        None => Err(match operations.find(|(_, operation)| operation.name.eq_ignore_ascii_case(name)) {
            Some((_, operation)) => format!(
                "Invalid method name '{name}',  method names are case sensitive.   The method name '{}' \
                 with the same name but different casing was found.\nParameter name: methodName",
                operation.name
            ),
            None => format!("{name} Web Service method name is not valid."),
        }),
    }
}

fn is_primitive(member: &Member) -> bool {
    !member.repeated && !matches!(member.ty, TypeRef::Complex(_))
}

/// The request that a form's bytes make.
///
/// # Errors
/// What the client is told.
pub fn request(
    contract: &Contract,
    operation: OperationId,
    form: &[u8],
    now: Timestamp,
) -> Result<Record, String> {
    let members = &contract.model.ty(contract.model.operation(operation).request).members;
    let form = Query::parse(form, |name| members.iter().any(|member| member.name.eq_ignore_ascii_case(name)));
    let form = form.map_err(|TooManyPairs| TOO_MANY.to_owned())?;
    parameters(contract, operation, &form, now)
}

/// The request of a form that was taken apart.
fn parameters(
    contract: &Contract,
    operation: OperationId,
    form: &Query,
    now: Timestamp,
) -> Result<Record, String> {
    let ty = contract.model.operation(operation).request;
    let mut request = contract.record(ty);
    for (field, member) in contract.model.ty(ty).fields() {
        let text = form.get(&member.name).ok_or_else(|| format!("Missing parameter: {}.", member.name))?;
        let value = value(contract, member.ty, &text, now).ok_or_else(|| {
            format!("Cannot convert {text} to {}.\nParameter name: type", type_name(contract, member.ty))
        })?;
        request.set(field, value);
    }
    Ok(request)
}

fn value(contract: &Contract, ty: TypeRef, text: &str, now: Timestamp) -> Option<Value> {
    match ty {
        TypeRef::Complex(_) => None,
        TypeRef::Enumeration(id) => {
            let values = &contract.model.enumeration(id).values;
            let index = values.iter().position(|value| value == text)?;
            Some(Value::Enumeration(contract::EnumValue(u16::try_from(index).ok()?)))
        }
        TypeRef::Scalar(Scalar::String | Scalar::Integer) => Some(Value::from(text)),
        TypeRef::Scalar(Scalar::Boolean) => parse_boolean(text).ok().map(Value::Boolean),
        TypeRef::Scalar(Scalar::Int) => parse_int(text).ok().map(Value::Integer),
        TypeRef::Scalar(Scalar::Long) => parse_long(text).ok().map(Value::Integer),
        TypeRef::Scalar(Scalar::Decimal) => parse_decimal(text).ok().map(Value::Decimal),
        TypeRef::Scalar(Scalar::Double) => parse_double(text).ok().map(Value::Double),
        TypeRef::Scalar(Scalar::DateTime) => parse_date_time(text, now).ok().map(Value::Time),
    }
}

/// The .NET name of a type.
fn type_name(contract: &Contract, ty: TypeRef) -> &str {
    match ty {
        TypeRef::Complex(id) => &contract.model.ty(id).name,
        TypeRef::Enumeration(id) => &contract.model.enumeration(id).name,
        TypeRef::Scalar(Scalar::String | Scalar::Integer) => "System.String",
        TypeRef::Scalar(Scalar::Boolean) => "System.Boolean",
        TypeRef::Scalar(Scalar::Int) => "System.Int32",
        TypeRef::Scalar(Scalar::Long) => "System.Int64",
        TypeRef::Scalar(Scalar::Decimal) => "System.Decimal",
        TypeRef::Scalar(Scalar::Double) => "System.Double",
        TypeRef::Scalar(Scalar::DateTime) => "System.DateTime",
    }
}
