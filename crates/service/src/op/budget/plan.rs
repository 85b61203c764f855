//! The budget of an event: what its items may name.

use crate::write::is_nothing;
use contract::handles::code;
use contract::handles::object::{allocation_category_detail, budget, budget_item, category_detail};
use contract::{Code, Decimal, FieldId, Guid, Record, Value};
use std::collections::{HashMap, HashSet};

/// An event's budget. Its lists of subcategories, allocation categories and GL codes are members that
/// never travel, their values apart by semicolons; a list that a budget does not have allows all.
pub(super) struct Plan {
    allows_allocations: bool,
    /// The names of categories by the same in small letters; none where the budget lists none.
    categories: Option<HashMap<String, String>>,
    lists: HashMap<FieldId, HashSet<String>>,
}

/// The lists of a budget.
const LISTS: [FieldId; 5] = [
    budget::SUB_CATEGORIES,
    budget::ALLOCATION_CATEGORIES,
    budget::ALLOCATION_SUB_CATEGORIES,
    budget::GL_CODES,
    budget::INACTIVE_GL_CODES,
];

impl Plan {
    /// What a budget allows.
    pub fn new(budget: &Record) -> Plan {
        let names = budget.records(budget::CATEGORY_DETAIL);
        let names = names.filter_map(|category| category.text(category_detail::CATEGORY_NAME));
        let mut categories = HashMap::new();
        for name in names {
            categories.entry(name.trim().to_lowercase()).or_insert_with(|| name.to_owned());
        }
        let list = |field: FieldId| Some((field, budget.text(field)?.split(';').map(same).collect()));
        Plan {
            allows_allocations: budget.boolean(budget::ALLOCATION_ENABLED) != Some(false),
            categories: (!categories.is_empty()).then_some(categories),
            lists: LISTS.into_iter().filter_map(list).collect(),
        }
    }

    /// What is wrong with the names and Ids that were sent. The category gets the budget's spelling.
    pub fn check(&self, sent: &Record, item: &mut Record) -> Vec<Code> {
        let mut errors = Vec::new();
        if let Some(name) = named(sent, budget_item::CATEGORY_NAME) {
            match self.category(name) {
                Some(known) => item.set(budget_item::CATEGORY_NAME, known),
                None => errors.push(code::CV91221),
            }
        }
        if named(sent, budget_item::SUB_CATEGORY_ID)
            .is_some_and(|id| !self.has_id(budget::SUB_CATEGORIES, id))
        {
            errors.push(code::CV91222);
        }
        if let Some(gl) = named(sent, budget_item::GL_CODE) {
            if self.listed(budget::INACTIVE_GL_CODES, gl) == Some(true) {
                errors.push(code::CV91255);
            } else if self.listed(budget::GL_CODES, gl) == Some(false) {
                errors.push(code::CV91226);
            }
        }
        errors.extend(self.allocations(sent));
        errors
    }

    /// The budget's name of a category; any name is one where the budget lists none.
    fn category(&self, name: &str) -> Option<String> {
        match &self.categories {
            None => Some(name.to_owned()),
            Some(known) => known.get(&name.to_lowercase()).cloned(),
        }
    }

    fn allocations(&self, sent: &Record) -> Vec<Code> {
        let details: Vec<&Record> = sent.records(budget_item::ALLOCATION_CATEGORY_DETAIL).collect();
        if details.is_empty() {
            return Vec::new();
        }
        if !self.allows_allocations {
            return vec![code::CV91254];
        }
        let mut errors = Vec::new();
        let category = |detail: &&Record| {
            let id = named(detail, allocation_category_detail::ALLOCATION_CATEGORY_ID);
            id.is_some_and(|id| self.has_id(budget::ALLOCATION_CATEGORIES, id))
        };
        if !details.iter().all(category) {
            errors.push(code::CV91240);
        }
        let subcategory = |detail: &&Record| {
            let id = named(detail, allocation_category_detail::ALLOCATION_SUB_CATEGORY_ID);
            id.is_none_or(|id| self.has_id(budget::ALLOCATION_SUB_CATEGORIES, id))
        };
        if !details.iter().all(subcategory) {
            errors.push(code::CV91241);
        }
        let part = |detail: &&Record| match *detail.get(allocation_category_detail::ALLOCATION_PERCENTAGE) {
            Value::Decimal(part) => Some(part),
            _ => None,
        };
        // A part that is missing or out of range is said by the rules; the sum is then no news.
        let parts: Option<Vec<Decimal>> = details.iter().map(part).collect();
        let parts = parts.filter(|parts| parts.iter().all(|part| (Decimal::ZERO..=HUNDRED).contains(part)));
        if parts.is_some_and(|parts| parts.iter().sum::<Decimal>() != HUNDRED) {
            errors.push(code::CV91243);
        }
        errors
    }

    fn has_id(&self, list: FieldId, text: &str) -> bool {
        Guid::parse(text).is_some() && self.listed(list, text) != Some(false)
    }

    /// Whether a list has a value; none where the budget does not have the list.
    fn listed(&self, list: FieldId, text: &str) -> Option<bool> {
        Some(self.lists.get(&list)?.contains(&same(text)))
    }
}

/// All of it.
pub(super) const HUNDRED: Decimal = Decimal::ONE_HUNDRED;

/// A value as it is compared: without case and the blanks around it, an Id in one of its forms.
fn same(text: &str) -> String {
    let text = text.trim();
    Guid::parse(text).map_or_else(|| text.to_ascii_lowercase(), |id| id.to_string())
}

/// What a member names; the identifier of zeros names nothing.
fn named(record: &Record, field: FieldId) -> Option<&str> {
    record.text(field).map(str::trim).filter(|text| !text.is_empty() && !is_nothing(text))
}
