//! Reads the interface's text (`contract/v200611.txt`) into a [`Model`].
//!
//! Two passes, since types are used before they are declared: the first gives every name its
//! handle, the second reads the members. All mistakes are reported together.

use crate::model::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A mistake in a contract file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file's name.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

const FILE: &str = "v200611.txt";

/// The address behind a namespace, as the text's `SCHEMA` lines give it.
pub type Addresses = BTreeMap<Namespace, String>;

/// Reads the text; on failure, every mistake in it.
pub fn read(text: &str) -> Result<(Model, Addresses), Vec<Mistake>> {
    let mut reader = Reader::default();
    reader.declare(text);
    reader.fill(text);
    reader.inherit();
    reader.name_columns();
    if reader.mistakes.is_empty() { Ok((reader.model, reader.addresses)) } else { Err(reader.mistakes) }
}

#[derive(Default)]
struct Reader {
    model: Model,
    addresses: Addresses,
    names: HashMap<String, TypeRef>,
    globals: HashMap<String, TypeRef>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn mistake(&mut self, line: usize, reason: impl Into<String>) {
        self.mistakes.push(Mistake { file: FILE, line, reason: reason.into() });
    }

    fn declare(&mut self, text: &str) {
        let mut namespace = Namespace::Messages;
        for (number, line) in lines(text) {
            let mut words = line.split_whitespace();
            let (Some(keyword), Some(name)) = (words.next(), words.next()) else { continue };
            match keyword {
                "SCHEMA" => {
                    namespace =
                        if self.model.schemas.is_empty() { Namespace::Messages } else { Namespace::Objects };
                    self.addresses.insert(namespace, name.to_owned());
                    self.model.schemas.push(Schema { namespace, imports: Vec::new(), items: Vec::new() });
                }
                "import" => {
                    let Some(schema) = self.model.schemas.last_mut() else { continue };
                    schema.imports.push(Namespace::Objects);
                }
                "E" | "C" => {
                    let id = TypeId(self.model.types.len() as u16);
                    let wrapper = keyword == "E";
                    self.model.types.push(ComplexType {
                        name: name.to_owned(),
                        namespace,
                        wrapper,
                        base: None,
                        members: Vec::new(),
                        inherited: 0,
                        any_attribute: false,
                    });
                    if wrapper {
                        self.item(number, Item::Wrapper(id));
                    } else {
                        self.item(number, Item::Complex(id));
                        self.name(number, namespace, name, TypeRef::Complex(id));
                    }
                }
                "S" => {
                    let id = EnumId(self.model.enumerations.len() as u16);
                    let name = name.to_owned();
                    self.name(number, namespace, &name, TypeRef::Enumeration(id));
                    self.model.enumerations.push(Enumeration { name, namespace, values: Vec::new() });
                    self.item(number, Item::Enumeration(id));
                }
                _ => {}
            }
        }
    }

    fn item(&mut self, line: usize, item: Item) {
        match self.model.schemas.last_mut() {
            Some(schema) => schema.items.push(item),
            None => self.mistake(line, "stands before the first SCHEMA"),
        }
    }

    fn name(&mut self, line: usize, namespace: Namespace, name: &str, ty: TypeRef) {
        if self.names.insert(format!("{}:{name}", prefix(namespace)), ty).is_some() {
            self.mistake(line, format!("type {name} is declared twice"));
        }
    }

    fn fill(&mut self, text: &str) {
        self.fill_globals(text);
        let (mut types, mut enumerations) = (0_usize, 0_usize);
        let mut current = None;
        for (number, line) in lines(text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[0] {
                "E" | "C" => {
                    current = Some(types);
                    if let Some(base) = after(&words, "extends") {
                        match self.names.get(base) {
                            Some(TypeRef::Complex(id)) => self.model.types[types].base = Some(*id),
                            _ => self.mistake(number, format!("unknown base type {base}")),
                        }
                    }
                    types += 1;
                }
                "S" => {
                    current = None;
                    enumerations += 1;
                }
                "v" => match self.model.enumerations.get_mut(enumerations.wrapping_sub(1)) {
                    Some(enumeration) => {
                        enumeration.values.push(line.trim_start()[1..].trim_start().to_owned())
                    }
                    None => self.mistake(number, "a value outside an enumeration"),
                },
                "anyAttribute" => match current {
                    Some(index) => self.model.types[index].any_attribute = true,
                    None => self.mistake(number, "stands outside a complex type"),
                },
                "e" | "r" | "a" | "h" => match current {
                    Some(index) => {
                        let namespace = self.model.types[index].namespace;
                        match self.member(namespace, &words) {
                            Ok(member) => self.model.types[index].members.push(member),
                            Err(reason) => self.mistake(number, reason),
                        }
                    }
                    None => self.mistake(number, "stands outside a complex type"),
                },
                "OP" => self.operation(number, &words),
                "SCHEMA" | "import" | "T" => current = None,
                other => self.mistake(number, format!("unknown keyword {other}")),
            }
        }
    }

    /// Global elements first: references may stand before what they refer to.
    fn fill_globals(&mut self, text: &str) {
        let mut schema = 0;
        let mut position = 0;
        for (number, line) in lines(text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["SCHEMA", ..] => (schema, position) = (schema + 1, 0),
                ["E" | "C" | "S", ..] => position += 1,
                ["T", name, ty] => {
                    let namespace = self.model.schemas[schema - 1].namespace;
                    let Some(ty) = self.type_ref(ty) else {
                        self.mistake(number, format!("unknown type {ty}"));
                        continue;
                    };
                    self.globals.insert(format!("{}:{name}", prefix(namespace)), ty);
                    let index = self.model.elements.len() as u16;
                    self.model.elements.push(Element { name: name.to_owned(), namespace, ty });
                    self.model.schemas[schema - 1].items.insert(position, Item::Element(index));
                    position += 1;
                }
                _ => {}
            }
        }
    }

    fn member(&self, namespace: Namespace, words: &[&str]) -> Result<Member, String> {
        let options = |from: usize| words.get(from..).unwrap_or_default();
        let mut member = Member {
            name: String::new(),
            column: String::new(),
            namespace,
            kind: Kind::Element,
            ty: TypeRef::Scalar(Scalar::String),
            by_reference: false,
            min: 0,
            repeated: false,
            nillable: false,
            required: false,
            default: None,
        };
        match words {
            ["e", name, ty, min, max, ..] => {
                member.name = (*name).to_owned();
                member.ty = self.type_ref(ty).ok_or_else(|| format!("unknown type {ty}"))?;
                (member.min, member.repeated) = occurrences(min, max)?;
                member.nillable = options(5).contains(&"nillable");
            }
            ["r", reference, min, max] => {
                let (prefix, name) = reference.split_once(':').ok_or("a reference needs a prefix")?;
                member.name = name.to_owned();
                member.namespace = if prefix == "s1" { Namespace::Objects } else { Namespace::Messages };
                member.by_reference = true;
                member.ty =
                    *self.globals.get(*reference).ok_or_else(|| format!("unknown element {reference}"))?;
                (member.min, member.repeated) = occurrences(min, max)?;
            }
            [keyword @ ("a" | "h"), name, ty, ..] => {
                member.name = (*name).to_owned();
                member.kind = if *keyword == "a" { Kind::Attribute } else { Kind::Hidden };
                member.ty = self.type_ref(ty).ok_or_else(|| format!("unknown type {ty}"))?;
                member.required = options(3).contains(&"required");
                member.default =
                    options(3).iter().find_map(|word| word.strip_prefix("default=")).map(str::to_owned);
            }
            _ => return Err("a member needs a name, a type and, for an element, its occurrences".to_owned()),
        }
        Ok(member)
    }

    fn type_ref(&self, word: &str) -> Option<TypeRef> {
        let scalar = match word {
            "s:string" => Scalar::String,
            "s:boolean" => Scalar::Boolean,
            "s:int" => Scalar::Int,
            "s:long" => Scalar::Long,
            "s:integer" => Scalar::Integer,
            "s:decimal" => Scalar::Decimal,
            "s:double" => Scalar::Double,
            "s:dateTime" => Scalar::DateTime,
            _ => return self.names.get(word).copied(),
        };
        Some(TypeRef::Scalar(scalar))
    }

    fn operation(&mut self, line: usize, words: &[&str]) {
        let ["OP", name, header] = words else {
            return self.mistake(line, "an operation needs a name and header=yes or header=no");
        };
        let response = format!("{name}Response");
        match (self.model.find_wrapper(name), self.model.find_wrapper(&response)) {
            (Some(request), Some(response)) => self.model.operations.push(Operation {
                name: (*name).to_owned(),
                header: *header == "header=yes",
                request,
                response,
            }),
            _ => self.mistake(line, format!("{name} has no request or no response element")),
        }
    }

    /// Puts the base's members before a type's own, bases first.
    fn inherit(&mut self) {
        let mut done = HashSet::new();
        for index in 0..self.model.types.len() {
            self.inherit_into(index, &mut done, 0);
        }
    }

    fn inherit_into(&mut self, index: usize, done: &mut HashSet<usize>, depth: usize) {
        if depth > 16 {
            return self.mistake(0, format!("type {} extends itself", self.model.types[index].name));
        }
        if !done.insert(index) {
            return;
        }
        let Some(base) = self.model.types[index].base else { return };
        let base = usize::from(base.0);
        self.inherit_into(base, done, depth + 1);
        let mut members = self.model.types[base].members.clone();
        let ty = &mut self.model.types[index];
        ty.inherited = members.len();
        members.append(&mut ty.members);
        ty.members = members;
    }

    fn name_columns(&mut self) {
        for ty in &mut self.model.types {
            let mut taken = HashSet::new();
            for member in &mut ty.members {
                let mut column = snake_case(&member.name);
                while !taken.insert(column.clone()) {
                    column.push_str("_2");
                }
                member.column = column;
            }
        }
    }
}

fn prefix(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Messages => "tns",
        Namespace::Objects => "s1",
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

fn after<'a>(words: &[&'a str], keyword: &str) -> Option<&'a str> {
    let position = words.iter().position(|word| *word == keyword)?;
    words.get(position + 1).copied()
}

fn occurrences(min: &str, max: &str) -> Result<(u8, bool), String> {
    let least = min.parse().map_err(|_| format!("{min} is not a number of occurrences"))?;
    match max {
        "1" => Ok((least, false)),
        "unbounded" => Ok((least, true)),
        _ => Err(format!("{max} is neither 1 nor unbounded")),
    }
}
