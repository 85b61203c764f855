//! The page as Markdown.

use super::Notes;
use super::svg::grouped;
use crate::goals::{self, Figures};
use crate::logins::Logins;
use crate::measure::Measured;
use crate::report::{self, Row, mebibytes};
use std::fmt::Write as _;

const OPENING: &str = "# Performance

Written by `cargo run --release -p bench -- page` out of one run; nothing here is edited by hand.
What each figure means, and how to take it yourself, is in [bench/README.md](../bench/README.md).
";

const METHOD: &str = "The server and the program that loads it share the machine. Every call is UpdateContact in SOAP 1.1 \
with 25 attributes and the Id of each contact; a connection sends its next call when the last is answered, and every \
answer is checked. The contacts of a store are visited in random order, none twice before all were visited once. \
Success is answered after the change is on disk.

The floors are one thread without a server, and tokenise the very same bytes. *In place* updates the same columns of \
the same rows in a copy of the same file, one durable transaction a call: *keys rewritten* sets every column that it \
is sent, as a plain program would, and is what the goal is held against; *keys left* spares itself the folded keys \
and their indexes, as if it were known that no key changes. *Limit* appends the same changes to a file in binary form, \
one write and one fdatasync a call. Each is taken before the loads and after them, and the faster counts.
";

/// The page.
pub fn write(figures: &Figures, notes: &Notes) -> String {
    let mut out = String::from(OPENING);
    if !notes.whole {
        out += "\n**A trial: this run is shorter, or its stores are smaller, than the goals ask for.**\n";
    }
    let machine = &notes.machine;
    let _ = write!(
        out,
        "\n![Contacts a second, floors, limit, and each second](performance.svg)\n\n## Goals\n\n"
    );
    out += &report::goals(&goals::of(figures));
    let _ = write!(
        out,
        "\nContacts a second are those of the sustained load on the smaller store; the goals for memory, start and \
         answers hold for everything on this page.\n\n## Machine\n\n- Begun: {} UTC\n{machine}",
        notes.began
    );
    let _ = writeln!(
        out,
        "- Other programs and the kernel's own threads kept {:.2} cores busy meanwhile\n\n## Method\n\n{METHOD}",
        notes.others
    );
    let rows: Vec<&Row> = figures.sustained.iter().chain(&figures.at_scale).collect();
    let _ = write!(out, "## Sustained\n\n{}", sustained(&rows));
    for (row, about) in rows.iter().zip([&notes.store, &notes.large]) {
        let _ = write!(out, "\nThe store of {}:\n\n{about}", grouped(row.stored as f64));
    }
    let _ = write!(
        out,
        "\n## Load\n\n{}\n## Floors\n\n{}",
        report::load(&figures.loads),
        report::floors(&figures.floors)
    );
    if let Some(logins) = &figures.logins {
        let _ = write!(out, "\n## Logins\n\n{}", self::logins(logins));
    }
    let _ = write!(out, "\n## Documents\n\n{}", documents(figures));
    out
}

fn sustained(rows: &[&Row]) -> String {
    let mut out = String::from(
        "| contacts stored | seconds | contacts/s | slowest second | fastest second | p50 ms | p99 ms | max ms | errors | server's cores | peak MiB |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for Row { stored, measured: m, memory, processor, wall } in rows {
        let each = m.contacts_each_second();
        let _ = writeln!(
            out,
            "| {stored} | {} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {} | {:.2} | {:.0} |",
            m.seconds,
            m.contacts(),
            each.iter().copied().fold(f64::INFINITY, f64::min),
            each.iter().copied().fold(0.0, f64::max),
            m.percentile(0.5),
            m.percentile(0.99),
            m.percentile(1.0),
            m.errors,
            processor / wall,
            mebibytes(*memory),
        );
    }
    first_errors(&mut out, rows.iter().map(|row| &row.measured));
    out
}

fn logins(logins: &Logins) -> String {
    let Logins { hash, login, alone, beside, refused, .. } = logins;
    let mut out = format!(
        "A Login takes {:.1} ms of the server's processor time; one hash of a password takes {:.1} ms. One password is \
         hashed at a time, so that logins keep one core busy at most, however many there are.\n\n\
         | call | connections | calls/s | p50 ms | p99 ms | errors |\n|---|--:|--:|--:|--:|--:|\n",
        login * 1e3,
        hash * 1e3
    );
    for (name, m) in [
        ("Retrieve of one contact, alone", alone),
        ("Retrieve of one contact, beside logins", beside),
        ("those logins, with wrong passwords and nobody locked out", refused),
    ] {
        let _ = writeln!(out, "| {name} | {}", calls(m));
    }
    first_errors(&mut out, logins.measured().into_iter());
    out
}

fn documents(figures: &Figures) -> String {
    let mut out = String::from(
        "| GET | kB | server's ms of processor time | rendering it, ms | connections | calls/s | p50 ms | p99 ms | errors |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for document in &figures.documents {
        let rendering = match document.rendering {
            Some(seconds) => format!("{:.2}", seconds * 1e3),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "| `{}` | {} | {:.2} | {rendering} | {}",
            document.query,
            document.length / 1000,
            document.processor * 1e3,
            calls(&document.measured)
        );
    }
    first_errors(&mut out, figures.documents.iter().map(|document| &document.measured));
    out
}

/// The last columns of a table of calls.
fn calls(m: &Measured) -> String {
    format!(
        "{} | {:.0} | {:.2} | {:.2} | {} |",
        m.connections,
        m.calls(),
        m.percentile(0.5),
        m.percentile(0.99),
        m.errors
    )
}

fn first_errors<'a>(out: &mut String, measured: impl Iterator<Item = &'a Measured>) {
    for error in measured.filter_map(|measured| measured.first_error.as_ref()) {
        let _ = writeln!(out, "\nFirst error: {error}");
    }
}
