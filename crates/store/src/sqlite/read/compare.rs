//! One comparison of a column with values, in SQL.

use super::search::join;
use super::texts::{FIT, Texts};
use crate::account::AccountId;
use crate::comparison::{Comparison, Condition, Sign, Subject, end_of_range};
use crate::error::{Result, StoreError};
use crate::filter::{MOST_VALUES, Operator};
use crate::layout::Form;
use contract::{Contract, Decimal, Value};
use rusqlite::types::Value as Owned;

/// The values of a statement, the account first.
pub(super) struct Parameters {
    values: Vec<Owned>,
    /// Values that are within another one: texts.
    within: usize,
}

impl Parameters {
    pub fn new(account: AccountId) -> Parameters {
        Parameters { values: vec![Owned::Integer(account.0)], within: 0 }
    }

    /// Adds a value and gives its place in the statement.
    pub fn add(&mut self, value: Owned) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn add_all(&mut self, values: Vec<Owned>) -> String {
        values.into_iter().map(|value| self.add(value)).collect::<Vec<_>>().join(", ")
    }

    pub fn finish(self) -> Result<Vec<Owned>> {
        match self.values.len() + self.within > MOST_VALUES {
            true => Err(StoreError::FilterSize),
            false => Ok(self.values),
        }
    }
}

/// What a comparison says.
pub(super) enum Said {
    /// A condition.
    Sql(String),
    /// What the text of a column has to be like, in words of [`Texts`].
    Text {
        /// The text.
        sql: String,
        /// True if it must not be like that.
        negative: bool,
        /// What it has to be like.
        condition: Condition,
    },
}

/// Conditions as one: all have to hold, or one. Those about the same text are one call, after what SQL compares.
pub(super) fn together(said: Vec<Said>, all: bool, parameters: &mut Parameters) -> String {
    let (mut conditions, mut texts): (Vec<String>, Vec<(String, Texts)>) = (Vec::new(), Vec::new());
    for said in said {
        match said {
            Said::Sql(sql) => conditions.push(sql),
            Said::Text { sql, negative, condition } => {
                match texts.iter_mut().find(|(text, _)| *text == sql) {
                    Some((_, texts)) => texts.tests.push((negative, condition)),
                    None => texts.push((sql, Texts { all, tests: vec![(negative, condition)] })),
                }
            }
        }
    }
    for (sql, texts) in texts {
        let tests = parameters.add(Owned::Blob(texts.bytes()));
        conditions.push(format!("{FIT}({sql}, {tests})"));
    }
    let (word, none) = if all { ("AND", "TRUE") } else { ("OR", "FALSE") };
    join(&conditions, word, none)
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
    pub fn said(
        &self,
        contract: &Contract,
        operator: Operator,
        values: &[Value],
        parameters: &mut Parameters,
    ) -> Option<Said> {
        let subject = match self.kind {
            Kind::Guid => Subject::Id,
            Kind::Column(form) => Subject::Column(form),
        };
        let condition = Comparison::new(contract, subject, operator, values)?.into_condition();
        let sql = match (&condition, &self.key) {
            (Condition::Same(texts), Some(key)) => {
                let (empty, texts): (Vec<_>, Vec<_>) = texts.iter().cloned().partition(String::is_empty);
                same_keys(key, !empty.is_empty(), texts, parameters)
            }
            (Condition::StartsWith(starts), Some(key)) => {
                let ranges: Vec<_> = starts.iter().map(|start| range(key, start, parameters)).collect();
                join(&ranges, "OR", "FALSE")
            }
            _ if condition.is_of_text() => {
                parameters.within += values.len();
                return Some(Said::Text { sql: self.as_text(), negative: false, condition });
            }
            _ => self.scalar(&condition, values, parameters)?,
        };
        Some(Said::Sql(sql))
    }

    /// A comparison of what is not text.
    fn scalar(&self, condition: &Condition, values: &[Value], parameters: &mut Parameters) -> Option<String> {
        let sql = &self.sql;
        let (form, sign) = match (condition, self.kind) {
            (Condition::Ids { ids, unset }, _) => {
                let ids = ids.iter().map(|id| Owned::Blob(id.0.to_vec())).collect();
                let ids = parameters.add_all(ids);
                return Some(match unset {
                    true => format!("({sql} IN ({ids}) OR {sql} IS NULL)"),
                    false => format!("{sql} IN ({ids})"),
                });
            }
            (Condition::Booleans(sign, _) | Condition::Integers(sign, _), Kind::Column(form)) => (form, sign),
            (Condition::Doubles(sign, _) | Condition::Decimals(sign, _), Kind::Column(form)) => (form, sign),
            _ => return None,
        };
        let values = values.iter().map(|value| scalar(form, value)).collect::<Option<Vec<_>>>()?;
        let compared = match form {
            Form::Boolean => format!("coalesce({sql}, 0)"),
            _ => sql.clone(),
        };
        if *sign == Sign::Equal && form != Form::Decimal {
            return Some(format!("{compared} IN ({})", parameters.add_all(values)));
        }
        let each = values.into_iter().map(|value| {
            let (value, sign) = (parameters.add(value), sign.sql());
            match form {
                Form::Decimal => format!("compare_decimals({sql}, {value}) {sign} 0"),
                _ => format!("{compared} {sign} {value}"),
            }
        });
        Some(join(&each.collect::<Vec<_>>(), "OR", "FALSE"))
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
}

/// That a key is one of these, or none where that is wanted.
fn same_keys(key: &str, none: bool, texts: Vec<String>, parameters: &mut Parameters) -> String {
    let mut out = Vec::new();
    if none {
        out.push(format!("{key} IS NULL"));
    }
    if !texts.is_empty() {
        let texts = parameters.add_all(texts.into_iter().map(Owned::Text).collect());
        out.push(format!("{key} IN ({texts})"));
    }
    join(&out, "OR", "FALSE")
}

/// The keys that begin with a text. An empty text has no key.
fn range(key: &str, start: &str, parameters: &mut Parameters) -> String {
    let end = end_of_range(start);
    let start = parameters.add(Owned::Text(start.to_owned()));
    match end {
        Some(end) => format!("({key} >= {start} AND {key} < {})", parameters.add(Owned::Text(end))),
        None => format!("{key} >= {start}"),
    }
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
