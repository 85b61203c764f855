//! What the tests share: [`Server`] runs the program, [`http`] speaks to it, [`soap`] writes messages.

pub mod http;
mod server;
pub mod soap;

pub use server::{Outcome, Server, begin, run, run_with};
