//! Keys and links (`contract/tables.txt`): what the database needs to know beyond the types.

use crate::handles::enumeration;
use crate::model::{ComplexType, EnumValue, FieldId, Kind, Model, TypeRef};
use crate::object::{ObjectId, ObjectType};
use crate::read::Mistake;
use crate::record::Value;

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
    fold_case(text.trim())
}

/// A text without case.
///
/// Letter by letter, so that the fold of a part is a part of the fold: `str::to_lowercase` looks at
/// the letters around a capital sigma.
pub fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

const FILE: &str = "tables.txt";

/// A member that holds the Id of another object, and the members that show that object's values.
///
/// What is shown is the target's own: references do not chain.
#[derive(Debug)]
pub struct Reference {
    /// The object type that refers.
    pub object: ObjectId,
    /// Its member with the Id.
    pub field: FieldId,
    /// The object type referred to.
    pub target: ObjectId,
    /// Members of the object, each with the target's member that it shows.
    pub shown: Vec<(FieldId, FieldId)>,
}

/// The members in which the server notes who made and changed an object, where its type has them.
#[derive(Debug, Default, Clone, Copy)]
pub struct Noted {
    /// When it was made.
    pub created_at: Option<FieldId>,
    /// By whom.
    pub created_by: Option<FieldId>,
    /// When it was last changed.
    pub changed_at: Option<FieldId>,
    /// By whom.
    pub changed_by: Option<FieldId>,
}

/// An object that is kept a second time as another type, under the same Id.
#[derive(Debug)]
pub struct Twin {
    /// The other type.
    pub object: ObjectId,
    /// The type that is written.
    pub base: ObjectId,
    /// The base's member that says which objects have a twin.
    pub field: FieldId,
    /// Its value where they do.
    pub value: Value,
    /// The base's members that the twin has too, with the twin's.
    pub members: Vec<(FieldId, FieldId)>,
}

/// What `tables.txt` says.
#[derive(Debug, Default)]
pub struct Tables {
    /// Members by which objects are found.
    pub keys: Vec<Key>,
    /// Link tables.
    pub links: Vec<Link>,
    /// Members that refer to other objects.
    pub references: Vec<Reference>,
    /// Objects that are kept a second time.
    pub twins: Vec<Twin>,
    /// What the server notes on objects of each type, in the order of the types.
    pub noted: Vec<Noted>,
    /// The categories of custom fields, each with the objects they belong to.
    pub categories: Vec<(EnumValue, Option<ObjectId>)>,
}

/// Reads the text against the model and the object types.
pub fn read(text: &str, model: &Model, objects: &[ObjectType]) -> Result<Tables, Vec<Mistake>> {
    let reader = Reader { model, objects };
    let (mut tables, mut mistakes) = (Tables::default(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let result = match words[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["K", object, member] => reader.key(object, member).map(|key| tables.keys.push(key)),
            ["L", table, owner, detail, target, ref members @ ..] => {
                reader.link(table, owner, detail, target, members).map(|link| tables.links.push(link))
            }
            ["R", object, member, target, ref shown @ ..] => {
                reader.reference(object, member, target, shown).map(|found| tables.references.push(found))
            }
            ["S", ref names @ ..] if names.len() == 4 => {
                tables.noted = reader.noted(names);
                Ok(())
            }
            ["V", object, base, condition] => {
                reader.twin(object, base, condition).map(|twin| tables.twins.push(twin))
            }
            ["F", category, object] => {
                reader.category(category, object).map(|category| tables.categories.push(category))
            }
            _ => Err(format!("not understood: {line}")),
        };
        if let Err(reason) = result {
            mistakes.push(Mistake { file: FILE, line: index + 1, reason });
        }
    }
    if mistakes.is_empty() {
        let reasons = chained(&tables, model, objects);
        mistakes.extend(reasons.into_iter().map(|reason| Mistake { file: FILE, line: 0, reason }));
    }
    if mistakes.is_empty() { Ok(tables) } else { Err(mistakes) }
}

/// What is shown must be the target's own: references go one step, no link shows what a reference
/// does, and no key is another object's.
fn chained(tables: &Tables, model: &Model, objects: &[ObjectType]) -> Vec<String> {
    let foreign = |object: ObjectId, field: FieldId| {
        let mut references = tables.references.iter().filter(|reference| reference.object == object);
        references.any(|r| r.field == field || r.shown.iter().any(|(shown, _)| *shown == field))
    };
    let shown = tables.references.iter().flat_map(|r| r.shown.iter().map(|(_, field)| (r.target, *field)));
    let linked = tables.links.iter().flat_map(|link| {
        let sources = link.members.iter().map(|(_, source)| *source);
        sources.filter_map(|source| match source {
            Source::Target(field) => Some((link.target, field)),
            Source::Id | Source::Value => None,
        })
    });
    let keys = tables.keys.iter().map(|key| (key.object, key.field));
    let wrong = shown.chain(linked).chain(keys).filter(|(object, field)| foreign(*object, *field));
    wrong
        .map(|(object, field)| {
            let object = &objects[usize::from(object.0)];
            format!("{}.{} is another object's", object.name, model.member(object.ty, field).name)
        })
        .collect()
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

    fn reference(
        &self,
        object: &str,
        member: &str,
        target: &str,
        shown: &[&str],
    ) -> Result<Reference, String> {
        let (id, found) = self.object(object)?;
        let (target_id, target_found) = self.object(target)?;
        let (own, other) = (self.model.ty(found.ty), self.model.ty(target_found.ty));
        let attribute = |ty: &ComplexType, name: &str| {
            ty.find(Kind::Attribute, name).ok_or_else(|| format!("{} has no {name}", ty.name))
        };
        let mut pairs = Vec::new();
        for pair in shown {
            let (name, source) = pair.split_once('=').unwrap_or((pair, pair));
            let (shown, source) = (attribute(own, name)?, attribute(other, source)?);
            if own.members[usize::from(shown.0)].ty != other.members[usize::from(source.0)].ty {
                return Err(format!("{object}.{name} is not of the type of what it shows"));
            }
            pairs.push((shown, source));
        }
        Ok(Reference { object: id, field: attribute(own, member)?, target: target_id, shown: pairs })
    }

    fn noted(&self, names: &[&str]) -> Vec<Noted> {
        let of = |object: &ObjectType| {
            let ty = self.model.ty(object.ty);
            let mut found = names.iter().map(|name| ty.find(Kind::Attribute, name));
            let mut next = || found.next().flatten();
            Noted { created_at: next(), created_by: next(), changed_at: next(), changed_by: next() }
        };
        self.objects.iter().map(of).collect()
    }

    fn twin(&self, object: &str, base: &str, condition: &str) -> Result<Twin, String> {
        let (id, found) = self.object(object)?;
        let (base_id, base_found) = self.object(base)?;
        let (ty, other) = (self.model.ty(base_found.ty), self.model.ty(found.ty));
        let (member, value) = condition.split_once('=').ok_or("needs member=value")?;
        let field = ty.find_any(member).ok_or_else(|| format!("{base} has no {member}"))?;
        let TypeRef::Enumeration(list) = self.model.member(base_found.ty, field).ty else {
            return Err(format!("{member} is no enumeration"));
        };
        let index = self.model.enumeration(list).values.iter().position(|known| known == value);
        let index = index.ok_or_else(|| format!("{member} has no value {value}"))?;
        let attributes = ty.fields().filter(|(_, member)| member.kind == Kind::Attribute);
        let members =
            attributes.filter_map(|(from, member)| Some((from, other.find(member.kind, &member.name)?)));
        let value = Value::Enumeration(EnumValue(index as u16));
        Ok(Twin { object: id, base: base_id, field, value, members: members.collect() })
    }

    fn category(&self, category: &str, object: &str) -> Result<(EnumValue, Option<ObjectId>), String> {
        let values = &self.model.enumeration(enumeration::cv_custom_field_entity_type::ENUM_ID).values;
        let value = values.iter().position(|value| value == category);
        let value = value.ok_or_else(|| format!("no category {category}"))?;
        let object = if object == "-" { None } else { Some(self.object(object)?.0) };
        Ok((EnumValue(value as u16), object))
    }

    fn key(&self, object: &str, member: &str) -> Result<Key, String> {
        let (id, found) = self.object(object)?;
        let field = self.model.ty(found.ty).find_any(member);
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
                && let TypeRef::Complex(ty) = self.model.member(object.ty, field).ty
            {
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
