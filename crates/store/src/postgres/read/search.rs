//! Search: a filter as a statement, and as what is left to decide of each row.

use super::chunks::Chunks;
use super::condition::{Operand, Parameters, all, any};
use crate::account::AccountId;
use crate::comparison::{self, Comparison, Subject};
use crate::error::{Result, StoreError};
use crate::filter::{Column, Filter, MOST_VALUES, Test};
use crate::layout::{Form, Kind, Table};
use crate::postgres::access::Access;
use crate::postgres::row;
use crate::postgres::schema::Schema;
use crate::postgres::value::Parameter;
use crate::verbs::ObjectSearch;
use contract::handles::object::cv_object;
use contract::{FieldId, Guid, LinkId, ObjectId, Source};
use std::cell::OnceCell;
use tokio_postgres::Row;

impl ObjectSearch for Access<'_> {
    fn search(
        &self,
        account: AccountId,
        object: ObjectId,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        let table = self.schema.table(object);
        let mut query = Query::new(self.schema, table);
        let found = query.filter(&filter.merged())?;
        if query.values > MOST_VALUES {
            return Err(StoreError::FilterSize);
        }
        match &found.rest {
            None => self.exact_search(account, &mut query, &found.sql, limit),
            Some(rest) => self.sifting_search(account, &mut query, &found.sql, rest, limit),
        }
    }
}

impl Access<'_> {
    /// SQL decides.
    fn exact_search(
        &self,
        account: AccountId,
        query: &mut Query<'_>,
        condition: &str,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let most = query.parameters.number(most);
        let (table, joins) = (&query.table.name, query.joins.concat());
        let sql = format!(
            r#"SELECT o.id FROM "{table}" o{joins} WHERE o.account_id = $1 AND {condition} ORDER BY o.seq LIMIT {most}"#
        );
        let mut out = Vec::new();
        self.search_rows(account, &sql, &query.parameters.all(), &mut |found| {
            out.push(row::guid(found, 0)?);
            Ok(true)
        })?;
        Ok(out)
    }

    /// SQL gives rows that may fit, and `rest` decides on each. They come in chunks, so that a search
    /// that has enough does not leave many behind.
    fn sifting_search(
        &self,
        account: AccountId,
        query: &mut Query<'_>,
        condition: &str,
        rest: &Rest,
        limit: usize,
    ) -> Result<Vec<Guid>> {
        let columns: String = query.wanted.iter().map(|wanted| format!(", {}", wanted.sql)).collect();
        let (table, joins) = (&query.table.name, query.joins.concat());
        let place = query.parameters.all().len() + 2;
        let sql = format!(
            r#"SELECT o.id, o.seq{columns} FROM "{table}" o{joins}
               WHERE o.account_id = $1 AND {condition} AND o.seq > ${place} ORDER BY o.seq LIMIT ${}"#,
            place + 1
        );
        let (mut out, mut last, mut chunks) = (Vec::new(), -1_i64, Chunks::default());
        loop {
            let chunk = chunks.next(out.len(), limit);
            let bounds = [Parameter::new(&last), Parameter::new(&chunk)];
            let parameters = [query.parameters.all().as_slice(), &bounds].concat();
            let (mut rows, mut reached) = (0, last);
            self.search_rows(account, &sql, &parameters, &mut |found| {
                rows += 1;
                reached = found.try_get(1)?;
                if rest.fits(&Compared::new(query, found))? {
                    out.push(row::guid(found, 0)?);
                }
                Ok(out.len() <= limit)
            })?;
            if out.len() > limit || rows < chunk {
                return Ok(out);
            }
            last = reached;
        }
    }
}

/// A filter, or a part of one.
struct Found {
    /// What holds at least where the filter does.
    sql: String,
    /// What the filter says beyond that; none if nothing.
    rest: Option<Rest>,
}

/// What is left to decide of a row.
enum Rest {
    All(Vec<Rest>),
    Any(Vec<Rest>),
    Test {
        /// The place of what is compared among the wanted columns.
        wanted: usize,
        comparison: Comparison,
        negative: bool,
    },
}

impl Rest {
    fn fits(&self, row: &Compared<'_>) -> Result<bool> {
        match self {
            Rest::All(parts) => {
                for part in parts {
                    if !part.fits(row)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Rest::Any(parts) => {
                for part in parts {
                    if part.fits(row)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Rest::Test { wanted, comparison, negative } => {
                Ok(row.values(*wanted)?.iter().any(|found| comparison.fits(found)) != *negative)
            }
        }
    }
}

/// A row of id, place and wanted columns, each of which is read once for all that it is compared with.
struct Compared<'a> {
    query: &'a Query<'a>,
    row: &'a Row,
    wanted: Vec<OnceCell<Vec<comparison::Found<'a>>>>,
}

impl<'a> Compared<'a> {
    fn new(query: &'a Query<'a>, row: &'a Row) -> Compared<'a> {
        Compared { query, row, wanted: query.wanted.iter().map(|_| OnceCell::new()).collect() }
    }

    fn values(&self, wanted: usize) -> Result<&[comparison::Found<'a>]> {
        let cell = &self.wanted[wanted];
        if cell.get().is_none() {
            let _ = cell.set(self.query.values_of(wanted, self.row)?);
        }
        Ok(cell.get().map_or(&[], Vec::as_slice))
    }
}

/// A value of each row that is decided on here.
struct Wanted {
    /// The value, or the values of the object's links as an array.
    sql: String,
    form: Form,
    many: bool,
}

/// A statement in the making. The searched table is `o`, a link `l`, a link's target `t`; `joins` has
/// what references need (see [`crate::layout::Reference`]).
struct Query<'a> {
    schema: &'a Schema,
    table: &'a Table,
    joins: Vec<&'a str>,
    parameters: Parameters,
    wanted: Vec<Wanted>,
    /// How many values the filter compares with.
    values: usize,
}

/// A test that can be decided.
struct Tested {
    comparison: Comparison,
    operand: Operand,
    link: Option<Linked>,
}

/// The links that a test looks at.
struct Linked {
    /// `"table" l`, with its target where that is compared.
    from: String,
    /// What binds them to the object, and to one target if it is about one.
    bounds: String,
}

impl<'a> Query<'a> {
    fn new(schema: &'a Schema, table: &'a Table) -> Query<'a> {
        let parameters = Parameters::default();
        Query { schema, table, joins: vec![], parameters, wanted: vec![], values: 0 }
    }

    fn filter(&mut self, filter: &Filter) -> Result<Found> {
        match filter {
            Filter::Test(test) => self.test(test),
            Filter::All(filters) => {
                let parts = self.filters(filters)?;
                let (conditions, rests): (Vec<String>, Vec<Option<Rest>>) =
                    parts.into_iter().map(|part| (part.sql, part.rest)).unzip();
                let rests: Vec<Rest> = rests.into_iter().flatten().collect();
                let rest = (!rests.is_empty()).then_some(Rest::All(rests));
                Ok(Found { sql: all(conditions), rest })
            }
            Filter::Any(filters) => {
                let parts = self.filters(filters)?;
                let is_exact = parts.iter().all(|part| part.rest.is_none());
                let sql = any(parts.into_iter().map(|part| part.sql).collect());
                // Which of them held in SQL is not known of a row, so that all are decided on here.
                let rest = if is_exact { None } else { Some(self.rest(filter)?) };
                Ok(Found { sql, rest })
            }
        }
    }

    fn filters(&mut self, filters: &[Filter]) -> Result<Vec<Found>> {
        filters.iter().map(|filter| self.filter(filter)).collect()
    }

    fn test(&mut self, test: &Test) -> Result<Found> {
        self.values += test.values.len();
        let tested = self.tested(test)?;
        let negative = test.operator.is_negative();
        let (operand, comparison) = (&tested.operand, &tested.comparison);
        if let Some(exact) = operand.exact(self.schema.contract, comparison, &mut self.parameters) {
            let sql = match &tested.link {
                None if negative => format!("({exact}) IS NOT TRUE"),
                None => exact,
                Some(link) => link.exists(negative, &exact),
            };
            return Ok(Found { sql, rest: None });
        }
        let sql = if negative {
            "TRUE".to_owned()
        } else {
            let necessary = operand.necessary(comparison, &mut self.parameters);
            let necessary = necessary.unwrap_or_else(|| "TRUE".to_owned());
            match &tested.link {
                None => necessary,
                Some(link) => link.exists(false, &necessary),
            }
        };
        Ok(Found { sql, rest: Some(self.rest_of(tested, negative)) })
    }

    /// A filter to be decided on here as a whole.
    fn rest(&mut self, filter: &Filter) -> Result<Rest> {
        match filter {
            Filter::All(filters) => Ok(Rest::All(self.rests(filters)?)),
            Filter::Any(filters) => Ok(Rest::Any(self.rests(filters)?)),
            Filter::Test(test) => {
                let tested = self.tested(test)?;
                Ok(self.rest_of(tested, test.operator.is_negative()))
            }
        }
    }

    fn rests(&mut self, filters: &[Filter]) -> Result<Vec<Rest>> {
        filters.iter().map(|filter| self.rest(filter)).collect()
    }

    fn rest_of(&mut self, tested: Tested, negative: bool) -> Rest {
        let Tested { comparison, operand, link } = tested;
        let form = match comparison.subject() {
            Subject::Id => Form::Reference,
            Subject::Key => Form::Text,
            Subject::Column(form) => form,
        };
        let (sql, many) = match link {
            None => (operand.sql, false),
            Some(Linked { from, bounds }) => {
                (format!("ARRAY(SELECT {} FROM {from} WHERE {bounds})", operand.sql), true)
            }
        };
        let known = self.wanted.iter().position(|wanted| wanted.sql == sql);
        let wanted = known.unwrap_or(self.wanted.len());
        if known.is_none() {
            self.wanted.push(Wanted { sql, form, many });
        }
        Rest::Test { wanted, comparison, negative }
    }

    fn tested(&mut self, test: &Test) -> Result<Tested> {
        match test.column {
            Column::Id => self.own(cv_object::ID, test),
            Column::Own(field) => self.own(field, test),
            Column::Link { link, source, target } => self.link(link, source, target, test),
        }
    }

    fn own(&mut self, field: FieldId, test: &Test) -> Result<Tested> {
        let (mut operand, subject, name) = self.member(self.table, field, "o")?;
        if let Some(shown) = self.shown(&name) {
            operand = Operand { sql: shown, key: None };
        }
        let subject = if operand.key.is_some() { Subject::Key } else { subject };
        Ok(Tested { comparison: self.compare(subject, test, &name)?, operand, link: None })
    }

    /// What a member shows of another object is that object's, and its index is of no use.
    fn shown(&mut self, column: &str) -> Option<String> {
        for reference in &self.table.references {
            if let Some(sql) = reference.present(column) {
                if !self.joins.contains(&reference.join.as_str()) {
                    self.joins.push(&reference.join);
                }
                return Some(sql);
            }
        }
        None
    }

    fn link(&mut self, link: LinkId, source: Source, target: Option<Guid>, test: &Test) -> Result<Tested> {
        let links = self.schema.link(link);
        let other = self.schema.table(links.target);
        let column = |sql: &str| Operand { sql: sql.to_owned(), key: None };
        let (operand, subject, name) = match source {
            Source::Id => (column("l.target"), Subject::Id, String::new()),
            Source::Value => (column("l.value"), Subject::Column(Form::Text), String::new()),
            Source::Target(field) => self.member(other, field, "t")?,
        };
        let subject = if operand.key.is_some() { Subject::Key } else { subject };
        let join = match source {
            Source::Target(_) => {
                format!(r#" JOIN "{}" t ON t.account_id = l.account_id AND t.id = l.target"#, other.name)
            }
            Source::Id | Source::Value => String::new(),
        };
        let narrowed = target.map(|id| format!(" AND l.target = ANY({})", self.parameters.id(id)));
        let link = Linked {
            from: format!(r#""{}" l{join}"#, links.name),
            bounds: format!("l.account_id = $1 AND l.owner = o.id{}", narrowed.unwrap_or_default()),
        };
        Ok(Tested { comparison: self.compare(subject, test, &name)?, operand, link: Some(link) })
    }

    /// A member of the table under an alias, what it is to be compared as, and its column's name.
    fn member(&self, table: &Table, field: FieldId, alias: &str) -> Result<(Operand, Subject, String)> {
        if field == cv_object::ID {
            return Ok((Operand { sql: format!("{alias}.id"), key: None }, Subject::Id, String::new()));
        }
        let column = table.column(field).ok_or_else(|| self.refused(format!("member {}", field.0)))?;
        let key = table.key(field).map(|key| format!(r#"{alias}."{}""#, table.keys[key].name));
        let operand = Operand { sql: format!(r#"{alias}."{}""#, column.name), key };
        Ok((operand, Subject::Column(column.form), column.name.clone()))
    }

    fn compare(&self, subject: Subject, test: &Test, column: &str) -> Result<Comparison> {
        Comparison::new(self.schema.contract, subject, test.operator, &test.values)
            .ok_or_else(|| self.refused(column.to_owned()))
    }

    fn refused(&self, column: String) -> StoreError {
        StoreError::Filter { table: self.table.name.clone(), column }
    }

    /// The values of a wanted column in a row of id, place and wanted columns.
    fn values_of<'r>(&self, wanted: usize, found: &'r Row) -> Result<Vec<comparison::Found<'r>>> {
        let Wanted { form, many, .. } = self.wanted[wanted];
        let values = if many {
            row::many(Kind::of(form), found, wanted + 2)
        } else {
            row::held(Kind::of(form), found, wanted + 2).map(|held| vec![held])
        };
        let stored =
            || StoreError::Stored { table: self.table.name.clone(), column: self.wanted[wanted].sql.clone() };
        Ok(values.ok_or_else(stored)?.into_iter().map(comparison::Found::new).collect())
    }
}

impl Linked {
    /// That there is a link of which a condition holds, or none.
    fn exists(&self, negative: bool, condition: &str) -> String {
        let Linked { from, bounds } = self;
        let not = if negative { "NOT " } else { "" };
        format!("{not}EXISTS (SELECT 1 FROM {from} WHERE {bounds} AND {condition})")
    }
}
