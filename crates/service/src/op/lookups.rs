//! The lists of codes that DescribeGlobal gives: what a client puts into code fields.

use contract::handles::enumeration::cv_custom_field_entity_type;
use contract::handles::object::{array_of_look_up, cv_object, entity_custom_field, look_up};
use contract::{Contract, EnumValue, Record};
use store::ContactType;

/// All lists: countries, states, time zones, currencies, the account's contact types and its
/// custom fields by category. An entry's Id is the code to use.
pub(super) fn all(contract: &Contract, contact_types: &[ContactType], custom_fields: &[Record]) -> Record {
    let mut out = Lookups { contract, list: contract.record(array_of_look_up::TYPE_ID) };
    for country in &contract.lists.countries {
        out.add("Country", &country.alpha2, &country.name, &country.alpha3);
    }
    for state in &contract.lists.states {
        out.add("State", &state.code, &state.name, &format!("{}-{}", state.country, state.code));
    }
    for zone in &contract.lists.timezones {
        out.add("Timezone", &zone.code, &zone.name, &zone.detail);
    }
    for currency in &contract.lists.currencies {
        out.add("Currency", &currency.code, &currency.name, &currency.code);
    }
    for contact_type in contact_types {
        out.add("ContactType", &contact_type.code, &contact_type.name, &contact_type.code);
    }
    let categories = &contract.model.enumeration(cv_custom_field_entity_type::ENUM_ID).values;
    for field in custom_fields {
        let category = field.enumeration(entity_custom_field::CATEGORY).unwrap_or(EnumValue(0));
        let category = &categories[usize::from(category.0)];
        let text = |member| field.text(member).unwrap_or_default();
        out.add(category, text(cv_object::ID), text(entity_custom_field::FIELD_NAME), "");
    }
    out.list
}

struct Lookups<'a> {
    contract: &'a Contract,
    list: Record,
}

impl Lookups<'_> {
    fn add(&mut self, kind: &str, id: &str, name: &str, code: &str) {
        let mut entry = self.contract.record(look_up::TYPE_ID);
        entry.set(look_up::TYPE, kind);
        entry.set(look_up::ID, id);
        entry.set(look_up::NAME, name);
        entry.set(look_up::CODE, code);
        self.list.push(array_of_look_up::LOOK_UP, entry);
    }
}
