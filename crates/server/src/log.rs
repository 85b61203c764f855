//! The log on standard error, written by a thread of its own: whether a line can be written is no call's business.

use crate::exit::Failure;
use crate::settings::LogFormat;
use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// What is never logged, whatever the filter says: below these levels PostgreSQL's driver writes down the
/// values of its statements, which are customers' data and the hashes of sessions.
const CONFIDENTIAL: [&str; 2] = ["tokio_postgres=warn", "tokio_postgres::query=warn"];

/// How many lines wait for standard error at most: those that come while nobody reads it are lost.
const LINES: usize = 8_192;

/// Starts logging, until what this gives is dropped: then the last lines are written, if they can be within a second.
///
/// # Errors
/// A filter that can't be read.
pub fn start(filter: &str, format: LogFormat) -> Result<WorkerGuard, Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::usage(format!("--log {filter}: {error}; use a level such as warn, or info,understudy=debug"))
    })?;
    let filter = CONFIDENTIAL.iter().try_fold(filter, |filter, directive| {
        directive.parse().map(|directive| filter.add_directive(directive))
    });
    let filter = filter.map_err(|error| Failure::usage(format!("logging can't be limited: {error}")))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LINES)
        .thread_name("log")
        .finish(stderr());
    let builder = tracing_subscriber::fmt()
        .with_writer(writer)
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_target(false);
    let started = match format {
        LogFormat::Text => builder.with_ansi(stderr().is_terminal()).finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).finish().try_init(),
    };
    started.map_err(|error| Failure::usage(format!("logging can't be started: {error}")))?;
    log_panics();
    Ok(guard)
}

/// A line for the person at the command line, beside the log. That nobody reads it is no reason to fail.
pub fn tell(line: impl Display) {
    let _ = writeln!(stderr(), "understudy: {line}");
}

/// Sends panics to the log: where, but not what, since the text of a panic may hold a value of the
/// request. The thread's caller turns it into an answer.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%place, "a bug in understudy: a call panicked; please report the place");
    }));
}
