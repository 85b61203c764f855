//! `understudy database`

use super::{contract, open, runtime, say, unhurried};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use clap::Args;
use store::DistributeError;

/// The arguments of `distribute`: none.
#[derive(Args)]
pub struct Distribute {}

/// Spreads the tables over the machines of a cluster.
pub fn distribute((place, Distribute {}): (Place, Distribute)) -> Result<(), Failure> {
    let contract = contract()?;
    let tables = runtime()?.block_on(async {
        let store = open(contract, &place.location()?, &unhurried()).await?;
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
