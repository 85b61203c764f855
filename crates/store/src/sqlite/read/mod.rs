//! Verbs that read.

mod accounts;
mod changes;
mod compare;
mod counts;
mod links;
mod mail;
mod objects;
mod search;
mod texts;

pub(super) use texts::{FIT, fit};
