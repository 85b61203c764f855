//! Understudy: a self-hosted server for programs written against the V200611 event-management SOAP API.
//!
//! The way in is [`cli`] (what the operator typed) → [`command`] (what to do about it). `serve` builds
//! the pieces, prints where it listens and hands over to [`http`], which turns bytes into calls of the
//! service and the service's answers into bytes.

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

/// Requests allocate many small strings in several threads at once; mimalloc is quicker at that than
/// the system's allocator, above all musl's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    keep_files_private();
    match cli::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            log::tell(&failure);
            failure.exit.into()
        }
    }
}

/// What the program makes is its user's alone, whatever the shell says: databases, exports and rows with problems hold
/// people's data.
fn keep_files_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_bits_retain(0o077));
}
