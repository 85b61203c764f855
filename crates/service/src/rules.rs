//! The rules on one record: what of it is taken over, and what is wrong with it.

use contract::call::Check;
use contract::handles::code;
use contract::handles::object::cv_object;
use contract::{
    Call, Code, Contract, Decimal, FieldId, Guid, Kind, Mapping, ObjectType, Record, Timestamp, TypeRef,
    Value,
};
use store::ContactType;

/// Everything the rules look at besides the record.
pub(crate) struct Rules<'a> {
    pub contract: &'static Contract,
    pub object: &'static ObjectType,
    pub call: &'static Call,
    /// How the call's records are kept as the object, where their type is another.
    pub mapping: Option<&'static Mapping>,
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
        let mut errors = self.fixed(stored, incoming);
        self.merge(stored, incoming, &mut errors);
        for check in &self.call.checks {
            if let Some(code) = self.check(check, stored, incoming) {
                errors.push(code);
            }
        }
        errors
    }

    fn merge(&self, stored: &mut Record, incoming: &Record, errors: &mut Vec<Code>) {
        for (field, value) in incoming.present() {
            if !self.writable(field) {
                continue;
            }
            match value {
                Value::Nil => {}
                // What is never given out is shown empty: who sends that back means no change.
                Value::Text(text) if text.trim().is_empty() && self.is_hashed(field) => {}
                Value::Text(text) if text.is_empty() => stored.set(field, Value::Absent),
                Value::Text(text) => match self.cut(field, text) {
                    Some(_) if self.strict_lengths => errors.push(code::CV91102),
                    Some(cut) => stored.set(field, cut),
                    None if stored.get(field) == value => {}
                    None => stored.set(field, value.clone()),
                },
                _ => stored.set(field, value.clone()),
            }
        }
        self.take_owned_details(stored, incoming);
    }

    fn is_hashed(&self, field: FieldId) -> bool {
        self.object.property(field).is_some_and(|property| property.hashed)
    }

    /// What Describe calls writable; where records are of a type of their own, all that it carries.
    fn writable(&self, field: FieldId) -> bool {
        self.mapping.map_or_else(|| self.object.writable(field), |mapping| mapping.writes(field))
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
        let members = &self.contract.model.ty(self.object.ty).members;
        let is_detail = |field: FieldId| {
            let member = members.get(usize::from(field.0));
            member.is_some_and(|member| {
                member.kind == Kind::Element && matches!(member.ty, TypeRef::Complex(_))
            })
        };
        for (field, value) in incoming.present() {
            if is_detail(field) && !linked(field) {
                let laid =
                    self.call.checks.iter().any(|check| matches!(check, Check::Laid(f) if *f == field));
                if !laid || !lay_over(stored, incoming, field) {
                    stored.set(field, value.clone());
                }
            }
        }
    }

    /// Members that would change although they stay what they were when the object was made.
    fn fixed(&self, stored: &Record, incoming: &Record) -> Vec<Code> {
        let changed = |check: &Check| match *check {
            Check::Fixed(field, code) => {
                let (old, new) = (stored.get(field), incoming.get(field));
                (!old.is_absent() && !new.is_absent() && old != new).then_some(code)
            }
            _ => None,
        };
        self.call.checks.iter().filter_map(changed).collect()
    }

    /// The text cut to its field's length, if it is longer.
    fn cut<'t>(&self, field: FieldId, text: &'t str) -> Option<&'t str> {
        let length = self.object.property(field)?.length? as usize;
        if text.len() <= length {
            return None;
        }
        let (end, _) = text.char_indices().nth(length)?;
        Some(&text[..end])
    }

    fn check(&self, check: &Check, stored: &mut Record, incoming: &Record) -> Option<Code> {
        match *check {
            Check::Required(field, code) => is_blank(incoming.get(field)).then_some(code),
            Check::Kept(field, code) => {
                let value = incoming.get(field);
                (!value.is_absent() && is_blank(value)).then_some(code)
            }
            Check::Has(field, code) => is_blank(stored.get(field)).then_some(code),
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
            Check::Currency(field, code) => {
                let text = sent(incoming, field)?;
                let Some(currency) = self.contract.lists.currency(text) else { return Some(code) };
                stored.set(field, currency.name.as_str());
                None
            }
            Check::CurrencyCode(field, name, code) => {
                let Some(text) = sent(incoming, field).or_else(|| sent(incoming, name)) else {
                    return clear_name(stored, incoming, field, name);
                };
                let Some(currency) = self.contract.lists.currency(text) else { return Some(code) };
                stored.set(field, currency.code.as_str());
                stored.set(name, currency.name.as_str());
                None
            }
            Check::Dated(field, code) => (incoming.time(field)? < EARLIEST).then_some(code),
            Check::When(field, ref value, ref inner) if stored.get(field) == value => {
                self.check(inner, stored, incoming)
            }
            Check::Unless(field, ref inner) if is_blank(stored.get(field)) => {
                self.check(inner, stored, incoming)
            }
            Check::Within(detail, ref inner) => self.within(detail, inner, stored, incoming),
            Check::Default(..) | Check::Only(..) => plain(check, stored, incoming),
            Check::Least(..) | Check::Most(..) | Check::Above(..) => in_range(check, incoming),
            Check::Before(..) | Check::Until(..) => in_order(check, stored),
            Check::TimeZone(field, code) => {
                let text = sent(incoming, field)?;
                let Some(zone) = self.contract.lists.timezone(text) else { return Some(code) };
                stored.set(field, zone.name.as_str());
                None
            }
            Check::When(..) | Check::Unless(..) | Check::Fixed(..) | Check::Laid(_) => None,
            Check::Unique(..) | Check::Links(..) | Check::Linked(..) | Check::Refers(..) => None,
        }
    }

    /// Holds every detail of a member against a check. Details that are links are not part of the
    /// stored record; what a check would note on one is let go.
    fn within(&self, detail: FieldId, check: &Check, stored: &mut Record, incoming: &Record) -> Option<Code> {
        let mut taken = stored.take(detail);
        let mut kept = match &mut taken {
            Value::Record(record) => vec![&mut **record],
            Value::List(items) => items.iter_mut().filter_map(Value::as_record_mut).collect(),
            _ => Vec::new(),
        }
        .into_iter();
        let sent: Vec<&Record> = match incoming.record(detail) {
            Some(record) => vec![record],
            None => incoming.records(detail).collect(),
        };
        let mut wrong = None;
        for sent in sent {
            let found = match kept.next() {
                Some(kept) => self.check(check, kept, sent),
                None => self.check(check, &mut sent.clone(), sent),
            };
            wrong = wrong.or(found);
        }
        stored.set(detail, taken);
        wrong
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

/// Checks against a value that the rule itself names.
fn plain(check: &Check, stored: &mut Record, incoming: &Record) -> Option<Code> {
    match check {
        Check::Default(field, value) if stored.get(*field).is_absent() => {
            stored.set(*field, value.clone());
            None
        }
        Check::Only(field, value, code) => {
            let sent = incoming.get(*field);
            (!sent.is_absent() && sent != value).then_some(*code)
        }
        _ => None,
    }
}

/// Checks of a number that was sent.
fn in_range(check: &Check, incoming: &Record) -> Option<Code> {
    let number = |field: FieldId| match *incoming.get(field) {
        Value::Integer(number) => Some(Decimal::from(number)),
        Value::Decimal(number) => Some(number),
        _ => None,
    };
    match *check {
        Check::Least(field, least, code) => (number(field)? < Decimal::from(least)).then_some(code),
        Check::Most(field, most, code) => (number(field)? > Decimal::from(most)).then_some(code),
        Check::Above(field, bound, code) => (number(field)? <= Decimal::from(bound)).then_some(code),
        _ => None,
    }
}

/// Checks of the order of instants, as the object has them once the record is laid over it.
fn in_order(check: &Check, stored: &Record) -> Option<Code> {
    match check {
        Check::Before(field, other, code) => (stored.time(*field)? >= stored.time(*other)?).then_some(*code),
        Check::Until(field, others, code) => {
            let last = others.iter().find_map(|other| stored.time(*other))?;
            (stored.time(*field)? > last).then_some(*code)
        }
        _ => None,
    }
}

/// Lays a detail over the stored one, if each record has exactly one; tells whether it did.
fn lay_over(stored: &mut Record, incoming: &Record, field: FieldId) -> bool {
    let (Value::List(old), [Value::Record(new)]) = (stored.take(field), incoming.list(field)) else {
        return false;
    };
    let [Value::Record(old)] = &old[..] else { return false };
    let mut merged = old.clone();
    for (member, value) in new.present() {
        match value {
            Value::Nil => {}
            Value::Text(text) if text.is_empty() => merged.set(member, Value::Absent),
            _ => merged.set(member, value.clone()),
        }
    }
    stored.set(field, Value::List(vec![Value::Record(merged)]));
    true
}

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
        && local.chars().all(|c| {
            let is_mark = matches!(c, '.' | '!' | '#'..='\'' | '*' | '+' | '-' | '/' | '=' | '?');
            c.is_alphanumeric() || is_mark || matches!(c, '^'..='`' | '{'..='~')
        });
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

/// The same as an id; nothing if it is none.
pub(crate) fn id_of(record: &Record) -> Option<Guid> {
    Guid::parse(id_text(record)?)
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
