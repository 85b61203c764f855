//! What the commands do.

pub mod account;
pub mod copy;
pub mod database;
pub mod dump;
pub mod export;
mod guard;
pub mod import;
pub mod load;
pub mod outbox;
mod replace;
pub mod serve;
pub mod template;
pub mod user;
pub mod wsdl;

use crate::environment::{SystemClock, SystemRandom};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use contract::Contract;
use indicatif::{ProgressBar, ProgressStyle};
use service::{Admin, AdminError, LeftOut, Service};
use std::fmt::Display;
use std::io::{self, Write, stdout};
use std::sync::Arc;
use std::time::Duration;
use store::{Location, OpenError, Opened, Opening, Options, Store};
use tokio::runtime::{Builder, Runtime};

/// The contract. That it has mistakes is possible in development only; the tests see to that.
fn contract() -> Result<&'static Contract, Failure> {
    Contract::get().map_err(|mistakes| {
        let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Failure::new(Exit::Failed, format!("the contract has mistakes:\n{}", mistakes.join("\n")))
    })
}

/// A thread that had work that takes long, and then none for so long, ends and gives its memory back.
const IDLE_THREADS: Duration = Duration::from_secs(3);

fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_multi_thread().enable_all().thread_keep_alive(IDLE_THREADS).build();
    runtime.map_err(no_threads)
}

fn no_threads(error: io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("no threads can be started: {error}"))
}

fn random() -> Result<SystemRandom, Failure> {
    SystemRandom::new().map_err(|error| {
        Failure::new(Exit::Failed, format!("the operating system gives no random bytes: {error}"))
    })
}

async fn open(contract: &'static Contract, location: &Location, options: &Options) -> Result<Store, Failure> {
    Store::open(contract, location, options).await.map_err(|error| {
        let lab = Place::lab().filter(|_| matches!(error, OpenError::Missing { .. }));
        let hint = lab.map(|lab| format!(" (a lab's is in {lab}: --data {})", lab.trim_start_matches("./")));
        Failure::new(exit_of(&error), format!("{error}{}", hint.unwrap_or_default()))
    })
}

/// Opens a command's store, and says so where that made a database. A command reads for as long as it has to, for nobody
/// waits behind it.
async fn open_for_command(
    contract: &'static Contract,
    location: &Location,
    opening: Opening,
) -> Result<Store, Failure> {
    let store =
        open(contract, location, &Options { opening, read_deadline: None, ..Options::default() }).await?;
    if store.opened() == Opened::Made {
        say(format_args!("Made a new database in {location}."));
    }
    Ok(store)
}

fn exit_of(error: &OpenError) -> Exit {
    match error {
        OpenError::Folder { .. } | OpenError::Unwritable { .. } | OpenError::Unreachable { .. } => {
            Exit::DataFolder
        }
        OpenError::Room { .. } => Exit::DataFolder,
        OpenError::Missing { .. } => Exit::Refused,
        OpenError::Newer { .. } => Exit::NewerDatabase,
        OpenError::Older { .. } => Exit::OlderDatabase,
        OpenError::Empty { .. }
        | OpenError::NotADatabase { .. }
        | OpenError::Foreign { .. }
        | OpenError::Changed { .. }
        | OpenError::Encoding { .. } => Exit::ForeignDatabase,
        OpenError::Library(_) | OpenError::Database { .. } => Exit::Failed,
    }
}

/// Runs an administrator's command on the database of a place, which is there. A server may be running on it.
fn administer<T, F>(place: &Place, work: impl FnOnce(Admin) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, AdminError>>,
{
    administer_as(place, Opening::EXISTING, work)
}

/// Runs an administrator's command on the database of a place.
fn administer_as<T, F>(place: &Place, opening: Opening, work: impl FnOnce(Admin) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, AdminError>>,
{
    let work = async |admin| work(admin).await.map_err(failure);
    with_admin(place, opening, service::Settings::default(), work)
}

/// Runs a command that fails in ways of its own on the database of a place.
fn with_admin<T, F>(
    place: &Place,
    opening: Opening,
    settings: service::Settings,
    work: impl FnOnce(Admin) -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let contract = contract()?;
    let location = place.location()?;
    runtime()?.block_on(async {
        let store = open_for_command(contract, &location, opening).await?;
        let random = Arc::new(random()?);
        let service = Service::new(contract, store.clone(), settings, Arc::new(SystemClock), random);
        let result = work(service.admin()).await;
        store.close().await;
        result
    })
}

/// How the program ends when an administrator's step was not done.
fn failure(error: AdminError) -> Failure {
    use AdminError::{Output, Password, Store};
    let trouble = matches!(error, Store(_) | Password | Output(_));
    Failure::new(if trouble { Exit::Failed } else { Exit::Refused }, error.to_string())
}

/// Names the objects that a dump or an export has left out, and fails if there are any.
fn tell_left_out(left_out: &LeftOut) -> Result<(), Failure> {
    for object in &left_out.named {
        crate::log::tell(object);
    }
    if left_out.count == 0 {
        return Ok(());
    }
    let text = format!(
        "{} object(s), named above, can't be read and were left out; all others were written. Correct the named \
         columns in the database, and run the command again",
        left_out.count
    );
    Err(Failure::new(Exit::Failed, text))
}

/// A bar of so many steps on standard error, and nothing at all where that is no terminal.
fn bar(length: u64, style: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A line on standard output. That nobody reads it any more (`| head`) is no reason to fail.
fn say(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// Lines of columns, each as wide as its widest cell.
fn print_table<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let mut widths = head.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        say(padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(head);
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
}
