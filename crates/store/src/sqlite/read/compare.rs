//! One comparison of a column with values, in SQL.

use super::search::join;
use crate::account::AccountId;
use crate::comparison::end_of_range;
use crate::error::{Result, StoreError};
use crate::filter::{MOST_VALUES, Operator};
use crate::layout::Form;
use contract::scalar::format_double;
use contract::table::{fold, fold_case};
use contract::{Contract, Decimal, Guid, Value};
use rusqlite::types::Value as Owned;

/// The values of a statement, the account first.
pub(super) struct Parameters(Vec<Owned>);

impl Parameters {
    pub fn new(account: AccountId) -> Parameters {
        Parameters(vec![Owned::Integer(account.0)])
    }

    /// Adds a value and gives its place in the statement.
    pub fn add(&mut self, value: Owned) -> String {
        self.0.push(value);
        format!("?{}", self.0.len())
    }

    fn add_all(&mut self, values: Vec<Owned>) -> String {
        values.into_iter().map(|value| self.add(value)).collect::<Vec<_>>().join(", ")
    }

    pub fn finish(self) -> Result<Vec<Owned>> {
        if self.0.len() > MOST_VALUES { Err(StoreError::FilterSize) } else { Ok(self.0) }
    }
}

/// What is compared.
pub(super) struct Operand {
    /// The column.
    pub sql: String,
    /// What it holds.
    pub kind: Kind,
    /// The column that holds it folded, if there is one.
    pub key: Option<String>,
}

/// What a column holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// The id of an object.
    Guid,
    /// A member, or a link's value.
    Column(Form),
}

impl Operand {
    /// What holds where a value fits; for a negative operator, where the operator it negates does.
    /// None if the values cannot be compared with the column.
    pub fn condition(
        &self,
        contract: &Contract,
        operator: Operator,
        values: &[Value],
        parameters: &mut Parameters,
    ) -> Option<String> {
        if matches!(self.kind, Kind::Column(Form::Json(_))) {
            return None;
        }
        let one = |value: &Value, parameters: &mut Parameters| match operator {
            Operator::Less => self.ordered(contract, "<", value, parameters),
            Operator::Greater => self.ordered(contract, ">", value, parameters),
            Operator::LessOrEqual => self.ordered(contract, "<=", value, parameters),
            Operator::GreaterOrEqual => self.ordered(contract, ">=", value, parameters),
            Operator::StartsWith => self.starts_with(contract, value, parameters),
            _ => self.contains(contract, value, parameters),
        };
        match operator {
            Operator::Equals | Operator::NotEqual | Operator::Includes | Operator::Excludes => {
                self.equals_any(contract, values, parameters)
            }
            _ => {
                let each: Option<Vec<_>> = values.iter().map(|value| one(value, parameters)).collect();
                Some(join(&each?, "OR", "FALSE"))
            }
        }
    }

    fn equals_any(
        &self,
        contract: &Contract,
        values: &[Value],
        parameters: &mut Parameters,
    ) -> Option<String> {
        let sql = &self.sql;
        if self.is_text() {
            let texts = values.iter().map(|value| Some(fold(&self.text(contract, value)?)));
            return Some(self.text_equals_any(texts.collect::<Option<_>>()?, parameters));
        }
        if let Kind::Column(Form::Decimal) = self.kind {
            let each = values.iter().map(|value| self.ordered(contract, "=", value, parameters));
            return Some(join(&each.collect::<Option<Vec<_>>>()?, "OR", "FALSE"));
        }
        let unset = matches!(self.kind, Kind::Column(Form::Reference))
            && values.iter().any(|value| value.as_text().is_some_and(|text| text.trim().is_empty()));
        let values = match self.kind {
            // A text that is not a GUID is nobody's id.
            Kind::Guid | Kind::Column(Form::Reference) => values.iter().filter_map(guid).collect(),
            Kind::Column(form) => {
                values.iter().map(|value| scalar(form, value)).collect::<Option<Vec<_>>>()?
            }
        };
        let values = parameters.add_all(values);
        Some(match self.kind {
            Kind::Column(Form::Boolean) => format!("coalesce({sql}, 0) IN ({values})"),
            _ if unset => format!("({sql} IN ({values}) OR {sql} IS NULL)"),
            _ => format!("{sql} IN ({values})"),
        })
    }

    fn text_equals_any(&self, texts: Vec<String>, parameters: &mut Parameters) -> String {
        let Some(key) = &self.key else {
            let texts = parameters.add_all(texts.into_iter().map(Owned::Text).collect());
            return format!("coalesce(fold({}), '') IN ({texts})", self.sql);
        };
        let (empty, texts): (Vec<String>, Vec<String>) = texts.into_iter().partition(String::is_empty);
        let mut out = Vec::new();
        if !empty.is_empty() {
            out.push(format!("{key} IS NULL"));
        }
        if !texts.is_empty() {
            let texts = parameters.add_all(texts.into_iter().map(Owned::Text).collect());
            out.push(format!("{key} IN ({texts})"));
        }
        join(&out, "OR", "FALSE")
    }

    fn ordered(
        &self,
        contract: &Contract,
        sign: &str,
        value: &Value,
        parameters: &mut Parameters,
    ) -> Option<String> {
        let sql = &self.sql;
        match self.kind {
            Kind::Column(Form::Decimal) => {
                let value = parameters.add(scalar(Form::Decimal, value)?);
                Some(format!("compare_decimals({sql}, {value}) {sign} 0"))
            }
            Kind::Column(Form::Boolean) => {
                let value = parameters.add(scalar(Form::Boolean, value)?);
                Some(format!("coalesce({sql}, 0) {sign} {value}"))
            }
            Kind::Column(form) if !self.is_text() && form != Form::Reference => {
                Some(format!("{sql} {sign} {}", parameters.add(scalar(form, value)?)))
            }
            _ => {
                let text = parameters.add(Owned::Text(fold(&self.text(contract, value)?)));
                Some(format!("fold({}) {sign} {text}", self.as_text()))
            }
        }
    }

    fn contains(&self, contract: &Contract, value: &Value, parameters: &mut Parameters) -> Option<String> {
        let part = parameters.add(Owned::Text(fold_case(&self.text(contract, value)?)));
        Some(format!("instr(fold({}), {part}) > 0", self.as_text()))
    }

    fn starts_with(&self, contract: &Contract, value: &Value, parameters: &mut Parameters) -> Option<String> {
        let start = fold_case(self.text(contract, value)?.trim_start());
        let Some(key) = &self.key else {
            let start = parameters.add(Owned::Text(start));
            return Some(format!("instr(fold({}), {start}) = 1", self.as_text()));
        };
        let end = end_of_range(&start);
        let start = parameters.add(Owned::Text(start));
        Some(match end {
            Some(end) => format!("({key} >= {start} AND {key} < {})", parameters.add(Owned::Text(end))),
            None => format!("{key} >= {start}"),
        })
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Column(Form::Text | Form::Enumeration(_)))
    }

    /// The column as the text that the interface writes.
    fn as_text(&self) -> String {
        let sql = &self.sql;
        match self.kind {
            Kind::Guid | Kind::Column(Form::Reference) => format!("guid_text({sql})"),
            Kind::Column(Form::Boolean) => {
                format!("CASE WHEN coalesce({sql}, 0) THEN 'true' ELSE 'false' END")
            }
            Kind::Column(Form::Integer) => format!("CAST({sql} AS TEXT)"),
            Kind::Column(Form::Time) => format!("time_text({sql})"),
            Kind::Column(Form::Double) => format!("double_text({sql})"),
            Kind::Column(Form::Text | Form::Decimal | Form::Enumeration(_) | Form::Json(_)) => sql.clone(),
        }
    }

    /// A value as the text that the interface writes.
    fn text(&self, contract: &Contract, value: &Value) -> Option<String> {
        match (self.kind, value) {
            (_, Value::Text(text)) => Some(text.to_string()),
            (_, Value::Boolean(truth)) => Some(truth.to_string()),
            (_, Value::Integer(number)) => Some(number.to_string()),
            (_, Value::Decimal(number)) => Some(number.to_string()),
            (_, Value::Double(number)) => Some(format_double(*number)),
            (_, Value::Time(time)) => Some(time.to_string()),
            (Kind::Column(Form::Enumeration(id)), Value::Enumeration(value)) => {
                contract.model.enumeration(id).values.get(usize::from(value.0)).cloned()
            }
            _ => None,
        }
    }
}

fn guid(value: &Value) -> Option<Owned> {
    value.as_text().and_then(Guid::parse).map(|id| Owned::Blob(id.0.to_vec()))
}

/// A value for a column that is not text, if it is of a fitting kind.
fn scalar(form: Form, value: &Value) -> Option<Owned> {
    match (form, value) {
        (Form::Boolean, Value::Boolean(truth)) => Some(Owned::Integer(i64::from(*truth))),
        (Form::Integer, Value::Integer(number)) => Some(Owned::Integer(*number)),
        (Form::Time, Value::Time(time)) => Some(Owned::Integer(time.0)),
        (Form::Double, Value::Double(number)) => Some(Owned::Real(*number)),
        (Form::Double, Value::Integer(number)) => Some(Owned::Real(*number as f64)),
        (Form::Double, Value::Decimal(number)) => number.to_string().parse().ok().map(Owned::Real),
        (Form::Decimal, Value::Decimal(number)) => Some(Owned::Text(number.to_string())),
        (Form::Decimal, Value::Integer(number)) => Some(Owned::Text(Decimal::from(*number).to_string())),
        _ => None,
    }
}
