//! One suite for every place the data can be: each test runs in memory and in a folder.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what helps a test may fail as a test does")]

mod accounts;
mod changes;
mod commit;
mod crash;
mod links;
mod mail;
mod objects;
mod open;
mod references;
mod search;
mod support;
