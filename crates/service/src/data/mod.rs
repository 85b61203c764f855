//! Objects as lines of JSON: how they come in and leave other than through operations.
//!
//! A line is one object:
//!
//! ```text
//! {"account":"ACME001","type":"Contact",
//!  "fields":{"Id":"0A…","FirstName":"Ada","CreatedDate":"2026-01-02T03:04:05"},
//!  "details":{"ContactGroupDetail":[{"GroupId":"0B…"}]}}
//! ```
//!
//! (without the line breaks). Names are the contract's. `fields` has the members with one plain value,
//! those that never travel among them; `details` has the child elements (one of a derived type says so:
//! `"@type"`). Dates are ISO texts in GMT,
//! enumerations the text of their value, decimals texts (numbers are read, too). Members that show
//! another object's value are left out while that object exists. An object that refers to one that was
//! deleted says so: `"gone":["ContactId"]`.
//!
//! [`crate::Admin::load`] reads such lines and [`crate::Admin::dump`] writes them.

mod check;
pub(crate) mod dump;
mod json;
mod line;
pub(crate) mod load;
mod mistake;
mod salvage;
mod value;

pub use load::Source;
pub use mistake::LineMistake;

use contract::{FieldId, Member, ObjectId, TypeRef};

/// The keys of a line.
const ACCOUNT: &str = "account";
const TYPE: &str = "type";
const FIELDS: &str = "fields";
const DETAILS: &str = "details";
const GONE: &str = "gone";

/// Names the type of a detail that is of one derived from the declared one.
const DERIVED: &str = "@type";

/// Whether a member of an object stands under `details`, and not under `fields`.
fn is_detail(member: &Member) -> bool {
    member.repeated || matches!(member.ty, TypeRef::Complex(_))
}

/// The objects' types, so that each comes after those it refers or is linked to.
fn order(contract: &contract::Contract) -> Vec<ObjectId> {
    fn visit(contract: &contract::Contract, object: ObjectId, out: &mut Vec<ObjectId>, seen: &mut [bool]) {
        if std::mem::replace(&mut seen[usize::from(object.0)], true) {
            return;
        }
        let linked =
            contract.links.iter().filter(|link| link.owners.iter().any(|(owner, _)| *owner == object));
        let referred = contract.references_of(object).map(|reference| reference.target);
        for other in linked.map(|link| link.target).chain(referred) {
            visit(contract, other, out, seen);
        }
        out.push(object);
    }
    let (mut out, mut seen) = (Vec::new(), vec![false; contract.objects.len()]);
    for index in 0..contract.objects.len() {
        visit(contract, ObjectId(index as u16), &mut out, &mut seen);
    }
    out
}

/// The member that names the target in the details of a link.
fn link_id(link: &contract::Link) -> Option<FieldId> {
    let mut members = link.members.iter();
    members.find(|(_, source)| *source == contract::Source::Id).map(|(field, _)| *field)
}

/// The member that holds a link's own value, if it has one.
fn link_value(link: &contract::Link) -> Option<FieldId> {
    let mut members = link.members.iter();
    members.find(|(_, source)| *source == contract::Source::Value).map(|(field, _)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Contract;

    #[test]
    fn targets_come_before_what_refers_to_them() {
        let contract = Contract::get().unwrap();
        let order = order(contract);
        let place = |object: ObjectId| order.iter().position(|found| *found == object);
        assert_eq!(order.len(), contract.objects.len());
        for reference in &contract.references {
            assert!(place(reference.target) < place(reference.object));
        }
        for link in &contract.links {
            assert!(link.owners.iter().all(|(owner, _)| place(link.target) < place(*owner)));
        }
    }
}
