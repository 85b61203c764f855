//! `understudy database`

use super::{contract, open_for_command, runtime, say};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use clap::Args;
use store::{DistributeError, Location, Opened, Opening};

/// The arguments of `distribute`: none.
#[derive(Args)]
pub struct Distribute {}

/// The arguments of `migrate`: none.
#[derive(Args)]
pub struct Migrate {}

/// Brings a database up to date, or makes the tables of an empty one of PostgreSQL.
pub fn migrate((place, Migrate {}): (Place, Migrate)) -> Result<(), Failure> {
    let contract = contract()?;
    let location = place.location()?;
    let opening = Opening { create: matches!(location, Location::Postgres(_)), ..Opening::UPDATE };
    let opened = runtime()?.block_on(async {
        let store = open_for_command(contract, &location, opening).await?;
        let opened = store.opened();
        store.close().await;
        Ok(opened)
    })?;
    match opened {
        // That was said.
        Opened::Made => {}
        Opened::Found => say(format_args!("The database in {location} is up to date.")),
        Opened::Updated if matches!(location, Location::Postgres(_)) => {
            say(format_args!("Brought the database in {location} up to date."));
        }
        Opened::Updated => say(format_args!(
            "Brought the database in {location} up to date. A copy of it as it was lies beside it, named \
             after the time."
        )),
    }
    Ok(())
}

/// Spreads the tables over the machines of a cluster.
pub fn distribute((place, Distribute {}): (Place, Distribute)) -> Result<(), Failure> {
    let contract = contract()?;
    let tables = runtime()?.block_on(async {
        let store = open_for_command(contract, &place.location()?, Opening::EXISTING).await?;
        let tables = store.distribute().await.map_err(|error| {
            let exit = if matches!(error, DistributeError::Store(_)) { Exit::Failed } else { Exit::Refused };
            Failure::new(exit, error.to_string())
        });
        store.close().await;
        tables
    })?;
    for table in &tables {
        say(table);
    }
    say(format_args!("{} table(s) were spread by account; the others were already.", tables.len()));
    Ok(())
}
