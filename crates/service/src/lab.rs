//! The lab's data: one account to develop and test against, made through the operations themselves.

use crate::admin::{AccountChange, Admin, AdminError};
use crate::session::Session;
use crate::{Fault, Service};
use contract::handles::array::{array_of_contact, array_of_contact_group, array_of_entity_custom_field};
use contract::handles::enumeration::{cv_custom_field_entity_type, primary_address_type};
use contract::handles::message::{create_contact, create_contact_group, create_custom_field};
use contract::handles::object::{
    contact, contact_group, contact_group_detail, custom_field_detail, cv_object, entity_custom_field,
    field_choice,
};
use contract::handles::{code, object_type, operation};
use contract::{Contract, Guid, ObjectId, Record, Value};

/// The lab's account number.
pub const LAB_ACCOUNT: &str = "LAB001";
/// Its API user.
pub const LAB_USER: &str = "lab";
/// Its password. The lab listens on loopback only.
pub const LAB_PASSWORD: &str = "lab";

const CONTACTS: usize = 50;
const FIRST_NAMES: [&str; 10] =
    ["Ada", "Bruno", "Chloé", "Dmitri", "Eun-ji", "Fatima", "Gustavo", "Hanna", "Ibrahim", "Júlia"];
const LAST_NAMES: [&str; 10] = [
    "Almeida",
    "Bergström",
    "Castellanos",
    "Dubois",
    "Eriksen",
    "Fujimoto",
    "García",
    "Hoffmann",
    "Ivanova",
    "O'Brien",
];
const PLACES: [(&str, &str, &str); 5] = [
    ("Springfield", "IL", "US"),
    ("Toronto", "ON", "CA"),
    ("Sydney", "NSW", "AU"),
    ("München", "BY", "DE"),
    ("São Paulo", "SP", "BR"),
];

pub(crate) async fn seed(service: &Service, admin: &Admin) -> Result<bool, AdminError> {
    match admin.add_account(LAB_ACCOUNT, "Understudy lab").await {
        Err(AdminError::AccountExists(_)) => return Ok(false),
        other => other?,
    }
    let contact_types = vec![("MEM".to_owned(), "Member".to_owned())];
    admin.set_account(LAB_ACCOUNT, AccountChange { contact_types, ..AccountChange::default() }).await?;
    admin.add_user(LAB_ACCOUNT, LAB_USER, LAB_PASSWORD, "").await?;
    let Some(account) = service.store().read(|reader| reader.account(LAB_ACCOUNT)).await? else {
        return Ok(false);
    };
    let session = Session { account, user: LAB_USER.to_owned(), at: service.now() };
    let lab = Lab { service, session, contract: service.contract() };
    lab.fill().await.map_err(|fault| AdminError::Seed(fault.reason))?;
    Ok(true)
}

struct Lab<'a> {
    service: &'a Service,
    session: Session,
    contract: &'static Contract,
}

impl Lab<'_> {
    async fn fill(&self) -> Result<(), Fault> {
        self.service.run(operation::CREATE_CUSTOM_FIELD, &self.session, self.custom_fields()).await?;
        self.service.run(operation::CREATE_CONTACT_GROUP, &self.session, self.group()).await?;
        let fields = self.ids(object_type::ENTITY_CUSTOM_FIELD).await?;
        let groups = self.ids(object_type::CONTACT_GROUP).await?;
        let ([group], [diet, number]) = (&groups[..], &fields[..]) else {
            return Err(Fault::new(code::CV10000, "the lab's custom fields were not made"));
        };
        let request = self.contacts(*group, *diet, *number);
        self.service.run(operation::CREATE_CONTACT, &self.session, request).await?;
        Ok(())
    }

    async fn ids(&self, object: ObjectId) -> Result<Vec<Guid>, Fault> {
        let account = self.session.account.id;
        let records = self.service.store().read(move |reader| reader.all(account, object)).await?;
        Ok(records.iter().filter_map(|record| Guid::parse(record.text(cv_object::ID)?)).collect())
    }

    fn custom_fields(&self) -> Record {
        let field = |name: &str, kind: &str, format: &str, choices: &[&str]| {
            let mut field = self.contract.record(entity_custom_field::TYPE_ID);
            field.set(entity_custom_field::FIELD_NAME, name);
            field.set(entity_custom_field::FIELD_TYPE, kind);
            field.set(entity_custom_field::ANSWER_FORMAT, format);
            for text in choices {
                let mut choice = self.contract.record(field_choice::TYPE_ID);
                choice.set(field_choice::FIELD_CHOICE_TEXT, *text);
                field.push(entity_custom_field::FIELD_CHOICES, choice);
            }
            field
        };
        let mut fields = self.contract.record(array_of_entity_custom_field::TYPE_ID);
        let diets = ["None", "Vegetarian", "Vegan", "Gluten-free"];
        let choice = field("Dietary needs", "Choice - Single Answer (Drop-Down)", "Single Choice", &diets);
        let text = field("Member number", "Open Ended Text - One Line", "General", &[]);
        fields.push(array_of_entity_custom_field::ENTITY_CUSTOM_FIELD, choice);
        fields.push(array_of_entity_custom_field::ENTITY_CUSTOM_FIELD, text);
        let mut request = self.contract.record(create_custom_field::TYPE_ID);
        let category = cv_custom_field_entity_type::CONTACT_CUSTOM_FIELD;
        request.set(create_custom_field::CUSTOM_FIELD_CATEGORY, Value::Enumeration(category));
        request.set(create_custom_field::CUSTOM_FIELDS, fields);
        request
    }

    fn group(&self) -> Record {
        let mut group = self.contract.record(contact_group::TYPE_ID);
        group.set(contact_group::NAME, "Newsletter");
        group.set(contact_group::SHORT_DESCRIPTION, "Everybody who asked for the newsletter");
        let mut groups = self.contract.record(array_of_contact_group::TYPE_ID);
        groups.push(array_of_contact_group::CONTACT_GROUP, group);
        let mut request = self.contract.record(create_contact_group::TYPE_ID);
        request.set(create_contact_group::CONTACT_GROUPS, groups);
        request
    }

    fn contacts(&self, group: Guid, diet: Guid, number: Guid) -> Record {
        let mut contacts = self.contract.record(array_of_contact::TYPE_ID);
        for index in 0..CONTACTS {
            contacts.push(array_of_contact::CONTACT, self.contact(index, group, diet, number));
        }
        let mut request = self.contract.record(create_contact::TYPE_ID);
        request.set(create_contact::CONTACTS, contacts);
        request
    }

    fn contact(&self, index: usize, group: Guid, diet: Guid, number: Guid) -> Record {
        let serial = index + 1;
        let (city, state, country) = PLACES[index % PLACES.len()];
        let mut out = self.contract.record(contact::TYPE_ID);
        out.set(contact::SOURCE_ID, format!("CRM-{serial:04}"));
        out.set(contact::FIRST_NAME, FIRST_NAMES[index % FIRST_NAMES.len()]);
        out.set(contact::LAST_NAME, LAST_NAMES[(index / FIRST_NAMES.len() + index) % LAST_NAMES.len()]);
        out.set(contact::EMAIL_ADDRESS, format!("contact{serial:02}@lab.example"));
        out.set(contact::COMPANY, ["Lab Example Ltd", "Sample & Sons", "Proof GmbH"][index % 3]);
        out.set(contact::TITLE, ["Director", "Engineer", "Coordinator", "Analyst"][index % 4]);
        out.set(contact::WORK_CITY, city);
        out.set(contact::WORK_STATE_CODE, state);
        out.set(contact::WORK_COUNTRY_CODE, country);
        out.set(contact::WORK_PHONE, format!("+1 555 01{serial:02}"));
        out.set(contact::PRIMARY_ADDRESS_TYPE, Value::Enumeration(primary_address_type::WORK));
        if index.is_multiple_of(2) {
            out.set(contact::CONTACT_TYPE_CODE, "MEM");
            out.push(contact::CUSTOM_FIELD_DETAIL, self.value(number, &format!("M-{:05}", 10_000 + serial)));
        }
        if index.is_multiple_of(5) {
            out.push(contact::CUSTOM_FIELD_DETAIL, self.value(diet, "Vegetarian"));
            let mut detail = self.contract.record(contact_group_detail::TYPE_ID);
            detail.set(contact_group_detail::GROUP_ID, group.to_string());
            out.push(contact::CONTACT_GROUP_DETAIL, detail);
        }
        out
    }

    fn value(&self, field: Guid, text: &str) -> Record {
        let mut detail = self.contract.record(custom_field_detail::TYPE_ID);
        detail.set(custom_field_detail::FIELD_ID, field.to_string());
        detail.set(custom_field_detail::FIELD_VALUE, text);
        detail
    }
}
