//! `understudy import`

mod batch;
mod checkpoint;
mod errors;
mod feed;
mod flight;
mod job;
pub(super) mod progress;
mod rows;
mod source;

use super::{say, with_admin};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use checkpoint::Counts;
use clap::{Args, ValueEnum};
use job::Job;
use service::Settings;
use source::Source;
use std::path::PathBuf;
use store::Opening;

/// The arguments.
#[derive(Args)]
pub struct Import {
    /// CSV file; `-` for standard input, which can't be gone on with once it was stopped.
    file: PathBuf,
    /// Account number.
    #[arg(long, value_name = "NUMBER")]
    account: String,
    /// Object type.
    #[arg(long = "type", value_name = "TYPE", default_value = "Contact")]
    object: String,
    /// What a row finds its object by. Without it: the Id if the file has that column, else what tells
    /// contacts apart in the account. An Id that nobody has becomes the new object's.
    #[arg(long = "match", value_name = "KEY")]
    key: Option<Key>,
    /// Where rows that are left out are written; without it, FILE with `.errors.csv` for `.csv`.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Skip columns that are no members.
    #[arg(long)]
    ignore_unknown: bool,
    /// Leave out rows with a text longer than its field, instead of cutting the text.
    #[arg(long)]
    strict_lengths: bool,
    /// Check and write nothing. What only follows from earlier rows of the file is not found.
    #[arg(long)]
    dry_run: bool,
    /// Begin anew: forget how far an earlier run came, and replace its errors file.
    #[arg(long)]
    restart: bool,
}

/// What a row finds its object by.
#[derive(Clone, Copy, ValueEnum)]
enum Key {
    /// The e-mail address.
    Email,
    /// The source id.
    SourceId,
    /// The Id.
    Id,
}

/// Imports a file.
pub fn run((place, what): (Place, Import)) -> Result<(), Failure> {
    let source = Source::open(&what.file)?;
    let settings = Settings { strict_lengths: what.strict_lengths, ..Settings::default() };
    let done = with_admin(&place, Opening::CREATE, settings, async |admin| {
        Job::begin(&what, &place.location()?, source, &admin).await?.run().await
    })?;
    say(done.summary(&what));
    match done.counts.refused {
        0 => Ok(()),
        refused => Err(Failure::new(Exit::Refused, done.left_out(refused))),
    }
}

/// What became of a file.
struct Done {
    counts: Counts,
    errors: Option<PathBuf>,
}

impl Done {
    fn summary(&self, what: &Import) -> String {
        let Counts { created, updated, refused } = self.counts;
        let done = if what.dry_run { "Would import" } else { "Imported" };
        let (rows, account) = (created + updated, &what.account);
        format!(
            "{done} {rows} row(s) into account {account}: {created} new, {updated} found; {refused} left out."
        )
    }

    fn left_out(&self, refused: u64) -> String {
        match &self.errors {
            Some(path) => format!(
                "{refused} row(s) were left out; mend them in {} and import that file, its first columns may stay",
                path.display()
            ),
            None => format!("{refused} row(s) would be left out"),
        }
    }
}
