//! The rules on one record: what of it is taken over, and what is wrong with it.

use contract::call::Check;
use contract::handles::code;
use contract::handles::object::cv_object;
use contract::{Call, Code, Contract, FieldId, Kind, ObjectType, Record, Timestamp, TypeRef, Value};
use store::ContactType;

/// Everything the rules look at besides the record.
pub(crate) struct Rules<'a> {
    pub contract: &'static Contract,
    pub object: &'static ObjectType,
    pub call: &'static Call,
    /// The account's contact types.
    pub contact_types: &'a [ContactType],
    pub now: Timestamp,
    /// Whether text longer than its field is an error instead of being cut.
    pub strict_lengths: bool,
}

impl Rules<'_> {
    /// Lays a record over the stored one (or over an empty one) and checks the result.
    ///
    /// Absent members keep what is stored, empty text clears it, read-only members are passed over,
    /// text longer than its field is cut. The record is good if no code comes back.
    pub fn apply(&self, stored: &mut Record, incoming: &Record) -> Vec<Code> {
        let mut errors = Vec::new();
        self.merge(stored, incoming, &mut errors);
        for check in &self.call.checks {
            if let Some(code) = self.check(check, stored, incoming) {
                errors.push(code);
            }
        }
        errors
    }

    fn merge(&self, stored: &mut Record, incoming: &Record, errors: &mut Vec<Code>) {
        for (field, value) in incoming.iter() {
            if value.is_absent() || !self.object.writable(field) {
                continue;
            }
            match value {
                Value::Nil => {}
                Value::Text(text) if text.is_empty() => stored.set(field, Value::Absent),
                Value::Text(text) => match self.cut(field, text) {
                    Some(_) if self.strict_lengths => errors.push(code::CV91102),
                    Some(cut) => stored.set(field, cut),
                    None => stored.set(field, value.clone()),
                },
                _ => stored.set(field, value.clone()),
            }
        }
        self.take_owned_details(stored, incoming);
    }

    /// Details that the object owns come whole: what is sent replaces what is stored.
    fn take_owned_details(&self, stored: &mut Record, incoming: &Record) {
        let linked = |field| {
            self.contract.links.iter().any(|link| {
                link.owners.iter().any(|(object, owner)| {
                    *owner == field && self.contract.object(*object).ty == self.object.ty
                })
            })
        };
        for (field, member) in self.contract.model.ty(self.object.ty).fields() {
            let is_detail = member.kind == Kind::Element && matches!(member.ty, TypeRef::Complex(_));
            if is_detail && !incoming.get(field).is_absent() && !linked(field) {
                stored.set(field, incoming.get(field).clone());
            }
        }
    }

    /// The text cut to its field's length, if it is longer.
    fn cut<'t>(&self, field: FieldId, text: &'t str) -> Option<&'t str> {
        let length = self.object.property(field)?.length?;
        let (end, _) = text.char_indices().nth(length as usize)?;
        Some(&text[..end])
    }

    fn check(&self, check: &Check, stored: &mut Record, incoming: &Record) -> Option<Code> {
        match *check {
            Check::Required(field, code) => is_blank(incoming.get(field)).then_some(code),
            Check::Kept(field, code) => {
                let value = incoming.get(field);
                (!value.is_absent() && is_blank(value)).then_some(code)
            }
            Check::Email(field, code) => {
                let text = sent(incoming, field)?;
                (!is_email(text)).then_some(code)
            }
            Check::Country(field, name, code) => self.country(stored, incoming, field, name, code),
            Check::State(field, name, country, code) => {
                let Some(text) = sent(incoming, field) else {
                    return clear_name(stored, incoming, field, name);
                };
                let country = stored.text(country).and_then(|code| self.contract.lists.country(code));
                let Some(state) = self.contract.lists.state(text, country) else { return Some(code) };
                stored.set(field, text.trim().to_uppercase());
                stored.set(name, state.name.as_str());
                None
            }
            Check::ContactType(field, name, code) => {
                let Some(text) = sent(incoming, field) else {
                    return clear_name(stored, incoming, field, name);
                };
                let mut types = self.contact_types.iter();
                let found = types.find(|known| known.code.eq_ignore_ascii_case(text.trim()));
                let Some(known) = found else { return Some(code) };
                stored.set(field, known.code.as_str());
                stored.set(name, known.name.as_str());
                None
            }
            Check::Past(field, code) => {
                let time = incoming.time(field)?;
                (time > self.now || time < EARLIEST).then_some(code)
            }
            Check::Among(field, ref list, code) => {
                let text = sent(incoming, field)?.trim().to_lowercase();
                let values = self.contract.lists.values(list);
                match values.iter().find(|value| value.to_lowercase() == text) {
                    Some(value) => stored.set(field, *value),
                    None => return Some(code),
                }
                None
            }
            Check::Always(field, value) => {
                stored.set(field, incoming.boolean(field).unwrap_or(value));
                None
            }
            Check::Links(..) | Check::Refers(..) => None,
        }
    }

    fn country(
        &self,
        stored: &mut Record,
        incoming: &Record,
        field: FieldId,
        name: FieldId,
        code: Option<Code>,
    ) -> Option<Code> {
        let Some(text) = sent(incoming, field) else { return clear_name(stored, incoming, field, name) };
        match self.contract.lists.country(text) {
            Some(country) => {
                stored.set(field, text.trim().to_uppercase());
                stored.set(name, country.name.as_str());
                None
            }
            None => {
                stored.set(name, Value::Absent);
                code
            }
        }
    }
}

/// 1753-01-01, the first day that the hosted service's database can hold.
const EARLIEST: Timestamp = Timestamp(-6_847_804_800_000_000);

fn sent(incoming: &Record, field: FieldId) -> Option<&str> {
    incoming.text(field).filter(|text| !text.is_empty())
}

/// A code that was cleared takes its name along.
fn clear_name(stored: &mut Record, incoming: &Record, field: FieldId, name: FieldId) -> Option<Code> {
    if !incoming.get(field).is_absent() {
        stored.set(name, Value::Absent);
    }
    None
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Absent | Value::Nil => true,
        Value::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// One `@`, a local part of at most 64 characters without blanks, a domain of at least two labels
/// of letters, digits and inner hyphens.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.trim().split_once('@') else { return false };
    let local_is_good = !local.is_empty()
        && local.chars().count() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c));
    let label_is_good = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    local_is_good
        && domain.contains('.')
        && domain.split('.').all(label_is_good)
        && top.chars().count() >= 2
        && !top.chars().all(|c| c.is_ascii_digit())
}

/// The identifier a record carries; nothing if it is absent or empty.
pub(crate) fn id_text(record: &Record) -> Option<&str> {
    record.text(cv_object::ID).map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn email_addresses() {
        for good in ["a@b.example", "first.last+tag@sub.domain.org", "o'hara@x-y.co", "zoë@bücher.example"]
        {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.example",
            "a@b..example",
            "a b@c.example",
            "a@b@c.example",
            "a.@b.example",
            "a@-b.example",
            "a@b.1",
            "<a@b.example>",
            "a@b.example,c@d.example",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_judged(text in "\\PC{0,80}") {
            let _ = is_email(&text);
        }
    }
}
