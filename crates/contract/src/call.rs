//! The rules of each call (`contract/calls/`), resolved against the types they are about.

use crate::code::{Code, Codes};
use crate::handles::enumeration;
use crate::list::Lists;
use crate::model::{FieldId, Kind, Model, OperationId, TypeId, TypeRef};
use crate::object::ObjectId;
use crate::read::Mistake;
use std::collections::HashMap;

/// The rules of one call.
#[derive(Debug, Default)]
pub struct Call {
    /// The most records in a call, and the code of the fault past it.
    pub limit: Option<(usize, Code)>,
    /// Where the records of a batch are and how each is answered; none for calls that are no batch.
    pub batch: Option<Batch>,
    /// Codes for the record's Id, where it names a stored object.
    pub id: Option<IdCodes>,
    /// Codes for the object's key.
    pub key: Option<KeyCodes>,
    /// What is checked of each record's members, in the order of the text.
    pub checks: Vec<Check>,
}

/// The shape of a batch: records in, results out.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// The request's member that holds the array.
    pub parameter: FieldId,
    /// The array's member that repeats.
    pub item: FieldId,
    /// The type of a record.
    pub item_type: TypeId,
    /// The response's member that holds the results.
    pub result: FieldId,
    /// The type of the array of results.
    pub results_type: TypeId,
    /// The array's member that repeats.
    pub outcome: FieldId,
    /// The members of a result, by role.
    pub roles: Roles,
}

/// The members of a result item.
#[derive(Debug, Clone, Copy)]
pub struct Roles {
    /// The type of a result item.
    pub ty: TypeId,
    /// The object's identifier, empty where the record failed.
    pub id: Option<FieldId>,
    /// The record's own correlation value.
    pub reference: Option<FieldId>,
    /// The object's key in the client's system.
    pub source: Option<FieldId>,
    /// Whether the record was accepted.
    pub success: FieldId,
    /// The errors of a record that was not.
    pub errors: Option<FieldId>,
    /// Whether an upsert created the object.
    pub created: Option<FieldId>,
}

/// What a record's Id may do wrong.
#[derive(Debug, Clone, Copy)]
pub struct IdCodes {
    /// Absent or empty.
    pub missing: Code,
    /// Not a GUID, or not in the account.
    pub invalid: Code,
    /// Named by an earlier record of the call.
    pub twice: Code,
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
    /// Details that name objects: unknown, and named twice.
    Links(FieldId, Code, Code),
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
) -> Result<Vec<Call>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let lines: Vec<Line> = files.iter().flat_map(|(file, text)| words(file, text)).collect();
    let mut reader = Reader { model, codes, lists, roles: Vec::new(), sets: collect_sets(&lines) };
    for line in &lines {
        if let ["O", roles @ ..] = &line.words[..] {
            reader.roles = roles.iter().filter_map(|role| role.split_once('=')).collect();
            if reader.roles.len() != roles.len() {
                mistakes.push(line.mistake("needs role=member".to_owned()));
            }
        }
    }
    let mut calls: Vec<Call> = (0..model.operations.len())
        .map(|index| Call { batch: reader.batch(OperationId(index as u16)), ..Call::default() })
        .collect();
    let mut current = None;
    for line in &lines {
        let result = match line.words[..] {
            ["C", name, ref options @ ..] => {
                current = model.find_operation(name).map(|id| usize::from(id.0));
                match current {
                    Some(index) => reader.limit(options, &mut calls[index]),
                    None => Err(format!("no operation {name}")),
                }
            }
            ["R" | "O", ..] => {
                current = None;
                Ok(())
            }
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
    roles: Vec<(&'a str, &'a str)>,
    sets: HashMap<&'a str, Vec<Vec<&'a str>>>,
}

impl Reader<'_> {
    /// A call is a batch where one parameter is an array of records and the response an array of
    /// results that say whether each was accepted.
    fn batch(&self, operation: OperationId) -> Option<Batch> {
        let operation = self.model.operation(operation);
        let mut arrays = self.model.ty(operation.request).fields().filter_map(|(field, member)| {
            let (_, item, item_type) = self.array(member.ty)?;
            Some((field, item, item_type))
        });
        let (parameter, item, item_type) = arrays.next()?;
        let (result, member) = self.model.ty(operation.response).fields().next()?;
        let (results_type, outcome, ty) = self.array(member.ty)?;
        let role = |wanted: &str| {
            let mut names = self.roles.iter().filter(|(role, _)| *role == wanted);
            names.find_map(|(_, name)| self.model.ty(ty).find_any(name))
        };
        let roles = Roles {
            ty,
            id: role("id"),
            reference: role("reference"),
            source: role("source"),
            success: role("success")?,
            errors: role("errors"),
            created: role("created"),
        };
        Some(Batch { parameter, item, item_type, result, results_type, outcome, roles })
    }

    fn array(&self, ty: TypeRef) -> Option<(TypeId, FieldId, TypeId)> {
        let TypeRef::Complex(array) = ty else { return None };
        let mut members = self.model.ty(array).fields();
        let (item, member) = members.next()?;
        match member.ty {
            TypeRef::Complex(item_type) if member.repeated && members.next().is_none() => {
                Some((array, item, item_type))
            }
            _ => None,
        }
    }

    fn limit(&self, options: &[&str], call: &mut Call) -> Result<(), String> {
        for option in options {
            let limit = option.strip_prefix("limit=").and_then(|rest| rest.split_once(':'));
            let (count, code) = limit.ok_or_else(|| format!("{option} is not limit=<n>:<code>"))?;
            call.limit = Some((count.parse().map_err(|_| format!("limit {count}"))?, self.code(code)?));
        }
        Ok(())
    }

    fn rule(&self, line: &[&str], call: &mut Call) -> Result<(), String> {
        if let ["use", name] = line {
            let set = self.sets.get(name).ok_or_else(|| format!("no rules {name}"))?;
            return set.iter().try_for_each(|line| self.rule(line, call));
        }
        let ty = call.batch.map(|batch| batch.item_type).ok_or("the call is not a batch")?;
        let field = |name: &str| {
            self.model
                .ty(ty)
                .find_any(name)
                .ok_or_else(|| format!("{} has no {name}", self.model.ty(ty).name))
        };
        match *line {
            ["id", missing, invalid, twice] => {
                call.id = Some(IdCodes {
                    missing: self.named(missing, "missing")?,
                    invalid: self.named(invalid, "invalid")?,
                    twice: self.named(twice, "twice")?,
                });
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
        let check = match *line {
            ["required", member, code] => Check::Required(field(member)?, self.code(code)?),
            ["kept", member, code] => Check::Kept(field(member)?, self.code(code)?),
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
            ["refers", member, object, missing, unknown] => Check::Refers(
                field(member)?,
                self.object(object)?,
                self.optional(missing, "missing")?,
                self.optional(unknown, "unknown")?,
            ),
            ["links", detail, unknown, twice] => {
                let found = self.model.ty(ty).find(Kind::Element, detail);
                let found = found.ok_or_else(|| format!("no detail {detail}"))?;
                Check::Links(found, self.named(unknown, "unknown")?, self.named(twice, "twice")?)
            }
            _ => return Err(format!("not understood: {}", line.join(" "))),
        };
        call.checks.push(check);
        Ok(())
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
mod tests {
    use crate::Contract;
    use crate::handles::{code, object, operation};

    #[test]
    fn update_contact_is_a_batch_of_contacts() {
        let contract = Contract::get().unwrap();
        let call = contract.call(operation::UPDATE_CONTACT);
        let batch = call.batch.unwrap();
        assert_eq!(batch.item_type, object::contact::TYPE_ID);
        assert_eq!(batch.roles.ty, object::update_contact_result::TYPE_ID);
        assert_eq!(batch.roles.source, Some(object::update_contact_result::SOURCE_ID));
        assert_eq!(call.limit, Some((200, code::CV30102)));
        assert_eq!(call.id.unwrap().missing, code::CV40113);
    }

    #[test]
    fn describe_and_retrieve_are_no_batches() {
        let contract = Contract::get().unwrap();
        for call in [operation::LOGIN, operation::RETRIEVE, operation::SEARCH, operation::DESCRIBE_GLOBAL] {
            assert!(contract.call(call).batch.is_none());
        }
    }
}
