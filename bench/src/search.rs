//! Search among many contacts, beside Retrieve by Id.

mod kinds;
mod named;

use crate::goals::Goal;
use crate::http::Connection;
use crate::login::{self, Credentials};
use crate::machine::{self, Others};
use crate::message;
use crate::people;
use crate::report::{self, Report};
use crate::server::{self, Server};
use anyhow::{Context, Result, bail};
use contract::{Contract, Timestamp};
use kinds::{Kind, kinds};
use memchr::memmem;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The fewest calls of a kind that are measured.
const LEAST: usize = 20;

/// The arguments of `bench search`.
#[derive(clap::Args)]
pub struct Search {
    /// Contacts in the store.
    #[arg(long, default_value = "1000000")]
    contacts: usize,
    /// Seconds to measure each kind of call for, or until 20 calls are answered.
    #[arg(long, default_value = "10")]
    seconds: u64,
    /// The server to measure. Without this, it is built first.
    #[arg(long, value_name = "PROGRAM")]
    server: Option<PathBuf>,
    /// Folder for the database, whose file system is part of what is measured.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Append the figures to bench/RESULTS.md.
    #[arg(long)]
    record: bool,
}

/// What was measured of a kind, in milliseconds.
struct Row {
    name: &'static str,
    found: usize,
    calls: usize,
    first: f64,
    p50: f64,
    max: f64,
}

/// Fills, searches, prints.
pub fn run(arguments: &Search) -> Result<()> {
    let who = Credentials::of_the_lab();
    if arguments.contacts <= named::NAMES {
        bail!("more than {} contacts are needed", named::NAMES);
    }
    let program = server::find(arguments.server.as_deref())?;
    let folder = tempfile::Builder::new().prefix("understudy-bench-").tempdir_in(&arguments.folder)?;
    let contract = message::contract()?;
    let mut out = Report::default();
    let now = Timestamp(SystemTime::UNIX_EPOCH.elapsed()?.as_secs() as i64 * 1_000_000);
    let (count, machine) = (arguments.contacts, machine::describe(folder.path())?);
    out.add(&format!("## {now} UTC, search among {count} contacts\n\n{machine}"));
    let data = fill(contract, &program, folder.path(), &who, count, &mut out)?;

    let server = Server::start(&program, &data)?;
    let mut connection = Connection::open(&server.endpoint)?;
    let session = login::log_in(&mut connection, &who)?;
    let others = Others::watch()?;
    let least = Duration::from_secs(arguments.seconds);
    let rows = kinds(contract, &session, count)
        .iter()
        .map(|kind| measure(contract, &mut connection, kind, least))
        .collect::<Result<Vec<_>>>()?;
    let memory = report::mebibytes(server.peak_memory()?);
    drop(connection);
    server.stop().context("after the searches")?;
    out.add(&table(&rows));
    out.add(&format!(
        "Peak memory of the server: {memory:.0} MiB. Other programs kept {:.2} cores busy meanwhile.\n\n",
        others.cores()?
    ));
    out.add(&report::goals(&goals(&rows)));
    if arguments.record { out.keep() } else { Ok(()) }
}

/// Makes the lab and loads the contacts into it; gives the data folder.
fn fill(
    contract: &Contract,
    program: &Path,
    folder: &Path,
    who: &Credentials,
    count: usize,
    out: &mut Report,
) -> Result<PathBuf> {
    let data = folder.join("data");
    let server = Server::start(program, &data)?;
    login::log_in(&mut Connection::open(&server.endpoint)?, who)?;
    server.stop().context("after its first start")?;
    let start = Instant::now();
    people::load(program, &data, count, &who.account, |number| named::numbered(contract, number))?;
    let seconds = start.elapsed().as_secs_f64();
    let size = report::mebibytes(data.join("understudy.db").metadata()?.len());
    out.add(&format!(
        "- Fill: {count} contacts by `understudy load` in {seconds:.1} s\n- Database: {size:.0} MiB\n\n"
    ));
    Ok(data)
}

fn measure(contract: &Contract, connection: &mut Connection, kind: &Kind, least: Duration) -> Result<Row> {
    let action = contract.action(kind.operation);
    let mut times = Vec::new();
    let start = Instant::now();
    for call in kind.calls.iter().cycle() {
        let sent = Instant::now();
        let answer = connection.call(&action, &call.bytes)?;
        times.push(sent.elapsed().as_secs_f64() * 1e3);
        check(answer, &call.ids).with_context(|| kind.name)?;
        if start.elapsed() >= least && times.len() > LEAST {
            break;
        }
    }
    let first = times.remove(0);
    times.sort_unstable_by(f64::total_cmp);
    let (calls, found) = (times.len(), kind.calls.first().map_or(0, |call| call.ids.len()));
    let (p50, max) = (times[calls / 2], times[calls - 1]);
    eprintln!("{}: {p50:.2} ms", kind.name);
    Ok(Row { name: kind.name, found, calls, first, p50, max })
}

/// The answer has these identifiers in this order and no others; for Retrieve, as attributes.
fn check(answer: &[u8], ids: &[String]) -> Result<()> {
    let mut rest = answer;
    for id in ids {
        let at = memmem::find(rest, id.as_bytes()).with_context(|| format!("{id} is not found"))?;
        rest = &rest[at + id.len()..];
    }
    let elements = memmem::find_iter(answer, "</Id>").count();
    if elements != 0 && elements != ids.len() {
        bail!("{elements} were found instead of {}", ids.len());
    }
    Ok(())
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| call | found | calls | first ms | p50 ms | max ms | p50 over Retrieve's |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for Row { name, found, calls, first, p50, max } in rows {
        let ratio = p50 / rows[0].p50;
        let _ =
            writeln!(out, "| {name} | {found} | {calls} | {first:.2} | {p50:.2} | {max:.2} | {ratio:.1} |");
    }
    out
}

fn goals(rows: &[Row]) -> Vec<Goal> {
    let ratio = rows[1].p50 / rows[0].p50;
    let slowest = rows[2..].iter().map(|row| row.max.max(row.first)).fold(0.0, f64::max) / 1e3;
    let goal = |name: &str, figure, bound, holds| Goal { name: name.to_owned(), figure, bound, holds };
    vec![
        goal("indexed Search over Retrieve, p50", format!("{ratio:.1}"), "<= 50", ratio <= 50.0),
        goal("slowest Search without an index", format!("{slowest:.2} s"), "<= 3 s", slowest <= 3.0),
    ]
}
