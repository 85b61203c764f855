//! Object types and the properties of their fields (`contract/objects.txt`): what Describe answers,
//! what Search may filter on, how long a field may be and who may write it.

use crate::model::{EnumId, FieldId, Kind, Model, Namespace, TypeId, TypeRef};
use crate::read::Mistake;

/// An object type; the same number as its value in the enumeration `CvObjectType`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ObjectId(pub u16);

/// What the interface lets a client do with objects of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verbs {
    /// An operation creates it.
    pub create: bool,
    /// An operation updates it.
    pub update: bool,
    /// An operation deletes it.
    pub delete: bool,
    /// GetUpdated covers it.
    pub replicate: bool,
    /// Retrieve covers it.
    pub retrieve: bool,
    /// Search covers it.
    pub search: bool,
}

/// An object type.
#[derive(Debug)]
pub struct ObjectType {
    /// Its name on the wire, a value of `CvObjectType`.
    pub name: String,
    /// The complex type that carries it.
    pub ty: TypeId,
    /// What may be done with it.
    pub verbs: Verbs,
    /// Its fields' properties, in the order that Describe gives them.
    pub properties: Vec<Property>,
    by_field: Vec<Option<u16>>,
}

/// The properties of one field, as a row of a Describe answer.
#[derive(Debug)]
pub struct Property {
    /// The name that Describe writes, trailing blanks included where captured so.
    pub name: String,
    /// Where the field lives, such as `/Contact/ContactGroupDetail`.
    pub location: String,
    /// The detail elements from the object to the field; empty for the object's own.
    pub path: Vec<FieldId>,
    /// The member of the type at that place; none for the virtual rows of Describe.
    pub member: Option<FieldId>,
    /// The type's name in Describe, such as `Date Time`.
    pub word: &'static str,
    /// The most characters it may hold.
    pub length: Option<u32>,
    /// Whether Search may filter on it.
    pub searchable: bool,
    /// The flag Required of Describe.
    pub required: bool,
    /// Whether a client may write it.
    pub writable: bool,
    /// The flag DefaultValue of Describe.
    pub default: String,
    /// The value Search filters by where the client does not name the field.
    pub default_search: String,
    /// Whether Retrieve leaves it out while it has no value; other text is written empty.
    pub absent_when_unset: bool,
    /// Whether Retrieve writes the identifier of zeros while it has no value.
    pub zeros_when_unset: bool,
    /// Whether it is kept as a hash and never given out.
    pub hashed: bool,
    /// The values it may take, for Describe.
    pub lookup: Option<Lookup>,
}

/// Where the values of a field are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// An enumeration of the contract.
    Enumeration(EnumId),
    /// A list of `lists.txt`, or one of `country`, `state`, `currency`, `timezone`.
    List(String),
}

impl ObjectType {
    /// The properties of the object's own member, if it has any.
    pub fn property(&self, field: FieldId) -> Option<&Property> {
        let index = (*self.by_field.get(usize::from(field.0))?)?;
        self.properties.get(usize::from(index))
    }

    /// The properties of a member of a detail, if it has any.
    pub fn property_at(&self, path: &[FieldId], field: FieldId) -> Option<&Property> {
        self.properties.iter().find(|property| property.path == path && property.member == Some(field))
    }

    /// The property that a search filter names, its trailing blanks aside.
    pub fn find(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name.trim_end() == name)
    }

    /// The object's own members that are kept as hashes and never given out.
    pub fn hashed(&self) -> impl Iterator<Item = FieldId> {
        let own = self.properties.iter().filter(|property| property.hashed && property.path.is_empty());
        own.filter_map(|property| property.member)
    }

    /// Members without a row of their own are read-only and not searchable.
    pub fn writable(&self, field: FieldId) -> bool {
        self.property(field).is_some_and(|property| property.writable)
    }
}

const FILE: &str = "objects.txt";

/// Reads the text against the model; on failure, every mistake in it.
pub fn read(text: &str, model: &Model) -> Result<Vec<ObjectType>, Vec<Mistake>> {
    let mut objects: Vec<ObjectType> = Vec::new();
    let mut mistakes = Vec::new();
    let mut place = Place::default();
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let result = match words[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["O", name, ref rest @ ..] => object(name, rest, model).map(|object| objects.push(object)),
            ["@", location] => match objects.last() {
                Some(object) => locate(location, object, model).map(|found| place = found),
                None => Err("a place outside an object".to_owned()),
            },
            ["p", name, word, length, marks, ref options @ ..] => match objects.last_mut() {
                Some(object) => property(name, word, length, marks, options, &place, model)
                    .map(|property| object.properties.push(property)),
                None => Err("a property outside an object".to_owned()),
            },
            _ => Err(format!("not understood: {line}")),
        };
        if let Err(reason) = result {
            mistakes.push(Mistake { file: FILE, line: index + 1, reason });
        }
    }
    for object in &mut objects {
        object.by_field = index_fields(object, model);
    }
    check_order(&objects, model, &mut mistakes);
    if mistakes.is_empty() { Ok(objects) } else { Err(mistakes) }
}

#[derive(Default, Clone)]
struct Place {
    location: String,
    path: Vec<FieldId>,
    ty: Option<TypeId>,
}

fn object(name: &str, rest: &[&str], model: &Model) -> Result<ObjectType, String> {
    let mut verbs = Verbs::default();
    let mut type_name = name;
    for word in rest {
        match *word {
            "create" => verbs.create = true,
            "update" => verbs.update = true,
            "delete" => verbs.delete = true,
            "replicate" => verbs.replicate = true,
            "retrieve" => verbs.retrieve = true,
            "search" => verbs.search = true,
            other => {
                type_name = other.strip_prefix("type=").ok_or_else(|| format!("unknown verb {other}"))?
            }
        }
    }
    let ty = model
        .find_type(Namespace::Objects, type_name)
        .ok_or_else(|| format!("the contract has no type {type_name}"))?;
    Ok(ObjectType { name: name.to_owned(), ty, verbs, properties: Vec::new(), by_field: Vec::new() })
}

fn locate(location: &str, object: &ObjectType, model: &Model) -> Result<Place, String> {
    let mut names = location.strip_prefix('/').unwrap_or(location).split('/');
    if names.next() != Some(&object.name) {
        return Err(format!("{location} is not in {}", object.name));
    }
    let mut place = Place { location: location.to_owned(), path: Vec::new(), ty: Some(object.ty) };
    for name in names {
        let ty = place.ty.ok_or_else(|| format!("{location} passes through a scalar"))?;
        let field = model
            .ty(ty)
            .find(Kind::Element, name)
            .ok_or_else(|| format!("no element {name} in {location}"))?;
        place.path.push(field);
        place.ty = match model.member(ty, field).ty {
            TypeRef::Complex(id) => Some(id),
            _ => None,
        };
    }
    Ok(place)
}

fn property(
    name: &str,
    word: &str,
    length: &str,
    marks: &str,
    options: &[&str],
    place: &Place,
    model: &Model,
) -> Result<Property, String> {
    let mut out = Property {
        name: name.replace('_', " "),
        location: place.location.clone(),
        path: place.path.clone(),
        member: None,
        word: describe_word(word)?,
        length: if length == "-" {
            None
        } else {
            Some(length.parse().map_err(|_| format!("length {length}"))?)
        },
        searchable: marks.contains('S'),
        required: marks.contains('Q'),
        writable: marks.contains('W'),
        default: String::new(),
        default_search: String::new(),
        absent_when_unset: false,
        zeros_when_unset: false,
        hashed: false,
        lookup: None,
    };
    let mut member = Some(name);
    for option in options {
        match option.split_once('=') {
            Some(("of", "-")) => member = None,
            Some(("of", other)) => member = Some(other),
            Some(("spaces", count)) => {
                let count = count.parse().map_err(|_| format!("spaces={count}"))?;
                out.name.extend(std::iter::repeat_n(' ', count));
            }
            Some(("default", value)) => out.default = value.replace('_', " "),
            Some(("search", value)) => out.default_search = value.replace('_', " "),
            Some(("unset", "absent")) => out.absent_when_unset = true,
            Some(("unset", "zeros")) => out.zeros_when_unset = true,
            Some(("kept", "hashed")) => out.hashed = true,
            Some(("lookup", list)) => out.lookup = Some(lookup(list, model)?),
            _ => return Err(format!("unknown option {option}")),
        }
    }
    if let Some(member) = member {
        let ty = place.ty.ok_or_else(|| format!("{} holds no members", place.location))?;
        let found = model.ty(ty).find_any(member);
        out.member = Some(found.ok_or_else(|| format!("{} has no member {member}", place.location))?);
    }
    Ok(out)
}

fn lookup(list: &str, model: &Model) -> Result<Lookup, String> {
    let Some(name) = list.strip_prefix("enum:") else { return Ok(Lookup::List(list.to_owned())) };
    let found = model.find_enumeration(name).ok_or_else(|| format!("no enumeration {name}"))?;
    Ok(Lookup::Enumeration(found))
}

fn describe_word(word: &str) -> Result<&'static str, String> {
    ["string", "Boolean", "Integer", "int", "GUID", "decimal", "double", "long"]
        .into_iter()
        .find(|known| *known == word)
        .or((word == "DateTime").then_some("Date Time"))
        .ok_or_else(|| format!("unknown type word {word}"))
}

fn index_fields(object: &ObjectType, model: &Model) -> Vec<Option<u16>> {
    let mut by_field = vec![None; model.ty(object.ty).members.len()];
    for (index, property) in object.properties.iter().enumerate().filter(|(_, p)| p.path.is_empty()) {
        if let Some(field) = property.member {
            by_field[usize::from(field.0)] = Some(index as u16);
        }
    }
    by_field
}

/// The object types stand in the order of the enumeration that names them on the wire.
fn check_order(objects: &[ObjectType], model: &Model, mistakes: &mut Vec<Mistake>) {
    let names = model.find_enumeration("CvObjectType").map(|id| &model.enumeration(id).values);
    let found: Vec<&String> = objects.iter().map(|object| &object.name).collect();
    if names.is_none_or(|names| names.iter().collect::<Vec<_>>() != found) {
        let reason = "the object types are not those of CvObjectType, in its order".to_owned();
        mistakes.push(Mistake { file: FILE, line: 0, reason });
    }
}
