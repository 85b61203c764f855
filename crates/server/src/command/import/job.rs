//! An import under way.

use super::batch::Batches;
use super::checkpoint::{Checkpoint, Sidecar, Task, database};
use super::errors::Errors;
use super::flight::Flight;
use super::progress::Progress;
use super::rows::RowsError;
use super::source::Source;
use super::{Done, Import, Key};
use crate::command::failure;
use crate::exit::{Exit, Failure};
use crate::signal::Signals;
use service::Admin;
use service::table::{Import as Table, Match, Seed, Verdict};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Location;

/// An import: what it reads, where it writes, and how far it is.
pub(super) struct Job {
    table: Arc<Table>,
    batches: Batches,
    errors: Errors,
    errors_path: Option<PathBuf>,
    sidecar: Option<Sidecar>,
    checkpoint: Checkpoint,
    progress: Progress,
    is_dry: bool,
    /// Whether the store keeps the order of what is written at the same time.
    keeps_order: bool,
    file: PathBuf,
}

impl Job {
    /// Makes everything ready: the first row can be read, and an import that was begun goes on.
    pub async fn begin(
        what: &Import,
        place: &Location,
        mut source: Source,
        admin: &Admin,
    ) -> Result<Job, Failure> {
        let (rows, header) = source.rows().map_err(|error| unreadable(&what.file, &error))?;
        let names = header.iter().map(String::as_str);
        let columns = admin.columns(&what.object, names, what.ignore_unknown).map_err(failure)?;
        let errors_path = errors_path(what, &source)?;
        let can_go_on = source.is_file() && !what.dry_run;
        let sidecar = errors_path.as_deref().filter(|_| can_go_on).map(Sidecar::beside);
        let earlier = match &sidecar {
            Some(sidecar) if !what.restart => sidecar.read()?,
            _ => None,
        };
        let seed = earlier.as_ref().map(|earlier| Seed(earlier.seed));
        let matching = what.key.map(|key| match key {
            Key::Email => Match::Email,
            Key::SourceId => Match::SourceId,
            Key::Id => Match::Id,
        });
        let table = admin.import(&what.account, columns, matching, seed).await.map_err(failure)?;
        tell_passed_over(&table);
        let task = Task {
            database: database(place),
            account: what.account.trim().to_owned(),
            object: what.object.clone(),
            matching: table.matching().as_str().to_owned(),
            ignores_unknown: what.ignore_unknown,
        };
        let mut errors = Errors::new(errors_path.as_deref(), &header);
        let (rows, checkpoint) = match earlier {
            Some(earlier) => {
                check_earlier(what, &earlier, &task, &table).await?;
                let rows = source.go_on(&earlier)?;
                errors.go_on(earlier.error_bytes)?;
                crate::log::tell(format_args!(
                    "goes on behind row {}, where an earlier run stopped",
                    earlier.rows
                ));
                (rows, earlier)
            }
            None => {
                refuse_to_replace(what, errors_path.as_deref())?;
                let checkpoint = Checkpoint::new(task, table.seed(), rows.mark(), rows.hash());
                (rows, checkpoint)
            }
        };
        if let Some(sidecar) = &sidecar {
            sidecar.write(&checkpoint)?;
        }
        if what.restart {
            remove_earlier(errors_path.as_deref())?;
        }
        let progress = Progress::new(source.bytes(), checkpoint.byte);
        let table = Arc::new(table);
        let batches = Batches::start(Arc::clone(&table), rows, header.len())?;
        // Servers have several connections; an embedded database has one queue.
        let keeps_order = matches!(place, Location::Folder(_));
        let (is_dry, file) = (what.dry_run, what.file.clone());
        Ok(Job {
            table,
            batches,
            errors,
            errors_path,
            sidecar,
            checkpoint,
            progress,
            is_dry,
            keeps_order,
            file,
        })
    }

    /// Writes batch after batch. Where their order is kept, one is begun before the one before it is done
    /// with, so that the database never waits.
    ///
    /// # Errors
    /// What keeps rows from being read or written; a signal. Then what is written is noted as done.
    pub async fn run(mut self) -> Result<Done, Failure> {
        let mut signals = Signals::new()?;
        let mut under_way: Option<Flight> = None;
        let result = loop {
            let next = tokio::select! {
                biased;
                () = signals.next() => break Err(None),
                next = self.batches.next() => next,
            };
            match next {
                Some(Ok(batch)) => {
                    let flight = Flight::start(Arc::clone(&self.table), batch, !self.is_dry).await;
                    let before = if self.keeps_order { under_way.replace(flight) } else { Some(flight) };
                    if let Some(before) = before {
                        self.land(before).await?;
                    }
                }
                Some(Err(error)) => break Err(Some(unreadable(&self.file, &error))),
                None => break Ok(()),
            }
        };
        if let Some(last) = under_way.take() {
            self.land(last).await?;
        }
        self.progress.finish();
        result.map_err(|failure| failure.unwrap_or_else(|| self.stopped()))?;
        if let Some(sidecar) = &self.sidecar {
            sidecar.remove()?;
        }
        Ok(Done { counts: self.checkpoint.counts, errors: self.errors_path })
    }

    /// Waits until a batch is written, keeps the rows that were left out, and then notes that it is done.
    async fn land(&mut self, flight: Flight) -> Result<(), Failure> {
        let (batch, verdicts) = flight.land().await.map_err(|error| failure(error.into()))?;
        for (line, verdict) in batch.lines.iter().zip(verdicts) {
            match verdict {
                Verdict::Created(id) => {
                    self.checkpoint.counts.created += 1;
                    self.checkpoint.last = Some(id.to_string());
                }
                Verdict::Updated(id) => {
                    self.checkpoint.counts.updated += 1;
                    self.checkpoint.last = Some(id.to_string());
                }
                Verdict::Refused(problems) => {
                    self.checkpoint.counts.refused += 1;
                    let errors = &mut self.errors;
                    self.progress.above(|| errors.add(line.number, &line.cells, &problems))?;
                }
            }
        }
        self.checkpoint.error_bytes = self.errors.flush()?;
        self.checkpoint.move_to(batch.end, batch.hash);
        if let Some(sidecar) = &self.sidecar {
            sidecar.write(&self.checkpoint)?;
        }
        self.progress.advance(batch.end.byte, batch.lines.len() as u64);
        Ok(())
    }

    fn stopped(&self) -> Failure {
        let rows = self.checkpoint.rows;
        let what_next = match (&self.sidecar, self.is_dry) {
            (Some(_), _) => "the same command goes on from there",
            (None, true) => "nothing was written",
            (None, false) => "those are in the database; standard input can't be gone on with",
        };
        Failure::new(Exit::Interrupted, format!("stopped behind row {rows}; {what_next}"))
    }
}

/// Where rows that are left out go: nowhere in a trial that does not say so.
fn errors_path(what: &Import, source: &Source) -> Result<Option<PathBuf>, Failure> {
    match &what.errors {
        Some(path) => Ok(Some(path.clone())),
        None if what.dry_run => Ok(None),
        None if source.is_file() => Ok(Some(what.file.with_extension("errors.csv"))),
        None => Err(Failure::usage(
            "rows that are left out need a file: name one with --errors, as there is no file to name it after",
        )),
    }
}

/// An errors file may be what somebody is mending.
fn refuse_to_replace(what: &Import, errors: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = errors else { return Ok(()) };
    if same_file(path, &what.file) {
        return Err(Failure::usage("rows that are left out can't go to the file that they come from"));
    }
    if what.restart || !path.exists() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Refused,
        format!(
            "{} is there already, with rows that an earlier import left out; move it away, name another with \
             --errors, or replace it with --restart",
            path.display()
        ),
    ))
}

/// Removes the errors file of an earlier run, once nothing keeps this one from beginning.
fn remove_earlier(errors: Option<&Path>) -> Result<(), Failure> {
    // A device or a pipe is none.
    let Some(path) = errors.filter(|path| path.is_file()) else { return Ok(()) };
    std::fs::remove_file(path).map_err(|error| {
        Failure::new(Exit::Refused, format!("{} can't be replaced: {error}", path.display()))
    })
}

fn same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Whether what an earlier run did is what is wanted now, and still there.
async fn check_earlier(
    what: &Import,
    earlier: &Checkpoint,
    task: &Task,
    table: &Table,
) -> Result<(), Failure> {
    let refuse = |reason: &str| {
        let file = what.file.display();
        Err(Failure::new(
            Exit::Refused,
            format!(
                "an earlier import of {file} stopped behind row {} and {reason}; --restart begins anew",
                earlier.rows
            ),
        ))
    };
    if earlier.task.database != task.database {
        return refuse("was into another database");
    }
    if earlier.task != *task {
        return refuse(&format!("was another: {}", earlier.task));
    }
    if let Some(id) = earlier.last.as_deref().and_then(contract::Guid::parse)
        && !table.has(id).await.map_err(|error| failure(error.into()))?
    {
        return refuse("what it wrote last is not in the database");
    }
    Ok(())
}

fn tell_passed_over(table: &Table) {
    if !table.passed_over().is_empty() {
        let names = table.passed_over().join(", ");
        crate::log::tell(format_args!(
            "columns that are passed over, as only the server writes them: {names}"
        ));
    }
}

fn unreadable(file: &Path, error: &RowsError) -> Failure {
    Failure::new(Exit::Refused, format!("{}: {error}", file.display()))
}
