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
    keep_files_private();
    // Before anything is read, for it is read again then: a configuration file may be a pipe.
    if std::env::args_os().any(|argument| argument == "serve")
        && let Err(error) = allocator::give_back_soon()
    {
        log::tell(format_args!(
            "warning: freed memory is kept for a second ({error}); set MIMALLOC_PURGE_DELAY=3 where it is short"
        ));
    }
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
