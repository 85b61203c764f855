//! Load generator and floor: how fast the server is, against what the machine could do.
//!
//! `cargo run --release -p bench -- run` does everything; see `bench/README.md`.

mod contacts;
mod documents;
mod fill;
mod floor;
mod floors;
mod goals;
mod http;
mod limit;
mod load;
mod login;
mod logins;
mod machine;
mod measure;
mod message;
mod page;
mod people;
mod population;
mod report;
mod retrieve;
mod run;
mod search;
mod server;
mod stages;
mod tokens;
mod updates;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use http::{Connection, Endpoint};
use login::Credentials;
use measure::Timing;
use population::{Ids, Population};
use std::path::PathBuf;

/// Measures UpdateContact against the floor of the same work without a server, and Search beside Retrieve.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fill a fresh store, measure start-up, load and floor, and print the figures with their goals.
    Run(run::Run),
    /// Measure all that has a goal, and write docs/performance.md with its plot.
    Page(page::Page),
    /// Fill a fresh store and measure Search beside Retrieve.
    Search(search::Search),
    /// Make contacts in a running server and keep their identifiers in a file.
    Fill(Fill),
    /// Load a running server with updates of the contacts that `fill` made.
    Load(Load),
}

#[derive(Args)]
struct Target {
    /// The service's address, such as http://127.0.0.1:8611/soap/V200611.ASMX
    #[arg(long)]
    url: Endpoint,
    #[command(flatten)]
    who: Credentials,
}

#[derive(Args)]
struct Fill {
    #[command(flatten)]
    target: Target,
    /// File for the contacts' identifiers, one a line.
    #[arg(long, value_name = "FILE")]
    data_ids: PathBuf,
    /// How many contacts.
    #[arg(long, default_value = "100000")]
    contacts: usize,
}

#[derive(Args)]
struct Load {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    contacts: Contacts,
    /// Contacts in a call.
    #[arg(long, default_value = "200")]
    size: usize,
    /// Connections.
    #[arg(long, default_value = "4")]
    connections: usize,
    #[command(flatten)]
    timing: Timing,
}

/// Which contacts there are.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Contacts {
    /// File of their identifiers, one a line.
    #[arg(long, value_name = "FILE")]
    data_ids: Option<PathBuf>,
    /// As many as `page` makes at scale.
    #[arg(long, value_name = "COUNT")]
    numbered: Option<usize>,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Page(arguments) => page::run(&arguments),
        Command::Search(arguments) => search::run(&arguments),
        Command::Fill(Fill { target, data_ids, contacts }) => {
            fill::save(&data_ids, &fill::fill(&target.url, &target.who, contacts)?)
        }
        Command::Load(Load { target, contacts, size, connections, timing }) => {
            let session = login::log_in(&mut Connection::open(&target.url)?, &target.who)?;
            let ids = match (contacts.data_ids, contacts.numbered) {
                (Some(file), _) => Ids::Given(fill::load(&file)?),
                (None, count) => Ids::Numbered(count.unwrap_or_default()),
            };
            let contacts = Population::new(ids)?;
            let measured = load::run(&target.url, &session, &contacts, (size, connections), timing)?;
            println!(
                "{:.0} calls/s, {:.0} contacts/s, p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms, {} errors{}",
                measured.calls(),
                measured.contacts(),
                measured.percentile(0.5),
                measured.percentile(0.99),
                measured.percentile(1.0),
                measured.errors,
                measured.first_error.map_or_else(String::new, |error| format!(" (first: {error})"))
            );
            Ok(())
        }
    }
}
