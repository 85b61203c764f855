//! The whole measurement, in one command.

use crate::contacts::{self, Update};
use crate::fill::{self, BATCH};
use crate::floor::{Floor, Keys};
use crate::http::Connection;
use crate::load::{self, Measured, Timing};
use crate::machine::{self, Others};
use crate::message::{self, Credentials};
use crate::report::{self, Goal, Report, Row};
use crate::server::{self, Server};
use anyhow::{Context, Result};
use contract::handles::message::retrieve;
use contract::handles::object::id_array;
use contract::handles::{object_type, operation};
use contract::{Contract, EnumValue, Timestamp, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How often the server is started on the full database.
const STARTS: usize = 5;

/// Calls that are rendered beforehand, at most.
const RENDERED: [(usize, usize); 2] = [(1, 10_000), (BATCH, 500)];

/// Connections of the load.
const CONNECTIONS: [usize; 3] = [1, 4, 16];

/// The arguments of `bench run`.
#[derive(clap::Args)]
pub struct Run {
    /// Contacts in the store.
    #[arg(long, default_value = "100000")]
    contacts: usize,
    #[command(flatten)]
    timing: Timing,
    /// The server to measure. Without this, it is built first.
    #[arg(long, value_name = "PROGRAM")]
    server: Option<PathBuf>,
    /// Folder for the databases, whose file system is part of what is measured.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Append the figures to bench/RESULTS.md.
    #[arg(long)]
    record: bool,
}

/// Fills, starts, loads, compares, prints.
pub fn run(arguments: &Run) -> Result<()> {
    let who = Credentials { account: "LAB001".into(), user: "lab".into(), password: "lab".into() };
    let program = server::find(arguments.server.as_deref())?;
    let folder = tempfile::Builder::new().prefix("understudy-bench-").tempdir_in(&arguments.folder)?;
    let bench = Bench { who, program, data: folder.path().join("data"), timing: arguments.timing };
    let report = bench.measure(folder.path(), arguments.contacts)?;
    if arguments.record { report.keep() } else { Ok(()) }
}

struct Bench {
    who: Credentials,
    program: PathBuf,
    data: PathBuf,
    timing: Timing,
}

impl Bench {
    fn measure(&self, folder: &Path, count: usize) -> Result<Report> {
        let contract = message::contract()?;
        let mut out = Report::default();
        let now = SystemTime::UNIX_EPOCH.elapsed()?.as_secs() as i64 * 1_000_000;
        out.add(&format!("## {} UTC, {count} contacts\n\n{}", Timestamp(now), machine::describe(folder)?));
        let (ids, fill_memory) = self.fill(count, &mut out)?;
        let copy = self.copy(folder, &mut out)?;
        let start = self.start_up(contract, &ids, &mut out)?;

        let server = Server::start(&self.program, &self.data)?;
        let mut connection = Connection::open(&server.endpoint)?;
        let session = message::log_in(&mut connection, &self.who)?;
        drop(connection);
        let mut pools: Vec<Vec<Update>> = RENDERED
            .iter()
            .map(|&(size, most)| contacts::updates(contract, &session, &ids, size, most))
            .collect::<Result<_>>()?;
        let others = Others::watch()?;
        let rows = self.load(&server, &mut pools)?;
        server.stop().context("after the load")?;
        out.add(&report::load(&rows));

        let floors = self.floor(&copy, &mut pools)?;
        out.add(&report::floor(&floors));
        out.add(&format!(
            "Other programs and the kernel's own threads kept {:.2} cores busy meanwhile.\n\n",
            others.cores()?
        ));
        out.add(&report::goals(&goals(&rows, &floors, fill_memory, start)));
        Ok(out)
    }

    fn fill(&self, count: usize, out: &mut Report) -> Result<(Vec<String>, u64)> {
        let server = Server::start(&self.program, &self.data)?;
        let start = Instant::now();
        let ids = fill::fill(&server.endpoint, &self.who, count)?;
        let seconds = start.elapsed().as_secs_f64();
        let memory = server.peak_memory()?;
        server.stop().context("after the store was filled")?;
        let rate = count as f64 / seconds;
        out.add(&format!(
            "- Fill: {count} contacts by CreateContact in {seconds:.1} s ({rate:.0} contacts/s over one connection), \
             peak {:.0} MiB\n",
            report::mebibytes(memory)
        ));
        Ok((ids, memory))
    }

    /// Copies the database, which one file holds while the server is stopped.
    fn copy(&self, folder: &Path, out: &mut Report) -> Result<PathBuf> {
        let (from, to) = (self.data.join("understudy.db"), folder.join("floor.db"));
        let bytes = fs::copy(&from, &to).with_context(|| format!("{} can't be copied", from.display()))?;
        fs::File::open(&to)?.sync_all()?;
        out.add(&format!("- Database: {:.0} MiB\n", report::mebibytes(bytes)));
        Ok(to)
    }

    /// The slowest of some starts: from the start of the process to the answer to its first call.
    fn start_up(&self, contract: &Contract, ids: &[String], out: &mut Report) -> Result<Duration> {
        let (mut slowest, mut slowest_second) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..STARTS {
            let server = Server::start(&self.program, &self.data)?;
            let mut connection = Connection::open(&server.endpoint)?;
            let session = message::log_in(&mut connection, &self.who)?;
            slowest = slowest.max(server.started.elapsed());
            let id = ids.get(ids.len() / 2).context("no contacts")?;
            let answer = connection
                .call(&contract.action(operation::RETRIEVE), &retrieve_one(contract, &session, id))?;
            slowest_second = slowest_second.max(server.started.elapsed());
            memchr::memmem::find(answer, id.as_bytes()).context("Retrieve does not give the contact")?;
            drop(connection);
            server.stop().context("right after a start")?;
        }
        out.add(&format!(
            "- Start to the answer to Login: {:.0} ms, then to Retrieve: {:.0} ms (slowest of {STARTS}; the file is in \
             the system's cache)\n\n",
            slowest.as_secs_f64() * 1e3,
            slowest_second.as_secs_f64() * 1e3
        ));
        Ok(slowest)
    }

    fn load(&self, server: &Server, pools: &mut [Vec<Update>]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for pool in pools {
            for connections in CONNECTIONS {
                let (used, start) = (server.processor_time()?, Instant::now());
                let measured = load::run(&server.endpoint, pool, connections, self.timing)?;
                let (wall, processor) = (start.elapsed().as_secs_f64(), server.processor_time()? - used);
                progress(&measured, "load");
                rows.push(Row { measured, memory: server.peak_memory()?, processor, wall });
            }
        }
        Ok(rows)
    }

    fn floor(&self, file: &Path, pools: &mut [Vec<Update>]) -> Result<Vec<(&'static str, Measured)>> {
        let mut rows = Vec::new();
        for (keys, name) in [(Keys::Left, IN_PLACE), (Keys::Set, "in place, indexed keys rewritten")] {
            for pool in pools.iter_mut() {
                let measured = Floor::open(file, &self.who, keys)?.run(pool, self.timing)?;
                progress(&measured, name);
                rows.push((name, measured));
            }
        }
        let pool = pools.last().context("nothing rendered")?;
        rows.push(("tokenise only", Floor::open(file, &self.who, Keys::Left)?.run_tokeniser(pool)?));
        Ok(rows)
    }
}

/// The floor that the goal is about.
const IN_PLACE: &str = "in place";

fn goals(rows: &[Row], floors: &[(&str, Measured)], fill_memory: u64, start: Duration) -> Vec<Goal> {
    let judged = rows.iter().find(|row| (row.measured.size, row.measured.connections) == (BATCH, 4));
    let floor = floors.iter().find(|(name, floor)| *name == IN_PLACE && floor.size == BATCH);
    let rate = judged.map_or(f64::NAN, |row| row.measured.contacts());
    let ratio = rate / floor.map_or(f64::NAN, |(_, floor)| floor.contacts());
    let spread = judged.map_or(f64::NAN, |row| row.measured.percentile(0.99) / row.measured.percentile(0.5));
    let memory = rows.iter().map(|row| row.memory).max().unwrap_or_default().max(fill_memory);
    let errors: usize = rows.iter().map(|row| row.measured.errors).sum();
    let goal = |name, figure, bound, holds| Goal { name, figure, bound, holds };
    let (mebibytes, seconds) = (report::mebibytes(memory), start.as_secs_f64());
    vec![
        goal(
            "contacts a second over the floor's, 200 a call, 4 connections",
            format!("{ratio:.2}"),
            ">= 0.5",
            ratio >= 0.5,
        ),
        goal("p99 over p50 of those calls", format!("{spread:.1}"), "< 10", spread < 10.0),
        goal("peak memory of the server", format!("{mebibytes:.0} MiB"), "< 256 MiB", mebibytes < 256.0),
        goal("start to the first answer", format!("{seconds:.3} s"), "< 0.5 s", seconds < 0.5),
        goal("wrong or missing answers", errors.to_string(), "0", errors == 0),
    ]
}

/// A Retrieve call of one contact.
pub fn retrieve_one(contract: &Contract, session: &str, id: &str) -> Vec<u8> {
    let mut ids = contract.record(id_array::TYPE_ID);
    ids.push(id_array::ID, id);
    let mut body = contract.record(retrieve::TYPE_ID);
    // The object types stand in the order of the enumeration that names them.
    body.set(retrieve::OBJECT_TYPE, Value::Enumeration(EnumValue(object_type::CONTACT.0)));
    body.set(retrieve::IDS, ids);
    message::request(contract, operation::RETRIEVE, Some(session), &body).into_bytes()
}

fn progress(measured: &Measured, what: &str) {
    let Measured { size, connections, .. } = measured;
    eprintln!("{what}: {size} a call, {connections} at once: {:.0} contacts/s", measured.contacts());
}
