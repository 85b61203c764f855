//! The short measurement: load and floors.

use crate::floors;
use crate::goals::{self, Figures};
use crate::login::Credentials;
use crate::machine::{self, Others};
use crate::measure::Timing;
use crate::report::{self, Report};
use crate::server;
use crate::stages::{Bench, LOADS};
use anyhow::{Context, Result};
use contract::Timestamp;
use std::path::PathBuf;
use std::time::SystemTime;

/// What is measured, and where.
#[derive(clap::Args)]
pub struct Subject {
    /// Contacts in the store.
    #[arg(long, default_value = "100000")]
    pub contacts: usize,
    #[command(flatten)]
    pub timing: Timing,
    /// The server to measure. Without this, it is built first.
    #[arg(long, value_name = "PROGRAM")]
    server: Option<PathBuf>,
    /// Folder for the databases, whose file system is part of what is measured.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// The arguments of `bench run`.
#[derive(clap::Args)]
pub struct Run {
    #[command(flatten)]
    subject: Subject,
    /// Append the figures to bench/RESULTS.md.
    #[arg(long)]
    record: bool,
}

impl Subject {
    /// The steps, in a folder that goes away with the second value.
    pub fn bench(&self) -> Result<(Bench, tempfile::TempDir)> {
        let program = server::find(self.server.as_deref())?;
        let folder = tempfile::Builder::new().prefix("understudy-bench-").tempdir_in(&self.folder)?;
        let (who, path) = (Credentials::of_the_lab(), folder.path().to_owned());
        Ok((Bench { who, program, folder: path, timing: self.timing }, folder))
    }
}

/// Fills, starts, loads, compares, prints.
pub fn run(arguments: &Run) -> Result<()> {
    let (bench, _folder) = arguments.subject.bench()?;
    let mut out = Report::default();
    let (count, machine) = (arguments.subject.contacts, machine::describe(&bench.folder)?);
    out.add(&format!("## {} UTC, {count} contacts\n\n{machine}", now()?));
    let (store, fill_memory) = bench.fill_by_calls(count, &mut out)?;
    bench.size(&store, &mut out)?;
    let copy = bench.copy(&store)?;
    let start = bench.start_up(&store, &mut out)?;
    out.add("\n");

    let running = bench.open(&store, &[])?;
    let others = Others::watch()?;
    let loads = LOADS.iter().map(|load| bench.load(&running, &store, *load, bench.timing));
    let loads = loads.collect::<Result<Vec<_>>>()?;
    running.server.stop().context("after the load")?;
    out.add(&report::load(&loads));

    let floors = floors::measure(&bench, &copy, &store.population)?;
    out.add(&report::floors(&floors));
    out.add(&format!(
        "Other programs and the kernel's own threads kept {:.2} cores busy meanwhile.\n\n",
        others.cores()?
    ));
    let figures = Figures { loads, floors, start, fill_memory, ..Figures::default() };
    out.add(&report::goals(&goals::of(&figures)));
    if arguments.record { out.keep() } else { Ok(()) }
}

/// The time, to the second.
pub fn now() -> Result<Timestamp> {
    Ok(Timestamp(SystemTime::UNIX_EPOCH.elapsed()?.as_secs() as i64 * 1_000_000))
}
