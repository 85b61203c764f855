//! The operations against a real store in memory, with a clock and identifiers of the test's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod approvers;
mod budgets;
mod contacts;
mod counts;
mod describe;
mod email;
mod events;
mod fields;
mod groups;
mod harness;
mod invitees;
mod load;
mod logic;
mod long_answers;
mod meetings;
mod nested;
mod queries;
mod sessions;
mod sourcing;
mod surveys;
mod table;
mod turns;
mod users;
