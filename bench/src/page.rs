//! The page: everything that the server's speed is judged by, in one run, as `docs/performance.md` and
//! `docs/performance.svg`.

mod document;
mod plot;
mod svg;

use crate::documents;
use crate::floors;
use crate::goals::Figures;
use crate::logins;
use crate::machine::{self, Others};
use crate::measure::Timing;
use crate::report::Report;
use crate::run::{Subject, now};
use crate::stages::{Bench, JUDGED, LOADS, Store};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What the goals ask for: contacts, contacts at scale, seconds.
const ASKED: (usize, usize, u64) = (100_000, 10_000_000, 60);

/// The arguments of `bench page`.
#[derive(clap::Args)]
pub struct Page {
    #[command(flatten)]
    subject: Subject,
    /// Contacts in the large store.
    #[arg(long, default_value_t = ASKED.1)]
    scale: usize,
    /// Seconds to measure the two long loads for.
    #[arg(long, default_value_t = ASKED.2)]
    sustained: u64,
    /// Folder that the page and its plot are written to. Without this, the project's `docs`.
    #[arg(long, value_name = "DIR")]
    docs: Option<PathBuf>,
}

/// What the page says besides the figures.
struct Notes {
    /// When the run began.
    began: String,
    /// Whether it was as long, and its stores as large, as the goals ask for.
    whole: bool,
    /// Lines of a list about the machine.
    machine: String,
    /// The machine in a line.
    summary: String,
    /// Lines of a list about the store.
    store: String,
    /// Lines of a list about the large store.
    large: String,
    /// Cores that other programs kept busy.
    others: f64,
}

/// Measures everything and writes the page.
pub fn run(arguments: &Page) -> Result<()> {
    let (bench, _folder) = arguments.subject.bench()?;
    let docs = match &arguments.docs {
        Some(docs) => docs.clone(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs"),
    };
    let long = Timing { seconds: arguments.sustained, ..bench.timing };
    let (mut figures, mut store, mut large) = (Figures::default(), Report::default(), Report::default());
    let (began, machine) = (now()?.to_string(), machine::describe(&bench.folder)?);
    let others = Others::watch()?;

    let (filled, fill_memory) = bench.fill_by_calls(arguments.subject.contacts, &mut store)?;
    figures.fill_memory = fill_memory;
    bench.size(&filled, &mut store)?;
    let copy = bench.copy(&filled)?;
    figures.start = bench.start_up(&filled, &mut store)?;
    let floors = || floors::measure(&bench, &copy, &filled.population);
    let before = floors()?;
    loads(&bench, &filled, long, &mut figures)?;
    figures.floors = floors::faster(before, floors()?);
    figures.logins = Some(logins::measure(&bench, &filled)?);
    figures.documents = documents::measure(&bench, &filled)?;
    fs::remove_dir_all(&filled.data)?;

    let filled = bench.fill_by_load(arguments.scale, &mut large)?;
    bench.size(&filled, &mut large)?;
    figures.start = figures.start.max(bench.start_up(&filled, &mut large)?);
    let running = bench.open(&filled, &[])?;
    figures.at_scale = Some(bench.load(&running, &filled, JUDGED, long)?);
    running.server.stop().context("after the load at scale")?;

    let whole =
        (arguments.subject.contacts, arguments.scale) == (ASKED.0, ASKED.1) && arguments.sustained >= ASKED.2;
    let notes = Notes {
        began,
        whole,
        machine,
        summary: machine::summary(&bench.folder)?,
        store: store.text().to_owned(),
        large: large.text().to_owned(),
        others: others.cores()?,
    };
    let text = document::write(&figures, &notes);
    fs::write(docs.join("performance.svg"), plot::draw(&figures, &notes.summary))?;
    fs::write(docs.join("performance.md"), &text)?;
    print!("{text}");
    Ok(())
}

fn loads(bench: &Bench, store: &Store, long: Timing, figures: &mut Figures) -> Result<()> {
    let running = bench.open(store, &[])?;
    for load in LOADS {
        figures.loads.push(bench.load(&running, store, load, bench.timing)?);
    }
    figures.sustained = Some(bench.load(&running, store, JUDGED, long)?);
    running.server.stop().context("after the load")
}
