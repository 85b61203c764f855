//! Members that refer to other objects, and those that show the other object's values.
//!
//! A row keeps its own copy of what it shows. While the other object exists its present values count,
//! through a join; before it is deleted they are copied into the rows that refer to it, so that these
//! go on showing the last ones. An update of the other object so touches no row but its own.

use contract::model::snake_case;
use contract::{Contract, FieldId, ObjectId};

/// A member that refers to an object. In statements the row that refers is `o`.
pub(crate) struct Reference {
    /// The member.
    pub field: FieldId,
    /// Its column.
    pub column: String,
    /// The type of the object referred to.
    pub target: ObjectId,
    /// Joins the other object to the rows `o`, where it exists.
    pub join: String,
    /// The columns that show the other object's.
    pub shown: Vec<Shown>,
    alias: String,
}

/// A column that shows one of the other object.
pub(crate) struct Shown {
    /// The column.
    pub column: String,
    /// The other object's column.
    pub source: String,
}

impl Reference {
    /// The reference `index` of its object type.
    pub fn new(contract: &Contract, index: usize, reference: &contract::Reference) -> Reference {
        let column = |object: ObjectId, field: FieldId| {
            contract.model.member(contract.object(object).ty, field).column.clone()
        };
        let shown = reference.shown.iter().map(|&(field, source)| Shown {
            column: column(reference.object, field),
            source: column(reference.target, source),
        });
        let shown: Vec<Shown> = shown.collect();
        let other = snake_case(&contract.object(reference.target).name);
        let own = column(reference.object, reference.field);
        let alias = format!("r{index}");
        Reference {
            field: reference.field,
            target: reference.target,
            join: format!(
                r#" LEFT JOIN "{other}" {alias} ON {alias}.account_id = o.account_id AND {alias}.id = o."{own}""#
            ),
            column: own,
            alias,
            shown,
        }
    }

    /// True if its join is needed to know what a column shows.
    pub fn shows_any(&self) -> bool {
        !self.shown.is_empty()
    }

    /// The value of a column that shows the other object's, with the join: the present one, or the
    /// row's own where there is no such object. None for other columns.
    pub fn present(&self, column: &str) -> Option<String> {
        let Shown { column, source } = self.shown.iter().find(|shown| shown.column == column)?;
        let alias = &self.alias;
        Some(format!(r#"CASE WHEN {alias}.id IS NULL THEN o."{column}" ELSE {alias}."{source}" END"#))
    }
}
