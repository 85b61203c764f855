//! Search among many contacts, beside Retrieve by Id.

mod people;

use crate::http::Connection;
use crate::machine::{self, Others};
use crate::message::{self, Credentials};
use crate::report::{self, Goal, Report};
use crate::run::retrieve_one;
use crate::server::{self, Server};
use anyhow::{Context, Result, bail};
use contract::handles::enumeration::{cv_search_operator_type as is, cv_search_type};
use contract::handles::message::search;
use contract::handles::object::{contact, cv_search, filter};
use contract::handles::{object_type, operation};
use contract::{Contract, EnumValue, FieldId, OperationId, Timestamp, Value};
use memchr::memmem;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Calls of a kind that are rendered beforehand and sent in turn, each about other contacts.
const RENDERED: usize = 500;

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

/// A kind of call.
struct Kind {
    name: &'static str,
    operation: OperationId,
    calls: Vec<Call>,
}

/// A message and what its answer has.
struct Call {
    bytes: Vec<u8>,
    ids: Vec<String>,
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
    let who = Credentials { account: "LAB001".into(), user: "lab".into(), password: "lab".into() };
    if arguments.contacts <= people::NAMES {
        bail!("more than {} contacts are needed", people::NAMES);
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
    let session = message::log_in(&mut connection, &who)?;
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
    let (data, lines) = (folder.join("data"), folder.join("contacts.jsonl"));
    Server::start(program, &data)?.stop().context("after its first start")?;
    people::write(contract, &lines, &who.account, count)?;
    let start = Instant::now();
    people::load(program, &data, &lines)?;
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_file(lines)?;
    let size = report::mebibytes(data.join("understudy.db").metadata()?.len());
    out.add(&format!(
        "- Fill: {count} contacts by `understudy load` in {seconds:.1} s\n- Database: {size:.0} MiB\n\n"
    ));
    Ok(data)
}

/// The kinds of call. Every Company holds what is sought in it, so that more than one
/// filter of a Search is looked at for as many contacts as possible; a fourth filter is the server's own
/// (Active).
fn kinds(contract: &Contract, session: &str, count: usize) -> Vec<Kind> {
    let numbers = || (0..RENDERED).map(|turn| (turn * 7919 + 1) * 104_729 % count);
    let retrieve = |number| Call {
        bytes: retrieve_one(contract, session, &people::id(number)),
        ids: vec![people::id(number)],
    };
    let company = || (contact::COMPANY, is::CONTAINS, "SONS int".to_owned());
    let name = |number| (contact::LAST_NAME, is::STARTS_WITH, people::last_name(number)[..15].to_owned());
    let excluded = |truth: bool| (contact::EXCLUDED_FROM_EMAIL, is::EQUALS, truth.to_string());
    let mail = |number| (contact::EMAIL_ADDRESS, is::EQUALS, format!("Person.{number}@bench.example"));
    let indexed = |number| Call {
        bytes: message(contract, session, true, [company(), name(number), mail(number)]),
        ids: vec![people::id(number)],
    };
    let unindexed = |number: usize| Call {
        bytes: message(contract, session, true, [company(), name(number), excluded(true)]),
        ids: (number % people::NAMES..count)
            .step_by(people::NAMES)
            .filter(|other| people::is_excluded(*other))
            .map(people::id)
            .collect(),
    };
    let nothing = |field| (field, is::CONTAINS, "no such text".to_owned());
    let any = |_| Call {
        bytes: message(
            contract,
            session,
            false,
            [contact::COMPANY, contact::FIRST_NAME, contact::LAST_NAME].map(nothing),
        ),
        ids: vec![],
    };
    let kind = |name, operation, calls| Kind { name, operation, calls };
    vec![
        kind("Retrieve by Id", operation::RETRIEVE, numbers().map(retrieve).collect()),
        kind("Search, one filter of three indexed", operation::SEARCH, numbers().map(indexed).collect()),
        kind(
            "Search, none of three indexed, all hold",
            operation::SEARCH,
            numbers().map(unindexed).collect(),
        ),
        kind("Search, none of three indexed, any holds", operation::SEARCH, vec![any(0)]),
    ]
}

fn message(
    contract: &Contract,
    session: &str,
    all: bool,
    filters: [(FieldId, EnumValue, String); 3],
) -> Vec<u8> {
    let mut wanted = contract.record(cv_search::TYPE_ID);
    let kind = if all { cv_search_type::AND_SEARCH } else { cv_search_type::OR_SEARCH };
    wanted.set(cv_search::SEARCH_TYPE, Value::Enumeration(kind));
    for (field, operator, value) in filters {
        let mut test = contract.record(filter::TYPE_ID);
        test.set(filter::FIELD, contract.model.member(contact::TYPE_ID, field).name.as_str());
        test.set(filter::OPERATOR, Value::Enumeration(operator));
        test.set(filter::VALUE, value);
        wanted.push(cv_search::FILTER, test);
    }
    let mut body = contract.record(search::TYPE_ID);
    body.set(search::OBJECT_TYPE, Value::Enumeration(EnumValue(object_type::CONTACT.0)));
    body.set(search::CV_SEARCH_OBJECT, wanted);
    message::request(contract, operation::SEARCH, Some(session), &body).into_bytes()
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
    let goal = |name, figure, bound, holds| Goal { name, figure, bound, holds };
    vec![
        goal("indexed Search over Retrieve, p50", format!("{ratio:.1}"), "<= 50", ratio <= 50.0),
        goal("slowest Search without an index", format!("{slowest:.2} s"), "<= 3 s", slowest <= 3.0),
    ]
}
