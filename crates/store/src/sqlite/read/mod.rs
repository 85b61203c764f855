//! Verbs that read.

mod accounts;
mod changes;
mod compare;
mod counts;
mod links;
mod mail;
mod objects;
mod search;
