//! One suite for every place the data can be: each test runs in memory, in a folder and in
//! PostgreSQL, where tables are whole or in parts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what helps a test may fail as a test does")]

mod accounts;
mod changes;
mod commit;
mod copy;
mod counts;
mod crash;
mod distribute;
mod filters;
mod journal;
mod leases;
mod links;
mod mail;
mod objects;
mod open;
mod partial;
mod postgres_jobs;
mod postgres_open;
mod postgres_tls;
mod references;
mod search;
#[path = "../postgres/mod.rs"]
mod server;
mod support;
