//! `understudy dump`

use super::{administer, tell_left_out};
use crate::exit::Failure;
use crate::settings::Place;
use clap::Args;
use service::{AdminError, GivenOut};
use std::io::{BufWriter, ErrorKind, stdout};

/// The arguments.
#[derive(Args)]
pub struct Dump {
    /// Account number; all accounts if none is given.
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// Object type, such as Contact; all types if none is given.
    #[arg(long = "type", value_name = "TYPE")]
    object: Option<String>,
}

/// Writes the lines on standard output, and names the objects that can't be read. That nobody reads the lines any
/// more (`| head`) is no trouble.
pub fn run((place, what): (Place, Dump)) -> Result<(), Failure> {
    let (account, object) = (what.account.as_deref(), what.object.as_deref());
    let given = administer(&place, async |admin| {
        match admin.dump(account, object, Box::new(BufWriter::new(stdout()))).await {
            Err(AdminError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
                Ok(GivenOut::default())
            }
            given => given,
        }
    })?;
    tell_left_out(&given.left_out)
}
