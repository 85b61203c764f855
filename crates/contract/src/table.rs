//! Keys and links (`contract/tables.txt`): what the database needs to know beyond the types.

use crate::model::{FieldId, Kind, Model, TypeRef};
use crate::object::{ObjectId, ObjectType};
use crate::read::Mistake;

/// A member by which objects are found, compared folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The object type.
    pub object: ObjectId,
    /// Its member.
    pub field: FieldId,
}

/// A link table, as an index into [`crate::Contract::links`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkId(pub u16);

/// A relation between objects of two types, kept as rows of its own.
#[derive(Debug)]
pub struct Link {
    /// The table's name.
    pub table: String,
    /// The objects that own such details, each with the member that holds them.
    pub owners: Vec<(ObjectId, FieldId)>,
    /// The object type at the other end.
    pub target: ObjectId,
    /// Where each member of the detail comes from.
    pub members: Vec<(FieldId, Source)>,
}

/// Where a member of a link's detail comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The target's Id.
    Id,
    /// The row's own value.
    Value,
    /// A member of the target object.
    Target(FieldId),
}

/// A text as keys compare it: without case and without white space around it.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

const FILE: &str = "tables.txt";

/// Reads the text against the model and the object types.
pub fn read(
    text: &str,
    model: &Model,
    objects: &[ObjectType],
) -> Result<(Vec<Key>, Vec<Link>), Vec<Mistake>> {
    let reader = Reader { model, objects };
    let (mut keys, mut links, mut mistakes) = (Vec::new(), Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let result = match words[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["K", object, member] => reader.key(object, member).map(|key| keys.push(key)),
            ["L", table, owner, detail, target, ref members @ ..] => {
                reader.link(table, owner, detail, target, members).map(|link| links.push(link))
            }
            _ => Err(format!("not understood: {line}")),
        };
        if let Err(reason) = result {
            mistakes.push(Mistake { file: FILE, line: index + 1, reason });
        }
    }
    if mistakes.is_empty() { Ok((keys, links)) } else { Err(mistakes) }
}

struct Reader<'a> {
    model: &'a Model,
    objects: &'a [ObjectType],
}

impl Reader<'_> {
    fn object(&self, name: &str) -> Result<(ObjectId, &ObjectType), String> {
        let index = self.objects.iter().position(|object| object.name == name);
        let index = index.ok_or_else(|| format!("no object type {name}"))?;
        Ok((ObjectId(index as u16), &self.objects[index]))
    }

    fn key(&self, object: &str, member: &str) -> Result<Key, String> {
        let (id, found) = self.object(object)?;
        let field = self.model.ty(found.ty).find(Kind::Attribute, member);
        Ok(Key { object: id, field: field.ok_or_else(|| format!("{object} has no {member}"))? })
    }

    fn link(
        &self,
        table: &str,
        owner: &str,
        detail: &str,
        target: &str,
        members: &[&str],
    ) -> Result<Link, String> {
        let (target, target_object) = self.object(target)?;
        let mut owners = Vec::new();
        let mut detail_type = None;
        for (index, object) in self.objects.iter().enumerate() {
            if owner != "*" && object.name != owner {
                continue;
            }
            if let Some(field) = self.model.ty(object.ty).find(Kind::Element, detail)
                && let TypeRef::Complex(ty) = self.model.member(object.ty, field).ty {
                    owners.push((ObjectId(index as u16), field));
                    detail_type = Some(ty);
                }
        }
        let detail_type = detail_type.ok_or_else(|| format!("nothing has a detail {detail}"))?;
        let mut sources = Vec::new();
        for pair in members {
            let (member, source) =
                pair.split_once('=').ok_or_else(|| format!("{pair} is not member=source"))?;
            let field = self.model.ty(detail_type).find_any(member);
            let field = field.ok_or_else(|| format!("{detail} has no {member}"))?;
            let source = match source {
                "id" => Source::Id,
                "value" => Source::Value,
                name => Source::Target(
                    self.model
                        .ty(target_object.ty)
                        .find_any(name)
                        .ok_or_else(|| format!("{} has no {name}", target_object.name))?,
                ),
            };
            sources.push((field, source));
        }
        Ok(Link { table: table.to_owned(), owners, target, members: sources })
    }
}
