//! The operations against a real store in memory, with a clock and identifiers of the test's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod contacts;
mod describe;
mod fields;
mod groups;
mod harness;
mod queries;
