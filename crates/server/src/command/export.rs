//! `understudy export`

use super::import::progress::Progress;
use super::{failure, say, with_admin};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use clap::Args;
use csv::Writer;
use service::table::Sheet;
use service::{Admin, AdminError, Settings};
use std::fs::File;
use std::io::{self, ErrorKind, Write, stdout};
use std::path::{Path, PathBuf};
use store::Opening;

/// The arguments.
#[derive(Args)]
pub struct Export {
    /// CSV file, which is made or replaced; standard output for `-` or nothing.
    file: Option<PathBuf>,
    /// Account number; it may be left out where there is one account only.
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// Object type.
    #[arg(long = "type", value_name = "TYPE", default_value = "Contact")]
    object: String,
    /// Columns, in this order; all of them if none is named.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    columns: Vec<String>,
}

/// How many rows come between two looks at the bar.
const STEP: u64 = 1000;

/// Writes the rows. That nobody reads them any more (`| head`) is no trouble.
pub fn run((place, what): (Place, Export)) -> Result<(), Failure> {
    let path = what.file.as_deref().filter(|path| *path != Path::new("-"));
    let exported = with_admin(&place, Opening::EXISTING, Settings::default(), async |admin| {
        let account = account(&admin, what.account.as_deref()).await?;
        let out: Box<dyn Write + Send> = match path {
            Some(path) => Box::new(File::create(path).map_err(|error| {
                Failure::new(Exit::Refused, format!("{} can't be written: {error}", path.display()))
            })?),
            None => Box::new(stdout()),
        };
        let sheet = Out { writer: Writer::from_writer(out), progress: Progress::new(None, 0), rows: 0 };
        match admin.export(&account, &what.object, &what.columns, Box::new(sheet)).await {
            Err(AdminError::Output(error)) if path.is_none() && error.kind() == ErrorKind::BrokenPipe => {
                Ok(0)
            }
            exported => exported.map_err(failure),
        }
    })?;
    if let Some(path) = path {
        say(format_args!("Exported {exported} object(s) to {}.", path.display()));
    }
    Ok(())
}

/// The account that is named, or the only one that there is.
async fn account(admin: &Admin, named: Option<&str>) -> Result<String, Failure> {
    if let Some(number) = named {
        return Ok(number.to_owned());
    }
    match &admin.accounts().await.map_err(failure)?[..] {
        [only] => Ok(only.number.clone()),
        accounts => {
            let numbers: Vec<&str> = accounts.iter().map(|account| &*account.number).collect();
            let reason = format!("--account must name one of the accounts: {}", numbers.join(", "));
            Err(Failure::usage(reason))
        }
    }
}

/// A CSV file in the making.
struct Out {
    writer: Writer<Box<dyn Write + Send>>,
    progress: Progress,
    rows: u64,
}

impl Sheet for Out {
    fn begin(&mut self, rows: u64, header: &[&str]) -> io::Result<()> {
        self.progress = Progress::new(Some(rows), 0);
        Ok(self.writer.write_record(header)?)
    }

    fn row(&mut self, cells: &[String]) -> io::Result<()> {
        self.rows += 1;
        if self.rows.is_multiple_of(STEP) {
            self.progress.advance(self.rows, STEP);
        }
        Ok(self.writer.write_record(cells)?)
    }

    fn end(&mut self) -> io::Result<()> {
        self.progress.finish();
        self.writer.flush()
    }
}
