//! Mappings (`contract/mappings.txt`): the members of one type that are those of another under
//! other names.

use crate::list::Lists;
use crate::model::{FieldId, Kind, Model, Namespace, TypeId, TypeRef};
use crate::object::{ObjectId, ObjectType};
use crate::read::Mistake;

/// Records of a type that calls take and keep as objects.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The type of the records.
    pub from: TypeId,
    /// What they are kept as.
    pub object: ObjectId,
    /// The object's type.
    pub ty: TypeId,
    /// Each member with the object's member that it becomes.
    pub members: Vec<(FieldId, FieldId)>,
    /// Members that become members of one of the object's details.
    pub nested: Vec<Nested>,
}

/// A member that becomes one of a detail of the object.
#[derive(Debug, Clone, Copy)]
pub struct Nested {
    /// The record's member.
    pub from: FieldId,
    /// The object's detail.
    pub detail: FieldId,
    /// The type of the detail.
    pub ty: TypeId,
    /// The detail's member.
    pub to: FieldId,
}

impl Mapping {
    /// Whether a member of the object comes from the records.
    pub fn writes(&self, field: FieldId) -> bool {
        self.members.iter().any(|(_, to)| *to == field)
    }
}

/// Details that an object shows of the objects that refer to it.
#[derive(Debug)]
pub struct Derived {
    /// The object that shows them.
    pub object: ObjectId,
    /// Its member that holds the details.
    pub detail: FieldId,
    /// The type of a detail.
    pub ty: TypeId,
    /// The objects shown.
    pub source: ObjectId,
    /// Their member with the Id of the object that shows them.
    pub reference: FieldId,
    /// The detail's member for the source's Id.
    pub id: FieldId,
    /// The detail's other members, each with the source's member it shows.
    pub members: Vec<Shown>,
}

/// A member of a derived detail.
#[derive(Debug)]
pub struct Shown {
    /// The detail's member.
    pub field: FieldId,
    /// The source's member.
    pub source: FieldId,
    /// The list whose values stand for those of the source's enumeration.
    pub list: Option<String>,
}

/// What `mappings.txt` says.
#[derive(Debug, Default)]
pub struct Mappings {
    /// Types that calls take and keep as objects.
    pub taken: Vec<Mapping>,
    /// Details of objects that refer to their owner.
    pub derived: Vec<Derived>,
}

const FILE: &str = "mappings.txt";

/// Reads the text against the model, the object types and the lists.
pub fn read(
    text: &str,
    model: &Model,
    objects: &[ObjectType],
    lists: &Lists,
) -> Result<Mappings, Vec<Mistake>> {
    let mut reader = Reader { model, objects, lists, out: Mappings::default() };
    let mut mistakes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let result = match words[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["M", from, object, ref members @ ..] => reader.mapping(from, object, members),
            ["D", object, detail, source, reference, ref members @ ..] => {
                reader.derived(object, detail, source, reference, members)
            }
            _ => Err(format!("not understood: {line}")),
        };
        if let Err(reason) = result {
            mistakes.push(Mistake { file: FILE, line: index + 1, reason });
        }
    }
    if mistakes.is_empty() { Ok(reader.out) } else { Err(mistakes) }
}

struct Reader<'a> {
    model: &'a Model,
    objects: &'a [ObjectType],
    lists: &'a Lists,
    out: Mappings,
}

impl Reader<'_> {
    fn object(&self, name: &str) -> Result<(ObjectId, TypeId), String> {
        let index = self.objects.iter().position(|object| object.name == name);
        let index = index.ok_or_else(|| format!("no object type {name}"))?;
        Ok((ObjectId(index as u16), self.objects[index].ty))
    }

    fn member(&self, ty: TypeId, name: &str) -> Result<FieldId, String> {
        let ty = self.model.ty(ty);
        ty.find_any(name).ok_or_else(|| format!("{} has no {name}", ty.name))
    }

    fn mapping(&mut self, from: &str, object: &str, members: &[&str]) -> Result<(), String> {
        let found = self.model.find_type(Namespace::Objects, from);
        let from = found.ok_or_else(|| format!("no type {from}"))?;
        let (object, ty) = self.object(object)?;
        let (mut flat, mut nested) = (Vec::new(), Vec::new());
        for word in members {
            let (name, other) = word.split_once('=').unwrap_or((word, word));
            let field = self.member(from, name)?;
            match other.split_once('/') {
                None => flat.push((field, self.member(ty, other)?)),
                Some((detail, member)) => nested.push(self.nested(field, ty, detail, member)?),
            }
        }
        match self.out.taken.iter_mut().find(|mapping| (mapping.from, mapping.object) == (from, object)) {
            Some(mapping) => {
                mapping.members.extend(flat);
                mapping.nested.extend(nested);
            }
            None => self.out.taken.push(Mapping { from, object, ty, members: flat, nested }),
        }
        Ok(())
    }

    fn nested(&self, from: FieldId, owner: TypeId, detail: &str, member: &str) -> Result<Nested, String> {
        let detail = self.member(owner, detail)?;
        let declared = self.model.member(owner, detail);
        match declared.ty {
            TypeRef::Complex(ty) if !declared.repeated => {
                Ok(Nested { from, detail, ty, to: self.member(ty, member)? })
            }
            _ => Err(format!("{} is no single detail", declared.name)),
        }
    }

    fn derived(
        &mut self,
        object: &str,
        detail: &str,
        source: &str,
        reference: &str,
        members: &[&str],
    ) -> Result<(), String> {
        let (object, owner) = self.object(object)?;
        let (source, source_ty) = self.object(source)?;
        let detail = self.model.ty(owner).find(Kind::Element, detail).ok_or("no such detail")?;
        let TypeRef::Complex(ty) = self.model.member(owner, detail).ty else {
            return Err("the detail is a scalar".to_owned());
        };
        let reference = self.member(source_ty, reference)?;
        let (mut id, mut shown) = (None, Vec::new());
        for word in members {
            let (name, other) = word.split_once('=').ok_or_else(|| format!("{word} is not member=source"))?;
            let field = self.member(ty, name)?;
            let (other, list) = other.split_once('@').map_or((other, None), |(a, b)| (a, Some(b)));
            if list.is_some_and(|list| !self.lists.has(list)) {
                return Err(format!("{word} names no list"));
            }
            match other {
                "id" => id = Some(field),
                _ => shown.push(Shown {
                    field,
                    source: self.member(source_ty, other)?,
                    list: list.map(str::to_owned),
                }),
            }
        }
        let same = |derived: &&mut Derived| {
            (derived.object, derived.detail, derived.source) == (object, detail, source)
        };
        match self.out.derived.iter_mut().find(same) {
            Some(derived) => derived.members.extend(shown),
            None => {
                let id = id.ok_or("the first line of a detail needs its id")?;
                let members = shown;
                self.out.derived.push(Derived { object, detail, ty, source, reference, id, members });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Contract;
    use crate::handles::object::{event, event_parameters, product_detail, session};
    use crate::handles::object_type;

    #[test]
    fn parameters_are_an_events_members_under_other_names() {
        let contract = Contract::get().unwrap();
        let mapping = contract.mapping(event_parameters::TYPE_ID).unwrap();
        assert_eq!((mapping.object, mapping.ty), (object_type::EVENT, event::TYPE_ID));
        assert!(mapping.writes(event::EVENT_TITLE) && mapping.writes(event::CAPACITY));
        assert!(!mapping.writes(event::EVENT_CODE) && !mapping.writes(event::EVENT_STATUS));
        let own = contract.model.ty(event_parameters::TYPE_ID).own().len();
        assert_eq!(mapping.members.len(), own, "every parameter is kept somewhere");
    }

    #[test]
    fn an_event_shows_its_sessions() {
        let contract = Contract::get().unwrap();
        let derived: Vec<_> = contract.derived_of(object_type::EVENT).collect();
        let &[sessions] = &derived[..] else { panic!("{derived:?}") };
        assert_eq!((sessions.detail, sessions.ty), (event::PRODUCT_DETAIL, product_detail::TYPE_ID));
        assert_eq!((sessions.source, sessions.reference), (object_type::SESSION, session::EVENT_ID));
    }
}
