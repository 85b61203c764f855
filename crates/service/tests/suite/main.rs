//! The operations against a real store in memory, with a clock and identifiers of the test's own.

mod access;
mod contacts;
mod describe;
mod fields;
mod groups;
mod harness;
mod queries;
