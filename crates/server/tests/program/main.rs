//! The program from outside: started as an operator starts it, spoken to over a socket.
//!
//! Every test has its own folder, port and server, so that they run in any order and all at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the helpers are test code, too")]

mod admin;
mod bodies;
mod configuration;
mod database;
mod documents;
mod drain;
mod edges;
mod forms;
mod killed;
mod lab;
mod mail;
mod objects;
mod outcomes;
mod output;
#[path = "../../../store/tests/postgres/mod.rs"]
mod postgres;
mod protocol;
mod proxies;
mod start;
mod support;
mod table;
mod tls;
mod unreadable;
