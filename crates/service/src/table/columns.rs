//! What the columns of a table are: members of an object, found by their names.

use super::near::{near, plain};
use contract::handles::object::cv_object;
use contract::{Contract, FieldId, Kind, Member, ObjectId, TypeRef};
use std::fmt;

/// The columns that an import puts before those of a row that it leaves out. A file that has them is
/// read without them.
pub const REMARKS: [&str; 3] = ["error_line", "error_code", "error_text"];

/// What is wrong with one column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderError {
    /// The column, counted from 1; 0 where the whole header is meant.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.column == 0 {
            return f.write_str(&self.reason);
        }
        write!(f, "column {}: {}", self.column, self.reason)
    }
}

/// The columns of a table of objects of one type.
#[derive(Debug, Clone)]
pub struct Columns {
    contract: &'static Contract,
    object: ObjectId,
    fields: Vec<Option<FieldId>>,
}

impl Columns {
    /// The columns that a header names: by the contract's names or those of Describe, without regard to
    /// case, blanks, `_` and `-`. A name that is no member's is a mistake, unless such columns are
    /// ignored.
    ///
    /// # Errors
    /// Every mistake in the header.
    pub fn read<'h>(
        contract: &'static Contract,
        object: ObjectId,
        header: impl IntoIterator<Item = &'h str>,
        ignores_unknown: bool,
    ) -> Result<Columns, Vec<HeaderError>> {
        let (columns, mistakes, is_header) = Columns::find(contract, object, header, ignores_unknown);
        if !is_header {
            return Err(vec![HeaderError { column: 0, reason: no_header(contract, object) }]);
        }
        if mistakes.is_empty() { Ok(columns) } else { Err(mistakes) }
    }

    /// The columns, what is wrong with them, and whether they look like any.
    fn find<'h>(
        contract: &'static Contract,
        object: ObjectId,
        header: impl IntoIterator<Item = &'h str>,
        ignores_unknown: bool,
    ) -> (Columns, Vec<HeaderError>, bool) {
        let names = names(contract, object);
        let mut columns = Columns { contract, object, fields: Vec::new() };
        let (mut mistakes, mut is_header) = (Vec::new(), false);
        for (index, name) in header.into_iter().enumerate() {
            let mut mistake = |reason| mistakes.push(HeaderError { column: index + 1, reason });
            let wanted = plain(name);
            let exact = names.iter().find(|(known, _)| *known == name);
            let found = exact.or_else(|| names.iter().find(|(known, _)| plain(known) == wanted));
            let field = found.map(|(_, field)| *field);
            if let Some(field) = field.filter(|field| columns.place(*field).is_some()) {
                mistake(format!("{} is there already", columns.name(field)));
            } else if field.is_none() && !REMARKS.contains(&name) {
                let near = near(name, names.iter().map(|(known, _)| *known));
                is_header |= !near.is_empty() && !ignores_unknown;
                if !ignores_unknown {
                    mistake(unknown(contract, object, name, near));
                }
            }
            is_header |= field.is_some();
            columns.fields.push(field.filter(|field| columns.place(*field).is_none()));
        }
        (columns, mistakes, is_header)
    }

    /// Every column that there can be, the Id first, then in the contract's order; not what is kept as a
    /// hash.
    pub(crate) fn all(contract: &'static Contract, object: ObjectId) -> Columns {
        let ty = contract.model.ty(contract.object(object).ty);
        let others = ty.fields().filter(|(field, member)| {
            *field != cv_object::ID && is_plain(*field, member) && !is_hashed(contract, object, *field)
        });
        let fields = std::iter::once(cv_object::ID).chain(others.map(|(field, _)| field));
        Columns { contract, object, fields: fields.map(Some).collect() }
    }

    /// The columns of those names; not what is kept as a hash.
    ///
    /// # Errors
    /// Names that are no columns'.
    pub(crate) fn chosen(
        contract: &'static Contract,
        object: ObjectId,
        names: &[String],
    ) -> Result<Columns, Vec<HeaderError>> {
        let names = names.iter().map(String::as_str);
        let (columns, mut mistakes, _) = Columns::find(contract, object, names, false);
        for field in columns.fields().flatten().filter(|field| is_hashed(contract, object, *field)) {
            let reason = format!("{} is never given out", columns.name(field));
            mistakes.push(HeaderError { column: 0, reason });
        }
        if mistakes.is_empty() { Ok(columns) } else { Err(mistakes) }
    }

    /// The type of the objects.
    pub(super) fn object(&self) -> ObjectId {
        self.object
    }

    /// The contract.
    pub(super) fn contract(&self) -> &'static Contract {
        self.contract
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.fields.len()
    }

    /// The member of each column; none for those that are not looked at.
    pub(super) fn fields(&self) -> impl Iterator<Item = Option<FieldId>> {
        self.fields.iter().copied()
    }

    /// The column of a member.
    pub(super) fn place(&self, field: FieldId) -> Option<usize> {
        self.fields.iter().position(|found| *found == Some(field))
    }

    /// The contract's name of a member.
    pub(super) fn name(&self, field: FieldId) -> &'static str {
        &self.member(field).name
    }

    /// A member of the objects.
    pub(super) fn member(&self, field: FieldId) -> &'static Member {
        self.contract.model.member(self.contract.object(self.object).ty, field)
    }

    /// Looks away from the columns that a test finds; gives their names.
    pub(super) fn leave_out(&mut self, is_out: impl Fn(FieldId) -> bool) -> Vec<&'static str> {
        let out: Vec<FieldId> = self.fields().flatten().filter(|field| is_out(*field)).collect();
        for field in &mut self.fields {
            *field = field.filter(|field| !out.contains(field));
        }
        out.into_iter().map(|field| self.name(field)).collect()
    }
}

/// Whether a member can be a column: it travels with the object and has one plain value.
fn is_plain(field: FieldId, member: &Member) -> bool {
    let of_message = [cv_object::MESSAGE_ID, cv_object::TRANSACTION_ID].contains(&field);
    let has_plain_value = !member.repeated && !matches!(member.ty, TypeRef::Complex(_));
    has_plain_value && !of_message && member.kind != Kind::Hidden
}

fn is_hashed(contract: &Contract, object: ObjectId, field: FieldId) -> bool {
    contract.object(object).property(field).is_some_and(|property| property.hashed)
}

/// The names that columns may have, the contract's before those of Describe.
fn names(contract: &'static Contract, object: ObjectId) -> Vec<(&'static str, FieldId)> {
    let kind = contract.object(object);
    let ty = contract.model.ty(kind.ty);
    let own = ty.fields().filter(|(field, member)| is_plain(*field, member));
    let own: Vec<_> = own.map(|(field, member)| (&*member.name, field)).collect();
    let shown = kind.properties.iter().filter(|property| property.path.is_empty()).filter_map(|property| {
        let field = property.member?;
        own.iter().any(|(_, known)| *known == field).then_some((property.name.trim_end(), field))
    });
    let shown: Vec<_> = shown.collect();
    own.into_iter().chain(shown).collect()
}

fn unknown(contract: &Contract, object: ObjectId, name: &str, mut near: Vec<&str>) -> String {
    let kind = contract.object(object);
    let detail = contract.model.ty(kind.ty).fields().find(|(field, member)| {
        plain(&member.name) == plain(name) && !is_plain(*field, member) && member.kind != Kind::Hidden
    });
    if let Some((_, member)) = detail {
        return format!("{} has no place in a table", member.name);
    }
    near.dedup();
    let near = match near[..] {
        [] => String::new(),
        _ => format!("; near it: {}", near.join(", ")),
    };
    format!("{} has no {:?}{near}", kind.name, shortened(name))
}

/// A name as far as it can be one.
fn shortened(name: &str) -> String {
    name.chars().take(60).collect()
}

fn no_header(contract: &Contract, object: ObjectId) -> String {
    format!(
        "the first line must name the columns, by the members of {} (`understudy export` shows them)",
        contract.object(object).name
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::handles::object::contact;
    use contract::handles::object_type::{CONTACT, EVENT};

    fn read(header: &[&str]) -> Result<Columns, Vec<HeaderError>> {
        Columns::read(Contract::get().unwrap(), CONTACT, header.iter().copied(), false)
    }

    #[track_caller]
    fn refused(header: &[&str]) -> Vec<String> {
        read(header).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_found_in_any_spelling() {
        for name in ["EmailAddress", "email_address", "Email Address", " E-MAIL-ADDRESS ", "emailaddress"] {
            assert_eq!(read(&[name]).unwrap().place(contact::EMAIL_ADDRESS), Some(0), "{name}");
        }
        let described = read(&["Id", "Primary Address"]).unwrap();
        assert_eq!(described.place(contact::PRIMARY_ADDRESS_TYPE), Some(1));
        let contract = Contract::get().unwrap();
        assert!(Columns::read(contract, EVENT, ["Event Title"], false).is_ok());
    }

    #[test]
    fn unknown_names_are_told_with_what_is_near() {
        let mistakes = refused(&["FirstName", "Frist Name", "Shoe Size", "ContactGroupDetail"]);
        assert_eq!(
            mistakes,
            [
                "column 2: Contact has no \"Frist Name\"; near it: FirstName",
                "column 3: Contact has no \"Shoe Size\"",
                "column 4: ContactGroupDetail has no place in a table",
            ]
        );
        let ignored = ["FirstName", "Shoe Size"];
        let columns = Columns::read(Contract::get().unwrap(), CONTACT, ignored, true).unwrap();
        assert_eq!(columns.fields().collect::<Vec<_>>(), [Some(contact::FIRST_NAME), None]);
    }

    #[test]
    fn a_header_of_mistakes_is_a_header() {
        assert_eq!(
            refused(&["Emial Address"]),
            ["column 1: Contact has no \"Emial Address\"; near it: EmailAddress"]
        );
    }

    #[test]
    fn a_member_has_one_column() {
        assert_eq!(refused(&["LastName", "last_name"]), ["column 2: LastName is there already"]);
    }

    #[test]
    fn a_line_without_any_known_name_is_no_header() {
        for line in [&["Ada", "ada@example.org"][..], &[""], &[]] {
            let mistakes = refused(line);
            assert!(mistakes.len() == 1 && mistakes[0].contains("must name the columns"), "{mistakes:?}");
        }
    }

    #[test]
    fn remarks_of_an_earlier_import_are_skipped() {
        let columns = read(&["error_line", "error_code", "error_text", "LastName"]).unwrap();
        assert_eq!(columns.place(contact::LAST_NAME), Some(3));
        assert_eq!(columns.fields().flatten().count(), 1);
    }

    #[test]
    fn every_type_has_all_its_plain_members_as_columns_that_are_read_back() {
        let contract = Contract::get().unwrap();
        for index in 0..contract.objects.len() {
            let columns = Columns::all(contract, ObjectId(index as u16));
            assert_eq!(columns.place(cv_object::ID), Some(0));
            let names: Vec<&str> = columns.fields().flatten().map(|field| columns.name(field)).collect();
            let read = Columns::read(contract, columns.object, names.iter().copied(), false).unwrap();
            assert_eq!(read.fields, columns.fields, "{}", contract.objects[index].name);
        }
    }
}
