//! `understudy export`

use super::import::progress::Progress;
use super::replace::{self, Replacement};
use super::{failure, say, tell_left_out, with_admin};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use crate::signal::Signals;
use clap::Args;
use csv::Writer;
use service::table::Sheet;
use service::{Admin, AdminError, GivenOut, Settings};
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

/// Writes the rows, and names the objects that can't be read.
pub fn run((place, what): (Place, Export)) -> Result<(), Failure> {
    let path = what.file.as_deref().filter(|path| *path != Path::new("-"));
    let given = with_admin(&place, Opening::EXISTING, Settings::default(), async |admin| {
        let account = account(&admin, what.account.as_deref()).await?;
        match path {
            Some(path) => to_file(&admin, &account, &what, path).await,
            None => to_standard_output(&admin, &account, &what).await,
        }
    })?;
    tell_left_out(&given.left_out)
}

/// That nobody reads the rows any more (`| head`) is no trouble.
async fn to_standard_output(admin: &Admin, account: &str, what: &Export) -> Result<GivenOut, Failure> {
    let sheet = Out::new(Box::new(stdout()));
    match admin.export(account, &what.object, &what.columns, Box::new(sheet)).await {
        Err(AdminError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(GivenOut::default()),
        given => given.map_err(failure),
    }
}

/// What is no regular file, such as /dev/stdout, is written to; a file is replaced, and named afterwards.
async fn to_file(admin: &Admin, account: &str, what: &Export, path: &Path) -> Result<GivenOut, Failure> {
    let unwritable = |error: io::Error| {
        Failure::new(Exit::Refused, format!("{} can't be written: {error}", path.display()))
    };
    let export =
        |file: File| admin.export(account, &what.object, &what.columns, Box::new(Out::new(Box::new(file))));
    let Some(target) = replace::target(path).map_err(unwritable)? else {
        return export(File::create(path).map_err(unwritable)?).await.map_err(failure);
    };
    let signals = Signals::new()?;
    let replacement = Replacement::begin(target).map_err(unwritable)?;
    let given = unless_stopped(signals, export(replacement.file().map_err(unwritable)?)).await?;
    replacement.finish().map_err(unwritable)?;
    say(format_args!("Exported {} object(s) to {}.", given.written, path.display()));
    Ok(given)
}

/// Exports, unless a signal comes before the end.
async fn unless_stopped(
    mut signals: Signals,
    export: impl Future<Output = Result<GivenOut, AdminError>>,
) -> Result<GivenOut, Failure> {
    tokio::select! {
        biased;
        () = signals.next() => Err(Failure::new(Exit::Interrupted, "stopped; the file is as it was before")),
        given = export => given.map_err(failure),
    }
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

impl Out {
    fn new(out: Box<dyn Write + Send>) -> Out {
        Out { writer: Writer::from_writer(out), progress: Progress::new(None, 0), rows: 0 }
    }
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
