//! The steps that measurements are made of: fill, copy, start, load.

use crate::fill::{self, BATCH};
use crate::http::Connection;
use crate::load;
use crate::login::{self, Credentials};
use crate::measure::{Measured, Timing};
use crate::message;
use crate::people;
use crate::population::{Ids, Population};
use crate::report::{self, Report, Row};
use crate::retrieve::retrieve_one;
use crate::server::Server;
use anyhow::{Context, Result};
use contract::handles::operation;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often the server is started on the full database.
const STARTS: usize = 5;

/// Contacts in a call, and connections, of each load.
pub const LOADS: [(usize, usize); 6] = [(1, 1), (1, 4), (1, 16), (BATCH, 1), (BATCH, 4), (BATCH, 16)];

/// The load that the goals are about.
pub const JUDGED: (usize, usize) = (BATCH, 4);

/// What all steps need to know.
pub struct Bench {
    /// Who calls.
    pub who: Credentials,
    /// The server.
    pub program: PathBuf,
    /// Where its data and the floors' files go; emptied by whoever made it.
    pub folder: PathBuf,
    /// Of each measurement.
    pub timing: Timing,
}

/// A filled data folder that no server uses.
pub struct Store {
    /// The folder.
    pub data: PathBuf,
    /// Its contacts.
    pub population: Population,
}

/// A server on a filled data folder, with a session.
pub struct Running {
    /// The server.
    pub server: Server,
    /// The session's value.
    pub session: String,
}

impl Bench {
    /// Makes contacts through the interface. Gives the server's peak memory, too.
    pub fn fill_by_calls(&self, count: usize, out: &mut Report) -> Result<(Store, u64)> {
        let data = self.folder.join("data");
        let server = Server::start(&self.program, &data)?;
        let start = Instant::now();
        let ids = fill::fill(&server.endpoint, &self.who, count)?;
        let seconds = start.elapsed().as_secs_f64();
        let memory = server.peak_memory()?;
        server.stop().context("after the store was filled")?;
        out.add(&format!(
            "- Fill: {count} contacts by CreateContact in {seconds:.1} s ({:.0} contacts/s over one connection), \
             peak {:.0} MiB\n",
            count as f64 / seconds,
            report::mebibytes(memory)
        ));
        Ok((Store { data, population: Population::new(Ids::Given(ids))? }, memory))
    }

    /// Makes the lab and loads contacts into it.
    pub fn fill_by_load(&self, count: usize, out: &mut Report) -> Result<Store> {
        let contract = message::contract()?;
        let data = self.folder.join("data-at-scale");
        let server = Server::start(&self.program, &data)?;
        login::log_in(&mut Connection::open(&server.endpoint)?, &self.who)?;
        server.stop().context("after its first start")?;
        let start = Instant::now();
        let person = |number| people::numbered(contract, number);
        people::load(&self.program, &data, count, &self.who.account, person)?;
        let seconds = start.elapsed().as_secs_f64();
        out.add(&format!(
            "- Fill: {count} contacts by `understudy load` in {seconds:.0} s ({:.0} contacts/s)\n",
            count as f64 / seconds
        ));
        Ok(Store { data, population: Population::new(Ids::Numbered(count))? })
    }

    /// Notes the size of the database, which one file holds while the server is stopped.
    pub fn size(&self, store: &Store, out: &mut Report) -> Result<()> {
        let bytes = database(store).metadata()?.len();
        out.add(&format!("- Database: {:.0} MiB\n", report::mebibytes(bytes)));
        Ok(())
    }

    /// The slowest of some starts: from the start of the process to the answer to its first call.
    pub fn start_up(&self, store: &Store, out: &mut Report) -> Result<Duration> {
        let contract = message::contract()?;
        let (mut slowest, mut slowest_second) = (Duration::ZERO, Duration::ZERO);
        let id = store.population.id(store.population.count() / 2);
        for _ in 0..STARTS {
            let server = Server::start(&self.program, &store.data)?;
            let mut connection = Connection::open(&server.endpoint)?;
            let session = login::log_in(&mut connection, &self.who)?;
            slowest = slowest.max(server.started.elapsed());
            let action = contract.action(operation::RETRIEVE);
            let answer = connection.call(&action, &retrieve_one(contract, &session, &id))?;
            slowest_second = slowest_second.max(server.started.elapsed());
            memchr::memmem::find(answer, id.as_bytes()).context("Retrieve does not give the contact")?;
            drop(connection);
            server.stop().context("right after a start")?;
        }
        out.add(&format!(
            "- Start to the answer to Login: {:.0} ms, then to Retrieve: {:.0} ms (slowest of {STARTS}; the file is in \
             the system's cache)\n",
            slowest.as_secs_f64() * 1e3,
            slowest_second.as_secs_f64() * 1e3
        ));
        Ok(slowest)
    }

    /// Starts the server on the store, with more arguments, and logs in.
    pub fn open(&self, store: &Store, more: &[&str]) -> Result<Running> {
        let server = Server::start_with(&self.program, &store.data, more)?;
        let session = login::log_in(&mut Connection::open(&server.endpoint)?, &self.who)?;
        Ok(Running { server, session })
    }

    /// One load.
    pub fn load(&self, to: &Running, store: &Store, load: (usize, usize), timing: Timing) -> Result<Row> {
        let (server, contacts) = (&to.server, &store.population);
        let (used, start) = (server.processor_time()?, Instant::now());
        let measured = load::run(&server.endpoint, &to.session, contacts, load, timing)?;
        let (wall, processor) = (start.elapsed().as_secs_f64(), server.processor_time()? - used);
        progress(&measured, "load");
        Ok(Row { stored: contacts.count(), measured, memory: server.peak_memory()?, processor, wall })
    }

    /// Copies the database of a stopped server.
    pub fn copy(&self, store: &Store) -> Result<PathBuf> {
        let (from, to) = (database(store), self.folder.join("floor.db"));
        fs::copy(&from, &to).with_context(|| format!("{} can't be copied", from.display()))?;
        fs::File::open(&to)?.sync_all()?;
        Ok(to)
    }
}

fn database(store: &Store) -> PathBuf {
    store.data.join("understudy.db")
}

/// Says on standard error what was measured.
pub fn progress(measured: &Measured, what: &str) {
    let Measured { size, connections, .. } = measured;
    eprintln!("{what}: {size} a call, {connections} at once: {:.0} contacts/s", measured.contacts());
}
