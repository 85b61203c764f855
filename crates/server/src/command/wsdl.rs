//! `understudy wsdl`

use super::contract;
use crate::exit::{Exit, Failure};
use crate::http::ENDPOINT;
use crate::settings::PublicUrl;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write, stdout};
use std::path::PathBuf;

/// The arguments.
#[derive(Args, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Wsdl {
    /// The address that the WSDL names.
    #[arg(long, env = "UNDERSTUDY_PUBLIC_URL", value_name = "URL", default_value = "http://127.0.0.1:8611")]
    pub public_url: PublicUrl,

    /// Configuration file, for its `public-url`.
    #[arg(long, env = "UNDERSTUDY_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

/// Prints the WSDL, byte for byte as it is served.
pub fn run(what: &Wsdl) -> Result<(), Failure> {
    let wsdl = contract::render::wsdl(contract()?, &what.public_url.endpoint(ENDPOINT));
    match stdout().write_all(wsdl.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, format!("the WSDL can't be written: {error}")))
        }
        _ => Ok(()),
    }
}
