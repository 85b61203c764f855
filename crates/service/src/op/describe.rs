//! DescribeGlobal and DescribeCvObject: what the service has, and what is known of its fields.

use super::lookups;
use crate::room::Seat;
use crate::session::Session;
use crate::{Failure, Service, batch, room};
use contract::handles::message::{describe_cv_object, describe_cv_object_response, describe_global_response};
use contract::handles::object::{
    answer_detail, custom_field, cv_object, cv_object_type_array, describe_cv_object_result,
    describe_cv_object_results, describe_global_result, entity_custom_field, field, field_choice,
    look_up_detail,
};
use contract::handles::{object_type, operation};
use contract::object::Lookup;
use contract::{Contract, ObjectId, Property, Record, Value, memory};
use store::StoreError;

/// What the account's quota is called where there is none: the largest number the answer can hold.
const NO_MAXIMUM: i64 = i32::MAX as i64;

/// DescribeGlobal: the account's limits, the object types, and the lists of codes.
pub(crate) async fn describe_global(
    service: &Service,
    (session, seat): (&Session, &Seat<'_>),
    _: Record,
) -> Result<Record, Failure> {
    let contract = service.contract();
    let account = session.account.id;
    let calls = service.calls_today(session).await?;
    let own = room::make(seat, |bytes| {
        Box::pin(service.store().look_up(move |reader| {
            reader.at_most(bytes);
            let types = reader.contact_types(account)?;
            Ok::<_, StoreError>((types, reader.all(account, object_type::ENTITY_CUSTOM_FIELD)?))
        }))
    });
    let (contact_types, custom_fields) = own.await?;
    let maximum = session.account.max_record_set;
    let record_set =
        maximum.unwrap_or_else(|| service.settings().max_record_set.try_into().unwrap_or(NO_MAXIMUM));
    let mut result = contract.record(describe_global_result::TYPE_ID);
    let count = |number: i64| Value::Integer(number.min(NO_MAXIMUM));
    result.set(describe_global_result::MAX_API_CALLS, count(session.account.max_calls.unwrap_or(NO_MAXIMUM)));
    result.set(describe_global_result::CURRENT_API_CALLS, count(calls));
    let batch_size = contract.call(operation::RETRIEVE).limit.map_or(0, |(limit, _)| limit);
    result.set(describe_global_result::MAX_BATCH_SIZE, count(batch_size.try_into().unwrap_or(NO_MAXIMUM)));
    result.set(describe_global_result::MAX_RECORD_SET, count(record_set));
    for object in &contract.objects {
        result.push(describe_global_result::CV_OBJECT_TYPES, object.name.as_str());
    }
    let lookups = lookups::all(contract, &contact_types, &custom_fields);
    result.set(describe_global_result::LOOK_UPS, lookups);
    let mut response = contract.record(describe_global_response::TYPE_ID);
    response.set(describe_global_response::DESCRIBE_GLOBAL_RESULT, result);
    Ok(response)
}

/// DescribeCvObject: the fields of the object types asked for, with their properties, and the
/// account's custom fields.
///
/// # Errors
/// The call's limit code for too many types.
pub(crate) async fn describe_object(
    service: &Service,
    (session, seat): (&Session, &Seat<'_>),
    request: Record,
) -> Result<Record, Failure> {
    let contract = service.contract();
    let account = session.account.id;
    let asked = request.record(describe_cv_object::OBJECT_TYPES);
    let asked = asked.map_or(&[][..], |types| types.list(cv_object_type_array::CV_OBJECT_TYPE));
    batch::within_limit(contract, operation::DESCRIBE_CV_OBJECT, asked.len())?;
    let objects: Vec<ObjectId> = asked.iter().filter_map(object_of).collect();
    drop(request);
    let results = room::make(seat, |bytes| {
        let objects = &objects;
        Box::pin(async move {
            let custom = service.store().look_up(move |reader| {
                reader.at_most(bytes);
                reader.all(account, object_type::ENTITY_CUSTOM_FIELD)
            });
            describe_all(contract, objects, &custom.await?, bytes)
        })
    });
    let mut response = contract.record(describe_cv_object_response::TYPE_ID);
    response.set(describe_cv_object_response::DESCRIBE_CV_OBJECT_RESULT, results.await?);
    Ok(response)
}

fn object_of(value: &Value) -> Option<ObjectId> {
    if let Value::Enumeration(value) = value { Some(ObjectId(value.0)) } else { None }
}

/// The descriptions of object types, which take at most so many bytes.
fn describe_all(
    contract: &Contract,
    objects: &[ObjectId],
    custom: &[Record],
    bytes: usize,
) -> Result<Record, StoreError> {
    let mut results = contract.record(describe_cv_object_results::TYPE_ID);
    let mut rest = bytes.saturating_sub(custom.iter().map(memory::whole).sum());
    for &object in objects {
        let described = describe(contract, object, custom);
        rest = rest.checked_sub(memory::whole(&described)).ok_or(StoreError::TooMuch)?;
        results.push(describe_cv_object_results::DESCRIBE_CV_OBJECT_RESULT, described);
    }
    Ok(results)
}

fn describe(contract: &Contract, id: ObjectId, custom: &[Record]) -> Record {
    use describe_cv_object_result as names;
    let object = contract.object(id);
    let mut result = contract.record(names::TYPE_ID);
    result.set(names::NAME, object.name.as_str());
    result.set(names::CREATABLE, object.verbs.create);
    result.set(names::UPDATEABLE, object.verbs.update);
    result.set(names::DELETABLE, object.verbs.delete);
    result.set(names::REPLICATEABLE, object.verbs.replicate);
    result.set(names::RETRIEVEABLE, object.verbs.retrieve);
    result.set(names::SEARCHABLE, object.verbs.search);
    for property in &object.properties {
        result.push(names::FIELD, describe_field(contract, property));
    }
    let mut order = 0;
    for definition in custom {
        if crate::write::custom_field_of(contract, definition, id) {
            order += 1;
            result.push(names::CUSTOM_FIELD, describe_custom(contract, id, definition, order));
        }
    }
    result
}

fn describe_field(contract: &Contract, property: &Property) -> Record {
    let mut out = contract.record(field::TYPE_ID);
    out.set(field::NAME, property.name.as_str());
    out.set(field::OBJECT_LOCATION, property.location.as_str());
    out.set(field::DATA_TYPE, property.word);
    if let Some(length) = property.length {
        out.set(field::MAX_LENGTH, Value::Integer(length.into()));
    }
    out.set(field::SEARCHABLE, property.searchable);
    out.set(field::REQUIRED, property.required);
    out.set(field::READ_ONLY, !property.writable);
    out.set(field::DEFAULT_VALUE, property.default.as_str());
    out.set(field::DEFAULT_SEARCH_VALUE, property.default_search.as_str());
    let values: Vec<&str> = match &property.lookup {
        None => Vec::new(),
        Some(Lookup::List(name)) => contract.lists.values(name),
        Some(Lookup::Enumeration(id)) => {
            contract.model.enumeration(*id).values.iter().map(String::as_str).collect()
        }
    };
    for value in values {
        let mut detail = contract.record(look_up_detail::TYPE_ID);
        detail.set(look_up_detail::VALUE, value);
        out.push(field::LOOK_UP_DETAIL, detail);
    }
    out
}

fn describe_custom(contract: &Contract, object: ObjectId, definition: &Record, order: usize) -> Record {
    let text = |field| definition.text(field).unwrap_or_default();
    let mut out = contract.record(custom_field::TYPE_ID);
    out.set(custom_field::ID, text(cv_object::ID));
    out.set(custom_field::NAME, text(entity_custom_field::FIELD_NAME));
    out.set(custom_field::CATEGORY, format!("{} Custom Fields", contract.object(object).name));
    out.set(custom_field::FIELD_TYPE, text(entity_custom_field::FIELD_TYPE));
    out.set(custom_field::FORMAT, text(entity_custom_field::ANSWER_FORMAT));
    out.set(custom_field::SORT_ORDER, order.to_string());
    for choice in definition.records(entity_custom_field::FIELD_CHOICES) {
        let mut answer = contract.record(answer_detail::TYPE_ID);
        answer.set(
            answer_detail::ANSWER_TEXT,
            choice.text(field_choice::FIELD_CHOICE_TEXT).unwrap_or_default(),
        );
        out.push(custom_field::ANSWER_DETAIL, answer);
    }
    out
}
