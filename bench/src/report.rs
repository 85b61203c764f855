//! The figures as Markdown.

use crate::floors::Bound;
use crate::goals::Goal;
use crate::measure::Measured;
use anyhow::Result;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// The report, shown as it comes about.
#[derive(Default)]
pub struct Report {
    text: String,
}

impl Report {
    /// Adds text and prints it.
    pub fn add(&mut self, text: &str) {
        print!("{text}");
        if text.starts_with('|') {
            println!();
            self.text.push_str(text);
            self.text.push('\n');
        } else {
            self.text.push_str(text);
        }
    }

    /// What was added.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Appends the report to bench/RESULTS.md.
    pub fn keep(&self) -> Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
        let mut file = File::options().create(true).append(true).open(path)?;
        Ok(write!(file, "\n{}", self.text)?)
    }
}

/// A measured combination and what the server's process had used by its end.
pub struct Row {
    /// Contacts in the store.
    pub stored: usize,
    /// Calls and their times.
    pub measured: Measured,
    /// The most memory so far, in bytes.
    pub memory: u64,
    /// Processor time within the combination, warm-up included, in seconds.
    pub processor: f64,
    /// Seconds that the processor time was counted over.
    pub wall: f64,
}

/// Bytes as mebibytes.
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The table of the load.
pub fn load(rows: &[Row]) -> String {
    let mut out = String::from(
        "| contacts a call | connections | calls/s | contacts/s | p50 ms | p99 ms | max ms | errors | server's cores | peak MiB |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for Row { measured: m, memory, processor, wall, .. } in rows {
        let _ = writeln!(
            out,
            "| {} | {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {} | {:.2} | {:.0} |",
            m.size,
            m.connections,
            m.calls(),
            m.contacts(),
            m.percentile(0.5),
            m.percentile(0.99),
            m.percentile(1.0),
            m.errors,
            processor / wall,
            mebibytes(*memory),
        );
    }
    for Row { measured, .. } in rows {
        if let Some(error) = &measured.first_error {
            let (size, connections) = (measured.size, measured.connections);
            let _ = writeln!(out, "\nFirst error, {size} contacts, {connections} connections: {error}");
        }
    }
    out
}

/// The table of the floors.
pub fn floors(rows: &[(Bound, Measured)]) -> String {
    let mut out = String::from(
        "| floor, one thread | contacts a call | contacts/s | p50 ms | p99 ms | max ms | errors |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for (bound, m) in rows {
        let _ = writeln!(
            out,
            "| {} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {} |",
            bound.name(),
            m.size,
            m.contacts(),
            m.percentile(0.5),
            m.percentile(0.99),
            m.percentile(1.0),
            m.errors,
        );
    }
    out
}

/// The table of the goals.
pub fn goals(goals: &[Goal]) -> String {
    let mut out = String::from("| goal | figure | bound | |\n|---|--:|--:|---|\n");
    for Goal { name, figure, bound, holds } in goals {
        let verdict = if *holds { "PASS" } else { "FAIL" };
        let _ = writeln!(out, "| {name} | {figure} | {bound} | **{verdict}** |");
    }
    out
}
