//! The rules of each call (`contract/calls/`), resolved against the types they are about.

mod batch;

use crate::code::{Code, Codes};
use crate::handles::enumeration;
use crate::list::Lists;
use crate::mapping::Mapping;
use crate::model::{EnumValue, FieldId, Kind, Model, OperationId, Scalar, TypeId, TypeRef};
use crate::object::ObjectId;
use crate::read::Mistake;
use crate::record::Value;
pub use batch::{Batch, Roles};
use std::collections::HashMap;

/// The rules of one call.
#[derive(Debug, Default)]
pub struct Call {
    /// The most items in the call's list (the records of a batch, for example), and the code of the
    /// fault past it.
    pub limit: Option<(usize, Code)>,
    /// What it asks of the store.
    pub work: Work,
    /// Where the records of a batch are and how each is answered; none for calls that are no batch.
    pub batch: Option<Batch>,
    /// Codes for the record's Id, where it names a stored object.
    pub id: Option<IdCodes>,
    /// Codes for the object's key.
    pub key: Option<KeyCodes>,
    /// The object that a parameter of the call names, and all its records belong to.
    pub parent: Option<Parent>,
    /// The member for the code that the server gives a new object.
    pub code: Option<FieldId>,
    /// What is checked of each record's members, in the order of the text.
    pub checks: Vec<Check>,
}

/// What a call asks of the store: who takes turns with whom follows from it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Reads by key.
    LookUp,
    /// Reads what may be a whole table.
    Read,
    /// Writes.
    #[default]
    Write,
}

/// What a record's Id may do wrong.
#[derive(Debug, Clone, Copy)]
pub struct IdCodes {
    /// Absent or empty.
    pub missing: Code,
    /// Not a GUID, or not in the account.
    pub invalid: Code,
    /// A GUID, but not in the account; the same as `invalid` where the call does not tell.
    pub unknown: Code,
    /// Named by an earlier record of the call.
    pub twice: Code,
}

/// An object that a parameter of the call names.
#[derive(Debug, Clone)]
pub struct Parent {
    /// The parameter.
    pub parameter: FieldId,
    /// The type of the object named.
    pub object: ObjectId,
    /// The member of the records' objects that holds its Id, if they have one.
    pub member: Option<FieldId>,
    /// The parameter is absent or empty.
    pub missing: Code,
    /// It is no GUID, or not in the account.
    pub unknown: Code,
    /// A member that must not be one of a list's values.
    pub not: Option<(FieldId, String, Code)>,
}

/// What an object's key may do wrong.
#[derive(Debug, Clone, Copy)]
pub struct KeyCodes {
    /// Another object of the account has it.
    pub exists: Code,
    /// An earlier record of the call has it.
    pub twice: Code,
}

/// A check of one member of a record. The fields are members of the batch's item type.
#[derive(Debug, Clone)]
pub enum Check {
    /// Neither absent nor empty.
    Required(FieldId, Code),
    /// Not present and empty.
    Kept(FieldId, Code),
    /// Neither absent nor empty once the record is laid over the object.
    Has(FieldId, Code),
    /// Has the form of an e-mail address.
    Email(FieldId, Code),
    /// A country code, the member for its name, and the code for an unknown one if there is any.
    Country(FieldId, FieldId, Option<Code>),
    /// A state code, the member for its name, the member with the country's code.
    State(FieldId, FieldId, FieldId, Code),
    /// A contact type's code and the member for its name.
    ContactType(FieldId, FieldId, Code),
    /// A day from 1753 to today.
    Past(FieldId, Code),
    /// One of the values of a list, in any case.
    Among(FieldId, String, Code),
    /// Honoured though read-only; this value where absent.
    Always(FieldId, bool),
    /// What an object has that has nothing of its own.
    Default(FieldId, Value),
    /// Nothing but this value.
    Only(FieldId, Value, Code),
    /// At least that number.
    Least(FieldId, i64, Code),
    /// At most that number.
    Most(FieldId, i64, Code),
    /// Above that number.
    Above(FieldId, i64, Code),
    /// A day from 1753 on.
    Dated(FieldId, Code),
    /// Earlier than the other member.
    Before(FieldId, FieldId, Code),
    /// Not later than the first of the other members that the object has.
    Until(FieldId, Vec<FieldId>, Code),
    /// A time zone's code or name; kept as its name.
    TimeZone(FieldId, Code),
    /// Stays what it was when the object was made.
    Fixed(FieldId, Code),
    /// Nobody else in the account has the same.
    Unique(FieldId, KeyCodes),
    /// A currency's code or name; kept as its name.
    Currency(FieldId, Code),
    /// A currency's code and the member for its name; either tells the other.
    CurrencyCode(FieldId, FieldId, Code),
    /// The check holds where the member has that value.
    When(FieldId, Value, Box<Check>),
    /// The check holds where the member has no value.
    Unless(FieldId, Box<Check>),
    /// The check holds for each detail.
    Within(FieldId, Box<Check>),
    /// A single detail that is laid over the stored one instead of replacing it.
    Laid(FieldId),
    /// Details that name objects: unknown, and named twice.
    Links(FieldId, Code, Code),
    /// A detail that names what the owner is linked to already.
    Linked(FieldId, Code),
    /// The Id of an object of that type: the codes for none and for one that the account does not
    /// have; without a code it may be so.
    Refers(FieldId, ObjectId, Option<Code>, Option<Code>),
}

/// Reads the texts of files, each with its name; the calls come in the order of the operations.
pub fn read(
    files: &[(&'static str, &str)],
    model: &Model,
    codes: &Codes,
    lists: &Lists,
    mappings: &[Mapping],
) -> Result<Vec<Call>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let lines: Vec<Line> = files.iter().flat_map(|(file, text)| words(file, text)).collect();
    let mut reader = Reader { model, codes, lists, mappings, roles: Vec::new(), sets: collect_sets(&lines) };
    for line in &lines {
        if let ["O", roles @ ..] = &line.words[..] {
            reader.roles = roles.iter().filter_map(|role| role.split_once('=')).collect();
            if reader.roles.len() != roles.len() {
                mistakes.push(line.mistake("needs role=member".to_owned()));
            }
        }
    }
    let mut calls: Vec<Call> = (0..model.operations.len())
        .map(|index| Call {
            batch: batch::find(model, &reader.roles, OperationId(index as u16)),
            ..Call::default()
        })
        .collect();
    let mut current = None;
    for line in &lines {
        let result = match line.words[..] {
            ["C", name, ref options @ ..] => {
                current = model.find_operation(name).map(|id| usize::from(id.0));
                match current {
                    Some(index) => reader.options(OperationId(index as u16), options, &mut calls[index]),
                    None => Err(format!("no operation {name}")),
                }
            }
            ["R" | "O", ..] => {
                current = None;
                Ok(())
            }
            ["parent", ref words @ ..] => match current {
                Some(index) => reader.parent(OperationId(index as u16), words, &mut calls[index]),
                None => Ok(()),
            },
            _ => match current {
                Some(index) => reader.rule(&line.words, &mut calls[index]),
                None => Ok(()),
            },
        };
        if let Err(reason) = result {
            mistakes.push(line.mistake(reason));
        }
    }
    if mistakes.is_empty() { Ok(calls) } else { Err(mistakes) }
}

struct Line<'a> {
    file: &'static str,
    number: usize,
    words: Vec<&'a str>,
}

impl Line<'_> {
    fn mistake(&self, reason: String) -> Mistake {
        Mistake { file: self.file, line: self.number, reason }
    }
}

fn words<'a>(file: &'static str, text: &'a str) -> impl Iterator<Item = Line<'a>> + use<'a> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'))
        .map(move |(index, line)| Line { file, number: index + 1, words: line.split_whitespace().collect() })
        .filter(|line| !line.words.is_empty())
}

fn collect_sets<'a>(lines: &[Line<'a>]) -> HashMap<&'a str, Vec<Vec<&'a str>>> {
    let mut sets: HashMap<&str, Vec<Vec<&str>>> = HashMap::new();
    let mut current = None;
    for line in lines {
        match line.words[..] {
            ["R", name] => current = Some(name),
            ["C" | "O", ..] => current = None,
            _ => {
                if let Some(name) = current {
                    sets.entry(name).or_default().push(line.words.clone());
                }
            }
        }
    }
    sets
}

struct Reader<'a> {
    model: &'a Model,
    codes: &'a Codes,
    lists: &'a Lists,
    mappings: &'a [Mapping],
    roles: Vec<(&'a str, &'a str)>,
    sets: HashMap<&'a str, Vec<Vec<&'a str>>>,
}

impl Reader<'_> {
    fn options(&self, operation: OperationId, options: &[&str], call: &mut Call) -> Result<(), String> {
        for option in options {
            match option.split_once('=') {
                Some(("limit", limit)) => {
                    let lists = batch::lists(self.model, self.model.operation(operation).request);
                    if lists != 1 {
                        return Err(format!("a limit for a call with {lists} lists"));
                    }
                    call.limit = Some(self.limit(limit)?);
                }
                Some(("work", "look-up")) => call.work = Work::LookUp,
                Some(("work", "read")) => call.work = Work::Read,
                _ => return Err(format!("{option} is not limit=<n>:<code>, work=look-up or work=read")),
            }
        }
        Ok(())
    }

    fn limit(&self, limit: &str) -> Result<(usize, Code), String> {
        let (count, code) = limit.split_once(':').ok_or_else(|| format!("{limit} is not <n>:<code>"))?;
        Ok((count.parse().map_err(|_| format!("limit {count}"))?, self.code(code)?))
    }

    fn rule(&self, line: &[&str], call: &mut Call) -> Result<(), String> {
        if let ["use", name] = line {
            let set = self.sets.get(name).ok_or_else(|| format!("no rules {name}"))?;
            return set.iter().try_for_each(|line| self.rule(line, call));
        }
        let ty = self.ruled(call).ok_or("the call is not a batch")?;
        match *line {
            ["id", missing, invalid, ref unknown @ .., twice] => {
                let unknown = match *unknown {
                    [] => self.named(invalid, "invalid")?,
                    [unknown] => self.named(unknown, "unknown")?,
                    _ => return Err("an id has four codes at most".to_owned()),
                };
                call.id = Some(IdCodes {
                    missing: self.named(missing, "missing")?,
                    invalid: self.named(invalid, "invalid")?,
                    unknown,
                    twice: self.named(twice, "twice")?,
                });
                return Ok(());
            }
            ["code", member] => {
                let ty = self.model.ty(ty);
                call.code = Some(ty.find_any(member).ok_or_else(|| format!("{} has no {member}", ty.name))?);
                return Ok(());
            }
            ["key", exists, twice] => {
                call.key = Some(KeyCodes {
                    exists: self.named(exists, "exists")?,
                    twice: self.named(twice, "twice")?,
                });
                return Ok(());
            }
            _ => {}
        }
        call.checks.push(self.check(line, ty)?);
        Ok(())
    }

    /// A check of the members of a type.
    fn check(&self, line: &[&str], ty: TypeId) -> Result<Check, String> {
        let field = |name: &str| {
            self.model
                .ty(ty)
                .find_any(name)
                .ok_or_else(|| format!("{} has no {name}", self.model.ty(ty).name))
        };
        let detail = |name: &str| match self.model.ty(ty).find(Kind::Element, name) {
            Some(found) => Ok(found),
            None => Err(format!("no detail {name}")),
        };
        let check = match *line {
            ["required", member, code] => Check::Required(field(member)?, self.code(code)?),
            ["kept", member, code] => Check::Kept(field(member)?, self.code(code)?),
            ["has", member, code] => Check::Has(field(member)?, self.code(code)?),
            ["email", member, code] => Check::Email(field(member)?, self.code(code)?),
            ["country", member, name, "-"] => Check::Country(field(member)?, field(name)?, None),
            ["country", member, name, code] => {
                Check::Country(field(member)?, field(name)?, Some(self.code(code)?))
            }
            ["state", member, name, country, code] => {
                Check::State(field(member)?, field(name)?, field(country)?, self.code(code)?)
            }
            ["type", member, name, code] => {
                Check::ContactType(field(member)?, field(name)?, self.code(code)?)
            }
            ["past", member, code] => Check::Past(field(member)?, self.code(code)?),
            ["among", member, list, code] if self.lists.has(list) => {
                Check::Among(field(member)?, list.to_owned(), self.code(code)?)
            }
            ["always", member, truth] => Check::Always(field(member)?, truth == "true"),
            ["default", member, value] => {
                let found = field(member)?;
                Check::Default(found, self.value(ty, found, value)?)
            }
            ["only", member, value, code] => {
                let found = field(member)?;
                Check::Only(found, self.value(ty, found, value)?, self.code(code)?)
            }
            [kind @ ("least" | "most" | "above"), member, number, code] => {
                let number = number.parse().map_err(|_| format!("{number} is no number"))?;
                let (field, code) = (field(member)?, self.code(code)?);
                match kind {
                    "least" => Check::Least(field, number, code),
                    "most" => Check::Most(field, number, code),
                    _ => Check::Above(field, number, code),
                }
            }
            ["dated", member, code] => Check::Dated(field(member)?, self.code(code)?),
            ["before", member, other, code] => Check::Before(field(member)?, field(other)?, self.code(code)?),
            ["until", member, ref others @ .., code] => {
                let others = others.iter().map(|name| field(name)).collect::<Result<_, _>>()?;
                Check::Until(field(member)?, others, self.code(code)?)
            }
            ["timezone", member, code] => Check::TimeZone(field(member)?, self.code(code)?),
            ["refers", member, object, missing, unknown] => Check::Refers(
                field(member)?,
                self.object(object)?,
                self.optional(missing, "missing")?,
                self.optional(unknown, "unknown")?,
            ),
            ["links", name, unknown, twice] => {
                Check::Links(detail(name)?, self.named(unknown, "unknown")?, self.named(twice, "twice")?)
            }
            ["linked", name, code] => Check::Linked(detail(name)?, self.code(code)?),
            ["fixed", member, code] => Check::Fixed(field(member)?, self.code(code)?),
            ["unique", member, exists, twice] => {
                let codes =
                    KeyCodes { exists: self.named(exists, "exists")?, twice: self.named(twice, "twice")? };
                Check::Unique(field(member)?, codes)
            }
            ["currency", member, code] => Check::Currency(field(member)?, self.code(code)?),
            ["currency", member, name, code] => {
                Check::CurrencyCode(field(member)?, field(name)?, self.code(code)?)
            }
            ["when", member, value, ref rule @ ..] => {
                let found = field(member)?;
                Check::When(found, self.value(ty, found, value)?, Box::new(self.check(rule, ty)?))
            }
            ["unless", member, ref rule @ ..] => {
                Check::Unless(field(member)?, Box::new(self.check(rule, ty)?))
            }
            ["within", name, ref rule @ ..] => {
                let found = detail(name)?;
                let TypeRef::Complex(inner) = self.model.member(ty, found).ty else {
                    return Err(format!("{name} is a scalar"));
                };
                Check::Within(found, Box::new(self.check(rule, inner)?))
            }
            ["laid", name] => Check::Laid(detail(name)?),
            _ => return Err(format!("not understood: {}", line.join(" "))),
        };
        Ok(check)
    }

    /// The type whose members the rules of a call name: that of its records, or of the object that
    /// they are kept as.
    fn ruled(&self, call: &Call) -> Option<TypeId> {
        let item = call.batch?.item_type;
        let mapping = self.mappings.iter().find(|mapping| mapping.from == item);
        Some(mapping.map_or(item, |mapping| mapping.ty))
    }

    fn parent(&self, operation: OperationId, words: &[&str], call: &mut Call) -> Result<(), String> {
        let &[parameter, object, member, missing, unknown, ref not @ ..] = words else {
            return Err("needs parameter, object, member, missing= and unknown=".to_owned());
        };
        let request = self.model.ty(self.model.operation(operation).request);
        let parameter = request.find_any(parameter).ok_or_else(|| format!("no parameter {parameter}"))?;
        let ruled = self.ruled(call).map(|ty| self.model.ty(ty));
        let member = match member {
            "-" => None,
            name => Some(ruled.and_then(|ty| ty.find_any(name)).ok_or_else(|| format!("no member {name}"))?),
        };
        let not = match *not {
            [] => None,
            ["not", name, list, code] if self.lists.has(list) => {
                let ty = self.model.types.iter().find(|ty| ty.name == object);
                let found = ty.and_then(|ty| ty.find_any(name)).ok_or_else(|| format!("no member {name}"))?;
                Some((found, list.to_owned(), self.code(code)?))
            }
            _ => return Err(format!("not understood: {}", not.join(" "))),
        };
        let (missing, unknown) = (self.named(missing, "missing")?, self.named(unknown, "unknown")?);
        let object = self.object(object)?;
        call.parent = Some(Parent { parameter, object, member, missing, unknown, not });
        Ok(())
    }

    /// A value as the text of a rule gives it; `_` stands for a blank.
    fn value(&self, ty: TypeId, field: FieldId, word: &str) -> Result<Value, String> {
        let text = word.replace('_', " ");
        match self.model.member(ty, field).ty {
            TypeRef::Enumeration(id) => {
                let values = &self.model.enumeration(id).values;
                let index = values.iter().position(|value| *value == text);
                index
                    .map(|index| Value::Enumeration(EnumValue(index as u16)))
                    .ok_or_else(|| format!("no value {text}"))
            }
            TypeRef::Scalar(Scalar::String) => Ok(text.into()),
            TypeRef::Scalar(Scalar::Boolean) => Ok((text == "true").into()),
            _ => Err(format!("{word} for a member that is neither text nor boolean nor enumeration")),
        }
    }

    /// Object types have the numbers of their values in the enumeration that names them.
    fn object(&self, name: &str) -> Result<ObjectId, String> {
        let types = &self.model.enumeration(enumeration::cv_object_type::ENUM_ID).values;
        let index = types.iter().position(|value| value == name);
        Ok(ObjectId(index.ok_or_else(|| format!("no object type {name}"))? as u16))
    }

    fn optional(&self, word: &str, name: &str) -> Result<Option<Code>, String> {
        if word.strip_prefix(name) == Some("=-") { Ok(None) } else { self.named(word, name).map(Some) }
    }

    fn named(&self, word: &str, name: &str) -> Result<Code, String> {
        let code = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        self.code(code.ok_or_else(|| format!("{word} is not {name}=<code>"))?)
    }

    fn code(&self, name: &str) -> Result<Code, String> {
        self.codes.find(name).ok_or_else(|| format!("no code {name}"))
    }
}

#[cfg(test)]
mod tests;
