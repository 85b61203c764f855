//! Verbs that read.

mod accounts;
mod changes;
mod compare;
mod links;
mod mail;
mod objects;
mod search;
