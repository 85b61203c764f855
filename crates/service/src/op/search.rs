//! Search: identifiers of the objects that fit a list of filters.

mod values;

use super::changes::fill;
use super::object_type;
use crate::session::Session;
use crate::write::custom_field_of;
use crate::{Fault, Service, batch};
use contract::handles::enumeration::cv_search_type;
use contract::handles::message::{search, search_response};
use contract::handles::object::{cv_search, filter, search_result};
use contract::handles::{code, object_type as types, operation};
use contract::scalar::{parse_decimal, parse_double, parse_long};
use contract::{
    Code, Contract, EnumValue, Guid, ObjectId, Property, Record, Scalar, Source, Timestamp, TypeRef, Value,
};
use std::collections::HashSet;
use store::{Column, Filter, Operator, Test};
use values::{date, operator, texts};

/// Search: identifiers in the order of creation.
///
/// # Errors
/// CV20010 for an unknown or unsearchable field, a bad value or more than 256 filters, CV20015 for
/// an operator that the field's type does not have, CV20016 and CV20017 for a custom field that is
/// none of the account's, CV20012 for more identifiers than the account may get.
pub(crate) async fn search(service: &Service, session: &Session, request: Record) -> Result<Record, Fault> {
    let contract = service.contract();
    let object = object_type(&request, search::OBJECT_TYPE);
    let query = Query { contract, object, now: session.at };
    let filter = query.filter(request.record(search::CV_SEARCH_OBJECT))?;
    drop(request);
    check_custom_fields(service, session, &query, &filter).await?;
    let maximum = session.account.max_record_set.and_then(|maximum| usize::try_from(maximum).ok());
    let limit = maximum.unwrap_or(service.settings().max_record_set);
    let account = session.account.id;
    let found = service.store().read(move |reader| reader.search(account, object, &filter, limit));
    let mut result = contract.record(search_result::TYPE_ID);
    fill(&mut result, search_result::ID, found.await?, limit)?;
    let mut response = contract.record(search_response::TYPE_ID);
    response.set(search_response::SEARCH_RESULT, result);
    Ok(response)
}

struct Query {
    contract: &'static Contract,
    object: ObjectId,
    now: Timestamp,
}

impl Query {
    fn filter(&self, search: Option<&Record>) -> Result<Filter, Fault> {
        let filters: Vec<&Record> =
            search.iter().flat_map(|search| search.records(cv_search::FILTER)).collect();
        batch::within_limit(self.contract, operation::SEARCH, filters.len())?;
        let tests = filters.iter().map(|filter| self.test(filter)).collect::<Result<Vec<_>, _>>()?;
        let any = search.and_then(|search| search.enumeration(cv_search::SEARCH_TYPE))
            == Some(cv_search_type::OR_SEARCH);
        let named: HashSet<&str> =
            filters.iter().filter_map(|filter| filter.text(filter::FIELD)).map(str::trim).collect();
        let mut all = self.defaults(&named)?;
        match tests {
            tests if tests.is_empty() => {}
            tests if any => all.push(Filter::Any(tests)),
            tests => all.extend(tests),
        }
        Ok(Filter::All(all))
    }

    /// The filters of fields with a default search value that the client does not name.
    fn defaults(&self, named: &HashSet<&str>) -> Result<Vec<Filter>, Fault> {
        let properties = &self.contract.object(self.object).properties;
        let defaults = properties.iter().filter(|property| {
            !property.default_search.is_empty() && !named.contains(property.name.trim_end())
        });
        defaults
            .map(|property| {
                let column = self.column(property)?;
                let values = vec![self.value(property, &property.default_search)?];
                Ok(Filter::Test(Test { column, operator: Operator::Equals, values }))
            })
            .collect()
    }

    fn test(&self, filter: &Record) -> Result<Filter, Fault> {
        let name = filter.text(filter::FIELD).unwrap_or_default().trim();
        let operator = operator(filter.enumeration(filter::OPERATOR).unwrap_or(EnumValue(0)));
        let object = self.contract.object(self.object);
        let (property, column) = match name.split_once(':') {
            Some((prefix, field)) => {
                let property = object.find(prefix.trim()).filter(|property| property.member.is_none());
                let property = property.ok_or_else(|| invalid("unknown kind of custom field"))?;
                let target = Guid::parse(field).ok_or_else(|| self.bad_custom_field())?;
                (property, self.custom_field(property, target)?)
            }
            None => {
                let property = object.find(name).filter(|property| property.searchable);
                let property =
                    property.ok_or_else(|| invalid("a field that is unknown or not searchable"))?;
                if property.member.is_none() {
                    return Err(self.bad_custom_field());
                }
                (property, self.column(property)?)
            }
        };
        if !self.allows(property, operator) {
            return Err(Fault::new(code::CV20015, "the field's type does not have the operator"));
        }
        let texts = texts(filter, operator);
        let values = texts.iter().map(|text| self.value(property, text)).collect::<Result<_, _>>()?;
        Ok(Filter::Test(Test { column, operator, values }))
    }

    fn column(&self, property: &Property) -> Result<Column, Fault> {
        let unsearchable = || invalid("a field that can't be searched");
        let member = property.member.ok_or_else(unsearchable)?;
        match property.path[..] {
            [] if member == contract::handles::object::cv_object::ID => Ok(Column::Id),
            [] => Ok(Column::Own(member)),
            [detail] => {
                let link = self.contract.link_of(self.object, detail).ok_or_else(unsearchable)?;
                let mut members = self.contract.link(link).members.iter();
                let source = members.find(|(field, _)| *field == member).map(|(_, source)| *source);
                Ok(Column::Link { link, source: source.ok_or_else(unsearchable)?, target: None })
            }
            _ => Err(unsearchable()),
        }
    }

    fn custom_field(&self, property: &Property, target: Guid) -> Result<Column, Fault> {
        let link = property.path.first().and_then(|detail| self.contract.link_of(self.object, *detail));
        let link = link.ok_or_else(|| self.bad_custom_field())?;
        Ok(Column::Link { link, source: Source::Value, target: Some(target) })
    }

    fn bad_custom_field(&self) -> Fault {
        let code = if self.object == types::EVENT { code::CV20017 } else { code::CV20016 };
        Fault::new(code, "not a custom field of the account's objects of that type")
    }

    fn kind(&self, property: &Property) -> TypeRef {
        let mut ty = self.contract.object(self.object).ty;
        for detail in &property.path {
            if let TypeRef::Complex(inner) = self.contract.model.member(ty, *detail).ty {
                ty = inner;
            }
        }
        property
            .member
            .map_or(TypeRef::Scalar(Scalar::String), |field| self.contract.model.member(ty, field).ty)
    }

    /// Text has every operator, dates and numbers those of order, booleans only equality.
    fn allows(&self, property: &Property, operator: Operator) -> bool {
        use Operator::{Contains, DoesNotContain, Equals, Excludes, Includes, NotEqual, StartsWith};
        match self.kind(property) {
            TypeRef::Scalar(Scalar::Boolean) => matches!(operator, Equals | NotEqual | Includes | Excludes),
            TypeRef::Scalar(Scalar::String | Scalar::Integer) | TypeRef::Enumeration(_) => true,
            _ => !matches!(operator, Contains | DoesNotContain | StartsWith),
        }
    }

    fn value(&self, property: &Property, text: &str) -> Result<Value, Fault> {
        let bad = || invalid("a value that is not of the field's type");
        let TypeRef::Scalar(scalar) = self.kind(property) else { return Ok(text.into()) };
        match scalar {
            Scalar::String | Scalar::Integer => Ok(text.into()),
            Scalar::Boolean => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(true.into()),
                "false" | "0" => Ok(false.into()),
                _ => Err(bad()),
            },
            Scalar::DateTime => date(text, self.now).map(Value::Time).ok_or_else(bad),
            Scalar::Int | Scalar::Long => parse_long(text).map(Value::Integer).map_err(|_| bad()),
            Scalar::Double => parse_double(text).map(Value::Double).map_err(|_| bad()),
            Scalar::Decimal => parse_decimal(text).map(Value::Decimal).map_err(|_| bad()),
        }
    }
}

/// Custom fields that the filters name must be the account's, of the object type's category.
async fn check_custom_fields(
    service: &Service,
    session: &Session,
    query: &Query,
    filter: &Filter,
) -> Result<(), Fault> {
    let mut ids = Vec::new();
    collect_targets(filter, &mut ids);
    if ids.is_empty() {
        return Ok(());
    }
    let account = session.account.id;
    let found = service.look_up(move |reader| reader.get(account, types::ENTITY_CUSTOM_FIELD, &ids));
    let good = |field: &Option<Record>| {
        field.as_ref().is_some_and(|field| custom_field_of(query.contract, field, query.object))
    };
    if found.await?.iter().all(good) { Ok(()) } else { Err(query.bad_custom_field()) }
}

fn collect_targets(filter: &Filter, ids: &mut Vec<Guid>) {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().for_each(|filter| collect_targets(filter, ids));
        }
        Filter::Test(Test { column: Column::Link { target: Some(target), .. }, .. }) => ids.push(*target),
        Filter::Test(_) => {}
    }
}

fn invalid(reason: impl Into<String>) -> Fault {
    let code: Code = code::CV20010;
    Fault::new(code, reason)
}
