//! Words with places for the values of members: `Dear {Contact.FirstName},`.

use crate::model::{FieldId, Kind, Model, Namespace, TypeId, TypeRef};

/// A line of words, read and resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(Vec<Piece>);

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(Box<str>),
    /// The value of a member of an object.
    Member(TypeId, FieldId),
}

impl Words {
    /// Reads a line. A brace that names no member of a type of the objects' schema is a mistake; one
    /// that is not closed is text.
    ///
    /// # Errors
    /// The name that is none.
    pub fn read(line: &str, model: &Model) -> Result<Words, String> {
        let mut pieces = Vec::new();
        let mut rest = line;
        while let Some((before, name, after)) = next_name(rest) {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.into()));
            }
            pieces.push(member(name, model).ok_or_else(|| format!("there is no member {{{name}}}"))?);
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.into()));
        }
        Ok(Words(pieces))
    }

    /// The parts in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// A scalar member, or one that repeats.
fn member(name: &str, model: &Model) -> Option<Piece> {
    let (ty, name) = name.split_once('.')?;
    let ty = model.find_type(Namespace::Objects, ty)?;
    let found = model.ty(ty);
    let field = found.find(Kind::Attribute, name).or_else(|| found.find(Kind::Element, name))?;
    let member = model.member(ty, field);
    (member.repeated || !matches!(member.ty, TypeRef::Complex(_))).then_some(Piece::Member(ty, field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;
    use crate::handles::object::contact;

    #[test]
    fn braces_are_members_and_all_else_is_text() {
        let model = &Contract::get().unwrap().model;
        let read = |line| Words::read(line, model).map(|words| words.0);
        let name = Piece::Member(contact::TYPE_ID, contact::FIRST_NAME);
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read("Dear {Contact.FirstName}"), Ok(vec![Piece::Text("Dear ".into()), name]));
        assert_eq!(read("a { b"), Ok(vec![Piece::Text("a { b".into())]));
        assert_eq!(read("{Contact.Secret}"), Err("there is no member {Contact.Secret}".to_owned()));
    }
}
