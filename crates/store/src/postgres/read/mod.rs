//! Verbs that read.

mod accounts;
mod changes;
mod chunks;
mod condition;
mod counts;
mod links;
mod mail;
mod objects;
mod search;
