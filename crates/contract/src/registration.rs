//! What calls about invitees may do (`contract/registration.txt`): the actions of
//! SimpleEventRegistration as edges between the statuses of an invitee, and the statuses of an event
//! in which a call goes on.

use crate::code::{Code, Codes};
use crate::handles::enumeration::{invitee_status, registration_action};
use crate::handles::object::event;
use crate::list::Lists;
use crate::model::{EnumId, EnumValue, FieldId, Model, OperationId};
use crate::read::Mistake;
use std::collections::HashMap;

/// The conditions of one action, or of one call.
#[derive(Debug, Default)]
pub struct Step {
    events: HashMap<String, Option<Code>>,
    /// A time of the event past which it is refused.
    pub until: Option<(FieldId, Code)>,
    /// A member of the event without whose truth it is refused.
    pub needs: Option<(FieldId, Code)>,
    /// What an event without a free seat answers, where one is taken.
    pub seat: Option<Code>,
    edges: HashMap<EnumValue, Result<EnumValue, Code>>,
}

impl Step {
    /// Why it may not be taken in an event of that status; none without a status.
    pub fn refuses_event(&self, status: Option<&str>) -> Option<Code> {
        self.events.get(&status?.trim().to_lowercase()).copied().flatten()
    }

    /// The status that an invitee of a status takes; one without has the first.
    ///
    /// # Errors
    /// The code of the edge that is forbidden.
    pub fn next(&self, from: Option<EnumValue>) -> Result<EnumValue, Code> {
        let from = from.unwrap_or(EnumValue(0));
        self.edges.get(&from).copied().unwrap_or(Ok(from))
    }
}

/// The steps that a client may ask for.
#[derive(Debug, Default)]
pub struct Steps {
    actions: HashMap<EnumValue, Step>,
    calls: HashMap<OperationId, Step>,
}

const FILE: &str = "registration.txt";
const EVENT_STATUSES: &str = "EventStatus";

impl Steps {
    /// The conditions of an action.
    pub fn action(&self, action: EnumValue) -> Option<&Step> {
        self.actions.get(&action)
    }

    /// The conditions of another call.
    pub fn call(&self, operation: OperationId) -> Option<&Step> {
        self.calls.get(&operation)
    }

    /// Reads the text.
    pub fn read(text: &str, model: &Model, codes: &Codes, lists: &Lists) -> Result<Steps, Vec<Mistake>> {
        let reader = Reader { model, codes, lists };
        let (mut steps, mut mistakes) = (Steps::default(), Vec::new());
        let mut current = None;
        for (index, line) in text.lines().enumerate() {
            let words: Vec<String> = line.split_whitespace().map(|word| word.replace('_', " ")).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let result = match words[..] {
                [] => Ok(()),
                [first, ..] if first.starts_with('#') => Ok(()),
                ["A", name] => reader.value(registration_action::ENUM_ID, name).map(|action| {
                    current = Some(Place::Action(action));
                }),
                ["C", name] => match model.find_operation(name) {
                    Some(call) => {
                        current = Some(Place::Call(call));
                        Ok(())
                    }
                    None => Err(format!("no operation {name}")),
                },
                _ => match current {
                    Some(Place::Action(action)) => {
                        reader.condition(&words, steps.actions.entry(action).or_default())
                    }
                    Some(Place::Call(call)) => reader.condition(&words, steps.calls.entry(call).or_default()),
                    None => Err("a condition outside an action".to_owned()),
                },
            };
            if let Err(reason) = result {
                mistakes.push(Mistake { file: FILE, line: index + 1, reason });
            }
        }
        let missing = reader.missing(&steps);
        mistakes.extend(missing.into_iter().map(|reason| Mistake { file: FILE, line: 0, reason }));
        if mistakes.is_empty() { Ok(steps) } else { Err(mistakes) }
    }
}

/// What the lines that follow are about.
#[derive(Clone, Copy)]
enum Place {
    Action(EnumValue),
    Call(OperationId),
}

struct Reader<'a> {
    model: &'a Model,
    codes: &'a Codes,
    lists: &'a Lists,
}

impl Reader<'_> {
    fn condition(&self, words: &[&str], step: &mut Step) -> Result<(), String> {
        match *words {
            ["event", ref statuses @ .., answer] => {
                let answer = if answer == "-" { None } else { Some(self.code(answer)?) };
                for status in statuses {
                    if !self.lists.values(EVENT_STATUSES).contains(status) {
                        return Err(format!("no event status {status}"));
                    }
                    if step.events.insert(status.to_lowercase(), answer).is_some() {
                        return Err(format!("{status} a second time"));
                    }
                }
            }
            ["from", ref statuses @ .., answer] => {
                let to = self.code(answer).map(Err);
                let to = to.or_else(|_| self.value(invitee_status::ENUM_ID, answer).map(Ok))?;
                for status in statuses {
                    let from = self.value(invitee_status::ENUM_ID, status)?;
                    if step.edges.insert(from, to).is_some() {
                        return Err(format!("{status} a second time"));
                    }
                }
            }
            ["until", member, code] => step.until = Some((self.member(member)?, self.code(code)?)),
            ["needs", member, code] => step.needs = Some((self.member(member)?, self.code(code)?)),
            ["seat", code] => step.seat = Some(self.code(code)?),
            _ => return Err(format!("not understood: {}", words.join(" "))),
        }
        Ok(())
    }

    /// Statuses that a step says nothing of.
    fn missing(&self, steps: &Steps) -> Vec<String> {
        let actions = &self.model.enumeration(registration_action::ENUM_ID).values;
        let statuses = &self.model.enumeration(invitee_status::ENUM_ID).values;
        let mut out = Vec::new();
        for (index, name) in actions.iter().enumerate() {
            let edges = steps.action(EnumValue(index as u16)).map_or(0, |step| step.edges.len());
            if edges != statuses.len() {
                out.push(format!("{name} says something of {edges} statuses of an invitee"));
            }
        }
        let known = self.lists.values(EVENT_STATUSES).len();
        let all = steps.actions.values().chain(steps.calls.values());
        let wrong = all.filter(|step| step.events.len() != known);
        out.extend(wrong.map(|step| format!("a step knows {} statuses of an event", step.events.len())));
        out
    }

    fn value(&self, id: EnumId, name: &str) -> Result<EnumValue, String> {
        let index = self.model.enumeration(id).values.iter().position(|value| value == name);
        index.map(|index| EnumValue(index as u16)).ok_or_else(|| format!("no value {name}"))
    }

    fn member(&self, name: &str) -> Result<FieldId, String> {
        self.model.ty(event::TYPE_ID).find_any(name).ok_or_else(|| format!("an event has no {name}"))
    }

    fn code(&self, name: &str) -> Result<Code, String> {
        self.codes.find(name).ok_or_else(|| format!("no code {name}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::Contract;
    use crate::handles::code;
    use crate::handles::enumeration::{invitee_status as status, registration_action as action};
    use crate::handles::operation;

    #[test]
    fn an_accepted_invitee_can_only_cancel() {
        let steps = &Contract::get().unwrap().registration;
        let next = |action| steps.action(action).unwrap().next(Some(status::ACCEPTED));
        assert_eq!(next(action::REGISTER), Err(code::CV70103));
        assert_eq!(next(action::DECLINE), Err(code::CV70104));
        assert_eq!(next(action::WAITLIST), Err(code::CV70105));
        assert_eq!(next(action::CANCEL), Ok(status::CANCELLED));
    }

    #[test]
    fn a_status_of_the_event_is_read_in_any_case() {
        let steps = &Contract::get().unwrap().registration;
        let register = steps.action(action::REGISTER).unwrap();
        assert_eq!(register.refuses_event(Some(" closed")), Some(code::CV70113));
        assert_eq!(register.refuses_event(Some("Active")), None);
        assert_eq!(register.refuses_event(None), None);
        let validate = steps.call(operation::VALIDATE_INVITEE).unwrap();
        assert_eq!(validate.refuses_event(Some("Cancelled")), Some(code::CV90107));
    }
}
