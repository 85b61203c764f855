//! Search: a filter as one statement.

use super::compare::{Kind, Operand, Parameters, Said, together};
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::filter::{Column, Filter, Operator, Test};
use crate::layout::{Form, Table};
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::sqlite::schema::Schema;
use crate::verbs::ObjectSearch;
use contract::handles::object::cv_object;
use contract::{FieldId, Guid, LinkId, ObjectId, Source, Value};
use rusqlite::{params_from_iter, types::Value as Owned};

impl ObjectSearch for Access<'_> {
    fn search(
        &self,
        account: AccountId,
        object: ObjectId,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        let table = self.schema.table(object);
        let linked = table.links.iter().map(|(_, link)| self.schema.link(*link).target);
        let columns = columns(table, filter);
        let others = table.shown().chain(linked).map(|object| (object, None));
        self.whole(account, others.chain([(object, Some(columns.as_slice()))]))?;
        let (sql, parameters) = statement(self.schema, account, object, filter, limit)?;
        // Filters are too varied to keep their statements.
        let mut statement = self.connection.prepare(&sql)?;
        let ids = statement.query_and_then(params_from_iter(parameters), |found| row::id_of(table, found))?;
        ids.collect()
    }
}

/// The places of the object's own columns that a filter compares.
fn columns(table: &Table, filter: &Filter) -> Vec<u16> {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().flat_map(|filter| columns(table, filter)).collect()
        }
        Filter::Test(Test { column: Column::Own(field), .. }) => {
            let places = (0..).zip(&table.columns).filter(|(_, column)| column.field == *field);
            places.map(|(place, _)| place).collect()
        }
        Filter::Test(_) => Vec::new(),
    }
}

fn statement(
    schema: &Schema,
    account: AccountId,
    object: ObjectId,
    filter: &Filter,
    limit: usize,
) -> Result<(String, Vec<Owned>)> {
    let table = schema.table(object);
    let mut query = Query { schema, table, joins: vec![], parameters: Parameters::new(account) };
    let condition = query.filter(&filter.merged())?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let most = query.parameters.add(Owned::Integer(limit));
    let (name, joins) = (&table.name, query.joins.concat());
    let sql = format!(
        r#"SELECT o.id FROM "{name}" o{joins} WHERE o.account_id = ?1 AND {condition} ORDER BY o.seq LIMIT {most}"#
    );
    Ok((sql, query.parameters.finish()?))
}

/// A statement in the making. The searched table is `o`, a link `l`, a link's target `t`; `joins` has
/// what references need (see [`crate::layout::Reference`]).
struct Query<'a> {
    schema: &'a Schema,
    table: &'a Table,
    joins: Vec<&'a str>,
    parameters: Parameters,
}

/// Tests of the same of an object's links, that one look at the links decides.
struct Linked<'a> {
    link: LinkId,
    source: Source,
    target: Option<Guid>,
    tests: Vec<&'a Test>,
}

impl Linked<'_> {
    fn is_negative(&self) -> bool {
        self.tests.iter().any(|test| test.operator.is_negative())
    }

    /// Whether a test of which all have to hold, or one, is decided by the same look. If several have to hold,
    /// several links may do that, unless there is but one.
    fn takes(&self, test: &Test, all: bool) -> bool {
        let Linked { link, source, target, .. } = *self;
        let negative = test.operator.is_negative();
        test.column == (Column::Link { link, source, target })
            && self.is_negative() == negative
            && (all == negative || target.is_some())
    }
}

impl Query<'_> {
    fn filter(&mut self, filter: &Filter) -> Result<String> {
        match filter {
            Filter::All(filters) => self.several(filters, true),
            Filter::Any(filters) => self.several(filters, false),
            Filter::Test(_) => self.several(std::slice::from_ref(filter), true),
        }
    }

    /// Filters of which all have to hold, or one.
    fn several(&mut self, filters: &[Filter], all: bool) -> Result<String> {
        let mut said = Vec::new();
        let mut linked: Vec<Linked<'_>> = Vec::new();
        for filter in filters {
            match filter {
                Filter::All(_) | Filter::Any(_) => said.push(Said::Sql(self.filter(filter)?)),
                Filter::Test(test) => match test.column {
                    Column::Id => said.push(self.own(cv_object::ID, test)?),
                    Column::Own(field) => said.push(self.own(field, test)?),
                    Column::Link { link, source, target } => {
                        match linked.iter_mut().find(|known| known.takes(test, all)) {
                            Some(known) => known.tests.push(test),
                            None => linked.push(Linked { link, source, target, tests: vec![test] }),
                        }
                    }
                },
            }
        }
        for linked in linked {
            said.push(Said::Sql(self.link(&linked, all)?));
        }
        Ok(together(said, all, &mut self.parameters))
    }

    fn own(&mut self, field: FieldId, test: &Test) -> Result<Said> {
        let operand = member(self.table, field, "o").map(|operand| self.present(field, operand));
        let said = self.compare(operand, test.operator, &test.values)?;
        Ok(match said {
            Said::Sql(sql) if test.operator.is_negative() => Said::Sql(format!("({sql}) IS NOT TRUE")),
            Said::Sql(sql) => Said::Sql(sql),
            Said::Text { sql, condition, .. } => {
                Said::Text { sql, condition, negative: test.operator.is_negative() }
            }
        })
    }

    /// What a member shows of another object is that object's, and its index is of no use.
    fn present(&mut self, field: FieldId, own: Operand) -> Operand {
        let Some(column) = self.table.column(field) else { return own };
        for reference in &self.table.references {
            if let Some(sql) = reference.present(&column.name) {
                if !self.joins.contains(&reference.join.as_str()) {
                    self.joins.push(&reference.join);
                }
                return Operand { sql, kind: own.kind, key: None };
            }
        }
        own
    }

    fn link(&mut self, linked: &Linked<'_>, all: bool) -> Result<String> {
        let Linked { link, source, target, tests } = linked;
        let (links, negative) = (self.schema.link(*link), linked.is_negative());
        let other = self.schema.table(links.target);
        let mut said = Vec::new();
        for test in tests {
            let operand = match *source {
                Source::Id => Ok(Operand { sql: "l.target".to_owned(), kind: Kind::Guid, key: None }),
                Source::Value => {
                    Ok(Operand { sql: "l.value".to_owned(), kind: Kind::Column(Form::Text), key: None })
                }
                Source::Target(field) => member(other, field, "t"),
            };
            said.push(self.compare(operand, test.operator, &test.values)?);
        }
        // What none of several may be is what one of them is not.
        let condition = together(said, all != negative, &mut self.parameters);
        let join = format!(r#"JOIN "{}" t ON t.account_id = l.account_id AND t.id = l.target"#, other.name);
        let narrowed =
            target.map(|id| format!("AND l.target = {}", self.parameters.add(Owned::Blob(id.0.to_vec()))));
        Ok(format!(
            r#"o.id {}IN (SELECT l.owner FROM "{}" l {} WHERE l.account_id = ?1 {} AND {condition})"#,
            if negative { "NOT " } else { "" },
            links.name,
            if matches!(source, Source::Target(_)) { join.as_str() } else { "" },
            narrowed.unwrap_or_default(),
        ))
    }

    /// What holds where the operator, or the one it negates, does.
    fn compare(
        &mut self,
        operand: std::result::Result<Operand, String>,
        operator: Operator,
        values: &[Value],
    ) -> Result<Said> {
        let table = || self.table.name.clone();
        let operand = operand.map_err(|column| StoreError::Filter { table: table(), column })?;
        operand.said(self.schema.contract, operator, values, &mut self.parameters).ok_or_else(|| {
            let column = operand.sql.trim_start_matches(|c| c != '"').split('"').nth(1).unwrap_or_default();
            StoreError::Filter { table: table(), column: column.to_owned() }
        })
    }
}

/// A member of the table under an alias; if it is no column, its number for the error.
fn member(table: &Table, field: FieldId, alias: &str) -> std::result::Result<Operand, String> {
    if field == cv_object::ID {
        return Ok(Operand { sql: format!("{alias}.id"), kind: Kind::Guid, key: None });
    }
    let column = table.column(field).ok_or_else(|| format!("member {}", field.0))?;
    Ok(Operand {
        sql: format!(r#"{alias}."{}""#, column.name),
        kind: Kind::Column(column.form),
        key: table.key(field).map(|key| format!(r#"{alias}."{}""#, table.keys[key].name)),
    })
}

/// Conditions as one. Halved, so that many of them do not nest deeply.
pub(super) fn join(conditions: &[String], word: &str, none: &str) -> String {
    match conditions {
        [] => none.to_owned(),
        [one] => one.clone(),
        _ => {
            let (left, right) = conditions.split_at(conditions.len() / 2);
            format!("({} {word} {})", join(left, word, none), join(right, word, none))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::migrate::{STEPS, migrate};
    use crate::sqlite::open::{Role, connect};
    use contract::Guid;
    use contract::handles::object::contact::{EMAIL_ADDRESS, LAST_NAME, SOURCE_ID};
    use contract::handles::object::invitee::{CONTACT_ID, FIRST_NAME};
    use contract::handles::object_type::{CONTACT, INVITEE};
    use rusqlite::Connection;

    fn test(column: Column, operator: Operator, values: &[&str]) -> Filter {
        Filter::Test(Test {
            column,
            operator,
            values: values.iter().map(|text| Value::from(*text)).collect(),
        })
    }

    #[test]
    fn searches_begin_with_the_index_that_finds_the_fewest() {
        let schema = Schema::of_contract();
        let mut connection = connect(None, Role::Writer).unwrap();
        migrate(&mut connection, &schema, STEPS).unwrap();
        let mail = |operator, values: &[&str]| test(Column::Own(EMAIL_ADDRESS), operator, values);
        let name = || test(Column::Own(LAST_NAME), Operator::Equals, &["x"]);
        let source = || test(Column::Own(SOURCE_ID), Operator::Equals, &["x"]);
        let group = Column::Link { link: LinkId(0), source: Source::Id, target: Some(Guid([1; 16])) };
        let ids = Guid([1; 16]).to_string();
        for (filter, steps) in [
            (Filter::All(vec![]), &["contact_account"][..]),
            (name(), &["contact_account"]),
            (mail(Operator::NotEqual, &["x"]), &["contact_account"]),
            (mail(Operator::Equals, &["x"]), &["contact_email_address_key"]),
            (mail(Operator::Includes, &["x", "y"]), &["contact_email_address_key"]),
            (mail(Operator::StartsWith, &["x"]), &["contact_email_address_key"]),
            (Filter::All(vec![name(), source()]), &["contact_source_id_key"]),
            (
                Filter::Any(vec![mail(Operator::Equals, &["x"]), source()]),
                &["contact_email_address_key", "contact_source_id_key"],
            ),
            (test(Column::Id, Operator::Includes, &[&ids, &ids]), &["sqlite_autoindex_contact_1"]),
            (
                test(group, Operator::Equals, &[&ids]),
                &["sqlite_autoindex_contact_1", "contact_group_member_target"],
            ),
        ] {
            check(&connection, statement(&schema, AccountId(1), CONTACT, &filter, 100).unwrap(), steps);
        }
        let refers = || test(Column::Own(CONTACT_ID), Operator::Equals, &[&ids]);
        let shows = || test(Column::Own(FIRST_NAME), Operator::Equals, &["x"]);
        for (filter, steps) in [
            (refers(), &["invitee_contact_id"][..]),
            (shows(), &["invitee_account", "sqlite_autoindex_contact_1"]),
            (Filter::All(vec![shows(), refers()]), &["invitee_contact_id", "sqlite_autoindex_contact_1"]),
        ] {
            check(&connection, statement(&schema, AccountId(1), INVITEE, &filter, 100).unwrap(), steps);
        }
    }

    /// Fails unless the statement looks up its rows by those indexes, in that order.
    fn check(connection: &Connection, (sql, parameters): (String, Vec<Owned>), steps: &[&str]) {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan = plan.query_map(params_from_iter(parameters), |row| row.get::<_, String>(3)).unwrap();
        let plan: Vec<String> = plan.map(|step| step.unwrap()).collect();
        let searches: Vec<&String> = plan.iter().filter(|step| step.starts_with("SEARCH")).collect();
        let found = searches.len() == steps.len()
            && searches.iter().zip(steps).all(|(step, index)| step.contains(&format!("INDEX {index} ")));
        assert!(found && !plan.iter().any(|step| step.starts_with("SCAN")), "{sql}: {plan:#?}");
    }
}
