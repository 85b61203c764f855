//! `understudy copy`

use super::{bar, contract, open_for_command, print_table, runtime, say};
use crate::exit::{Exit, Failure};
use crate::settings::DatabaseUrl;
use clap::Args;
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::sync::Arc;
use store::{Copied, CopyError, Location, Opening, Postgres, Progress};

/// The arguments.
#[derive(Args)]
pub struct Copy {
    /// The database to copy: the folder of an embedded one, or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, env = "UNDERSTUDY_COPY_FROM", value_name = "DATABASE", hide_env_values = true)]
    from: DatabaseUrl,
    /// The database to fill.
    #[arg(long, env = "UNDERSTUDY_COPY_TO", value_name = "DATABASE", hide_env_values = true)]
    to: DatabaseUrl,
}

/// Where one of the two databases is.
fn location(flag: &str, place: &DatabaseUrl) -> Result<Location, Failure> {
    let place = place.secret();
    if !place.contains("://") {
        return Ok(Location::Folder(PathBuf::from(place)));
    }
    let url = place.parse().map_err(|error| Failure::usage(format!("{flag}: {error}")))?;
    Ok(Location::Postgres(Postgres::new(url)))
}

/// Copies everything, compares, and says what there is.
pub fn run(what: &Copy) -> Result<(), Failure> {
    let (from, to) = (&location("--from", &what.from)?, &location("--to", &what.to)?);
    if from == to {
        return Err(Failure::usage("--from and --to are the same database"));
    }
    let contract = contract()?;
    let bar = Arc::new(Bar(bar(0, "{wide_bar} {percent:>3} %  {per_sec} rows  {eta} left")));
    let shown = Arc::clone(&bar);
    let copied = runtime()?.block_on(async {
        let from = open_for_command(contract, from, Opening::EXISTING).await?;
        let to = open_for_command(contract, to, Opening::CREATE).await?;
        let copied = store::copy(&from, &to, shown).await;
        from.close().await;
        to.close().await;
        copied.map_err(failure)
    });
    bar.0.finish_and_clear();
    report(&copied?);
    Ok(())
}

fn failure(error: CopyError) -> Failure {
    let exit = if matches!(error, CopyError::Differs { .. }) { Exit::Refused } else { Exit::Failed };
    Failure::new(exit, error.to_string())
}

fn report(copied: &[Copied]) {
    let filled = copied.iter().filter(|table| table.rows > 0);
    let rows: Vec<[String; 3]> = filled
        .map(|table| [table.table.clone(), table.rows.to_string(), format!("{:032x}", table.checksum)])
        .collect();
    print_table(["table", "rows", "checksum"], &rows);
    let count: u64 = copied.iter().map(|table| table.rows).sum();
    say(format_args!("Both databases hold the same {count} row(s)."));
}

/// Rows moved and compared.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn total(&self, rows: u64) {
        self.0.set_length(rows);
    }

    fn advance(&self, rows: u64) {
        self.0.inc(rows);
    }
}
