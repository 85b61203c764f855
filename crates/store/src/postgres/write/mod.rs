//! Verbs that write.

mod accounts;
mod links;
mod mail;
mod objects;
