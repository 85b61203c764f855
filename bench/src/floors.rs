//! All that the server is measured against.

use crate::fill::BATCH;
use crate::floor::{Floor, Keys};
use crate::limit::Limit;
use crate::measure::Measured;
use crate::message;
use crate::population::Population;
use crate::stages::{Bench, progress};
use crate::updates::Update;
use anyhow::Result;
use std::path::Path;

/// What the server is measured against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The plain program in place that leaves the folded keys alone.
    KeysLeft,
    /// The plain program in place that sets all it is sent.
    KeysSet,
    /// One durable append.
    Limit,
    /// Nothing but reading.
    Tokens,
}

impl Bound {
    /// For tables and plots.
    pub fn name(self) -> &'static str {
        match self {
            Bound::KeysLeft => "in place, keys left",
            Bound::KeysSet => "in place, keys rewritten",
            Bound::Limit => "limit: one durable append",
            Bound::Tokens => "tokenise only",
        }
    }
}

/// Of figures that were taken twice, the faster: the machine may have been slow for a minute, and so would flatter
/// the server.
pub fn faster(once: Vec<(Bound, Measured)>, again: Vec<(Bound, Measured)>) -> Vec<(Bound, Measured)> {
    let pairs = once.into_iter().zip(again);
    pairs.map(|(one, other)| if other.1.contacts() > one.1.contacts() { other } else { one }).collect()
}

/// All floors, on a copy of the store's file and on a file of their own.
pub fn measure(bench: &Bench, copy: &Path, contacts: &Population) -> Result<Vec<(Bound, Measured)>> {
    let contract = message::contract()?;
    let update = |size| Update::new(contract, "", size, &contacts.share(0, 1));
    let mut rows = Vec::new();
    let mut note = |bound: Bound, measured: Measured| {
        progress(&measured, bound.name());
        rows.push((bound, measured));
    };
    for (keys, bound) in [(Keys::Left, Bound::KeysLeft), (Keys::Set, Bound::KeysSet)] {
        for size in [1, BATCH] {
            let floor = Floor::open(copy, &bench.who, keys)?;
            note(bound, floor.run(&mut update(size)?, contacts.share(0, 1), bench.timing)?);
        }
    }
    let mut limit = Limit::create(&bench.folder.join("limit"))?;
    for size in [1, BATCH] {
        note(Bound::Limit, limit.run(&mut update(size)?, contacts.share(0, 1), bench.timing));
    }
    note(Bound::Tokens, limit.run_tokeniser(&mut update(BATCH)?, contacts.share(0, 1)));
    Ok(rows)
}
