//! The types of objects that come in as rows, and the operations whose rules they keep.

use super::import::Match;
use crate::op;
use crate::write::Stamp;
use contract::handles::object::contact;
use contract::handles::{object_type, operation};
use contract::{Contract, FieldId, ObjectId, OperationId};
use store::{Account, ContactKey};

/// How rows of one type are written.
pub(super) struct Recipe {
    pub object: ObjectId,
    pub create: OperationId,
    pub update: OperationId,
    pub stamp: Stamp,
    /// What rows can be matched by besides the Id.
    pub keys: &'static [(Match, FieldId)],
    /// What rows are matched by that have no Id, in an account.
    pub usual: fn(&Account) -> Match,
}

static RECIPES: [Recipe; 1] = [Recipe {
    object: object_type::CONTACT,
    create: operation::CREATE_CONTACT,
    update: operation::UPDATE_CONTACT,
    stamp: op::stamp_contact,
    keys: &[(Match::Email, contact::EMAIL_ADDRESS), (Match::SourceId, contact::SOURCE_ID)],
    usual: |account| match account.contact_key {
        ContactKey::SourceId => Match::SourceId,
        ContactKey::Email | ContactKey::EmailFirstLast => Match::Email,
    },
}];

/// How rows of a type are written, if they can be.
pub(super) fn recipe(object: ObjectId) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.object == object)
}

/// The names of the types that can be imported.
pub(super) fn types(contract: &Contract) -> String {
    let names: Vec<&str> = RECIPES.iter().map(|recipe| &*contract.object(recipe.object).name).collect();
    names.join(", ")
}
