//! Understudy: a self-hosted server for programs written against the V200611 event-management SOAP API.
//!
//! The way in is [`cli`] (what the operator typed) → [`command`] (what to do about it). `serve` builds
//! the pieces, prints where it listens and hands over to [`http`], which turns bytes into calls of the
//! service and the service's answers into bytes.

mod allocator;
mod cli;
mod command;
mod environment;
mod exit;
mod http;
mod log;
mod mail;
mod pages;
mod password;
mod settings;
mod signal;
mod tls;

fn main() -> std::process::ExitCode {
    match cli::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("understudy: {failure}");
            failure.exit.into()
        }
    }
}
