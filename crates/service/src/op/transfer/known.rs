//! What a call's contacts are already in its activity.

use super::kinds::{Kind, Party};
use contract::handles::object::{cv_object, respondent};
use contract::handles::object_type;
use contract::table::fold;
use contract::{Guid, Record, Value};
use std::collections::{HashMap, HashSet};
use store::{AccountId, Column, Filter, Operator, Reader, StoreError, Test};

/// Invitees or respondents that are read at a time.
const READ: usize = 500;

/// What is known of the contacts that a call names. In a ticketing survey a contact may be any number of respondents;
/// only those that the call may mean are kept.
#[derive(Default)]
pub(super) struct Known {
    /// The contacts that there are.
    pub contacts: HashSet<Guid>,
    /// The first that each contact is.
    pub first: HashMap<Guid, Standing>,
    /// The first respondent of each contact and transaction that the call names.
    pub of_transaction: HashMap<(Guid, String), Standing>,
    /// The call's transactions that a respondent has.
    pub taken: HashSet<String>,
}

/// Somebody who is in the activity.
#[derive(Clone)]
pub(super) struct Standing {
    pub id: Guid,
    /// The folded identifier of its list.
    pub list: String,
    pub links: Value,
}

impl Known {
    /// Reads what concerns these contacts, each with the transaction that its record names.
    pub fn read(
        reader: &Reader<'_>,
        account: AccountId,
        kind: &Kind,
        activity: Guid,
        named: &[(Guid, Option<&str>)],
    ) -> Result<Known, StoreError> {
        let contacts: Vec<Guid> = named.iter().map(|(contact, _)| *contact).collect();
        let exists = reader.exists(account, object_type::CONTACT, &contacts)?;
        let there = contacts.into_iter().zip(exists).filter(|(_, exists)| *exists);
        let there: Vec<Guid> = there.map(|(contact, _)| contact).collect();
        let mut known = Known { contacts: there.iter().copied().collect(), ..Known::default() };
        let Some(party) = &kind.party else { return Ok(known) };
        let named: HashSet<(Guid, String)> = named
            .iter()
            .filter_map(|(contact, transaction)| Some((*contact, fold((*transaction)?))))
            .collect();
        let of = (party.contact, there.as_slice());
        let found = reader.referring_both(account, party.object, of, (party.activity, activity))?;
        let pairs = there.iter().zip(&found).flat_map(|(contact, ids)| ids.iter().map(|id| (*contact, *id)));
        let (of, ids): (Vec<Guid>, Vec<Guid>) = pairs.unzip();
        for (of, ids) in of.chunks(READ).zip(ids.chunks(READ)) {
            let found = of.iter().zip(reader.get(account, party.object, ids)?);
            for (contact, record) in found.filter_map(|(contact, record)| Some((*contact, record?))) {
                known.add(party, contact, &record, &named);
            }
        }
        if party.object == object_type::RESPONDENT {
            known.taken =
                taken(reader, account, activity, named.into_iter().map(|(_, transaction)| transaction))?;
        }
        Ok(known)
    }

    fn add(&mut self, party: &Party, contact: Guid, record: &Record, named: &HashSet<(Guid, String)>) {
        let standing = || Standing {
            id: record.text(cv_object::ID).and_then(Guid::parse).unwrap_or(contact),
            list: fold(record.text(party.list).unwrap_or_default()),
            links: record.get(party.own_links).clone(),
        };
        self.first.entry(contact).or_insert_with(standing);
        if party.object == object_type::RESPONDENT {
            let key = (contact, fold(record.text(respondent::RESPONSE_ID).unwrap_or_default()));
            if named.contains(&key) {
                self.of_transaction.entry(key).or_insert_with(standing);
            }
        }
    }
}

/// Which transactions of a survey have a respondent.
fn taken(
    reader: &Reader<'_>,
    account: AccountId,
    survey: Guid,
    transactions: impl Iterator<Item = String>,
) -> Result<HashSet<String>, StoreError> {
    let wanted: HashSet<String> = transactions.collect();
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let test = |field, operator, values| Filter::Test(Test { column: Column::Own(field), operator, values });
    let values = wanted.iter().map(|transaction| transaction.as_str().into()).collect();
    let filter = Filter::All(vec![
        test(respondent::SURVEY_ID, Operator::Equals, vec![survey.to_string().into()]),
        test(respondent::RESPONSE_ID, Operator::Includes, values),
    ]);
    let ids = reader.search(account, object_type::RESPONDENT, &filter, usize::MAX)?;
    let mut taken = HashSet::new();
    for ids in ids.chunks(READ) {
        let found = reader.get(account, object_type::RESPONDENT, ids)?;
        let found = found.iter().flatten().filter_map(|found| found.text(respondent::RESPONSE_ID));
        taken.extend(found.map(fold));
        if taken.len() == wanted.len() {
            break;
        }
    }
    Ok(taken)
}
