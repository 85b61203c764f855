//! Every table that holds an account's data, as plain columns: for moving rows from one database to
//! another, whatever they mean.

use super::{Form, Layout};

/// A table as columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The table.
    pub name: String,
    /// Its columns without the account, and without the order of creation.
    pub columns: Vec<(String, Kind)>,
    /// True if the table keeps the order in which its rows were made.
    pub ordered: bool,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A floating-point number.
    Double,
    /// An object's id.
    Id,
    /// Other bytes.
    Bytes,
}

impl Kind {
    /// What a column of that form holds.
    pub fn of(form: Form) -> Kind {
        match form {
            Form::Text | Form::Decimal | Form::Enumeration(_) | Form::Json(_) => Kind::Text,
            Form::Boolean => Kind::Boolean,
            Form::Integer | Form::Time => Kind::Integer,
            Form::Double => Kind::Double,
            Form::Reference => Kind::Id,
        }
    }
}

/// A table that does not derive from the contract: its name, whether it keeps an order, its columns.
type Fixed = (&'static str, bool, &'static [(&'static str, Kind)]);

/// Those there are.
const FIXED: [Fixed; 8] = [
    (
        "api_user",
        false,
        &[
            ("name_key", Kind::Text),
            ("name", Kind::Text),
            ("password_hash", Kind::Text),
            ("active", Kind::Boolean),
            ("allowed_addresses", Kind::Text),
            ("locked_until", Kind::Integer),
        ],
    ),
    ("login_failure", true, &[("user_key", Kind::Text), ("at", Kind::Integer)]),
    (
        "api_session",
        false,
        &[
            ("token_hash", Kind::Bytes),
            ("user_key", Kind::Text),
            ("user_name", Kind::Text),
            ("created", Kind::Integer),
            ("expires", Kind::Integer),
        ],
    ),
    ("usage", false, &[("day", Kind::Text), ("calls", Kind::Integer)]),
    ("contact_type", false, &[("code_key", Kind::Text), ("code", Kind::Text), ("name", Kind::Text)]),
    (
        "change_log",
        false,
        &[("object_type", Kind::Text), ("at", Kind::Integer), ("id", Kind::Id), ("deleted", Kind::Boolean)],
    ),
    (
        "outbox",
        true,
        &[
            ("id", Kind::Id),
            ("state", Kind::Text),
            ("attempts", Kind::Integer),
            ("next_attempt", Kind::Integer),
            ("error", Kind::Text),
            ("created", Kind::Integer),
            ("history_type", Kind::Text),
            ("history_id", Kind::Id),
            ("contact_id", Kind::Id),
            ("sender", Kind::Text),
            ("recipient", Kind::Text),
            ("copy", Kind::Text),
            ("subject", Kind::Text),
            ("text", Kind::Text),
            ("html", Kind::Text),
        ],
    ),
    (
        "custom_mail",
        false,
        &[("name_key", Kind::Text), ("name", Kind::Text), ("subject", Kind::Text), ("text", Kind::Text)],
    ),
];

/// Every table that holds rows of an account.
pub(crate) fn shapes(layout: &Layout) -> Vec<Shape> {
    let fixed = FIXED.iter().map(|(name, ordered, columns)| Shape {
        name: (*name).to_owned(),
        columns: columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
        ordered: *ordered,
    });
    let objects = layout.tables().iter().map(|table| {
        let members = table.columns.iter().map(|column| (column.name.clone(), Kind::of(column.form)));
        let keys = table.keys.iter().map(|key| (key.name.clone(), Kind::Text));
        let id = std::iter::once(("id".to_owned(), Kind::Id));
        Shape { name: table.name.clone(), columns: id.chain(members).chain(keys).collect(), ordered: true }
    });
    let links = layout.links().iter().map(|link| Shape {
        name: link.name.clone(),
        columns: [("owner", Kind::Id), ("target", Kind::Id), ("value", Kind::Text)]
            .map(|(name, kind)| (name.to_owned(), kind))
            .to_vec(),
        ordered: false,
    });
    fixed.chain(objects).chain(links).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::columns_of_new_database;
    use contract::Contract;

    /// What the steps make is what is copied.
    #[test]
    fn every_column_of_every_table_is_known() {
        let layout = Layout::new(Contract::get().unwrap());
        let columns = columns_of_new_database();
        for (_, shape) in layout.shapes() {
            let mut known: Vec<&str> = shape.columns.iter().map(|(name, _)| name.as_str()).collect();
            known.push("account_id");
            known.extend(shape.ordered.then_some("seq"));
            known.sort_unstable();
            let found = columns.iter().filter(|(table, _)| *table == shape.name);
            let mut found: Vec<&str> = found.map(|(_, column)| column.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found, known, "{}", shape.name);
        }
    }
}
